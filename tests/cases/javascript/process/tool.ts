export default () => process.env.HOME;
