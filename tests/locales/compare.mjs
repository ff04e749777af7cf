// Compares Belljar's Intl with Node's: `TZ=UTC node tests/locales/compare.mjs PROGRAM [ROWS] [SEED]`.
//
// Every row must be equal, or refused by Belljar; at least half must be equal. The whole table has 5,000 rows; another seed makes another table.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answer, rows } from "./rows.mjs";

const [program, count = "5000", seed = "1"] = process.argv.slice(2);
const list = [...rows(Number(count), Number(seed))];
const folder = mkdtempSync(join(tmpdir(), "locales-"));
let [same, refused, wrong] = [0, 0, 0];
try {
  for (let at = 0; at < list.length; at += 250) {
    const some = list.slice(at, at + 250);
    const tool = join(folder, "tool.js");
    writeFileSync(tool, `const answer = ${answer};\nexport default () => [${some.map((row) => `() => ${row}`).join(",\n")}].map(answer);\n`);
    const seen = JSON.parse(execFileSync(program, ["run", tool, "--input", "{}"], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
    some.forEach((row, i) => {
      const expected = answer(() => (0, eval)(row));
      if (seen[i].error !== undefined) expected.error === undefined ? refused++ : same++;
      else if (seen[i].value === expected.value) same++;
      else {
        wrong++;
        console.error(`${row}\n  Node:    ${expected.value ?? expected.error}\n  Belljar: ${seen[i].value}`);
      }
    });
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${same} equal, ${refused} refused, ${wrong} different`);
// A table of which most is refused would show nothing.
process.exitCode = wrong > 0 || same < list.length / 2 ? 1 : 0;
