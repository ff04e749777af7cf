// The errors that tools meet, and what becomes of those that nobody catches.

class ToolError extends Error {
  constructor(code, message) {
    super(message === undefined ? String(code) : String(message));
    this.code = message === undefined ? "" : String(code);
  }
}

class CapabilityDenied extends Error {
  constructor(capability, request, rule) {
    super(`${capability}: ${request} is not allowed (${rule})`);
    this.capability = capability;
    this.request = request;
    this.rule = rule;
  }
}

class BudgetExhausted extends Error {}

/** A request that failed; `code` says how: "not-found", "invalid", "too-large", "timed-out", "other". */
class RequestError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

class DOMException extends Error {
  #name;
  constructor(message = "", name = "Error") {
    super(message);
    this.#name = String(name);
  }
  get name() {
    return this.#name;
  }
}

for (const type of [ToolError, CapabilityDenied, BudgetExhausted, RequestError]) {
  Object.defineProperty(type.prototype, "name", { value: type.name, configurable: true, writable: true });
}

shared.define = (names) => {
  for (const [name, value] of Object.entries(names)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  }
};
shared.define({ ToolError, CapabilityDenied, BudgetExhausted, DOMException });

/** The value of an answer, or its failure as an exception. */
shared.unpack = (answer) => {
  switch (answer.failure) {
    case undefined:
      return answer.value;
    case "denied":
      throw new CapabilityDenied(answer.capability, answer.request, answer.rule);
    case "exhausted":
      throw new BudgetExhausted(answer.message);
    default:
      throw new RequestError(answer.failure, answer.message);
  }
};

/** Text that can be UTF-8: lone surrogates become U+FFFD. */
shared.text = (value) => String(value).toWellFormed();

const stringify = JSON.stringify;

/** A value as JSON that every parser takes: lone surrogates become U+FFFD, nothing becomes null. */
shared.stringify = (value) => {
  const json = stringify(value);
  if (json === undefined) return "null";
  if (!json.includes("\\ud")) return json;
  return json.replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, (found) => (found === "\\\\" ? found : "\ufffd"));
};

const elsewhere = {
  require: "write the code into this file: a tool is one module, and packages are not available",
  module: "use `export default function run(input) { … }`",
  exports: "use `export default function run(input) { … }`",
  process: "there is no process: what the tool needs comes in its input",
  Buffer: "use Uint8Array, TextEncoder and TextDecoder, atob and btoa",
  fs: "use belljar.files",
  path: "join paths as text, with `/`",
  window: "there is no page: use globalThis",
  self: "use globalThis",
  global: "use globalThis",
  document: "there is no page: return HTML text, or hand it in with belljar.artifact",
  localStorage: "use belljar.kv",
  sessionStorage: "use belljar.kv",
  indexedDB: "use belljar.kv",
  XMLHttpRequest: "use fetch",
  WebSocket: "use fetch",
  Worker: "there is one thread",
  alert: "use console.log",
  confirm: "use belljar.ask",
  prompt: "use belljar.ask",
  Deno: "use belljar.files, belljar.kv and fetch",
  Bun: "use belljar.files, belljar.kv and fetch",
  setImmediate: "use setTimeout or queueMicrotask",
  __dirname: "a tool has no folder of its own: use belljar.files",
  __filename: "a tool has no folder of its own: use belljar.files",
};

const known = [
  [ToolError, "failed"],
  [CapabilityDenied, "denied"],
  [BudgetExhausted, "exhausted"],
];

/** What an uncaught exception says of the tool. Must not throw, whatever was thrown. */
shared.fault = (thrown) => {
  try {
    const kind = known.find(([type]) => thrown instanceof type)?.[1] ?? "crashed";
    if (!(thrown instanceof Error)) {
      return { kind, code: "", message: `it threw ${shared.inspect(thrown)}`.toWellFormed(), stack: "" };
    }
    let message = shared.text(thrown.message);
    if (kind === "crashed" || thrown.name !== thrown.constructor?.name) {
      const name = shared.text(thrown.name);
      message = message === "" ? name : `${name}: ${message}`;
    }
    const missing = thrown instanceof ReferenceError ? /^'?([\w$]+)'? is not defined/.exec(thrown.message)?.[1] : undefined;
    if (missing !== undefined && Object.hasOwn(elsewhere, missing)) {
      message = `${message}; ${elsewhere[missing]}`;
    }
    if (thrown instanceof ReferenceError && message.includes("could not load module")) {
      message = `${message}; a tool is one module: put the code that it needs into its file`;
    }
    const stack = typeof thrown.stack === "string" ? thrown.stack.toWellFormed() : "";
    const code = kind === "failed" || typeof thrown.code === "string" ? shared.text(thrown.code) : "";
    return { kind, code, message, stack: frames(stack) };
  } catch {
    return { kind: "crashed", code: "", message: "it threw something that cannot be described", stack: "" };
  }
};

/** The tool's own frames: not the prelude's, not QuickJS's. */
const frames = (stack) =>
  stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.includes("belljar:") && !line.endsWith("(native)"))
    .join("\n");

// Text that comes from outside is not run as code: what was reviewed is what runs.
const refuse = () => {
  throw new TypeError("text cannot be run as code here: write what `eval` or `new Function` would make as functions");
};
shared.define({ eval: refuse });
for (const sample of [function () {}, async function () {}, function* () {}, async function* () {}]) {
  const prototype = Object.getPrototypeOf(sample);
  const name = prototype.constructor.name;
  const constructor = { [name]: function () { refuse(); } }[name];
  Object.defineProperty(constructor, "prototype", { value: prototype });
  Object.defineProperty(prototype, "constructor", { value: constructor, configurable: true, writable: true });
  if (name === "Function") shared.define({ Function: constructor });
}
