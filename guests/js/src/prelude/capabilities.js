// What a tool may be granted: belljar.*, and the web's own names.

const { request, text } = shared;

const decode = (bytes) => new TextDecoder().decode(bytes);
/** Text of bytes that have to be text: nothing is replaced silently. */
const texts = (bytes, what, instead, ignoreBOM) => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM }).decode(bytes);
  } catch {
    throw new shared.RequestError("invalid", `${what} is not UTF-8: read the bytes with ${instead}, and decode them`);
  }
};

/** Bytes that one request carries (16 MiB). */
const MOST = 16 << 20;
const content = (value, what) => {
  const bytes = shared.content(value, what);
  if (bytes.length > MOST) throw new shared.RequestError("too-large", `${what} has ${bytes.length} bytes, and a request carries at most ${MOST}`);
  return bytes;
};

/** A name that is text (a number will do): an object as a key would be "[object Object]". */
const named = (value, what) => {
  if (typeof value === "string" || (typeof value === "number" && Number.isFinite(value))) return text(value);
  throw new TypeError(`${what} is text, not ${shared.inspect(value, 1)}`);
};
const key = (value) => named(value, "a key of belljar.kv");
const path = (value) => named(value, "a path of belljar.files");

/** What is read as JSON, or an error that names the place. */
const parsed = (json, what) => {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new SyntaxError(`${what} is not JSON: ${error.message}`, { cause: error });
  }
};
const options = (given, what, known) => {
  if (given === undefined || given === null) return {};
  if (typeof given !== "object") throw new TypeError(`${what} takes its options as an object with ${known.join(", ")}, not ${shared.inspect(given, 1)}`);
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw new TypeError(`${what} has no option ${name}: it has ${known.join(", ")}`);
  }
  return given;
};
const whole = (value, what) => {
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${what} is a whole number from 0 on, not ${shared.inspect(value, 1)}`);
};

/** Entries in a part of a list, at most. */
const PART = 10_000;
/** Which part of a list is asked for; undefined for all of it. */
const within = (given, what) => {
  const { after, limit } = options(given, what, ["after", "limit"]);
  if (after === undefined && limit === undefined) return undefined;
  const most = whole(limit, "limit") ?? PART;
  if (most < 1 || most > PART) throw new RangeError(`limit is a whole number from 1 to ${PART}, not ${most}`);
  return { after: after ?? "", limit: most };
};

const kv = {
  /** The text kept under a key; undefined if there is none. */
  async get(name) {
    const bytes = await kv.getBytes(name);
    return bytes === undefined ? undefined : texts(bytes, `the value of the key ${name}`, "belljar.kv.getBytes", true);
  },
  getBytes: async (name) => request(host.kvStart("get", key(name), undefined), host.kvTake),
  async getJSON(name) {
    const value = await kv.get(name);
    return value === undefined ? undefined : parsed(value, `the value of the key ${name}`);
  },
  /** Keeps text or bytes; anything else as JSON. */
  set: async (name, value) => {
    const checked = key(name);
    return request(host.kvStart("set", checked, content(value, `the value for the key ${checked}`)), host.kvTake);
  },
  setJSON: async (name, value) => {
    const checked = key(name);
    const json = shared.json(value, `the value for the key ${checked}`);
    if (json === undefined) throw new TypeError(`the value for the key ${checked} is undefined: belljar.kv.delete takes a key away`);
    return kv.set(checked, json);
  },
  delete: async (name) => request(host.kvStart("delete", key(name), undefined), host.kvTake),
  /** Keeps a value if the key holds what is expected, in one step; `undefined` stands for a key that is not there. */
  async replace(name, expected, value) {
    const checked = key(name);
    // A value that was forgotten would take the key away.
    if (arguments.length < 3) {
      throw new TypeError("belljar.kv.replace takes a key, what it holds now and what it shall hold: undefined stands for a key that is not there");
    }
    const bytes = (given, what) => (given === undefined ? undefined : content(given, `${what} the key ${checked}`));
    return request(host.kvReplace(checked, bytes(expected, "the expected value of"), bytes(value, "the value for")), host.kvTake);
  },
  list: async (prefix = "", given) => {
    const part = within(given, "belljar.kv.list");
    if (part === undefined) return request(host.kvStart("list", key(prefix), undefined), host.kvTake);
    return request(host.kvPage(key(prefix), key(part.after), part.limit), host.kvTake);
  },
};

const file = (what, at, content, offset = 0, length = undefined) =>
  request(host.filesStart(what, path(at), content, offset, length), host.filesTake);

const MODES = ["replace", "create", "append"];
const files = {
  readBytes: async (at, given) => {
    const { offset = 0, length } = options(given, "belljar.files.readBytes", ["offset", "length"]);
    return file("read", at, undefined, whole(offset, "offset"), whole(length, "length"));
  },
  async readText(at) {
    return texts(await files.readBytes(at), `the file ${at}`, "belljar.files.readBytes", false);
  },
  async readJSON(at) {
    return parsed(await files.readText(at), `the file ${at}`);
  },
  /** Writes text or bytes (anything else as JSON); `mode` is "replace", "create" or "append". */
  write: async (at, data, given) => {
    const { mode = "replace" } = options(given, "belljar.files.write", ["mode"]);
    if (!MODES.includes(mode)) throw new TypeError(`the mode ${mode} does not exist: "replace", "create" and "append" do`);
    return file(mode, at, content(data, `the content of ${path(at)}`));
  },
  append: async (at, data) => files.write(at, data, { mode: "append" }),
  list: async (at, given) => {
    const part = within(given, "belljar.files.list");
    if (part === undefined) return file("list", at);
    return request(host.filesPage(path(at), named(part.after, "a name in a folder"), part.limit), host.filesTake);
  },
  stat: async (at) => file("stat", at),
  exists: async (at) => {
    try {
      await file("stat", at);
      return true;
    } catch (error) {
      if (error.code === "not-found") return false;
      throw error;
    }
  },
  remove: async (at) => file("remove", at),
  makeDirectory: async (at) => file("make-directory", at),
};

const tools = {
  call: async (name, input) => {
    const called = named(name, "a tool's name");
    const json = shared.json(input, `the input of ${called}`) ?? "null";
    return parsed(await request(host.toolsStart(called, json), host.toolsTake), `the output of ${called}`);
  },
};

const belljar = {
  kv,
  files,
  tools,
  /** Asks the person; `choices` are the answers to choose from. */
  ask: async (question, given) => {
    const { choices = [] } = options(given, "belljar.ask", ["choices"]);
    if (!Array.isArray(choices)) throw new TypeError("belljar.ask takes `choices` as a list of texts");
    const asked = named(question, "a question of belljar.ask");
    return request(host.humanStart(asked, choices.map((choice) => named(choice, "a choice of belljar.ask"))), host.humanTake);
  },
  /** Adds a file to the run's report. */
  artifact: (name, mediaType, data) => {
    if (data === undefined) {
      throw new TypeError('belljar.artifact takes a name, a media type and the content: belljar.artifact("report.html", "text/html", html)');
    }
    const called = named(name, "an artifact's name");
    const type = named(mediaType, "an artifact's media type");
    return shared.unpack(host.artifact(called, type, content(data, `the content of ${called}`)));
  },
};

/** What is meant by names that other hosts have. */
const meant = {
  "belljar.files": {
    read: "readText or readBytes", readFile: "readText or readBytes", readTextFile: "readText", readFileSync: "readText", readAll: "readBytes",
    writeFile: "write", writeText: "write", writeTextFile: "write", writeBytes: "write", writeJSON: "write, which takes values, too", writeFileSync: "write",
    appendFile: "append", delete: "remove", unlink: "remove", rm: "remove", mkdir: "makeDirectory", readdir: "list", readDir: "list", ls: "list",
  },
  "belljar.kv": { compareAndSet: "replace", cas: "replace", setIf: "replace", put: "set", read: "get", write: "set", remove: "delete", del: "delete", keys: "list", has: "get, which gives undefined if there is none" },
  belljar: {
    fetch: "the global fetch", http: "the global fetch", log: "console.log", console: "the global console", read: "belljar.files.readText", write: "belljar.files.write",
    fs: "belljar.files", storage: "belljar.kv", store: "belljar.kv", artifacts: "belljar.artifact", human: "belljar.ask", prompt: "belljar.ask",
    tool: "belljar.tools.call", call: "belljar.tools.call", sleep: "setTimeout in a promise", crypto: "the global crypto", ToolError: "the global ToolError",
  },
  "belljar.tools": {},
};
/** A group that answers a name that it has not got with those that it has. Only a miss costs anything. */
const answering = (group, called) => {
  const missing = new Proxy(Object.prototype, {
    get(target, name, self) {
      if (typeof name === "symbol" || name in target || name === "then" || name === "toJSON") return Reflect.get(target, name, self);
      const instead = Object.hasOwn(meant[called], name) ? `; you may mean ${meant[called][name]}` : "";
      throw new TypeError(`${called}.${name} does not exist: ${called} has ${Object.keys(group).join(", ")}${instead}`);
    },
    set: () => false,
  });
  Object.setPrototypeOf(group, missing);
  return Object.freeze(group);
};
answering(kv, "belljar.kv");
answering(files, "belljar.files");
answering(tools, "belljar.tools");
answering(belljar, "belljar");
shared.define({ belljar });

class Headers {
  #map = new Map();
  constructor(init) {
    const pairs = init === undefined || init === null ? [] : typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
    for (const [name, value] of pairs) this.append(name, value);
  }
  #key(name) {
    const key = String(name).toLowerCase();
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(key)) throw new TypeError(`${name} is no name of a header`);
    return key;
  }
  append(name, value) {
    const key = this.#key(name);
    const clean = text(value).trim();
    this.#map.set(key, this.#map.has(key) ? `${this.#map.get(key)}, ${clean}` : clean);
  }
  set(name, value) {
    this.#map.set(this.#key(name), text(value).trim());
  }
  get(name) {
    return this.#map.get(this.#key(name)) ?? null;
  }
  has(name) {
    return this.#map.has(this.#key(name));
  }
  delete(name) {
    this.#map.delete(this.#key(name));
  }
  forEach(action, self) {
    for (const [name, value] of this) action.call(self, value, name, this);
  }
  *entries() {
    yield* [...this.#map].sort(([a], [b]) => (a < b ? -1 : 1));
  }
  *keys() {
    for (const [name] of this) yield name;
  }
  *values() {
    for (const [, value] of this) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
}

const NOTHING = new Uint8Array(0);
const contentOf = (body, headers) => {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") {
    if (!headers.has("content-type")) headers.set("content-type", "text/plain;charset=UTF-8");
    return host.encode(body.toWellFormed());
  }
  const web = shared.web();
  if (web !== undefined && body instanceof web.Blob) {
    if (body.type !== "" && !headers.has("content-type")) headers.set("content-type", body.type);
    return web.bytesOf(body);
  }
  if (web !== undefined && body instanceof web.FormData) {
    const { bytes, type } = web.multipart(body);
    if (!headers.has("content-type")) headers.set("content-type", type);
    return bytes;
  }
  if (web !== undefined && body instanceof web.ReadableStream) {
    throw new TypeError("a stream cannot be a body here: collect its chunks with `for await`, and give the bytes");
  }
  if (body instanceof URLSearchParams) {
    if (!headers.has("content-type")) headers.set("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
    return host.encode(String(body));
  }
  return shared.view(body).slice();
};

class Body {
  #bytes;
  #used = false;
  constructor(bytes) {
    this.#bytes = bytes;
  }
  static of(body) {
    return body.#bytes;
  }
  get bodyUsed() {
    return this.#used;
  }
  async bytes() {
    if (this.#used) throw new TypeError("the body was read before");
    this.#used = true;
    return this.#bytes ?? NOTHING;
  }
  async arrayBuffer() {
    return (await this.bytes()).slice().buffer;
  }
  async text() {
    return decode(await this.bytes());
  }
  async blob() {
    return new Blob([await this.bytes()], { type: this.headers.get("content-type") ?? "" });
  }
  async json() {
    return parsed(await this.text(), "the body");
  }
}
const bytesOf = Body.of;
delete Body.of;

class Request extends Body {
  constructor(input, init = {}) {
    const from = input instanceof Request ? input : undefined;
    const headers = new Headers(init.headers ?? from?.headers);
    super(contentOf(init.body, headers) ?? (from && bytesOf(from)));
    this.url = from?.url ?? new URL(String(input)).href;
    const method = String(init.method ?? from?.method ?? "GET");
    this.method = /^(get|head|post|put|delete|options|patch)$/i.test(method) ? method.toUpperCase() : method;
    this.headers = headers;
    this.redirect = String(init.redirect ?? from?.redirect ?? "follow");
    if (!["follow", "manual", "error"].includes(this.redirect)) {
      throw new TypeError(`redirect is "follow", "manual" or "error", not ${JSON.stringify(this.redirect)}`);
    }
    if (bytesOf(this) !== undefined && ["GET", "HEAD"].includes(this.method)) {
      throw new TypeError(`a ${this.method} request has no body`);
    }
  }
  clone() {
    return new Request(this);
  }
}

class Response extends Body {
  constructor(body = null, { status = 200, statusText = "", headers } = {}) {
    const list = new Headers(headers);
    super(contentOf(body, list));
    this.status = status;
    this.statusText = statusText;
    this.headers = list;
    this.ok = status >= 200 && status < 300;
    this.url = "";
    this.redirected = false;
    this.type = "default";
  }
  static json(value, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    const json = shared.json(value, "the body");
    if (json === undefined) throw new TypeError(`the body is ${value}, which JSON cannot carry`);
    return new Response(json, { ...init, headers });
  }
  clone() {
    const copy = new Response(bytesOf(this), this);
    copy.url = this.url;
    return copy;
  }
}

const fetch = async (input, init) => {
  const asked = new Request(input, init);
  const signal = init?.signal;
  signal?.throwIfAborted();
  const headers = [...asked.headers].map(([name, value]) => [name, value]);
  const ticket = host.httpStart(asked.method, asked.url, headers, bytesOf(asked), asked.redirect);
  const answered = request(ticket, host.httpTake);
  // The request itself goes on: it was made, and is charged.
  const answer = await (signal ? Promise.race([answered, new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))]) : answered);
  const response = new Response(answer.body, { status: answer.status, headers: answer.headers });
  response.url = answer.url;
  // A server never sees what stands behind #.
  response.redirected = answer.url !== asked.url.replace(/#.*$/s, "");
  return response;
};

shared.define({ Headers, Request, Response, fetch });
shared.opaque(Response, "a Response is no data: write what `await response.json()` or `await response.text()` gives");
shared.opaque(Request, "a Request is no data: write its url and method");
