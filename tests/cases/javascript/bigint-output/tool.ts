export default () => 10n;
