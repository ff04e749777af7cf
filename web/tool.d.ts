// What a tool in TypeScript or JavaScript finds when it runs in Belljar. docs/api.md says the same at length.
//
//   /// <reference types="belljar/tool" />
//   "types": ["belljar/tool"]                        in tsconfig.json, with "lib": ["ES2023"]
//   import type { Manifest } from "belljar/tool";
//
// Web names that a program has from "DOM" or "WebWorker" already keep the types that they have there.

/** What `export const tool = { … }` may hold. It is read without running the program, so it is written out as a literal. */
export interface Manifest {
  /** 1 to 64 lower-case letters, digits, `-`, `_` or `.`, a letter or digit first. Without it the file's name is taken. */
  name?: string;
  /** What the tool does, at most 4 KiB. Without it the doc comment of the file or of the function is taken. */
  description?: string;
  /** JSON Schema of the input, at most 64 KiB. Without it one is made of the parameter's type. */
  input?: object | boolean;
  /** JSON Schema of the output, at most 64 KiB. Without it one is made of the returned type, if that is written. */
  output?: object | boolean;
  /** What the tool asks for, in the words of a policy's rules (`"kv read notes/**"`): at most 64. A wish grants nothing. */
  wants?: readonly string[];
}

/** Bytes: a buffer, or a view of one. */
export type Bytes = ArrayBuffer | ArrayBufferView;

/** What can be kept, written or handed in: text as UTF-8, bytes and Blobs as they are, everything else as JSON. */
export type Content = string | Bytes | Blob | {} | null;

/** What stands at a path. */
export interface Entry {
  /** The last name of the path. */
  readonly name: string;
  /** `"other"` is a symbolic link, which is never followed, or a device. */
  readonly kind: "file" | "directory" | "other";
  /** Bytes of a file; 0 for everything else. */
  readonly size: number;
}

/** Which part of a file is read. */
export interface ReadOptions {
  /** Bytes that are skipped (0). */
  offset?: number | undefined;
  /** The most bytes that are read (all). */
  length?: number | undefined;
}

/** How a file is written. */
export interface WriteOptions {
  /** `"replace"` (the default) creates or replaces, `"create"` fails if the path exists, `"append"` creates or adds. */
  mode?: "replace" | "create" | "append" | undefined;
}

/** How a person is asked. */
export interface AskOptions<Choice extends string = string> {
  /** The answers to choose from: at most 20 different lines of 1 to 256 bytes. Without any the answer is free text. */
  choices?: readonly Choice[] | undefined;
}

/** Which part of a list: at most `limit` entries (1 to 10,000, which is usual) behind `after`. Fewer come only at the end. */
export interface Part {
  /** The last key or name of the part before; the list begins behind it, whether or not it is there. */
  after?: string;
  limit?: number;
}

/**
 * Keys and values that outlive the run. Each tool has its own.
 *
 * A key has 1 to 512 bytes and no control characters, a value at most 16 MiB. A tool keeps at most what the policy's limits
 * `kv-bytes` (64 MiB) and `kv-keys` (100,000) say.
 *
 * Every function throws `CapabilityDenied` if the policy refuses, and a `RequestError` with the code `"invalid"` for a key
 * that cannot be.
 */
export interface Kv {
  /** The text under a key; `undefined` if there is none. Policy: `kv get KEY`. */
  get(key: string): Promise<string | undefined>;
  /** The bytes under a key; `undefined` if there are none. Policy: `kv get KEY`. */
  getBytes(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The JSON value under a key; `undefined` if there is none. Policy: `kv get KEY`. Throws `SyntaxError` if it is not JSON. */
  getJSON<T = unknown>(key: string): Promise<T | undefined>;
  /**
   * Keeps text, bytes, or anything else as JSON. Policy: `kv set KEY`.
   * Throws `BudgetExhausted` beyond `kv-bytes` or `kv-keys`, and `TypeError` for what JSON cannot carry.
   */
  set(key: string, value: Content): Promise<void>;
  /** Keeps a value as JSON, a text in quotes, too: the counterpart of `getJSON`. Policy: `kv set KEY`. */
  setJSON(key: string, value: {} | null): Promise<void>;
  /** Takes a key away, which need not be there. Policy: `kv delete KEY`. */
  delete(key: string): Promise<void>;
  /**
   * Keeps a value if the key holds what is expected, and says whether it did: nobody else's change comes between. `undefined`
   * stands for a key that is not there: as `expected`, the key must not exist; as `value`, it is taken away.
   * Policy: `kv get,set KEY`, or `kv get,delete KEY`.
   */
  replace(key: string, expected: Content | undefined, value: Content | undefined): Promise<boolean>;
  /**
   * The keys that start with a prefix (`""`: all), sorted by the bytes of their UTF-8, of those that the policy lets the tool list.
   * Policy: `kv list PREFIX**`. More than 10,000 are a `RequestError` with the code `"too-large"`, unless a part of them is asked for.
   */
  list(prefix?: string, part?: Part | null): Promise<string[]>;
}

/**
 * Files below the folders that the policy grants. A path is absolute and has `/` between its names, without `..`; it has
 * at most 4,096 bytes, a name at most 255. Symbolic links are never followed.
 *
 * Every function throws `CapabilityDenied` if the policy refuses, and a `RequestError` whose `code` says what failed.
 */
export interface Files {
  /** A file's bytes, or a part of them: at most 16 MiB at once. Policy: `files read`. */
  readBytes(path: string, options?: ReadOptions | null): Promise<Uint8Array<ArrayBuffer>>;
  /** A file's text. What is no UTF-8 becomes U+FFFD, a byte order mark is dropped. At most 16 MiB. Policy: `files read`. */
  readText(path: string): Promise<string>;
  /** A file's JSON value. Throws `SyntaxError` if it is not JSON. At most 16 MiB. Policy: `files read`. */
  readJSON<T = unknown>(path: string): Promise<T>;
  /**
   * Writes text, bytes, or anything else as JSON: at most 16 MiB at once. The folder has to be there. Policy: `files write`.
   * Throws `BudgetExhausted` beyond the limit `files-bytes` (256 MiB) for all writes of the run.
   */
  write(path: string, content: Content, options?: WriteOptions | null): Promise<void>;
  /** Adds to a file's end, and creates it if need be: `write` with the mode `"append"`. Policy: `files write`. */
  append(path: string, content: Content): Promise<void>;
  /** The entries of a folder, sorted by the bytes of their names: at most 100,000. Policy: `files list`. */
  list(path: string, part?: Part | null): Promise<Entry[]>;
  /** What stands at a path. Policy: `files stat`. */
  stat(path: string): Promise<Entry>;
  /** Whether something stands at a path. Policy: `files stat`. */
  exists(path: string): Promise<boolean>;
  /** Removes a file or an empty folder. Policy: `files remove`. */
  remove(path: string): Promise<void>;
  /** Makes a folder, in one that is there. Policy: `files make-directory`. */
  makeDirectory(path: string): Promise<void>;
}

/** Other tools. */
export interface Tools {
  /** Calls another tool with an input and returns its output. This version refuses every call with `CapabilityDenied`. */
  call<T = unknown>(name: string, input?: unknown): Promise<T>;
}

/** What a tool may be granted. A name that is not there throws a `TypeError` that lists those that are. */
export interface Belljar {
  /** Keys and values that outlive the run. */
  readonly kv: Kv;
  /** Files below granted folders. */
  readonly files: Files;
  /** Other tools. */
  readonly tools: Tools;
  /**
   * Asks the person who runs the tool, and waits: for one of `choices`, or for free text of at most 64 KiB. The question has
   * 1 to 4,096 bytes. No rule is needed, and waiting is not counted as time.
   *
   * Throws `CapabilityDenied` if nobody can be asked or the person refuses, and a `RequestError` with the code `"invalid"` for a
   * question that cannot be shown.
   */
  ask<Choice extends string = string>(question: string, options?: AskOptions<Choice> | null): Promise<Choice>;
  /**
   * Adds a file to the run's report; an earlier one of that name is replaced. No rule is needed, and it is done at once.
   *
   * `name` is a plain file name of at most 255 bytes, `mediaType` is like `"image/svg+xml"`. A run has at most 256 artifacts.
   *
   * Throws `BudgetExhausted` beyond `limits.artifacts` (8 MiB), and a `RequestError` with the code `"invalid"` for such a name or type.
   */
  artifact(name: string, mediaType: string, content: Content): void;
}

declare namespace Web {
  type Timer = number;
  type HeadersInit = Iterable<readonly [string, string]> | Readonly<Record<string, string>>;
  type BodyInit = string | Bytes | Blob | FormData | URLSearchParams;

  interface Console {
    debug(...values: unknown[]): void;
    info(...values: unknown[]): void;
    log(...values: unknown[]): void;
    warn(...values: unknown[]): void;
    error(...values: unknown[]): void;
    trace(...values: unknown[]): void;
    dir(value?: unknown): void;
    dirxml(...values: unknown[]): void;
    table(data?: unknown): void;
    assert(condition?: unknown, ...values: unknown[]): void;
    /** Does nothing: what is written stays in the log. */
    clear(): void;
    count(label?: string): void;
    countReset(label?: string): void;
    group(...values: unknown[]): void;
    groupCollapsed(...values: unknown[]): void;
    groupEnd(): void;
    time(label?: string): void;
    timeLog(label?: string, ...values: unknown[]): void;
    timeEnd(label?: string): void;
  }

  interface Performance {
    /** Milliseconds since the run's start. They stand still while the tool computes. */
    now(): number;
    /** The run's start in milliseconds since 1970. */
    readonly timeOrigin: number;
  }

  interface SubtleCrypto {
    /** SHA-1, SHA-256, SHA-384 or SHA-512 of bytes. Everything else of `crypto.subtle` throws `NotSupportedError`. */
    digest(algorithm: string | { name: string }, data: Bytes): Promise<ArrayBuffer>;
  }

  interface Crypto {
    readonly subtle: SubtleCrypto;
    /** Fills an array of whole numbers, of at most 65,536 bytes. */
    getRandomValues<T extends ArrayBufferView>(array: T): T;
    randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
  }

  class TextEncoder {
    readonly encoding: "utf-8";
    encode(text?: string): Uint8Array<ArrayBuffer>;
    encodeInto(text: string, target: Uint8Array): { read: number; written: number };
  }

  class TextDecoder {
    /** Reads utf-8, utf-16le, utf-16be and windows-1252 (latin1, ascii); others throw a `RangeError`. */
    constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    decode(data?: Bytes, options?: { stream?: boolean }): string;
  }

  class URL {
    constructor(url: string | URL, base?: string | URL);
    static canParse(url: string | URL, base?: string | URL): boolean;
    static parse(url: string | URL, base?: string | URL): URL | null;
    href: string;
    readonly origin: string;
    protocol: string;
    username: string;
    password: string;
    host: string;
    hostname: string;
    port: string;
    pathname: string;
    search: string;
    hash: string;
    readonly searchParams: URLSearchParams;
    toString(): string;
    toJSON(): string;
  }

  class URLSearchParams {
    constructor(init?: string | Iterable<readonly [string, string]> | Readonly<Record<string, string>>);
    readonly size: number;
    append(name: string, value: string): void;
    delete(name: string, value?: string): void;
    get(name: string): string | null;
    getAll(name: string): string[];
    has(name: string, value?: string): boolean;
    set(name: string, value: string): void;
    sort(): void;
    forEach(action: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void;
    entries(): IterableIterator<[string, string]>;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
    [Symbol.iterator](): IterableIterator<[string, string]>;
    toString(): string;
  }

  class Headers {
    constructor(init?: HeadersInit);
    append(name: string, value: string): void;
    set(name: string, value: string): void;
    get(name: string): string | null;
    has(name: string): boolean;
    delete(name: string): void;
    forEach(action: (value: string, name: string, headers: Headers) => void, self?: unknown): void;
    entries(): IterableIterator<[string, string]>;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
    [Symbol.iterator](): IterableIterator<[string, string]>;
  }

  class Body {
    readonly bodyUsed: boolean;
    bytes(): Promise<Uint8Array<ArrayBuffer>>;
    arrayBuffer(): Promise<ArrayBuffer>;
    text(): Promise<string>;
    blob(): Promise<Blob>;
    json(): Promise<any>;
  }

  interface RequestInit {
    method?: string;
    headers?: HeadersInit;
    body?: BodyInit | null;
    redirect?: "follow" | "manual" | "error";
  }

  class Request extends Body {
    constructor(input: string | URL | Request, init?: RequestInit);
    readonly url: string;
    readonly method: string;
    readonly headers: Headers;
    readonly redirect: "follow" | "manual" | "error";
    clone(): Request;
  }

  class Response extends Body {
    constructor(body?: BodyInit | null, init?: { status?: number; statusText?: string; headers?: HeadersInit });
    static json(value: unknown, init?: { status?: number; statusText?: string; headers?: HeadersInit }): Response;
    readonly status: number;
    readonly statusText: string;
    readonly headers: Headers;
    readonly ok: boolean;
    readonly url: string;
    readonly redirected: boolean;
    readonly type: "default";
    clone(): Response;
  }

  class DOMException extends Error {
    constructor(message?: string, name?: string | { name?: string; cause?: unknown });
    readonly name: string;
    readonly code: number;
  }

  class Event {
    constructor(type: string, init?: { bubbles?: boolean; cancelable?: boolean });
    readonly type: string;
    readonly bubbles: boolean;
    readonly cancelable: boolean;
    readonly timeStamp: number;
    readonly target: EventTarget | null;
    readonly currentTarget: EventTarget | null;
    readonly defaultPrevented: boolean;
    preventDefault(): void;
    stopPropagation(): void;
    stopImmediatePropagation(): void;
  }

  class CustomEvent<T = any> extends Event {
    constructor(type: string, init?: { bubbles?: boolean; cancelable?: boolean; detail?: T });
    readonly detail: T;
  }

  type Listener = ((event: any) => void) | { handleEvent(event: any): void } | null;

  class EventTarget {
    addEventListener(type: string, listener: Listener, options?: { once?: boolean; signal?: AbortSignal } | boolean): void;
    removeEventListener(type: string, listener: Listener): void;
    dispatchEvent(event: Event): boolean;
  }

  class AbortSignal extends EventTarget {
    private constructor();
    static abort(reason?: unknown): AbortSignal;
    /** A signal that is aborted after so many milliseconds. It keeps nothing alive. */
    static timeout(ms: number): AbortSignal;
    static any(signals: Iterable<AbortSignal>): AbortSignal;
    onabort: ((event: Event) => void) | null;
    readonly aborted: boolean;
    readonly reason: any;
    throwIfAborted(): void;
  }

  class AbortController {
    readonly signal: AbortSignal;
    abort(reason?: unknown): void;
  }

  class Blob {
    constructor(parts?: Iterable<string | Bytes | Blob>, options?: { type?: string; endings?: "transparent" });
    readonly size: number;
    readonly type: string;
    slice(start?: number, end?: number, type?: string): Blob;
    bytes(): Promise<Uint8Array<ArrayBuffer>>;
    arrayBuffer(): Promise<ArrayBuffer>;
    text(): Promise<string>;
    stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  }

  class File extends Blob {
    constructor(parts: Iterable<string | Bytes | Blob>, name: string, options?: { type?: string; lastModified?: number });
    readonly name: string;
    readonly lastModified: number;
  }

  class FormData {
    append(key: string, value: string | Blob, name?: string): void;
    set(key: string, value: string | Blob, name?: string): void;
    get(key: string): string | File | null;
    getAll(key: string): (string | File)[];
    has(key: string): boolean;
    delete(key: string): void;
    forEach(action: (value: string | File, key: string, form: FormData) => void, self?: unknown): void;
    entries(): IterableIterator<[string, string | File]>;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string | File>;
    [Symbol.iterator](): IterableIterator<[string, string | File]>;
  }

  interface Controller<T> {
    readonly desiredSize: number;
    enqueue(chunk: T): void;
    close(): void;
    error(reason?: unknown): void;
  }

  interface Reader<T> {
    readonly closed: Promise<void>;
    read(): Promise<{ done: false; value: T } | { done: true; value: undefined }>;
    cancel(reason?: unknown): Promise<void>;
    releaseLock(): void;
  }

  /** A stream that is read to its end: `tee`, `pipeTo` and `pipeThrough` throw. */
  class ReadableStream<T = any> {
    constructor(source?: {
      start?(controller: Controller<T>): unknown;
      pull?(controller: Controller<T>): unknown;
      cancel?(reason?: unknown): unknown;
    });
    static from<T>(iterable: AsyncIterable<T> | Iterable<T | PromiseLike<T>>): ReadableStream<T>;
    readonly locked: boolean;
    getReader(): Reader<T>;
    cancel(reason?: unknown): Promise<void>;
    values(options?: { preventCancel?: boolean }): AsyncIterableIterator<T>;
    [Symbol.asyncIterator](options?: { preventCancel?: boolean }): AsyncIterableIterator<T>;
  }
}

/** Nothing where "DOM" or "WebWorker" has declared the web's names, else what is found here. */
type Unless<T> = typeof globalThis extends { onmessage: any } ? {} : T;
type OURL = Unless<Web.URL>;
type OURLSearchParams = Unless<Web.URLSearchParams>;
type OHeaders = Unless<Web.Headers>;
type ORequest = Unless<Web.Request>;
type OResponse = Unless<Web.Response>;
type ODOMException = Unless<Web.DOMException>;
type OEvent = Unless<Web.Event>;
type OCustomEvent<T> = Unless<Web.CustomEvent<T>>;
type OEventTarget = Unless<Web.EventTarget>;
type OAbortSignal = Unless<Web.AbortSignal>;
type OAbortController = Unless<Web.AbortController>;
type OBlob = Unless<Web.Blob>;
type OFile = Unless<Web.File>;
type OFormData = Unless<Web.FormData>;
type OReadableStream<T> = Unless<Web.ReadableStream<T>>;
type OTextEncoder = Unless<Web.TextEncoder>;
type OTextDecoder = Unless<Web.TextDecoder>;

declare global {
  /** What a tool may be granted. */
  const belljar: Belljar;

  /**
   * Says that the tool cannot do its work. Uncaught, it ends the run with the outcome `failed`, the code and the message.
   *
   * `new ToolError("no-rows", "there is no row")`, or the message alone: then the code is empty.
   */
  class ToolError extends Error {
    constructor(message: string);
    constructor(code: string, message: string, options?: { cause?: unknown });
    /** A short word of the tool's own for programs to branch on. */
    readonly code: string;
  }

  /** The policy, or a person, refused a request. Uncaught, it ends the run with the outcome `denied`. */
  class CapabilityDenied extends Error {
    constructor(capability: string, request: string, rule: string);
    /** The capability that was asked for: `"kv"`, `"files"`, `"http"`, `"tools"` or `"human"`. */
    readonly capability: string;
    /** What was asked, in a rule's words: `"set notes/today"`. */
    readonly request: string;
    /** The rule that refused, or the reason why none allowed it. */
    readonly rule: string;
    readonly code: "denied";
  }

  /** A budget for requests or artifacts is used up; the message names it. Uncaught, it ends the run with the outcome `exhausted`. */
  class BudgetExhausted extends Error {
    readonly code: "exhausted";
  }

  /** A request that was permitted and failed. Uncaught, it ends the run with the outcome `crashed`. */
  class RequestError extends Error {
    constructor(code: RequestError["code"], message: string);
    /**
     * - `"not-found"`: there is no such file;
     * - `"invalid"`: the request is malformed, or does not fit what it names;
     * - `"too-large"`: the request or its answer is larger than a limit;
     * - `"timed-out"`: no answer came in time;
     * - `"other"`: anything else, in the message's words.
     */
    readonly code: "not-found" | "invalid" | "too-large" | "timed-out" | "other";
  }

  var console: typeof globalThis extends { onmessage: any; console: infer T } ? T : Web.Console;
  var performance: typeof globalThis extends { onmessage: any; performance: infer T } ? T : Web.Performance;
  var crypto: typeof globalThis extends { onmessage: any; crypto: infer T } ? T : Web.Crypto;

  /** Calls a function after so many milliseconds. */
  function setTimeout(action: (...values: any[]) => void, ms?: number, ...values: any[]): Web.Timer;
  /** Calls a function every so many milliseconds, until `clearInterval`. */
  function setInterval(action: (...values: any[]) => void, ms?: number, ...values: any[]): Web.Timer;
  /** Calls a function once what runs now is done. */
  function setImmediate(action: (...values: any[]) => void, ...values: any[]): Web.Timer;
  function clearTimeout(timer: Web.Timer | undefined): void;
  function clearInterval(timer: Web.Timer | undefined): void;
  function clearImmediate(timer: Web.Timer | undefined): void;
  function queueMicrotask(action: () => void): void;
  /** A deep copy. What cannot be cloned throws `DataCloneError`. */
  function structuredClone<T>(value: T, options?: { transfer?: ArrayBuffer[] }): T;
  function atob(text: string): string;
  function btoa(text: string): string;
  /** Asks for something over the network. This version refuses every request with `CapabilityDenied`. */
  function fetch(input: string | URL | Request, init?: Web.RequestInit & { signal?: AbortSignal | null }): Promise<Response>;

  interface URL extends OURL {}
  var URL: typeof globalThis extends { onmessage: any; URL: infer T } ? T : typeof Web.URL;
  interface URLSearchParams extends OURLSearchParams {}
  var URLSearchParams: typeof globalThis extends { onmessage: any; URLSearchParams: infer T } ? T : typeof Web.URLSearchParams;
  interface Headers extends OHeaders {}
  var Headers: typeof globalThis extends { onmessage: any; Headers: infer T } ? T : typeof Web.Headers;
  interface Request extends ORequest {}
  var Request: typeof globalThis extends { onmessage: any; Request: infer T } ? T : typeof Web.Request;
  interface Response extends OResponse {}
  var Response: typeof globalThis extends { onmessage: any; Response: infer T } ? T : typeof Web.Response;
  interface DOMException extends ODOMException {}
  var DOMException: typeof globalThis extends { onmessage: any; DOMException: infer T } ? T : typeof Web.DOMException;
  interface Event extends OEvent {}
  var Event: typeof globalThis extends { onmessage: any; Event: infer T } ? T : typeof Web.Event;
  interface CustomEvent<T = any> extends OCustomEvent<T> {}
  var CustomEvent: typeof globalThis extends { onmessage: any; CustomEvent: infer T } ? T : typeof Web.CustomEvent;
  interface EventTarget extends OEventTarget {}
  var EventTarget: typeof globalThis extends { onmessage: any; EventTarget: infer T } ? T : typeof Web.EventTarget;
  interface AbortSignal extends OAbortSignal {}
  var AbortSignal: typeof globalThis extends { onmessage: any; AbortSignal: infer T } ? T : typeof Web.AbortSignal;
  interface AbortController extends OAbortController {}
  var AbortController: typeof globalThis extends { onmessage: any; AbortController: infer T } ? T : typeof Web.AbortController;
  interface Blob extends OBlob {}
  var Blob: typeof globalThis extends { onmessage: any; Blob: infer T } ? T : typeof Web.Blob;
  interface File extends OFile {}
  var File: typeof globalThis extends { onmessage: any; File: infer T } ? T : typeof Web.File;
  interface FormData extends OFormData {}
  var FormData: typeof globalThis extends { onmessage: any; FormData: infer T } ? T : typeof Web.FormData;
  interface ReadableStream<R = any> extends OReadableStream<R> {}
  var ReadableStream: typeof globalThis extends { onmessage: any; ReadableStream: infer T } ? T : typeof Web.ReadableStream;
  interface TextEncoder extends OTextEncoder {}
  var TextEncoder: typeof globalThis extends { onmessage: any; TextEncoder: infer T } ? T : typeof Web.TextEncoder;
  interface TextDecoder extends OTextDecoder {}
  var TextDecoder: typeof globalThis extends { onmessage: any; TextDecoder: infer T } ? T : typeof Web.TextDecoder;
}

export {};
