// The web's classes that need no network and no page: events, abortion, blobs, forms, streams of the simple kind.
//
// Compiled when a tool first asks for one of them.

const refuse = (sentence) => {
  throw new TypeError(sentence);
};

class Event {
  #state = { stopped: false, prevented: false, target: null };
  constructor(type, { bubbles = false, cancelable = false } = {}) {
    this.type = String(type);
    this.bubbles = Boolean(bubbles);
    this.cancelable = Boolean(cancelable);
    this.timeStamp = performance.now();
  }
  static state(event) {
    return event.#state;
  }
  get target() {
    return this.#state.target;
  }
  get currentTarget() {
    return this.#state.target;
  }
  get defaultPrevented() {
    return this.#state.prevented;
  }
  preventDefault() {
    if (this.cancelable) this.#state.prevented = true;
  }
  stopPropagation() {}
  stopImmediatePropagation() {
    this.#state.stopped = true;
  }
}
const stateOf = Event.state;
delete Event.state;

class CustomEvent extends Event {
  constructor(type, init = {}) {
    super(type, init);
    this.detail = init?.detail ?? null;
  }
}

class EventTarget {
  #listeners = [];
  addEventListener(type, callback, options) {
    if (callback === null || callback === undefined) return;
    const { once = false, signal } = typeof options === "object" && options !== null ? options : {};
    const name = String(type);
    if (signal?.aborted || this.#listeners.some((known) => known.name === name && known.callback === callback)) return;
    this.#listeners.push({ name, callback, once });
    signal?.addEventListener("abort", () => this.removeEventListener(name, callback));
  }
  removeEventListener(type, callback) {
    this.#listeners = this.#listeners.filter((known) => known.name !== String(type) || known.callback !== callback);
  }
  dispatchEvent(event) {
    if (!(event instanceof Event)) refuse("dispatchEvent takes an Event: `new Event(\"name\")`");
    const state = stateOf(event);
    state.target = this;
    const own = this[`on${event.type}`];
    const called = this.#listeners.filter((known) => known.name === event.type);
    if (typeof own === "function") called.unshift({ callback: own });
    for (const listener of called) {
      if (state.stopped) break;
      if (listener.once) this.removeEventListener(listener.name, listener.callback);
      const { callback } = listener;
      try {
        if (typeof callback === "function") callback.call(this, event);
        else callback.handleEvent(event);
      } catch (error) {
        // As for a timer: nobody can catch it, so the run ends with it.
        setTimeout(() => {
          throw error;
        }, 0);
      }
    }
    return !state.prevented;
  }
}

const MADE = Symbol();
class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;
  #followers = [];
  onabort = null;
  constructor(made) {
    super();
    if (made !== MADE) refuse("Illegal constructor: take the signal of an AbortController, or AbortSignal.timeout(ms)");
  }
  get aborted() {
    return this.#aborted;
  }
  get reason() {
    return this.#reason;
  }
  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }
  static end(signal, reason = new DOMException("This operation was aborted", "AbortError")) {
    if (signal.#aborted) return;
    signal.#aborted = true;
    signal.#reason = reason;
    for (const follower of signal.#followers) AbortSignal.#end(follower, reason);
    signal.dispatchEvent(new Event("abort"));
  }
  static #end = AbortSignal.end;
  static abort(reason) {
    const signal = new AbortSignal(MADE);
    AbortSignal.#end(signal, reason);
    return signal;
  }
  static timeout(ms) {
    const signal = new AbortSignal(MADE);
    shared.quietly(() => AbortSignal.#end(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError")), ms);
    return signal;
  }
  static any(signals) {
    const signal = new AbortSignal(MADE);
    const list = Array.from(signals);
    const first = list.find((one) => one.aborted);
    if (first !== undefined) AbortSignal.#end(signal, first.reason);
    else for (const one of list) one.#followers.push(signal);
    return signal;
  }
}
const { end } = AbortSignal;
delete AbortSignal.end;

class AbortController {
  #signal = new AbortSignal(MADE);
  get signal() {
    return this.#signal;
  }
  abort(reason) {
    end(this.#signal, reason);
  }
}

class Blob {
  #bytes;
  #type;
  constructor(parts = [], { type = "", endings } = {}) {
    if (endings === "native") refuse('the option endings: "native" is not available here: write the line ends that are meant');
    if (typeof parts !== "object" || parts === null || typeof parts[Symbol.iterator] !== "function") refuse("a Blob takes a list of its parts: `new Blob([text])`");
    const list = Array.from(parts, (part) => {
      if (part instanceof Blob) return part.#bytes;
      if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer) return shared.view(part);
      return host.encode(shared.text(part));
    });
    this.#bytes = new Uint8Array(list.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of list) {
      this.#bytes.set(part, at);
      at += part.length;
    }
    this.#type = /^[\x20-\x7e]*$/.test(type) ? String(type).toLowerCase() : "";
  }
  static bytes(blob) {
    return blob.#bytes;
  }
  get size() {
    return this.#bytes.length;
  }
  get type() {
    return this.#type;
  }
  slice(start, end, type = "") {
    return new Blob([this.#bytes.slice(start, end)], { type });
  }
  async bytes() {
    return this.#bytes.slice();
  }
  async arrayBuffer() {
    return this.#bytes.slice().buffer;
  }
  async text() {
    return new TextDecoder().decode(this.#bytes);
  }
  stream() {
    const bytes = this.#bytes;
    return new ReadableStream({
      start(controller) {
        if (bytes.length > 0) controller.enqueue(bytes.slice());
        controller.close();
      },
    });
  }
}
const bytesOf = Blob.bytes;
delete Blob.bytes;

class File extends Blob {
  constructor(parts, name, options = {}) {
    if (name === undefined) refuse("a File takes its parts and its name: `new File([text], \"notes.txt\")`");
    super(parts, options);
    this.name = shared.text(name);
    this.lastModified = Number(options.lastModified ?? Date.now());
  }
}

class FormData {
  #entries = [];
  constructor(form) {
    if (form !== undefined) refuse("there is no page, and so no form: make a FormData without arguments, and append to it");
  }
  #value(value, name) {
    if (!(value instanceof Blob)) return shared.text(value);
    return value instanceof File && name === undefined ? value : new File([value], name ?? "blob", { type: value.type });
  }
  append(key, value, name) {
    this.#entries.push([shared.text(key), this.#value(value, name)]);
  }
  set(key, value, name) {
    const text = shared.text(key);
    const at = this.#entries.findIndex(([known]) => known === text);
    if (at < 0) return this.append(key, value, name);
    this.#entries[at] = [text, this.#value(value, name)];
    this.#entries = this.#entries.filter(([known], i) => known !== text || i === at);
  }
  get(key) {
    return this.#entries.find(([known]) => known === String(key))?.[1] ?? null;
  }
  getAll(key) {
    return this.#entries.filter(([known]) => known === String(key)).map(([, value]) => value);
  }
  has(key) {
    return this.#entries.some(([known]) => known === String(key));
  }
  delete(key) {
    this.#entries = this.#entries.filter(([known]) => known !== String(key));
  }
  forEach(action, self) {
    for (const [key, value] of this) action.call(self, value, key, this);
  }
  *entries() {
    for (const [key, value] of this.#entries) yield [key, value];
  }
  *keys() {
    for (const [key] of this.#entries) yield key;
  }
  *values() {
    for (const [, value] of this.#entries) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
}

class Reader {
  #stream;
  #closed;
  constructor(stream, closed) {
    this.#stream = stream;
    this.#closed = closed;
  }
  get closed() {
    return this.#closed;
  }
  read() {
    return this.#stream === undefined ? Promise.reject(new TypeError("the reader was released")) : readOf(this.#stream);
  }
  async cancel(reason) {
    return cancelOf(this.#stream, reason);
  }
  releaseLock() {
    if (this.#stream !== undefined) unlock(this.#stream);
    this.#stream = undefined;
  }
}
let readOf;
let cancelOf;
let unlock;

class ReadableStream {
  #queue = [];
  #waiting = [];
  #state = "open";
  #error;
  #source;
  #controller;
  #started;
  #pulling = false;
  #locked = false;
  #closed = Promise.withResolvers();
  constructor(source = {}, strategy) {
    if (source?.type === "bytes") refuse('streams of type "bytes" are not available here: leave `type` away, and enqueue Uint8Arrays');
    if (strategy?.size !== undefined) refuse("a stream's `size` is not available here: leave the strategy away");
    this.#source = source ?? {};
    this.#closed.promise.catch(() => {});
    const stream = this;
    this.#controller = {
      get desiredSize() {
        return stream.#state === "open" ? 1 - stream.#queue.length : 0;
      },
      enqueue(chunk) {
        if (stream.#state !== "open") refuse("the stream is closed: nothing can be added to it");
        const reader = stream.#waiting.shift();
        if (reader !== undefined) reader.resolve({ value: chunk, done: false });
        else stream.#queue.push(chunk);
      },
      close() {
        if (stream.#state !== "open") refuse("the stream was closed before");
        stream.#close();
      },
      error(reason) {
        if (stream.#state !== "open") return;
        stream.#state = "errored";
        stream.#error = reason;
        stream.#queue = [];
        for (const reader of stream.#waiting.splice(0)) reader.reject(reason);
        stream.#closed.reject(reason);
      },
    };
    const begun = this.#source.start?.(this.#controller);
    this.#started = Promise.resolve(begun).catch((error) => this.#controller.error(error));
  }
  static {
    readOf = (stream) => stream.#read();
    cancelOf = (stream, reason) => stream.#cancel(reason);
    unlock = (stream) => {
      stream.#locked = false;
    };
  }
  #close() {
    this.#state = "closed";
    for (const reader of this.#waiting.splice(0)) reader.resolve({ value: undefined, done: true });
    this.#closed.resolve();
  }
  async #read() {
    await this.#started;
    if (this.#queue.length > 0) return { value: this.#queue.shift(), done: false };
    if (this.#state === "closed") return { value: undefined, done: true };
    if (this.#state === "errored") throw this.#error;
    const next = Promise.withResolvers();
    this.#waiting.push(next);
    this.#pull();
    return next.promise;
  }
  async #pull() {
    if (this.#pulling || this.#source.pull === undefined) return;
    this.#pulling = true;
    try {
      while (this.#waiting.length > 0 && this.#state === "open") {
        const before = this.#waiting.length;
        await this.#source.pull(this.#controller);
        if (this.#waiting.length === before && this.#state === "open") break;
      }
    } catch (error) {
      this.#controller.error(error);
    } finally {
      this.#pulling = false;
    }
  }
  async #cancel(reason) {
    if (this.#state !== "open") return;
    this.#queue = [];
    this.#close();
    await this.#source.cancel?.(reason);
  }
  static from(iterable) {
    const iterator = (iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator]).call(iterable);
    return new ReadableStream({
      async pull(controller) {
        const { value, done } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(await value);
      },
      cancel: async (reason) => void (await iterator.return?.(reason)),
    });
  }
  get locked() {
    return this.#locked;
  }
  getReader(options) {
    if (options?.mode !== undefined) refuse("readers of bytes are not available here: leave `mode` away");
    if (this.#locked) refuse("the stream has a reader already");
    this.#locked = true;
    return new Reader(this, this.#closed.promise);
  }
  async cancel(reason) {
    if (this.#locked) refuse("the stream has a reader: cancel through it");
    return this.#cancel(reason);
  }
  async *values({ preventCancel = false } = {}) {
    const reader = this.getReader();
    let done = false;
    try {
      while (true) {
        const next = await reader.read();
        done = next.done;
        if (done) return;
        yield next.value;
      }
    } finally {
      if (!done && !preventCancel) await reader.cancel();
      reader.releaseLock();
    }
  }
  [Symbol.asyncIterator](options) {
    return this.values(options);
  }
  tee() {
    return refuse("tee is not available here: collect what the stream gives in a list");
  }
  pipeThrough() {
    return refuse("there are no transforming streams here: change each chunk in a `for await` loop");
  }
  async pipeTo() {
    return refuse("there are no writable streams here: take each chunk in a `for await` loop");
  }
}

/** The bytes of a form as multipart/form-data, and its media type. */
const multipart = (form) => {
  const boundary = `----belljar${Array.from(host.random(12), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const quoted = (name) => name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
  const parts = [];
  for (const [key, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(key)}"`;
    if (typeof value === "string") parts.push(`${head}\r\n\r\n${value.replace(/\r\n?|\n/g, "\r\n")}\r\n`);
    else parts.push(`${head}; filename="${quoted(value.name)}"\r\nContent-Type: ${value.type || "application/octet-stream"}\r\n\r\n`, value, "\r\n");
  }
  parts.push(`--${boundary}--\r\n`);
  return { bytes: bytesOf(new Blob(parts)), type: `multipart/form-data; boundary=${boundary}` };
};

shared.opaque(Blob, "a Blob holds bytes: write `await blob.text()`, or hand it in with belljar.artifact");
shared.opaque(FormData, "a FormData may hold files: write `Object.fromEntries(form)` if it holds text");
shared.opaque(ReadableStream, "a stream is no data: collect what it gives with `for await`");

return { Event, CustomEvent, EventTarget, AbortSignal, AbortController, Blob, File, FormData, ReadableStream, bytesOf, multipart };
