// Links that carry a tool: JSON, deflate-raw, base64url, in the URL's fragment, which no server ever sees. A link holds
// no grants, and whoever opens one does not trust it: everything is bounded and checked before it is used.

import { shown, visible } from "../state/visible.js";

/** What a link holds. */
export interface Shared {
  readonly version: 1;
  readonly file: string;
  readonly source: string;
  /** The sample input, as JSON text. */
  readonly input: string;
  /** What the tool asked for when the link was made. */
  readonly wants: readonly string[];
  /** SHA-256 of the tool when the link was made. */
  readonly identity: string;
}

/** Why a link cannot be opened or made, for a person. */
export class ShareError extends Error {
  override readonly name = "ShareError";
}

/** The fragment starts with this. */
export const PREFIX = "#tool=";

/** Bytes of a link that is opened, as it stands in the URL (1 MiB). */
export const COMPRESSED = 1 << 20;
/** Bytes of what comes out of it (2 MiB): what a small link can blow up to. */
export const EXPANDED = 2 << 20;
/** Characters from which on some programs cut links. */
export const WARN = 8_000;
/** Characters of a link that is made. */
export const REFUSE = 256_000;

const KEYS: readonly (keyof Shared)[] = ["version", "file", "source", "input", "wants", "identity"];
const FILE = /^[^/\\]{1,100}\.(ts|js|py|wat)$/;

export async function encode(shared: Shared): Promise<string> {
  const json = JSON.stringify(Object.fromEntries(KEYS.map((key) => [key, shared[key]])));
  const deflated = await pump(new TextEncoder().encode(json), new CompressionStream("deflate-raw"), Number.POSITIVE_INFINITY);
  const text = PREFIX + base64url(deflated);
  if (text.length > REFUSE) {
    throw new ShareError(`The link would have ${text.length.toLocaleString("en")} characters; ${REFUSE.toLocaleString("en")} is the most. Send the file instead.`);
  }
  return text;
}

/** Reads a fragment; throws a ShareError that says what is wrong with it. */
export async function decode(fragment: string): Promise<Shared> {
  if (!fragment.startsWith(PREFIX)) throw new ShareError("The link holds no tool.");
  const text = fragment.slice(PREFIX.length);
  if (text.length > COMPRESSED) throw new ShareError("The link is too long.");
  const deflated = fromBase64url(text);
  let bytes: Uint8Array;
  try {
    bytes = await inflate(deflated);
  } catch (error) {
    if (error instanceof ShareError) throw error;
    throw new ShareError("The link is damaged: it cannot be unpacked.");
  }
  // Browsers leave out what follows. Packed data that is whole without its last byte has something after its end.
  const shorter = await inflate(deflated.subarray(0, -1)).catch(() => undefined);
  if (shorter !== undefined) throw new ShareError("The link is damaged: something follows what is packed in it.");
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new ShareError("The link is damaged: what is in it is no JSON.");
  }
  return check(value);
}

function inflate(deflated: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return pump(deflated, new DecompressionStream("deflate-raw"), EXPANDED);
}

function check(value: unknown): Shared {
  const wrong = (what: string) => new ShareError(`The link is not understood: ${what}.`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("it holds no object");
  // Read by name from own entries, so that "__proto__" is one more unknown key.
  const entries = new Map(Object.entries(value));
  for (const key of entries.keys()) {
    if (!(KEYS as readonly string[]).includes(key)) throw wrong(`the key ${JSON.stringify(key.slice(0, 40))} is not known`);
  }
  if (entries.get("version") !== 1) throw wrong("it is of another version of Belljar");
  const text = (key: keyof Shared): string => {
    const found = entries.get(key);
    if (typeof found !== "string") throw wrong(`${key} is missing`);
    return found;
  };
  const [file, source, input, identity] = [text("file"), text("source"), text("input"), text("identity")];
  const wants = entries.get("wants");
  if (!FILE.test(file)) throw wrong("its file has no name of a source");
  if (visible(file).some(({ marked }) => marked)) throw wrong(`its file's name has characters that cannot be seen: ${shown(file)}`);
  if (!/^[0-9a-f]{64}$/.test(identity)) throw wrong("its identity is no SHA-256");
  if (!Array.isArray(wants) || wants.length > 64) throw wrong("its wishes are no list");
  const wishes = wants.map((wish: unknown) => {
    if (typeof wish !== "string" || wish.length > 1024) throw wrong("a wish is no text");
    return wish;
  });
  return Object.freeze({ version: 1, file, source, input, wants: Object.freeze(wishes), identity });
}

/** Sends bytes through a stream and collects what comes out, up to a limit that is enforced as it comes. */
async function pump(bytes: Uint8Array<ArrayBuffer>, through: CompressionStream | DecompressionStream, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const writer = through.writable.getWriter();
  // Its errors arrive at the reader, too.
  const written = writer.write(bytes).then(() => writer.close());
  written.catch(() => undefined);
  const reader = through.readable.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel().catch(() => undefined);
      throw new ShareError("The link holds more than it may.");
    }
    chunks.push(value);
  }
  await written;
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function base64url(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) throw new ShareError("The link is damaged: it is not base64url.");
  const padded = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(padded), (c) => c.charCodeAt(0));
}
