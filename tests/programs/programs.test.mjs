// Generated programs, run in Belljar and in Node: both must return the same.
//
//   node --test tests/programs/programs.test.mjs
//
// BELLJAR_PROGRAM names the program (target/release/belljar), BELLJAR_PROGRAMS how many (300), BELLJAR_SEED the first
// seed (1). A difference is shown with its seed; `node tests/programs/show.mjs SEED` prints the program.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { module } from "./generate.mjs";

const belljar = resolve(process.env.BELLJAR_PROGRAM ?? join(import.meta.dirname, "../../target/release/belljar"));
const count = Number(process.env.BELLJAR_PROGRAMS ?? 300);
const first = Number(process.env.BELLJAR_SEED ?? 1);
/** Programs in one tool. */
const BATCH = 50;

test(`${count} programs return in Belljar what they return in Node`, { timeout: 600_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "belljar-programs-"));
  const different = [];
  try {
    for (let at = first; at < first + count; at += BATCH) {
      const seeds = Array.from({ length: Math.min(BATCH, first + count - at) }, (_, i) => at + i);
      const file = join(folder, `tool-${at}.mjs`);
      writeFileSync(file, module(seeds));
      const expected = await (await import(pathToFileURL(file).href)).default();
      const limits = ["--time", "60s", "--memory", "512MiB"];
      const seen = JSON.parse(execFileSync(belljar, ["run", file, ...limits, "--input", "{}"], { encoding: "utf8", maxBuffer: 1 << 26 }));
      seeds.forEach((seed, i) => {
        if (seen[i] !== expected[i]) different.push(`seed ${seed}\n  Node:    ${expected[i]}\n  Belljar: ${seen[i]}`);
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  assert.equal(different.length, 0, `${different.length} differ:\n${different.join("\n")}`);
});
