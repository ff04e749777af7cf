// What a tool may be granted: belljar.*, and the web's own names.

const { request, text } = shared;

const decode = (bytes) => new TextDecoder().decode(bytes);

const kv = {
  /** The text kept under a key; undefined if there is none. */
  async get(key) {
    const bytes = await kv.getBytes(key);
    return bytes === undefined ? undefined : decode(bytes);
  },
  getBytes: async (key) => request(host.kvStart("get", text(key), undefined), host.kvTake),
  async getJSON(key) {
    const value = await kv.get(key);
    return value === undefined ? undefined : JSON.parse(value);
  },
  /** Keeps text or bytes; anything else as JSON. */
  set: async (key, value) => request(host.kvStart("set", text(key), shared.content(value)), host.kvTake),
  setJSON: async (key, value) => kv.set(key, JSON.stringify(value)),
  delete: async (key) => request(host.kvStart("delete", text(key), undefined), host.kvTake),
  list: async (prefix = "") => request(host.kvStart("list", text(prefix), undefined), host.kvTake),
};

const file = (what, path, content, offset = 0, length = undefined) =>
  request(host.filesStart(what, text(path), content, offset, length), host.filesTake);

const files = {
  readBytes: async (path, { offset = 0, length } = {}) => file("read", path, undefined, Number(offset), length),
  async readText(path) {
    return decode(await files.readBytes(path));
  },
  async readJSON(path) {
    return JSON.parse(await files.readText(path));
  },
  /** Writes text or bytes (anything else as JSON); `mode` is "replace", "create" or "append". */
  write: async (path, content, { mode = "replace" } = {}) => {
    if (!["replace", "create", "append"].includes(mode)) {
      throw new TypeError(`the mode ${mode} does not exist: "replace", "create" and "append" do`);
    }
    return file(mode, path, shared.content(content));
  },
  append: async (path, content) => files.write(path, content, { mode: "append" }),
  list: async (path) => file("list", path),
  stat: async (path) => file("stat", path),
  exists: async (path) => {
    try {
      await file("stat", path);
      return true;
    } catch (error) {
      if (error.code === "not-found") return false;
      throw error;
    }
  },
  remove: async (path) => file("remove", path),
  makeDirectory: async (path) => file("make-directory", path),
};

const belljar = {
  kv,
  files,
  tools: {
    call: async (name, input) => JSON.parse(await request(host.toolsStart(text(name), JSON.stringify(input ?? null)), host.toolsTake)),
  },
  /** Asks the person; `choices` are the answers to choose from. */
  ask: async (question, { choices = [] } = {}) =>
    request(host.humanStart(text(question), choices.map(text)), host.humanTake),
  /** Adds a file to the run's report. */
  artifact: (name, mediaType, content) => shared.unpack(host.artifact(text(name), text(mediaType), shared.content(content))),
};
for (const group of [kv, files, belljar.tools, belljar]) Object.freeze(group);
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
  async json() {
    return JSON.parse(await this.text());
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
    return new Response(JSON.stringify(value), { ...init, headers });
  }
  clone() {
    const copy = new Response(bytesOf(this), this);
    copy.url = this.url;
    return copy;
  }
}

const fetch = async (input, init) => {
  const asked = new Request(input, init);
  const headers = [...asked.headers].map(([name, value]) => [name, value]);
  const ticket = host.httpStart(asked.method, asked.url, headers, bytesOf(asked));
  const answer = await request(ticket, host.httpTake);
  const response = new Response(answer.body, { status: answer.status, headers: answer.headers });
  response.url = answer.url;
  response.redirected = answer.url !== asked.url;
  return response;
};

shared.define({ Headers, Request, Response, fetch });
