import fs from "node:fs";
export default () => fs.readFileSync("x");
