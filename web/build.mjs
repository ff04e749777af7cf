// Bundles the package: the cell's script becomes text inside the page's script, each compiler a chunk of its own.

import { execFileSync } from "node:child_process";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const shared = { bundle: true, target: "es2022", legalComments: "eof", minify: true, logLevel: "warning" };

/** `worker:script` is the text of the bundled worker. */
const worker = {
  name: "worker",
  setup(build_) {
    build_.onResolve({ filter: /^worker:script$/ }, () => ({ path: "script", namespace: "worker" }));
    build_.onLoad({ filter: /.*/, namespace: "worker" }, async () => {
      const made = await build({ ...shared, entryPoints: [here("src/worker.ts")], format: "iife", write: false });
      return { contents: made.outputFiles[0].text, loader: "text" };
    });
  },
};

await rm(here("dist"), { recursive: true, force: true });
await mkdir(here("dist"), { recursive: true });
await build({
  ...shared,
  entryPoints: { belljar: here("src/index.ts") },
  format: "esm",
  splitting: true,
  chunkNames: "[name]-[hash]",
  outdir: here("dist"),
  plugins: [worker],
  logOverride: { "empty-import-meta": "silent" },
});
for (const name of ["host", "cell", "admission", "javascript", "typescript", "wasm"]) {
  await copyFile(here(`pkg/${name}/belljar_${name}_bg.wasm`), here(`dist/belljar_${name}_bg.wasm`));
}
for (const name of ["js.wasm", "js.prepared.wasm"]) await copyFile(here(`pkg/${name}`), here(`dist/${name}`));

// The types, and those of what they are made of.
execFileSync(process.execPath, [here("../node_modules/typescript/bin/tsc"), "--project", here("tsconfig.json")], { stdio: "inherit" });
for (const name of ["host", "wasm"]) {
  await mkdir(here(`dist/types/pkg/${name}`), { recursive: true });
  await copyFile(here(`pkg/${name}/belljar_${name}.d.ts`), here(`dist/types/pkg/${name}/belljar_${name}.d.ts`));
}
