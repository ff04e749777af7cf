// The errors that tools meet, and what becomes of those that nobody catches.

class ToolError extends Error {
  constructor(code, message, options) {
    super(message === undefined ? String(code) : String(message), options);
    this.code = message === undefined ? "" : String(code);
  }
}

class CapabilityDenied extends Error {
  constructor(capability, request, rule) {
    super(`${capability}: ${request} is not allowed (${rule})`);
    this.capability = capability;
    this.request = request;
    this.rule = rule;
    this.code = "denied";
  }
}

class BudgetExhausted extends Error {
  code = "exhausted";
}

/** A request that failed; `code` says how: "not-found", "invalid", "too-large", "timed-out", "other". */
class RequestError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const CODES = [
  "IndexSizeError", "", "HierarchyRequestError", "WrongDocumentError", "InvalidCharacterError", "", "NoModificationAllowedError",
  "NotFoundError", "NotSupportedError", "InUseAttributeError", "InvalidStateError", "SyntaxError", "InvalidModificationError",
  "NamespaceError", "InvalidAccessError", "", "TypeMismatchError", "SecurityError", "NetworkError", "AbortError", "URLMismatchError",
  "QuotaExceededError", "TimeoutError", "InvalidNodeTypeError", "DataCloneError",
];
class DOMException extends Error {
  #name;
  constructor(message = "", options = "Error") {
    const named = typeof options !== "object" || options === null;
    super(message, named ? undefined : options);
    this.#name = String(named ? options : (options.name ?? "Error"));
  }
  get name() {
    return this.#name;
  }
  get code() {
    return this.#name === "" ? 0 : CODES.indexOf(this.#name) + 1;
  }
}

for (const type of [ToolError, CapabilityDenied, BudgetExhausted, RequestError]) {
  Object.defineProperty(type.prototype, "name", { value: type.name, configurable: true, writable: true });
}

shared.RequestError = RequestError;
shared.define = (names) => {
  for (const [name, value] of Object.entries(names)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  }
};
shared.define({ ToolError, CapabilityDenied, BudgetExhausted, RequestError, DOMException });

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

const MODULE = "write the code into this file: a tool is one module, and packages are not available";
const NO_PAGE = "there is no page: return HTML text, or hand it in with belljar.artifact";
const NO_CHANNEL = "there is one thread and no connection: call functions, and use fetch, setTimeout and promises";
const BYTES = "use Uint8Array with fetch's Response, or belljar.files.readBytes and belljar.files.write";
const KEPT = "use belljar.kv";
const NO_FOLDER = "a tool has no folder of its own: use belljar.files";
const PARSE = "there is no parser of HTML or XML: take the text apart in code";
/** What stands in for the names of the web, of Node and of other hosts that a tool has not got. */
const elsewhere = {
  require: MODULE,
  module: "use `export default function run(input) { … }`",
  exports: "use `export default function run(input) { … }`",
  process: "there is no process: what the tool needs comes in its input",
  Buffer: "use Uint8Array, TextEncoder and TextDecoder, atob and btoa",
  fs: "use belljar.files",
  fsPromises: "use belljar.files",
  path: "join paths as text, with `/`",
  os: "there is no operating system: what the tool needs comes in its input",
  child_process: "no programs can be started",
  axios: "use fetch",
  http: "use fetch",
  https: "use fetch",
  window: "there is no page: use globalThis",
  self: "use globalThis",
  global: "use globalThis",
  document: NO_PAGE,
  navigator: "there is no browser: what the tool needs comes in its input",
  location: "there is no page: what the tool needs comes in its input",
  history: "there is no page: what the tool needs comes in its input",
  screen: NO_PAGE,
  Image: NO_PAGE,
  HTMLElement: NO_PAGE,
  customElements: NO_PAGE,
  OffscreenCanvas: "there is no canvas: write SVG text, and hand it in with belljar.artifact",
  createImageBitmap: "there is no canvas: write SVG text, and hand it in with belljar.artifact",
  requestAnimationFrame: "there is no page: use setTimeout",
  cancelAnimationFrame: "there is no page: use clearTimeout",
  requestIdleCallback: "there is no page: use setTimeout",
  localStorage: KEPT,
  sessionStorage: KEPT,
  indexedDB: KEPT,
  caches: KEPT,
  cookieStore: KEPT,
  XMLHttpRequest: "use fetch",
  EventSource: "use fetch",
  WebSocket: "use fetch",
  WebTransport: "use fetch",
  RTCPeerConnection: "use fetch",
  Atomics: "there is one thread: read and write the values themselves",
  Worker: "there is one thread: call the function itself",
  SharedWorker: "there is one thread: call the function itself",
  importScripts: MODULE,
  MessageChannel: NO_CHANNEL,
  MessagePort: NO_CHANNEL,
  BroadcastChannel: NO_CHANNEL,
  postMessage: NO_CHANNEL,
  addEventListener: "there are no events: the tool is called once, with its input",
  alert: "use console.log",
  confirm: "use belljar.ask",
  prompt: "use belljar.ask",
  Deno: "use belljar.files, belljar.kv and fetch",
  Bun: "use belljar.files, belljar.kv and fetch",
  __dirname: NO_FOLDER,
  __filename: NO_FOLDER,
  Temporal: "use Date, and Date.UTC for dates without a time",
  WebAssembly: "WebAssembly modules cannot be loaded here: write the code in this file, or make the tool itself one",
  DOMParser: PARSE,
  XMLSerializer: PARSE,
  FileReader: "use the Blob's own text(), bytes() and arrayBuffer()",
  WritableStream: BYTES,
  TransformStream: BYTES,
  ByteLengthQueuingStrategy: BYTES,
  CountQueuingStrategy: BYTES,
  CompressionStream: "there is no compression: hand the bytes in as they are",
  DecompressionStream: "there is no decompression: the input has to be unpacked",
  TextEncoderStream: "use TextEncoder",
  TextDecoderStream: "use TextDecoder, with `{ stream: true }`",
  PerformanceObserver: "use performance.now, which stands still while the tool computes",
  Notification: "use belljar.ask or console.log",
  reportError: "use console.error, or throw the error",
  gc: "memory is collected by itself",
  fetchLater: "use fetch",
  sleep: "use `await new Promise((resolve) => setTimeout(resolve, ms))`",
  input: "the input is the argument of the default export: `export default function run(input) { … }`",
};

const known = [
  [ToolError, "failed"],
  [CapabilityDenied, "denied"],
  [BudgetExhausted, "exhausted"],
];

/** How many causes and inner errors are told. */
const MOST_CAUSES = 8;
const MOST_INNER = 10;

/** A thrown value and what caused it, as one sentence. */
const describe = (thrown, head, seen = []) => {
  if (!(thrown instanceof Error)) return head ?? shared.inspect(thrown, 1);
  if (seen.includes(thrown) || seen.length >= MOST_CAUSES) return head ?? "…";
  const inner = [...seen, thrown];
  if (head === undefined) {
    const message = shared.text(thrown.message);
    head = message === "" ? shared.text(thrown.name) : `${shared.text(thrown.name)}: ${message}`;
  }
  const { errors } = thrown;
  if (Array.isArray(errors) && errors.length > 0) {
    const told = errors.slice(0, MOST_INNER).map((error) => describe(error, undefined, inner));
    if (errors.length > MOST_INNER) told.push(`${errors.length - MOST_INNER} more`);
    head = `${head} [${told.join("; ")}]`;
  }
  if (thrown instanceof SuppressedError) {
    head = `${head} [${describe(thrown.error, undefined, inner)}; ${describe(thrown.suppressed, undefined, inner)}]`;
  }
  if (Object.hasOwn(thrown, "cause") && thrown.cause !== undefined) head = `${head}; caused by ${describe(thrown.cause, undefined, inner)}`;
  return head;
};
shared.describe = describe;

/** The frames of an error and of what caused it. */
const chain = (thrown) => {
  const parts = [];
  const seen = [];
  for (let error = thrown; error instanceof Error && !seen.includes(error) && seen.length < MOST_CAUSES; error = error.cause) {
    if (seen.length > 0) parts.push(`caused by ${shared.text(error.name)}`);
    seen.push(error);
    parts.push(frames(typeof error.stack === "string" ? error.stack.toWellFormed() : ""));
  }
  return parts.filter((part) => part !== "").join("\n");
};

/** What an uncaught exception says of the tool. Must not throw, whatever was thrown. */
shared.fault = (thrown) => {
  try {
    const kind = known.find(([type]) => thrown instanceof type)?.[1] ?? "crashed";
    const floating = shared.isFloating(thrown) ? "; a promise was rejected with this, and nothing awaits it" : "";
    if (!(thrown instanceof Error)) {
      return { kind, code: "", message: `it threw ${shared.inspect(thrown)}${floating}`.toWellFormed(), stack: "" };
    }
    let message = shared.text(thrown.message);
    if (kind === "crashed" || thrown.name !== thrown.constructor?.name) {
      const name = shared.text(thrown.name);
      message = message === "" ? name : `${name}: ${message}`;
    }
    message = describe(thrown, message);
    const missing = thrown instanceof ReferenceError ? /^'?([\w$]+)'? is not defined/.exec(thrown.message)?.[1] : undefined;
    if (missing !== undefined && Object.hasOwn(elsewhere, missing)) {
      message = `${message}; ${elsewhere[missing]}`;
    }
    if (thrown instanceof ReferenceError && message.includes("could not load module")) {
      message = `${message}; a tool is one module: put the code that it needs into its file`;
    }
    const code = kind === "failed" || typeof thrown.code === "string" ? shared.text(thrown.code) : "";
    return { kind, code, message: (message + floating).toWellFormed(), stack: chain(thrown) };
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
