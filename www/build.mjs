// Builds the page into dist/: static files with relative links, for any host and any folder.

import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = here("dist");

/** The package stays a file of its own, so that it finds its .wasm files beside it. */
const packageApart = {
  name: "package-apart",
  setup(build_) {
    build_.onResolve({ filter: /^belljar$/ }, () => ({ path: "./belljar/belljar.js", external: true }));
  },
};

/**
 * The Content-Security-Policy. Frames made by `srcdoc`, and workers made from blobs in them, inherit it on top of their
 * own, so what they need stands here too:
 * - the cell's frame runs one inline script, named by its hash, and makes a worker from a blob;
 * - WebAssembly is compiled in the page and in that worker ('wasm-unsafe-eval', which does not allow eval);
 * - the stage shows artifacts with styles, images and sounds that they carry as data; it has a stricter policy of
 *   its own. The editor's styles are inline, too. The stage's <base> is about:srcdoc, so that links in an artifact lead nowhere else; that is all that base-uri lets in.
 * Nothing of it lets a script of the page be inline, or anything be sent elsewhere.
 */
function policy(boot) {
  const hash = createHash("sha256").update(boot).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'`,
    "worker-src blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src data:",
    "connect-src 'self'",
    "frame-src 'self'",
    "object-src 'none'",
    "base-uri about:",
    "form-action 'none'",
  ].join("; ");
}

/** The examples that a page can compile, each with the sample input and the files of its test case. */
async function examples() {
  const found = [];
  const folder = here("../examples");
  for (const name of (await readdir(folder)).sort()) {
    const files = await readdir(join(folder, name));
    const tool = files.find((file) => /^tool\.(ts|js|wat)$/.test(file));
    if (tool === undefined) continue;
    const source = await readFile(join(folder, name, tool), "utf8");
    const cases = here(`../tests/cases/examples/${name}`);
    // What needs a server that only its test has cannot be tried in a page.
    if (/^\[\[web\]\]$/m.test(await readFile(join(cases, "case.toml"), "utf8").catch(() => ""))) continue;
    found.push(await example(name, `${name}.${tool.split(".").pop()}`, source, cases));
  }
  for (const file of (await readdir(here("examples"))).sort()) {
    const source = await readFile(here(`examples/${file}`), "utf8");
    found.push({ name: file.replace(/\.\w+$/, ""), description: describe(source), file, source, input: "{}", files: {} });
  }
  return found;
}

async function example(name, file, source, cases) {
  const toml = await readFile(join(cases, "case.toml"), "utf8").catch(() => "");
  const input = /^input-text = '(.*)'$/m.exec(toml)?.[1] ?? "{}";
  const files = {};
  const root = join(cases, "files");
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files[path.slice(root.length + 1).replaceAll("\\", "/")] = await readFile(path, "utf8");
  }
  return { name, description: describe(source), file, source, input: JSON.stringify(JSON.parse(input), null, 2), files };
}

function describe(source) {
  const said = /description:\s*"((?:[^"\\]|\\.)*)"|\\"description\\":\\"(.*?)\\"/.exec(source);
  const text = said?.[1] ?? said?.[2];
  if (text !== undefined) return text;
  return (/^\/\*\* (.*?) ?\*\//s.exec(source)?.[1] ?? "").replace(/\s*\n \* ?/g, " ");
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await cp(here("../web/dist"), join(out, "belljar"), { recursive: true, filter: (path) => !path.endsWith("types") });
const { BOOT } = await import("../web/dist/belljar.js");
const csp = policy(BOOT);
/** What a tool can call: shown in the page as it is written. */
const api = await readFile(here("../docs/api.md"), "utf8").catch(() => undefined);
if (api !== undefined) await writeFile(join(out, "api.md"), api);
const result = await build({
  define: { API_HELP: JSON.stringify(api !== undefined) },
  bundle: true,
  target: "es2022",
  format: "esm",
  splitting: true,
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  entryPoints: { app: here("src/main.ts") },
  chunkNames: "[name]-[hash]",
  outdir: out,
  plugins: [packageApart],
});
await build({ bundle: true, minify: true, logLevel: "warning", entryPoints: { app: here("src/app.css") }, outdir: out });
const html = await readFile(here("src/index.html"), "utf8");
await writeFile(join(out, "index.html"), html.replace("{{csp}}", csp));
await writeFile(join(out, "examples.json"), JSON.stringify(await examples()));
// What a server adds: a policy in the page itself cannot speak of who frames it.
const headers = {
  "content-security-policy": `${csp}; frame-ancestors 'none'`,
  // Frames made from text inherit it: what got out into one of them reaches this server and nobody else, by no means at all.
  "connection-allowlist": "(response-origin)",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), usb=(), serial=(), hid=(), payment=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  // The frame that performs requests: only the page frames it, nothing in it is the page's, and it connects where it is asked to.
  "/belljar/courier.html": {
    "content-security-policy": "sandbox allow-scripts; frame-ancestors 'self'",
    "connection-allowlist": null,
  },
};
await writeFile(join(out, "headers.json"), `${JSON.stringify(headers, null, 2)}\n`);
for (const [path, { bytes }] of Object.entries(result.metafile.outputs)) {
  if (process.argv.includes("--sizes")) console.log(`${(bytes / 1024).toFixed(1).padStart(8)} KiB  ${path.split("/").pop()} (${dirname(path)})`);
}
