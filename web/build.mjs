// Bundles the package: the cell's script becomes text inside the page's script, each compiler a chunk of its own.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
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

/** `compiler:NAME` is the text of the worker that holds that compiler. */
const compilers = {
  name: "compilers",
  setup(build_) {
    build_.onResolve({ filter: /^compiler:(admission|javascript|python|typescript|wasm)$/ }, ({ path }) => ({ path: `${path.slice("compiler:".length)}-script`, namespace: "compiler" }));
    build_.onLoad({ filter: /.*/, namespace: "compiler" }, async ({ path }) => {
      const name = path.replace(/-script$/, "");
      const glue = {
        name: "glue",
        setup: (inner) => inner.onResolve({ filter: /^compiler:module$/ }, () => ({ path: here(`pkg/${name}/belljar_${name}.js`) })),
      };
      const made = await build({ ...shared, entryPoints: [here("src/compile-worker.ts")], format: "iife", write: false, plugins: [glue], logOverride: { "empty-import-meta": "silent", "import-is-undefined": "silent" } });
      return { contents: made.outputFiles[0].text, loader: "text" };
    });
  },
};

await rm(here("dist"), { recursive: true, force: true });
await mkdir(here("dist"), { recursive: true });
await build({
  ...shared,
  entryPoints: { belljar: here("src/index.ts"), wire: here("src/wire.ts") },
  format: "esm",
  splitting: true,
  chunkNames: "[name]-[hash]",
  outdir: here("dist"),
  plugins: [worker, compilers],
  logOverride: { "empty-import-meta": "silent" },
});
for (const name of ["host", "cell", "admission", "javascript", "python", "typescript", "wasm"]) {
  await copyFile(here(`pkg/${name}/belljar_${name}_bg.wasm`), here(`dist/belljar_${name}_bg.wasm`));
}
for (const name of ["js.wasm", "js.prepared.wasm", "python.wasm", "python.prepared.wasm"]) await copyFile(here(`pkg/${name}`), here(`dist/${name}`));

// The courier's document: its policy names its script, and lets it connect anywhere, because what it is asked for was judged.
const courier = (await build({ ...shared, entryPoints: [here("src/courier-frame.ts")], format: "iife", write: false })).outputFiles[0].text.trim();
const hash = createHash("sha256").update(courier).digest("base64");
const rules = `default-src 'none'; script-src 'sha256-${hash}'; connect-src http: https:; form-action 'none'; base-uri 'none'`;
const document = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${rules}"><meta name="referrer" content="no-referrer"><title>courier</title><script>${courier}</script>\n`;
await writeFile(here("dist/courier.html"), document);

// The types, and those of what they are made of.
execFileSync(process.execPath, [here("../node_modules/typescript/bin/tsc"), "--project", here("tsconfig.json")], { stdio: "inherit" });
await mkdir(here("dist/types/pkg/host"), { recursive: true });
// Without `Symbol.dispose`, which a program's own libraries may not know.
const declared = await readFile(here("pkg/host/belljar_host.d.ts"), "utf8");
await writeFile(here("dist/types/pkg/host/belljar_host.d.ts"), declared.replace(/^ *\[Symbol\.dispose\]\(\): void;\n/gm, ""));
