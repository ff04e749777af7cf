export default () => "ÿ";
