// What the meter costs in Chromium: each guest's module bare and admitted, in turns, in a fresh instance for each call.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Guest, what it does, its input. The server's benchmark has them, too, and one more. */
export const GUESTS = [
  ["loops.rs", "loops: a sieve", "2000000"],
  ["calls.rs", "calls: Fibonacci", "29"],
  ["traffic.rs", "memory traffic", "12"],
  ["json.js", "the JavaScript engine on JSON", "6"],
  ["job.rs", "a Rust job: words, counts, a report", "6000"],
];

/** The core module in a component: its largest section of that kind. */
function coreOf(component) {
  let [at, found] = [8, undefined];
  while (at < component.length) {
    const id = component[at++];
    let [size, shift] = [0, 0];
    for (;;) {
      const byte = component[at++];
      size += (byte & 127) * 2 ** shift;
      shift += 7;
      if (byte < 128) break;
    }
    if (id === 1 && (found === undefined || size > found.length)) found = component.subarray(at, at + size);
    at += size;
  }
  return found;
}

/** Times of both, in milliseconds, and the median of the rounds' ratios. */
async function measure({ bare, metered, input, rounds }) {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const [plain, admitted] = await Promise.all([bare, metered].map((text) => WebAssembly.compile(bytes(text))));
  const call = (module) => {
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = name === "refill" ? () => 1n << 20n : name === "now" ? () => 0n : () => 0;
    }
    const { exports } = new WebAssembly.Instance(module, imports);
    if (exports["belljar:fuel"] !== undefined) {
      exports["belljar:fuel"].value = 1n << 20n;
      exports["belljar:stack"].value = 90_112n;
      exports["belljar:pages"].value = 65_536;
    }
    exports._initialize?.();
    const text = new TextEncoder().encode(input);
    const at = exports.cabi_realloc(0, 0, 1, text.length);
    new Uint8Array(exports.memory.buffer, at, text.length).set(text);
    const began = performance.now();
    const address = exports.run(at, text.length);
    const took = performance.now() - began;
    const view = new DataView(exports.memory.buffer);
    if (view.getUint8(address) !== 0) throw new Error("it failed");
    const output = new TextDecoder().decode(new Uint8Array(exports.memory.buffer, view.getUint32(address + 4, true), view.getUint32(address + 8, true)));
    return { took, output };
  };
  const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
  const pairs = [];
  // The first rounds are for the engine's compilers.
  for (let round = 0; round < rounds + 6; round++) {
    const one = call(plain);
    const other = call(admitted);
    if (one.output !== other.output) throw new Error(`${one.output} bare, ${other.output} metered`);
    if (round >= 6) pairs.push([one.took, other.took]);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { bare: median(pairs.map(([a]) => a)), metered: median(pairs.map(([, b]) => b)), ratio: median(pairs.map(([a, b]) => b / a)) };
}

/** Prints the table, over some fresh browsers: V8 decides anew in each what to inline. */
export async function metering({ start, server, folder, guests, program, browsers = 3 }) {
  const build = (name, ...more) => {
    const made = join(folder, "metering.wasm");
    execFileSync(program, ["build", join(guests, name), ...more, "-o", made], { stdio: ["ignore", "ignore", "inherit"] });
    return readFileSync(made);
  };
  const built = GUESTS.map(([name, what, input]) => {
    const more = name.endsWith(".js") ? ["--standalone"] : [];
    const [bare, metered] = [coreOf(build(name, ...more)), build(name, ...more, "--prepared")];
    return { what, input, bare: Buffer.from(bare).toString("base64"), metered: metered.toString("base64"), found: [] };
  });
  for (let round = 0; round < browsers; round++) {
    const browser = await start();
    const page = await browser.newPage();
    await page.goto(`${server.address}/plain`);
    for (const guest of built) {
      const { what: _, found, ...rest } = guest;
      found.push(await page.evaluate(`(${measure})(${JSON.stringify({ ...rest, rounds: 21 })})`));
    }
    await browser.close();
  }
  console.log("\n## Metering\n\n| in Chromium | bare | metered | ratio, median of browsers | least and greatest |\n| --- | ---: | ---: | ---: | ---: |");
  for (const { what, found } of built) {
    const sorted = found.toSorted((a, b) => a.ratio - b.ratio);
    const { bare, metered, ratio } = sorted[sorted.length >> 1];
    console.log(`| ${what} | ${bare.toFixed(1)} ms | ${metered.toFixed(1)} ms | ${ratio.toFixed(2)} | ${sorted[0].ratio.toFixed(2)}-${sorted.at(-1).ratio.toFixed(2)} |`);
  }
}
