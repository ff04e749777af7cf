export default () => (() => {}).constructor("return 1")();
