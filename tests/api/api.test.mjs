// docs/api.md is true: each of its examples does what stands below it, its types hold, and it names what there is.
//
//   node --test tests/api/api.test.mjs
//
// BELLJAR_PROGRAM names the program (target/release/belljar). An example is a fence `ts` or `python`; the fences behind it have a line before
// them that says what they are: Policy, Input, Output or Report, Answers, Console, File `path`, Artifact `name`.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";

const root = fileURLToPath(new URL("../..", import.meta.url));
const belljar = resolve(process.env.BELLJAR_PROGRAM ?? join(root, "target/release/belljar"));
const page = readFileSync(join(root, "docs/api.md"), "utf8");
const declarations = readFileSync(join(root, "web/tool.d.ts"), "utf8");

// The page

/** What the fences behind an example can be. */
const LABEL = /^(Policy|Input|Output|Report|Answers|Console|File|Artifact)(?: `([^`]+)`)?:$/;

/** The page's headings with their examples, and its other fences. */
function read(text) {
  const sections = [];
  const others = [];
  let section, example, label;
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    const heading = /^#+ (.*)$/.exec(line);
    if (heading !== null) sections.push((section = { heading: heading[1], examples: [], line: at + 1 }));
    if (heading !== null) example = undefined;
    const fence = /^```(\w+)$/.exec(line);
    if (fence === null) {
      if (line !== "") label = line;
      continue;
    }
    const end = lines.indexOf("```", at + 1);
    assert.ok(end > 0, `line ${at + 1}: the fence has no end`);
    const body = lines.slice(at + 1, end);
    const said = LABEL.exec(label ?? "");
    if (fence[1] === "ts" || fence[1] === "python") {
      example = { line: at + 1, file: fence[1] === "ts" ? "tool.ts" : "tool.py", source: `${body.join("\n")}\n`, parts: {}, files: {}, artifacts: {} };
      section.examples.push(example);
    } else if (example === undefined) {
      others.push({ language: fence[1], text: body.join("\n") });
    } else {
      assert.ok(said !== null, `line ${at + 1}: the line before the fence does not say what it is`);
      const [, what, name] = said;
      if (what === "File") example.files[name] = body.map((one) => `${one}\n`).join("");
      else if (what === "Artifact") example.artifacts[name] = body.join("\n");
      else {
        assert.ok(!(what in example.parts), `line ${at + 1}: ${what} is there twice`);
        example.parts[what] = what === "Policy" ? body.join("\n") : JSON.parse(body.join("\n"));
      }
    }
    label = undefined;
    at = end;
  }
  return { sections, others };
}

const { sections, others } = read(page);
const examples = sections.flatMap(({ examples }) => examples);

/** The part of the page below a heading, up to the next one. */
function below(heading) {
  const lines = page.split("\n");
  const at = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === heading);
  assert.ok(at >= 0, `the page has no heading ${heading}`);
  const end = lines.findIndex((line, i) => i > at && /^#+ /.test(line));
  return lines.slice(at + 1, end < 0 ? undefined : end);
}

/** The rows of the tables below a heading, a list of tables, each without its head. */
function tables(heading) {
  const found = [];
  let table;
  for (const line of below(heading)) {
    if (!line.startsWith("|")) table = undefined;
    else if (/^\| ---/.test(line)) found.push((table = []));
    else table?.push(line.slice(1, -1).split("|").map((cell) => cell.trim()));
  }
  return found;
}

const quoted = (text) => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

// Running

let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "belljar-api-"));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

let runs = 0;
/** Runs a tool in a folder of its own, and returns its report, its console and its artifacts. */
function run({ source, file = "tool.ts", policy = "version = 1\n", input = {}, files = {}, answers }) {
  const at = join(folder, `run-${++runs}`);
  mkdirSync(at);
  const write = (name, text) => {
    mkdirSync(dirname(join(at, name)), { recursive: true });
    writeFileSync(join(at, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  write(file, source);
  write("policy.toml", policy);
  let calls = 0;
  let artifacts;
  const say = (...given) => {
    const log = join(at, `log-${++calls}.jsonl`);
    artifacts = join(at, `artifacts-${calls}`);
    const options = ["--policy", "policy.toml", "--format", "json", "--log", log, "--artifacts", artifacts];
    const { stdout, stderr, error } = spawnSync(belljar, [...given, ...options], {
      cwd: at,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 1 << 26,
    });
    assert.ifError(error);
    assert.notEqual(stdout, "", `there is no report: ${stderr}`);
    return { report: JSON.parse(stdout), log: readFileSync(log, "utf8") };
  };
  const suspend = answers === undefined ? [] : ["--suspend", "waiting.tar"];
  let seen = say("run", file, "--input", JSON.stringify(input), ...suspend);
  for (const answer of answers ?? []) {
    assert.equal(seen.report.outcome, "suspended", `nothing asks for the answer ${answer}`);
    seen = say("resume", "waiting.tar", "--say", answer);
  }
  const entries = seen.log.trimEnd().split("\n").map((line) => JSON.parse(line));
  return {
    report: seen.report,
    console: entries.filter(({ kind }) => kind === "console").map(({ level, text }) => `${level}: ${text}`),
    artifact: (name) => readFileSync(join(artifacts, name), "utf8"),
  };
}

/** The output of a tool that returns. */
function output(source, options) {
  const { report } = run({ source, ...options });
  assert.equal(report.outcome, "returned", report.message);
  return report.output;
}

for (const { heading, examples } of sections) {
  examples.forEach(({ line, file, source, parts, files, artifacts }) => {
    test(`the example at line ${line}, of ${heading}`, () => {
      for (const part of ["Policy", "Input"]) assert.ok(part in parts, `it has no ${part}`);
      assert.ok("Output" in parts !== "Report" in parts, "it has either an Output or a Report");
      const seen = run({ source, file, policy: parts.Policy, input: parts.Input, files, answers: parts.Answers });
      if ("Output" in parts) {
        assert.equal(seen.report.outcome, "returned", seen.report.message);
        assert.deepEqual(seen.report.output, parts.Output);
      } else {
        assert.ok("outcome" in parts.Report && "message" in parts.Report, "a Report says the outcome and the message");
        assert.notEqual(parts.Report.outcome, "returned");
        const told = Object.fromEntries(Object.keys(parts.Report).map((key) => [key, seen.report[key]]));
        assert.deepEqual(told, parts.Report);
      }
      if ("Console" in parts) assert.deepEqual(seen.console, parts.Console);
      for (const [name, text] of Object.entries(artifacts)) assert.equal(seen.artifact(name), text);
    });
  });
}

// Names

/** All names of `belljar`, also those that are not listed. */
const ENUMERATE = `export default () => {
  const names: string[] = [];
  const walk = (value: any, path: string) => {
    for (const key of Reflect.ownKeys(value)) {
      const { value: inner } = Object.getOwnPropertyDescriptor(value, key)!;
      if (typeof value === "function" && ["length", "name", "prototype"].includes(String(key))) continue;
      names.push(\`\${path}.\${String(key)}\`);
      if ((typeof inner === "object" && inner !== null) || typeof inner === "function") walk(inner, \`\${path}.\${String(key)}\`);
    }
  };
  walk(belljar, "belljar");
  return names;
};
`;

/** Makes an object of each class, as far as it takes arguments. */
const SAMPLES = {
  AbortController: "new AbortController()", AbortSignal: "AbortSignal.abort()", Blob: "new Blob([])", CustomEvent: 'new CustomEvent("a")',
  DOMException: 'new DOMException("a")', Event: 'new Event("a")', EventTarget: "new EventTarget()", File: 'new File([], "a")', FormData: "new FormData()",
  Headers: "new Headers()", ReadableStream: "new ReadableStream()", Request: 'new Request("https://a.example")', Response: "new Response()",
  TextDecoder: "new TextDecoder()", TextEncoder: "new TextEncoder()", URL: 'new URL("https://a.example")', URLSearchParams: "new URLSearchParams()",
  ToolError: 'new ToolError("a", "b")', CapabilityDenied: 'new CapabilityDenied("a", "b", "c")', BudgetExhausted: 'new BudgetExhausted("a")',
  RequestError: 'new RequestError("invalid", "a")',
};
/** Those that are objects themselves. */
const OBJECTS = ["console", "performance", "crypto"];

/** What ECMAScript has, of which Node may not have all. */
const ecmascript = new Set(runInNewContext("Object.getOwnPropertyNames(globalThis)"));
for (const name of ["AsyncDisposableStack", "DisposableStack", "Float16Array", "InternalError", "Iterator", "SuppressedError"]) ecmascript.add(name);
for (const name of ["console", "Intl", "WebAssembly"]) ecmascript.delete(name);

const globals = () => output("export default () => Object.getOwnPropertyNames(globalThis);\n").filter((name) => !ecmascript.has(name)).sort();

test("the page has a heading with an example for every name of belljar, and for no other", () => {
  const headed = sections.map((section) => ({ section, name: /^`(belljar\.[\w.]+)`$/.exec(section.heading)?.[1] })).filter(({ name }) => name !== undefined);
  const names = output(ENUMERATE);
  assert.ok(names.length > 20, "the enumeration finds the functions");
  assert.deepEqual(headed.map(({ name }) => name).sort(), names.sort());
  for (const { name, section } of headed) {
    const parent = names.some((other) => other.startsWith(`${name}.`));
    if (parent) continue;
    const used = section.examples.some(({ source }) => source.includes(`${name}(`) || source.includes(`${name}<`));
    assert.ok(used, `no example below the heading of ${name} calls it`);
    const short = name.split(".").at(-1);
    assert.ok(below(section.heading).some((line) => line.startsWith(`\`${short}`)), `the heading of ${name} has no signature`);
  }
});

test("the page names every global name that a tool has beyond ECMAScript's, and no other", () => {
  const [there, absent] = tables("The names of the web");
  const errors = sections.map(({ heading }) => /^`([A-Z]\w+)`$/.exec(heading)?.[1]).filter((name) => name !== undefined);
  const named = [...there.flatMap(([names]) => quoted(names)), ...errors, "belljar"].filter((name) => !ecmascript.has(name)).sort();
  assert.deepEqual(named, globals());
  // What is not there says what is.
  const missing = absent.flatMap(([names]) => quoted(names));
  assert.ok(missing.length > 20);
  for (const name of missing) {
    const { report } = run({ source: `export default () => (${name} as any);\n` });
    assert.equal(report.outcome, "crashed", name);
    assert.match(report.message, new RegExp(`^ReferenceError: ${name} is not defined; .{8}`));
  }
});

test("the manifest, and what a policy can limit, are told whole", () => {
  const told = spawnSync(belljar, ["inspect", tool("manifest.ts", "export const tool = { bogus: 1 };\nexport default () => 1;\n")], { encoding: "utf8" });
  const keys = quoted(/expected one of (.*)/.exec(told.stderr)?.[1] ?? "");
  assert.ok(keys.includes("wants"), told.stderr);
  assert.deepEqual(tables("The manifest")[0].map(([key]) => quoted(key)[0]).sort(), keys.sort());

  const schema = JSON.parse(execFileSync(belljar, ["policy", "schema"], { encoding: "utf8" }));
  const limits = schema.properties.limits.properties;
  const rows = tables("Limits")[0];
  assert.deepEqual(rows.map(([key]) => quoted(key)[0]).sort(), Object.keys(limits).sort());
  for (const [key, most] of rows) {
    const value = most.replaceAll("`", "");
    const { description } = limits[quoted(key)[0]];
    const said = description.includes(/^\d+( \w+)?$/.test(value) ? `(${value}` : value);
    assert.ok(said, `${key}: ${value} is not what the schema says: ${description}`);
  }
});

test("belljar.pyi names what there is in Python, and nothing else", () => {
  const stub = readFileSync(join(root, "guests/python/belljar.pyi"), "utf8");
  const declared = [];
  let within = [];
  for (const line of stub.split("\n")) {
    const [, indent, kind, name] = /^( *)(class|def) (\w+)/.exec(line) ?? [];
    if (name === undefined) continue;
    within = within.slice(0, indent.length / 4);
    if (/^(kv|files|http|tools|aio)$/.test(within[0] ?? "") || (kind === "def" && within.length === 0)) declared.push([...within, name].join("."));
    if (kind === "class") within.push(name);
  }
  const source = `import belljar

GROUPS = ("kv", "files", "http", "tools")


def run(input):
    found = ["ask", "artifact", "aio.ask"]
    for name, holder in (("", belljar), ("aio.", belljar.aio)):
        for group in GROUPS:
            found += [f"{name}{group}.{key}" for key in vars(getattr(holder, group)) if not key.startswith("_")]
    return found
`;
  const found = output(source, { file: "tool.py" });
  assert.ok(found.length > 40, String(found));
  assert.deepEqual(declared.filter((name) => !/^aio\.(kv|files|http|tools)$/.test(name)).sort(), found.sort());
});

/** Writes a file and returns its path. */
function tool(name, source) {
  writeFileSync(join(folder, name), source);
  return join(folder, name);
}

test("fixed limits are where the page says", () => {
  const text = (length) => `"x".repeat(${length})`;
  const choices = (count) => `{ choices: Array.from({ length: ${count} }, (_, i) => String(i)) }`;
  const path = (last) => `belljar.files.exists(("/" + ${text(99)}).repeat(40) + "/" + ${text(last)})`;
  const many = (count) => `(() => { for (let i = 0; i < ${count}; i++) belljar.artifact(\`n\${i}\`, "text/plain", "x"); })()`;
  // What the page says, an action within the limit and one beyond it, and the error.
  const bounds = [
    ["1 to 512 bytes, no control characters", `belljar.kv.get(${text(512)})`, `belljar.kv.get(${text(513)})`, "RequestError invalid"],
    ["| a value | 16 MiB |", `belljar.kv.set("k", new Uint8Array(${16 << 20}))`, `belljar.kv.set("k", new Uint8Array(${(16 << 20) + 1}))`, "RequestError too-large"],
    ["at most 4,096 bytes; no `..`", path(95), path(96), "RequestError invalid"],
    ["| a name in it | 255 bytes |", `belljar.files.exists("/" + ${text(255)})`, `belljar.files.exists("/" + ${text(256)})`, "RequestError invalid"],
    ["| the question | 1 to 4,096 bytes |", `belljar.ask(${text(4096)})`, `belljar.ask(${text(4097)})`, "RequestError invalid"],
    ["| choices | 20, each one line", `belljar.ask("q", ${choices(20)})`, `belljar.ask("q", ${choices(21)})`, "RequestError invalid"],
    ["each one line of 1 to 256 bytes", `belljar.ask("q", { choices: [${text(256)}] })`, `belljar.ask("q", { choices: [${text(257)}] })`, "RequestError invalid"],
    ["a plain file name of at most 255 bytes", `belljar.artifact(${text(255)}, "text/plain", "")`, `belljar.artifact(${text(256)}, "text/plain", "")`, "RequestError invalid"],
    ["at most 255 printable ASCII characters", `belljar.artifact("m", "a/" + ${text(253)}, "")`, `belljar.artifact("m", "a/" + ${text(254)}, "")`, "RequestError invalid"],
    // Two are there by now.
    ["| artifacts of a run | 256 |", many(254), many(255), "BudgetExhausted exhausted"],
    ["| random bytes in one call | 65,536 |", "crypto.getRandomValues(new Uint8Array(65536))", "crypto.getRandomValues(new Uint8Array(65537))", "QuotaExceededError 22"],
    [
      "| all keys and values of a tool | `kv-bytes` (64 MiB), `kv-keys` (100,000) |",
      'Promise.all([1, 2].map((n) => belljar.kv.set("k" + n, new Uint8Array(16 << 20))))',
      '(async () => { for (let n = 0; n < 4; n++) await belljar.kv.set("k" + n, new Uint8Array(16 << 20)); })()',
      "BudgetExhausted exhausted",
    ],
  ];
  for (const [said] of bounds) assert.ok(page.includes(said), `the page does not say: ${said}`);
  const source = `export default async () => {
  const ends = async (action: () => unknown) => {
    try {
      await action();
      return "fine";
    } catch (error: any) {
      // A request that may be and is refused, or that nobody answers, is within its limit.
      return error instanceof CapabilityDenied ? "fine" : \`\${error.name} \${error.code}\`;
    }
  };
  return [
${bounds.map(([, within, beyond]) => `    [await ends(() => ${within}), await ends(() => ${beyond})],`).join("\n")}
  ];
};
`;
  const policy = 'version = 1\n[kv]\nallow = ["**"]\n[limits]\nmemory = "256 MiB"\ntime = "60 s"\n';
  const seen = output(source, { policy });
  assert.deepEqual(
    seen.map((ends, i) => [bounds[i][0], ...ends]),
    bounds.map(([what, , , error]) => [what, "fine", error]),
  );
});

// Types

/** Type-checks files as somebody does who has installed the package; returns what tsc says. */
function check(name, files, options) {
  const at = join(folder, name);
  mkdirSync(join(at, "node_modules"), { recursive: true });
  symlinkSync(join(root, "web"), join(at, "node_modules/belljar"), "dir");
  for (const [file, text] of Object.entries(files)) writeFileSync(join(at, file), text);
  const { compilerOptions } = JSON.parse(others.find(({ language }) => language === "json").text);
  const own = { module: "ESNext", moduleResolution: "Bundler", target: "ES2023", noEmit: true, skipLibCheck: false };
  writeFileSync(join(at, "tsconfig.json"), JSON.stringify({ compilerOptions: { ...compilerOptions, ...own, ...options }, files: Object.keys(files) }));
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--project", at], { encoding: "utf8" });
  return { said: `${stdout}${stderr}`, status };
}

const sources = Object.fromEntries(examples.filter(({ file }) => file === "tool.ts").map(({ line, source }) => [`line-${line}.ts`, source]));

test("every example fits the declarations, with ECMAScript's library alone and with a browser's", () => {
  assert.ok(examples.length > 30);
  for (const [name, lib] of [["alone", undefined], ["browser", ["ES2023", "DOM"]], ["worker", ["ES2023", "WebWorker"]]]) {
    const { said, status } = check(`types-${name}`, sources, lib === undefined ? {} : { lib });
    assert.equal(said, "", name);
    assert.equal(status, 0);
  }
});

test("the declarations name what there is, and refuse what there is not", () => {
  const names = output(ENUMERATE);
  const found = globals();
  const listed = (names) => `{ ${[...new Set(names)].map((name) => `${JSON.stringify(name)}: true`).join(", ")} }`;
  const options = output(`export default async () => {
  const says = async (action: () => Promise<unknown>) => {
    try {
      await action();
      return [];
    } catch (error: any) {
      return /it has (.*)$/.exec(error.message)?.[1].split(", ");
    }
  };
  const bogus: any = { bogus: 1 };
  return {
    ReadOptions: await says(() => belljar.files.readBytes("/a", bogus)),
    WriteOptions: await says(() => belljar.files.write("/a", "", bogus)),
    AskOptions: await says(() => belljar.ask("a", bogus)),
  };
};
`);
  const members = output(`export default () => {
  const all = (value: any) => {
    const names = new Set<string>();
    for (let at = value; at !== null && at !== Object.prototype && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
      for (const name of Reflect.ownKeys(at)) if (typeof name === "string") names.add(name);
    }
    // What an Error may have.
    return value instanceof Error ? [...names, "stack", "cause"] : [...names];
  };
  return {
${Object.entries(SAMPLES).map(([name, made]) => `    ${name}: [all(${made}), all(${name})],`).join("\n")}
${OBJECTS.map((name) => `    ${name}: [all(${name}), []],`).join("\n")}
  };
};
`);
  const lines = [
    'import type { AskOptions, Manifest, ReadOptions, WriteOptions } from "belljar/tool";',
    "type Names<T, P extends string> = { [K in keyof T & string]: T[K] extends (...given: never[]) => unknown ? `${P}.${K}` : `${P}.${K}` | Names<T[K], `${P}.${K}`> }[keyof T & string];",
    // A name that only one of both has is an error of the object literal.
    `export const names: Record<Names<typeof belljar, "belljar">, true> = ${listed(names)};`,
    ...Object.entries(options).map(([type, names]) => `export const of${type}: Record<keyof ${type}, true> = ${listed(names)};`),
    `export const ofManifest: Record<keyof Manifest, true> = ${listed(tables("The manifest")[0].map(([key]) => quoted(key)[0]))};`,
    ...found.map((name) => `void ${name};`),
    // The members that are declared are there; there may be more.
    ...Object.entries(members).flatMap(([name, [own, ofClass]]) => {
      const of = OBJECTS.includes(name) ? `typeof ${name}` : name;
      const has = [`const has${name} = ${listed(own)};`, `export const own${name}: Record<keyof ${of} & string, unknown> = has${name};`];
      if (OBJECTS.includes(name)) return has;
      return [...has, `const static${name} = ${listed(ofClass)};`, `export const class${name}: Record<keyof typeof ${name} & string, unknown> = static${name};`];
    }),
    // And what is wrong is an error.
    "// @ts-expect-error: there is no such name",
    'void belljar.kv.put("a", "b");',
    "// @ts-expect-error: undefined cannot be kept",
    'void belljar.kv.set("a", undefined);',
    "// @ts-expect-error: a key is text",
    "void belljar.kv.get({});",
    "// @ts-expect-error: there is no such mode",
    'void belljar.files.write("/a", "b", { mode: "w" });',
    "// @ts-expect-error: it may be undefined",
    'const text: string = await belljar.kv.get("a");',
    "// @ts-expect-error: it is one of the choices",
    'const choice: "green" = await belljar.ask("a", { choices: ["red", "blue"] });',
    "// @ts-expect-error: a wish is a text",
    "const manifest: Manifest = { wants: [1] };",
    "// @ts-expect-error: there is no page",
    "void document;",
    "// @ts-expect-error: there is no process",
    "void process;",
  ];
  const { said } = check("names", { "names.ts": `${lines.join("\n")}\n` });
  assert.equal(said, "");
  // What is declared globally is there.
  const block = /^declare global \{\n([^]*?)^\}/m.exec(declarations)[1];
  const declared = [...block.matchAll(/^ {2}(?:const|class|function|var) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual([...new Set(declared)].sort(), found.filter((name) => name !== "Intl"));
});

test("the declarations are what the package ships", () => {
  const { exports, files } = JSON.parse(readFileSync(join(root, "web/package.json"), "utf8"));
  assert.equal(exports["./tool"].types, "./tool.d.ts");
  assert.ok(files.includes("tool.d.ts"));
  const lines = '/// <reference types="belljar/tool" />\nexport default () => belljar.kv.get("a");\n';
  assert.equal(check("reference", { "tool.ts": lines }, { types: [] }).said, "");
  assert.match(check("without", { "tool.ts": lines.split("\n")[1] }, { types: [] }).said, /Cannot find name 'belljar'/);
});

// Rust

test("the names in Rust are there", () => {
  const named = [...new Set(below("Tools in Rust").join("\n").match(/belljar(?:::\w+)+/g))];
  assert.ok(named.length > 20);
  const file = (name) => readFileSync(join(root, "crates/belljar-guest/src", name), "utf8");
  for (const path of named) {
    const [, first, second] = path.split("::");
    if (first === "tool") continue;
    if (second === undefined) assert.match(file("lib.rs"), new RegExp(`pub fn ${first}\\b|pub use [^;]*\\b${first}\\b`), path);
    else if (first === "ToolError") assert.match(file("error.rs"), new RegExp(`pub fn ${second}\\b`), path);
    else assert.match(file(`${first}.rs`), new RegExp(`pub fn ${second}\\b`), path);
  }
  const failures = [...file("error.rs").matchAll(/^ {4}(\w+)\((?:Denial|String)\),$/gm)].map(([, name]) => name);
  for (const name of failures) assert.ok(below("Tools in Rust").join("\n").includes(`\`${name}\``), `Failure::${name} is not named`);
});
