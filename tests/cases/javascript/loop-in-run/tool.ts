export default () => { for (;;); };
