// The meter in Chromium: generated modules do and cost what they did in wasmtime. What is expected was written by the
// meter's differential test (crates/belljar-admit), which compares wasmtime with the originals and with its own fuel:
// `BELLJAR_CORPUS=FILE cargo test --release --workspace --test differential`; BELLJAR_MODULES=10000 makes a long run.

import assert from "node:assert/strict";
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { serve, start } from "./chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const corpus = process.env.BELLJAR_CORPUS ?? join(root, "target/corpus.jsonl");

/** Runs modules in a worker; what differs, in sentences, and how many calls there were by how they ended. */
function worker() {
  const DEEP = -(2n ** 63n);
  class Ended extends Error {}
  const run = async ({ seed, fuel, slice, stack, wasm, calls }) => {
    const module = await WebAssembly.compile(Uint8Array.from(wasm.match(/../g) ?? [], (byte) => parseInt(byte, 16)));
    const problems = [];
    const kinds = {};
    for (const call of calls) {
      let given = Math.min(fuel, slice);
      const refill = (counter) => {
        if (counter === DEEP) throw new Ended("deep");
        const charged = given - Number(counter);
        if (charged > fuel) throw new Ended("fuel");
        const next = Math.min(fuel - charged, slice);
        given = charged + next;
        return BigInt(next);
      };
      const { exports } = new WebAssembly.Instance(module, { "belljar:meter": { refill } });
      const counter = exports["belljar:fuel"];
      counter.value = BigInt(given);
      exports["belljar:stack"].value = BigInt(stack);
      exports["belljar:pages"].value = 65_536;
      // Zero of any type: a script's `undefined` is not taken for a 64-bit integer.
      const zeros = async (act, length) => {
        for (const zero of [0, 0n]) {
          try {
            return await act(...Array(length).fill(zero));
          } catch (error) {
            if (!(error instanceof TypeError) && !(error instanceof SyntaxError)) throw error;
          }
        }
        return mixed(act, length);
      };
      const mixed = async (act, length) => {
        // Each combination of both, for the few functions that take both.
        for (let bits = 1; bits < 1 << length; bits++) {
          try {
            return await act(...Array.from({ length }, (_, i) => (bits >> i) & 1 ? 0n : 0));
          } catch (error) {
            if (!(error instanceof TypeError) && !(error instanceof SyntaxError)) throw error;
          }
        }
        throw new Error("no arguments fit");
      };
      let ended = "values";
      let values = [];
      // On a stack of its own, as a cell calls guests: a worker's is half as large.
      const promise = (act) => zeros(WebAssembly.promising(act), act.length);
      try {
        if (exports["belljar:start"] !== undefined) await promise(exports["belljar:start"]);
        const result = await promise(exports[call.name]);
        values = result === undefined ? [] : Array.isArray(result) ? result : [result];
        if (counter.value < 0n) counter.value = refill(counter.value);
      } catch (error) {
        if (error instanceof Ended) ended = error.message;
        else if (error instanceof WebAssembly.RuntimeError) ended = "trap";
        else ended = String(error);
        values = [];
      }
      const memory = Object.values(exports).find((item) => item instanceof WebAssembly.Memory);
      let hash = null;
      if (memory !== undefined) {
        hash = 0x811c9dc5;
        const words = new Uint32Array(memory.buffer);
        for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
        hash >>>= 0;
      }
      const shown = (value, expected) => {
        const [, type, bits] = /^(I32|I64|F32|F64)\((-?\d+)\)$/.exec(expected) ?? [];
        if (type === "I32" || type === "I64") return `${type}(${value})`;
        if (type === undefined) return `function: ${value !== null}`;
        if (Number.isNaN(value)) return expected;
        const view = new DataView(new ArrayBuffer(8));
        if (type === "F32") view.setFloat32(0, value);
        else view.setFloat64(0, value);
        const found = type === "F32" ? String(view.getUint32(0)) : String(view.getBigUint64(0));
        return found === bits ? expected : `${type}(${found})`;
      };
      const charged = given - Number(counter.value);
      const got = { ended, values: values.map((value, i) => shown(value, call.values[i] ?? "")), charged, memory: hash };
      const wanted = { ended: call.ended, values: call.values, charged: call.charged, memory: call.memory };
      kinds[ended] = (kinds[ended] ?? 0) + 1;
      if (JSON.stringify(got) !== JSON.stringify(wanted)) {
        problems.push(`module ${seed}, ${call.name}: ${JSON.stringify(got)}, and in wasmtime ${JSON.stringify(wanted)}`);
      }
    }
    return { problems, kinds };
  };
  onmessage = async (event) => {
    const all = { problems: [], kinds: {} };
    for (const module of event.data) {
      const { problems, kinds } = await run(module).catch((error) => ({ problems: [`module ${module.seed}: ${error}`], kinds: {} }));
      all.problems.push(...problems);
      for (const [kind, count] of Object.entries(kinds)) all.kinds[kind] = (all.kinds[kind] ?? 0) + count;
    }
    postMessage(all);
  };
}

test("generated modules do and cost in Chromium what they do and cost in wasmtime", async () => {
  assert.ok(existsSync(corpus), `${corpus} is missing: BELLJAR_CORPUS=FILE cargo test --release --workspace --test differential`);
  const server = await serve(root, { "/": "<!doctype html><title>meter</title>" });
  const browser = await start();
  const problems = [];
  const kinds = {};
  try {
    const page = await browser.newPage();
    await page.goto(`${server.address}/`);
    await page.evaluate((script) => {
      const url = URL.createObjectURL(new Blob([`(${script})()`]));
      // A worker for each batch: instances are memory.
      window.run = (modules) => new Promise((resolve) => {
        const worker = new Worker(url);
        worker.onmessage = ({ data }) => (worker.terminate(), resolve(data));
        worker.postMessage(modules);
      });
    }, String(worker));
    let batch = [];
    const go = async () => {
      const found = await page.evaluate((modules) => window.run(modules), batch);
      problems.push(...found.problems);
      for (const [kind, count] of Object.entries(found.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
      batch = [];
    };
    for await (const line of createInterface({ input: createReadStream(corpus) })) {
      if (batch.push(JSON.parse(line)) === 20) await go();
    }
    if (batch.length > 0) await go();
  } finally {
    await browser.close();
    await server.stop();
  }
  assert.deepEqual(problems, []);
  // Of each way to end there were some.
  for (const kind of ["values", "trap", "fuel", "deep"]) assert.ok(kinds[kind] > 5, JSON.stringify(kinds));
});
