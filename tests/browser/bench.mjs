// `node bench.mjs SITE PROGRAM BENCH PEER`: what the page costs, in Chromium, with the server host's figures beside it.
//
// SITE is the built page, PROGRAM the program `belljar`, BENCH the program `belljar-bench`, PEER its peer. Every answer is compared
// with the first one. What is downloaded has a budget; over it, the exit code is 1.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { serve, start } from "./chromium.mjs";
import { metering } from "./metering.mjs";

const [site, program, bench, peer] = process.argv.slice(2).map((path) => resolve(path));
const guests = fileURLToPath(new URL("../../xtask/bench/guests/", import.meta.url));

/** Bytes after gzip, by what a person does. They are what was reached; a goal that was missed stands in the docs. */
const BUDGETS = JSON.parse(readFileSync(new URL("budgets.json", import.meta.url), "utf8"));

const SCRIPT = `/** Counts words and adds numbers. */
export default function run({ text, numbers }) {
  return { words: text.trim().split(/\\s+/).length, sum: numbers.reduce((a, b) => a + b, 0) };
}`;
const TYPED = `/** Counts words and adds numbers. */
interface Input { text: string; numbers: number[] }
export default function run({ text, numbers }: Input): { words: number; sum: number } {
  return { words: text.trim().split(/\\s+/).length, sum: numbers.reduce((a, b) => a + b, 0) };
}`;
const INPUT = { text: "to be or not to be ".repeat(35), numbers: Array.from({ length: 60 }, (_, n) => n + 0.5) };

const plain = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>bench</title><body></body>`;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const time = (ms) => (ms < 1 ? `${(ms * 1000).toFixed(0)} µs` : `${ms.toFixed(ms < 10 ? 2 : 0)} ms`);
const kib = (bytes) => `${(bytes / 1024).toFixed(0)} KiB`;

function headers() {
  return JSON.parse(readFileSync(join(site, "headers.json"), "utf8"));
}

/** A fresh browser's page, and the paths that it asked the server for. */
async function fresh(browser, server, path, { idle = true } = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  if (!idle) await page.addInitScript(() => (window.requestIdleCallback = () => 0));
  server.requests.length = 0;
  const began = performance.now();
  await page.goto(server.address + path);
  return { page, began, close: () => context.close() };
}

/** The files that were asked for, once each. */
function files(requests) {
  const names = [...new Set(requests)].map((path) => (path === "/" ? "/index.html" : path));
  return names.filter((path) => statSync(join(site, path), { throwIfNoEntry: false })?.isFile());
}

/** Types a tool into the page and runs it. */
async function runInPage(page, file, source) {
  await page.evaluate(
    async ({ file, source, input }) => {
      const { Belljar } = await import("./belljar/belljar.js");
      window.jar ??= await Belljar.create();
      const tool = await window.jar.compile(file, source);
      const report = await window.jar.run(tool, input).report;
      if (report.outcome !== "returned") throw new Error(report.message);
    },
    { file, source, input: INPUT },
  );
}

async function downloads(browser, server) {
  const all = new Map();
  const seen = new Set();
  const group = (name, requests) => {
    const added = files(requests).filter((path) => !seen.has(path));
    added.forEach((path) => seen.add(path));
    all.set(name, added);
  };
  // What the page itself asks for before it fetches ahead of its need, then what a tool in JavaScript needs besides, then one in TypeScript.
  const { page, close } = await fresh(browser, server, "/", { idle: false });
  await page.waitForLoadState("networkidle");
  await runInPage(page, "words.js", SCRIPT);
  group("javascript", server.requests);
  server.requests.length = 0;
  await runInPage(page, "words.ts", TYPED);
  group("typescript", server.requests);
  await close();
  // A page that runs one prepared tool.
  seen.clear();
  const prepared = await fresh(browser, server, "/plain");
  await prepared.page.evaluate(async () => {
    const { Belljar } = await import("./belljar/belljar.js");
    await Belljar.create();
  });
  group("prepared", server.requests);
  await prepared.close();

  let over = false;
  const compressed = (path) => {
    const bytes = readFileSync(join(site, path));
    return {
      bytes: bytes.length,
      gzip: gzipSync(bytes, { level: 9 }).length,
      brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
    };
  };
  console.log("## Download\n\n| file | bytes | gzip | brotli |\n| --- | ---: | ---: | ---: |");
  for (const [name, paths] of all) {
    const sum = { bytes: 0, gzip: 0, brotli: 0 };
    for (const path of paths) {
      const size = compressed(path);
      for (const key of Object.keys(sum)) sum[key] += size[key];
      console.log(`| ${path.slice(1)} | ${kib(size.bytes)} | ${kib(size.gzip)} | ${kib(size.brotli)} |`);
    }
    const { what, most } = BUDGETS[name];
    console.log(`| **${what}** (at most ${kib(most)} gzip) | ${kib(sum.bytes)} | **${kib(sum.gzip)}** | ${kib(sum.brotli)} |`);
    if (sum.gzip > most) {
      over = true;
      console.error(`${what}: ${kib(sum.gzip)} gzip is over the budget of ${kib(most)}`);
    }
  }
  return !over;
}

async function loads(browser, server) {
  const times = [];
  for (let round = 0; round < 5; round++) {
    const { page, began, close } = await fresh(browser, server, "/");
    await page.waitForFunction(() => performance.getEntriesByName("belljar:ready").length > 0, undefined, { polling: 10 });
    times.push(performance.now() - began);
    await close();
  }
  return median(times);
}

/** Times of calls in a page, in milliseconds, each the median of rounds. */
async function calls(browser, server, components) {
  const { page, close } = await fresh(browser, server, "/plain");
  const figures = await page.evaluate(
    async ({ script, typed, input, components }) => {
      const { Belljar } = await import("./belljar/belljar.js");
      const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
      const jar = await Belljar.create({ database: "bench" });
      const policy = new (await import("./belljar/belljar.js")).Policy({
        toml: 'version = 1\n[kv]\nallow = ["read **", "write **"]\n[limits]\nfuel = "1000 G"\nmemory = "256 MiB"\ntime = "1 h"\ncalls = 1000000\n',
      });
      const expected = new Map();
      const call = async (tool, input, name) => {
        const report = await jar.run(tool, input, { policy }).report;
        if (report.outcome !== "returned") throw new Error(`${name}: ${report.message}`);
        if ((expected.get(name) ?? report.output) !== report.output) throw new Error(`${name}: another answer`);
        expected.set(name, report.output);
      };
      const measure = async (act, times) => {
        const found = [];
        for (let i = 0; i < times; i++) {
          const began = performance.now();
          await act(i);
          found.push(performance.now() - began);
        }
        return median(found);
      };
      const figures = {};
      let began = performance.now();
      let tool = await jar.compile("words.js", script);
      await call(tool, input, "js");
      figures.veryFirst = performance.now() - began;
      // The engine is there; another source each time, so that nothing is known of it.
      figures.javascriptSource = await measure(async (i) => call(await jar.compile("words.js", `${script}\n// ${i}`), input, "js"), 15);
      await jar.compile("words.ts", typed);
      figures.typescriptSource = await measure(async (i) => call(await jar.compile("words.ts", `${typed}\n// ${i}`), input, "js"), 15);
      await call(tool, input, "js");
      figures.javascriptCall = await measure(() => call(tool, input, "js"), 100);
      tool = jar.prepared("words.wasm", bytes(components.words));
      await call(tool, input, "rust");
      figures.rustCall = await measure(() => call(tool, input, "rust"), 200);
      tool = jar.prepared("requests.wasm", bytes(components.requests));
      const few = 1;
      const many = 201;
      await call(tool, few, "few");
      await call(tool, many, "many");
      const [one, all] = [await measure(() => call(tool, few, "few"), 15), await measure(() => call(tool, many, "many"), 15)];
      figures.request = (all - one) / (many - few);
      return figures;
    },
    { script: SCRIPT, typed: TYPED, input: INPUT, components },
  );
  await close();
  return figures;
}

/** The server host's figures, from the tables of the other benchmark. */
function serverFigures() {
  const section = (name) => execFileSync(bench, [program, peer, name], { encoding: "utf8" });
  const [fresh, script, request] = ["A call in a fresh instance", "JavaScript", "A request"].map(section);
  const find = (text, row) => {
    const line = text.split("\n").find((line) => line.includes(row));
    const [, value, unit] = /\| ([\d.]+) (µs|ms|s) \|/.exec(line ?? "") ?? [];
    if (value === undefined) throw new Error(`belljar-bench does not print ${row}`);
    return Number(value) * { µs: 1e-3, ms: 1, s: 1e3 }[unit];
  };
  return {
    rustCall: find(fresh, "Belljar: policy"),
    javascriptCall: find(script, "a fresh instance of the engine"),
    typescriptSource: find(script, "from source text"),
    request: find(request, "judged"),
  };
}

/** A Rust guest, prepared, as base64. */
function component(folder, name) {
  const made = join(folder, `${name}.wasm`);
  execFileSync(program, ["build", join(guests, `${name}.rs`), "--prepared", "-o", made], { stdio: ["ignore", "ignore", "inherit"] });
  return readFileSync(made).toString("base64");
}

const folder = mkdtempSync(join(tmpdir(), "belljar-bench-"));
const server = await serve(site, { "/plain": plain }, headers());
const browser = await start();
let within = false;
try {
  within = await downloads(browser, server);
  const ready = await loads(browser, server);
  const components = { words: component(folder, "words"), requests: component(folder, "requests") };
  const page = await calls(browser, server, components);
  const host = serverFigures();
  const row = (what, key, goal) =>
    console.log(`| ${what} | ${time(page[key])} | ${host[key] === undefined ? "" : time(host[key])} | ${goal} |`);
  console.log("\n## Time\n\n| | Chromium | server | goal in Chromium |\n| --- | ---: | ---: | ---: |");
  console.log(`| page load to ready | ${time(ready)} | | |`);
  row("JavaScript, very first: compiler and engine fetched, engine compiled", "veryFirst", "");
  row("JavaScript, source to first answer, engine there", "javascriptSource", "60 ms");
  row("TypeScript, source to first answer, engine there", "typescriptSource", "");
  row("a call of a JavaScript tool in a fresh instance", "javascriptCall", "1 ms");
  row("a call of a Rust tool in a fresh instance", "rustCall", "0.3 ms");
  row("a request and its answer (a key is read)", "request", "");
  await metering({ start, server, folder, guests, program });
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = within ? 0 : 1;
