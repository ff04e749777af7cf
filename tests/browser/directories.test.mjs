// Real folders in a page: the origin's private files are handles of the same kind as those of a disk. What a tool sees of them must be
// what it sees of a folder in memory. Where a disk has what private files have not, as names in other letters, their handles are wrapped.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { serve, start } from "./chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const conformance = join(root, "tests/cases/files/conformance");
/** Nothing of a log is left to chance. */
const STILL = '\n[random]\nseed = 7\n[clock]\nfrozen = "2026-01-01T00:00:00Z"\n';

/** Performs the input's acts, `[function of belljar.files, …arguments]`, one after the other, and returns what they came to. */
const ACTS = `export const tool = { name: "acts" };
const shown = (value) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : value ?? null);
export default async (acts) => {
  const results = [];
  for (const [act, ...given] of acts) {
    if (act === "ask") { await belljar.ask(given[0]); continue; }
    results.push(await belljar.files[act](...given).then(shown, (error) => error.code + ": " + error.message));
  }
  return results;
};`;

let browser, server, page;

before(async () => {
  browser = await start();
  const plain = '<!doctype html><title>directories</title><link rel="icon" href="data:,"><body style="height: 300px"></body>';
  server = await serve(join(root, "web/dist"), { "/": plain });
  page = await (await browser.newContext()).newPage();
  await page.goto(`${server.address}/`);
  await page.evaluate(async () => {
    const { Belljar, Directory, Folder } = await import("./belljar.js");
    const jar = await Belljar.create();
    const parts = (path) => path.split("/");

    /** Each is what a test fills, looks at, and gives to a run. */
    window.kinds = {
      memory: async () => {
        const folder = new Folder();
        return {
          folder,
          put: async (path, text) => (text === null ? folder.makeDirectory(path) : folder.put(path, text)),
          remove: async (path) => folder.remove(path),
          all: async () => Object.fromEntries(folder.list().map((path) => [path, new TextDecoder().decode(folder.get(path))])),
        };
      },
      disk: async () => {
        const top = await navigator.storage.getDirectory();
        const handle = await top.getDirectoryHandle(crypto.randomUUID(), { create: true });
        const parent = async (steps) => {
          let at = handle;
          for (const step of steps) at = await at.getDirectoryHandle(step, { create: true });
          return at;
        };
        const walk = async (at, before, files) => {
          for await (const [name, entry] of at.entries()) {
            if (entry.kind === "directory") await walk(entry, `${before}${name}/`, files);
            else files.push([before + name, await (await entry.getFile()).text()]);
          }
          return files;
        };
        return {
          handle,
          folder: new Directory(handle),
          put: async (path, text) => {
            const steps = parts(path);
            if (text === null) return void (await parent(steps));
            const file = await (await parent(steps.slice(0, -1))).getFileHandle(steps.at(-1), { create: true });
            const stream = await file.createWritable();
            await stream.write(text);
            await stream.close();
          },
          remove: async (path) => (await parent(parts(path).slice(0, -1))).removeEntry(parts(path).at(-1), { recursive: true }),
          all: async () => Object.fromEntries((await walk(handle, "", [])).sort(([one], [other]) => (one < other ? -1 : 1))),
        };
      },
    };
    const entries = (log) => log.split("\n").filter(Boolean).map((line) => {
      // A question's digest is of the chain before it, and so of the time.
      const { at, prev, hash, digest, ...entry } = JSON.parse(line);
      return entry;
    });
    window.shown = ({ outcome, output, message, usage, log, refusals, divergence }) => ({ outcome, output, message, fuel: usage.fuel, log: entries(log.text), refusals, divergence });
    window.run = async (tool, input, policy, store, options = {}) => {
      const compiled = await jar.compile("tool.js", tool);
      const report = await jar.run(compiled, input, { policy, folder: store.folder, record: true, who: "the test", ...options }).report;
      return { report, ...window.shown(report), files: await store.all() };
    };
    window.jar = jar;
    window.Directory = Directory;
  });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Runs the same tool over a folder in memory and over a real one. `meanwhile` is removed when the tool asks. */
function both(tool, input, policy, files, meanwhile) {
  return page.evaluate(
    async ({ tool, input, policy, files, meanwhile }) => {
      const results = [];
      for (const make of Object.values(window.kinds)) {
        const store = await make();
        for (const [path, text] of Object.entries(files)) await store.put(path, text);
        const onQuestion = async () => {
          await store.remove(meanwhile);
          return { answer: "said", text: "go on" };
        };
        const { report, ...seen } = await window.run(tool, input, policy, store, meanwhile === undefined ? {} : { onQuestion });
        results.push(seen);
      }
      return results;
    },
    { tool, input, policy, files, meanwhile },
  );
}

async function tree(at, before = "") {
  const files = {};
  for (const entry of await readdir(at, { withFileTypes: true })) {
    const path = join(at, entry.name);
    if (entry.isDirectory()) Object.assign(files, await tree(path, `${before}${entry.name}/`));
    else files[before + entry.name] = await readFile(path, "utf8");
  }
  return files;
}

test("every act comes to the same as in memory, at the same fuel and with the same log", async () => {
  const tool = await readFile(join(conformance, "tool.js"), "utf8");
  const input = JSON.parse(await readFile(join(conformance, "input.json"), "utf8"));
  const policy = (await readFile(join(conformance, "policy.toml"), "utf8")) + STILL;
  const [memory, disk] = await both(tool, input, policy, await tree(join(conformance, "files")));
  assert.equal(disk.output, "[]");
  assert.deepEqual(disk, memory);
  assert.equal(disk.files["d/private/key"], "turned");
});

test("the folder itself can be granted, and single files in it", async () => {
  const acts = [
    ["list", "/data"], ["stat", "/data"], ["readText", "/data/sub/a.txt"], ["readText", "/one"], ["write", "/one", "changed"],
    ["readText", "/data/sub/a.txt"], ["list", "/none"], ["list", "/through"], ["remove", "/data/sub"], ["remove", "/data/sub/a.txt"], ["remove", "/data/sub"], ["list", "/data"],
    ["readText", "/one"],
  ];
  const policy = { toml: `version = 1\n[files]\nallow = ["files ./ as /data", "files ./sub/a.txt as /one", "files ./none as /none", "files ./b.txt/x as /through"]${STILL}` };
  const [memory, disk] = await both(ACTS, acts, policy, { "sub/a.txt": "first", "b.txt": "b" });
  assert.deepEqual(disk, memory);
  assert.match(disk.output, /"changed".*"other: the granted directory \.\/none cannot be opened: there is no such folder"/);
});

test("acts that are not waited for are performed in their order", async () => {
  const tool = `export default async () => {
    const { files } = belljar;
    const all = [];
    for (let n = 0; n < 20; n++) {
      all.push(files.write("/d/a", String(n)), files.readText("/d/a"), files.write("/d/a", "+", { mode: "append" }), files.readText("/d/a"));
    }
    const results = await Promise.all(all);
    files.write("/d/last", "written");
    return results.filter((result) => typeof result === "string").join(" ");
  };`;
  const [memory, disk] = await both(tool, null, `version = 1\n[files]\nallow = ["files ./ as /d"]${STILL}`, {});
  assert.equal(disk.outcome, "returned", disk.message);
  assert.equal(disk.output, memory.output);
  assert.match(disk.output, /^"0 0\+ 1 1\+ .* 19 19\+"$/);
  const results = ({ log }) => log.filter(({ kind }) => kind === "result");
  assert.deepEqual(results(disk).map(({ ticket }) => ticket), results(memory).map(({ ticket }) => ticket));
});

test("a folder that vanishes while the tool runs is missing, as in memory", async () => {
  const acts = [["readText", "/d/a/b.txt"], ["ask", "Go on?"], ["readText", "/d/a/b.txt"], ["list", "/d/a"], ["write", "/d/a/c.txt", "c"], ["stat", "/g"], ["list", "/g"], ["list", "/d"]];
  const policy = { toml: `version = 1\n[files]\nallow = ["files ./ as /d", "files ./a as /g"]${STILL}` };
  const [memory, disk] = await both(ACTS, acts, policy, { "a/b.txt": "b" }, "a");
  assert.deepEqual(JSON.parse(disk.output), JSON.parse(memory.output));
  assert.deepEqual(disk, memory);
  assert.match(disk.output, /not-found: there is no \/d\/a\/b\.txt.*there is no such folder/);
});

test("the folder of the handle itself vanishes", async () => {
  const output = await page.evaluate(async (acts) => {
    const store = await window.kinds.disk();
    const top = await navigator.storage.getDirectory();
    const onQuestion = async () => (await top.removeEntry(store.handle.name, { recursive: true }), { answer: "said", text: "go on" });
    const tool = await window.jar.compile("tool.js", acts);
    const input = [["write", "/d/a", "a"], ["ask", "Go on?"], ["readText", "/d/a"], ["write", "/d/a", "a"], ["list", "/d"]];
    return (await window.jar.run(tool, input, { policy: { allow: ["files ./ as /d"] }, folder: store.folder, onQuestion }).report).output;
  }, ACTS);
  const gone = "other: the granted directory ./ cannot be opened: there is no such folder";
  assert.deepEqual(JSON.parse(output), [null, gone, gone, gone]);
});

test("a replay touches no folder", async () => {
  const seen = await page.evaluate(async (acts) => {
    const store = await window.kinds.disk();
    await store.put("a", "first");
    const input = [["readText", "/d/a"], ["write", "/d/a", "second"], ["readText", "/d/a"], ["remove", "/d/a"]];
    const policy = { allow: ["files ./ as /d"] };
    const first = await window.run(acts, input, policy, store);
    await store.put("a", "of somebody else");
    const recording = await window.jar.open(first.report.recording);
    const again = await recording.replay({ grant: { seen: recording.asks.digest }, folder: store.folder }).report;
    return { first: first.output, again: again.output, divergence: again.divergence, files: await store.all() };
  }, ACTS);
  assert.equal(seen.first, '["first",null,"second",null]');
  assert.equal(seen.again, seen.first);
  assert.equal(seen.divergence, undefined);
  assert.deepEqual(seen.files, { a: "of somebody else" });
});

/** Runs over a handle of a disk that takes names in other letters, and composed ones for decomposed ones. */
function folding(input, policy, files, hides = []) {
  return page.evaluate(
    async ({ acts, input, policy, files, hides }) => {
      const store = await window.kinds.disk();
      for (const [path, text] of Object.entries(files)) await store.put(path, text);
      const fold = (name) => name.normalize("NFD").toLowerCase();
      const wrap = (handle) =>
        new Proxy(handle, {
          get(target, member) {
            const find = async (name) => {
              for await (const key of target.keys()) if (fold(key) === fold(name)) return key;
              return name;
            };
            if (member === "getFileHandle" || member === "removeEntry") return async (name, ...rest) => target[member](await find(name), ...rest);
            if (member === "getDirectoryHandle") return async (name, ...rest) => wrap(await target[member](await find(name), ...rest));
            if (member === "keys") return async function* () { for await (const key of target.keys()) if (!hides.includes(key)) yield key; };
            const found = target[member];
            return typeof found === "function" ? found.bind(target) : found;
          },
        });
      const { report, ...seen } = await window.run(acts, input, policy, { ...store, folder: new window.Directory(wrap(store.handle)) });
      return { ...seen, output: JSON.parse(seen.output) };
    },
    { acts: ACTS, input, policy, files, hides },
  );
}

test("a stricter rule holds however a disk takes the name", async () => {
  const policy = { allow: ["files ./ as /d", "files ./sub as /s"], deny: ["files read ./secret as /hidden", "files read /d/*.pem", "files read /d/caf\u00e9/**", "files write /d/new", "files read /d/sub/*/key"] };
  const files = { "secret/a": "1", "x.pem": "2", "cafe\u0301/b": "3", "sub/In/key": "4", "plain": "5", "SUB2/c": "6" };
  const denied = ["/d/secret/a", "/d/SECRET/a", "/d/x.PEM", "/d/cafe\u0301/b", "/d/Caf\u00c9/b", "/d/sub/in/KEY", "/d/Sub/IN/key"];
  const input = [...denied.map((path) => ["readText", path]), ["list", "/d/Secret"], ["stat", "/d/sEcret/A"], ["write", "/d/NEW", "x"], ["readText", "/d/plain"], ["readText", "/d/sub2/C"], ["readText", "/d/none"]];
  const { output, files: left } = await folding(input, policy, files);
  for (const [n, result] of output.slice(0, 10).entries()) assert.match(result, /^denied: /, JSON.stringify(input[n]));
  assert.deepEqual(output.slice(10), ["5", "6", "not-found: there is no /d/none"]);
  assert.equal(left.new ?? left.NEW, undefined);
  // Without such rules the disk's names are as good as any other.
  assert.deepEqual((await folding([["readText", "/d/SECRET/A"]], { allow: ["files ./ as /d"] }, files)).output, ["1"]);
});

test("a name that opens and is listed under no spelling is refused where rules are stricter", async () => {
  const input = [["readText", "/d/SECRET"], ["readText", "/d/plain"]];
  const { output } = await folding(input, { allow: ["files read ./ as /d"], deny: ["files read /d/*.pem"] }, { secret: "1", plain: "2" }, ["secret"]);
  assert.match(output[0], /^other: \/d\/SECRET: its folder calls it otherwise/);
  assert.equal(output[1], "2");
});

test("a run that is cancelled while it writes leaves the file as it was, and makes none", async () => {
  const left = await page.evaluate(async (acts) => {
    const all = [];
    for (const path of ["old", "new"]) {
      const store = await window.kinds.disk();
      await store.put("old", "as it was");
      const stop = new AbortController();
      const handle = new Proxy(store.handle, {
        get(target, member) {
          if (member === "getFileHandle") {
            return async (...given) => new Proxy(await target.getFileHandle(...given), {
              get(file, member) {
                if (member === "createWritable") return async (...options) => (stop.abort(), file.createWritable(...options));
                return typeof file[member] === "function" ? file[member].bind(file) : file[member];
              },
            });
          }
          return typeof target[member] === "function" ? target[member].bind(target) : target[member];
        },
      });
      const tool = await window.jar.compile("tool.js", acts);
      const input = [["write", `/d/${path}`, "late"], ["write", "/d/after", "late"]];
      const report = await window.jar.run(tool, input, { policy: { allow: ["files ./ as /d"] }, folder: new window.Directory(handle), signal: stop.signal }).report;
      await new Promise((resolve) => setTimeout(resolve, 200));
      all.push([report.outcome, await store.all()]);
    }
    return all;
  }, ACTS);
  assert.deepEqual(left, [["cancelled", { old: "as it was" }], ["cancelled", { old: "as it was" }]]);
});

test("a permission that is missing is said in words, and a full disk as on the server", async () => {
  const output = await page.evaluate(async (acts) => {
    const store = await window.kinds.disk();
    await store.put("a", "first");
    const failing = (name) => async () => {
      throw new DOMException("The request is not allowed.", name);
    };
    const wrap = (target) =>
      new Proxy(target, {
        get(target, member) {
          if (member === "createWritable") return failing(target.name === "full" ? "QuotaExceededError" : target.name === "used" ? "NoModificationAllowedError" : "NotAllowedError");
          if (member === "getFileHandle") return async (...given) => wrap(await target.getFileHandle(...given));
          return typeof target[member] === "function" ? target[member].bind(target) : target[member];
        },
      });
    const tool = await window.jar.compile("tool.js", acts);
    const input = [["readText", "/d/a"], ["write", "/d/a", "x"], ["write", "/d/full", "x"], ["write", "/d/used", "x"], ["list", "/d"]];
    return (await window.jar.run(tool, input, { policy: { allow: ["files ./ as /d"] }, folder: new window.Directory(wrap(store.handle)) }).report).output;
  }, ACTS);
  const [read, write, full, used, left] = JSON.parse(output);
  assert.equal(read, "first");
  assert.match(write, /^other: \/d\/a: the browser does not permit it: its permission for this folder is gone, or is for reading only\. .* opening the folder again$/);
  assert.equal(full, "other: /d/full: no storage space");
  assert.equal(used, "other: /d/used: it is in use elsewhere in the browser");
  // What could not be written was not made.
  assert.deepEqual(left.map(({ name, size }) => [name, size]), [["a", 5]]);
});

test("what is no handle of a directory is no Directory", async () => {
  const said = await page.evaluate(async () => {
    const top = await navigator.storage.getDirectory();
    const file = await top.getFileHandle("a", { create: true });
    return [{}, file, undefined].map((handle) => {
      try {
        return new window.Directory(handle).name;
      } catch (error) {
        return error.message;
      }
    });
  });
  assert.deepEqual(said, Array(3).fill("a Directory needs a FileSystemDirectoryHandle"));
});
