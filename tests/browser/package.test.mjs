// The npm package as others use it: through Vite, built and served, and from a plain script.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { serve, start } from "./chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The program `belljar`, which prepares tools. */
const program = process.env.BELLJAR_PROGRAM ?? join(root, "target/release/belljar");
const vite = await import(pathToFileURL(createRequire(join(root, "web/package.json")).resolve("vite")).href);

const MAIN = `import { Belljar } from "belljar";
const jar = await Belljar.create();
const outputs = [];
for (const [file, source] of [
  ["hello.js", "export default ({ name }) => \`Hello, \${name}!\`;"],
  ["hello.ts", "export default ({ name }: { name: string }): string => \`Hello, \${name}!\`;"],
]) {
  const tool = await jar.compile(file, source);
  const report = await jar.run(tool, { name: "you" }).report;
  outputs.push(report.output ?? report.message);
}
document.title = outputs.join(" ");
`;
const EXPECTED = '"Hello, you!" "Hello, you!"';

let browser, folder;

before(async () => {
  browser = await start();
  // Inside the workspace, where npm has linked the package.
  await mkdir(join(root, "target"), { recursive: true });
  folder = await mkdtemp(join(root, "target/package-test-"));
  await mkdir(join(folder, "src"));
  await writeFile(join(folder, "index.html"), '<!doctype html><title>waiting</title><script type="module" src="/src/main.js"></script>');
  await writeFile(join(folder, "src/main.js"), MAIN);
});

after(async () => {
  await browser?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function title(address) {
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(address);
  await page.waitForFunction(() => document.title !== "waiting", undefined, { timeout: 30_000 }).catch(() => undefined);
  const found = await page.title();
  await page.close();
  assert.deepEqual(problems, []);
  return found;
}

test("built by Vite", async () => {
  const outDir = join(folder, "dist");
  await vite.build({ root: folder, logLevel: "warn", configFile: false, build: { target: "es2022", outDir } });
  const server = await serve(outDir);
  try {
    assert.equal(await title(`${server.address}/`), EXPECTED);
  } finally {
    await server.stop();
  }
});

test("served by Vite while one develops", async () => {
  // The package finds its files beside its script, so Vite must leave it where it is: the README says so.
  const server = await vite.createServer({
    root: folder,
    logLevel: "warn",
    configFile: false,
    optimizeDeps: { exclude: ["belljar"] },
    server: { host: "127.0.0.1", port: 0, hmr: false, fs: { allow: [root] } },
  });
  await server.listen();
  try {
    const { port } = server.httpServer.address();
    assert.equal(await title(`http://127.0.0.1:${port}/`), EXPECTED);
  } finally {
    await server.close();
  }
});

test("from a plain script", async () => {
  const plain = `<!doctype html><title>waiting</title><link rel="icon" href="data:,"><script type="module">${MAIN.replace('"belljar"', '"./belljar.js"')}</script>`;
  const server = await serve(join(root, "web/dist"), { "/": plain });
  try {
    assert.equal(await title(`${server.address}/`), EXPECTED);
    // What is not needed is not fetched.
    assert.ok(!server.requests.some((path) => path.includes("belljar_wasm")), String(server.requests));
  } finally {
    await server.stop();
  }
});

test("a source that takes too much to compile is given up, and the compiler goes on", async () => {
  const bomb = `enum E{a0='xxxxxxxx',${Array.from({ length: 39 }, (_, i) => `a${i + 1}=a${i}+a${i}`).join()}}\nexport default (x: unknown) => x;\n`;
  const script = `import { Belljar, Folder } from "./belljar.js";
    const jar = await Belljar.create();
    const said = [];
    const stop = new AbortController();
    const compile = (source, options) => jar.compile("a.ts", source, options).then((tool) => tool.about.name, (error) => \`\${error.name}: \${error.message}\`);
    let worst = 0, last = performance.now();
    const timer = setInterval(() => { worst = Math.max(worst, performance.now() - last); last = performance.now(); }, 10);
    said.push(await compile(${JSON.stringify(bomb)}));
    clearInterval(timer);
    said.push(worst < 500 ? "smooth" : \`held for \${worst} ms\`);
    setTimeout(() => stop.abort(new Error("given up")), 50);
    said.push(await Promise.race([compile(${JSON.stringify(bomb)}, { signal: stop.signal }), new Promise((r) => setTimeout(() => r("no answer"), 5000))]));
    said.push(await compile("export default (x: number): number => x;"));
    said.push(...(await Promise.all(["export default () => 1;", "export default () => ;", "export default () => 2;"].map((source) => compile(source)))).map((text) => text.slice(0, 12)));
    const folder = new Folder();
    folder.put("a.txt", "Grüße");
    folder.put("b.txt", new Uint8Array([1, 2]));
    try { folder.put("c.txt", 7); said.push("taken"); } catch (error) { said.push(error.name); }
    said.push(new TextDecoder().decode(folder.get("a.txt")), String(folder.list()));
    document.title = JSON.stringify(said);`;
  const plain = `<!doctype html><meta charset="utf-8"><title>waiting</title><link rel="icon" href="data:,"><script type="module">${script}</script>`;
  const server = await serve(join(root, "web/dist"), { "/": plain });
  try {
    const [first, smooth, given, ...rest] = JSON.parse(await title(`${server.address}/`));
    assert.match(first, /^CompileError: .*(does not compile|too|limit|more than|larger|memory)/);
    assert.equal(smooth, "smooth");
    assert.match(given, /^Error: given up|^CompileError/);
    assert.deepEqual(rest, ["a", "a", "CompileError", "a", "TypeError", "Grüße", "a.txt,b.txt"]);
  } finally {
    await server.stop();
  }
});

test("the declarations hold without skipLibCheck, for libraries of 2023", async () => {
  const folder = await mkdtemp(join(root, "target/package-types-"));
  try {
    await writeFile(join(folder, "use.ts"), `import { type Answer, type Asked, Belljar, type Changed, Folder, stage, type Report } from "belljar";
      const folder = new Folder();
      folder.put("a.txt", "text");
      folder.put("b.bin", new Uint8Array(3));
      export async function use(): Promise<Report> {
        const jar = await Belljar.create();
        const tool = await jar.compile("a.ts", "export default () => 1;", { signal: AbortSignal.timeout(1_000) });
        stage({ name: "a", mediaType: "text/html", bytes: new Uint8Array() }, ({ removed }) => removed.toFixed());
        const edits = async (question: Asked): Promise<Answer> => {
          const changed: Changed = { request: question.request, headers: ["accept", "*/*"], text: "less" };
          if (question.editable?.includes("content") !== true || question.problem !== undefined) return { answer: "no" };
          return question.edited?.(changed).cost === undefined ? { answer: "edited", request: changed } : { answer: "no" };
        };
        await jar.run(tool, {}, { onQuestion: edits }).report;
        // @ts-expect-error
        await jar.run(tool, {}, { onQuestion: async () => ({ answer: "edited" }) }).report;
        // @ts-expect-error
        await jar.run(tool, {}, { onQuestion: async () => ({ answer: "edited", request: { text: "less" } }) }).report;
        return jar.run(tool, {}, { folder, onQuestion: async ({ content }) => (content === undefined ? { answer: "yes", scope: "request" } : { answer: "no" }) }).report;
      }
      // @ts-expect-error
      folder.put("c.txt", 7);
    `);
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { strict: true, noEmit: true, skipLibCheck: false, target: "ES2022", lib: ["ES2023", "DOM", "DOM.Iterable"], module: "ESNext", moduleResolution: "Bundler", types: [] }, include: ["use.ts"] }));
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--project", join(folder, "tsconfig.json")], { encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout || String(error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a report has the members that docs/wire.md names, which are those of the command line", async () => {
  const tool = `export default async () => {
    await belljar.kv.get("a").catch(() => {});
    belljar.artifact("made.txt", "text/plain", new Uint8Array(3));
    for (;;) ;
  };`;
  const script = `import { Belljar } from "./belljar.js";
    const jar = await Belljar.create();
    const report = await jar.run(await jar.compile("tool.js", ${JSON.stringify(tool)}), null, { policy: "version = 1\\n[limits]\\nfuel = 10000000\\n" }).report;
    const { artifacts: [artifact], log, usage, refusals } = report;
    document.title = JSON.stringify({ members: Object.keys(report).sort(), ...report, artifact, bytes: artifact.bytes.length, lines: log.text.split("\\n").length, usage: Object.keys(usage).sort(), grant: refusals[0].grant });`;
  const plain = `<!doctype html><title>waiting</title><link rel="icon" href="data:,"><script type="module">${script}</script>`;
  const server = await serve(join(root, "web/dist"), { "/": plain });
  try {
    const seen = JSON.parse(await title(`${server.address}/`));
    assert.deepEqual(seen.members, ["artifacts", "budget", "code", "exitCode", "log", "message", "outcome", "questions", "refusals", "stack", "usage"]);
    assert.deepEqual([seen.outcome, seen.exitCode, seen.budget], ["exhausted", 6, "fuel"]);
    assert.deepEqual([seen.artifact.name, seen.artifact.mediaType, seen.artifact.size, seen.bytes], ["made.txt", "text/plain", 3, 3]);
    assert.deepEqual(Object.keys(seen.log).sort(), ["entries", "head", "text"]);
    assert.equal(seen.lines, seen.log.entries + 1);
    assert.deepEqual(seen.usage, ["artifacts", "calls", "console", "consoleDropped", "fuel", "output", "pages"]);
    assert.equal(seen.grant, "kv get a");
  } finally {
    await server.stop();
  }
});

test("a page that runs a prepared tool loads no compiler, no admission and no engine", async () => {
  const folder = await mkdtemp(join(tmpdir(), "belljar-prepared-"));
  const file = join(folder, "adler.wasm");
  execFileSync(program, ["build", "examples/adler32/tool.wat", "--prepared", "-o", file], { cwd: root });
  const bytes = await readFile(file);
  await rm(folder, { recursive: true });
  const script = `import { Belljar } from "./belljar.js";
    const jar = await Belljar.create();
    const bytes = Uint8Array.from(atob("${bytes.toString("base64")}"), (c) => c.charCodeAt(0));
    const tool = jar.prepared("adler.wasm", bytes);
    const report = await jar.run(tool, { text: "Wikipedia" }).report;
    const kinds = [];
    for (const damaged of [bytes.subarray(0, 200), bytes.subarray(8), new TextEncoder().encode(new TextDecoder("latin1").decode(bytes.subarray(0, 400)).replace('"admission":', '"admission":9'))]) {
      try { jar.prepared("adler.wasm", damaged); kinds.push("taken"); } catch (error) { kinds.push(error.name); }
    }
    document.title = [report.output, ...kinds].join(" ");`;
  const plain = `<!doctype html><title>waiting</title><link rel="icon" href="data:,"><script type="module">${script}</script>`;
  const server = await serve(join(root, "web/dist"), { "/": plain });
  try {
    assert.equal(await title(`${server.address}/`), '{"adler32":300286872} ToolError ToolError ToolError');
    const wasm = server.requests.filter((path) => path.endsWith(".wasm")).sort();
    assert.deepEqual(wasm, ["/belljar_cell_bg.wasm", "/belljar_host_bg.wasm"]);
  } finally {
    await server.stop();
  }
});
