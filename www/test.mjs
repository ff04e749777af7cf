// Runs the unit tests: bundles them, for Node reads no TypeScript, and hands them to node's own runner.

import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const tests = fileURLToPath(new URL("tests", import.meta.url));
/** The host's WebAssembly, as the package is made of it. */
const pkg = fileURLToPath(new URL("../web/pkg", import.meta.url));
const entryPoints = (await readdir(tests)).filter((name) => name.endsWith(".test.mjs")).map((name) => join(tests, name));
const outdir = await mkdtemp(join(tmpdir(), "belljar-page-"));
try {
  await build({ entryPoints, outdir, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node", format: "esm", sourcemap: "inline", logLevel: "warning" });
  const files = (await readdir(outdir)).map((name) => join(outdir, name));
  const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit", env: { ...process.env, BELLJAR_PKG: pkg } });
  process.exitCode = status ?? 1;
} finally {
  await rm(outdir, { recursive: true, force: true });
}
