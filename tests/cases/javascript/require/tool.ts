export default () => require("fs");
