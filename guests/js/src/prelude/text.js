// Encoding, base64 and cryptography.

/** Any buffer or view as a Uint8Array of the same bytes. */
shared.view = (data) => {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError("bytes are expected: a Uint8Array, another view or an ArrayBuffer");
};

/** Text as UTF-8, bytes as they are, anything else as JSON; `what` is how an error names it. */
shared.content = (data, what) => {
  if (typeof data === "string") return host.encode(data.toWellFormed());
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) return shared.view(data);
  const web = shared.web();
  if (web !== undefined && data instanceof web.Blob) return web.bytesOf(data);
  const json = shared.json(data, what);
  if (json === undefined) throw new TypeError(`${what} is ${data}: give text, bytes or a value that JSON can hold`);
  return host.encode(json);
};

class TextEncoder {
  get encoding() {
    return "utf-8";
  }
  encode(text = "") {
    return host.encode(shared.text(text));
  }
  encodeInto(text, target) {
    let read = 0;
    let written = 0;
    for (const character of shared.text(text)) {
      const bytes = host.encode(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

const ENCODINGS = {
  "utf-8": ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"],
  "utf-16le": ["utf-16le", "utf-16", "ucs-2", "unicode", "unicodefeff", "iso-10646-ucs-2", "csunicode"],
  "utf-16be": ["utf-16be", "unicodefffe"],
  "windows-1252": [
    "windows-1252", "cp1252", "x-cp1252", "latin1", "l1", "iso-8859-1", "iso8859-1", "iso_8859-1", "iso88591", "iso-ir-100", "ibm819", "cp819", "csisolatin1",
    "iso_8859-1:1987", "ascii", "us-ascii", "ansi_x3.4-1968",
  ],
};
/** What windows-1252 has from 0x80 to 0x9f. */
const WINDOWS = "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

class TextDecoder {
  #fatal;
  #ignoreBOM;
  #held = new Uint8Array(0);
  #encoding;
  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    const name = String(label).trim().toLowerCase();
    this.#encoding = Object.keys(ENCODINGS).find((encoding) => ENCODINGS[encoding].includes(name));
    if (this.#encoding === undefined) {
      throw new RangeError(`the encoding ${label} is not available: TextDecoder reads utf-8, utf-16le, utf-16be and windows-1252 (latin1, ascii)`);
    }
    this.#fatal = Boolean(fatal);
    this.#ignoreBOM = Boolean(ignoreBOM);
  }
  get encoding() {
    return this.#encoding;
  }
  get fatal() {
    return this.#fatal;
  }
  get ignoreBOM() {
    return this.#ignoreBOM;
  }
  decode(data = new Uint8Array(0), { stream = false } = {}) {
    let bytes = shared.view(data);
    if (this.#held.length > 0) {
      const joined = new Uint8Array(this.#held.length + bytes.length);
      joined.set(this.#held);
      joined.set(bytes, this.#held.length);
      bytes = joined;
      this.#held = new Uint8Array(0);
    }
    if (this.#encoding !== "utf-8") return this.#other(bytes, stream);
    if (stream) {
      // Holds back the beginning of a character at the end.
      for (let back = 1; back <= Math.min(3, bytes.length); back++) {
        const byte = bytes[bytes.length - back];
        if ((byte & 0xc0) === 0x80) continue;
        const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        if (length > back) {
          this.#held = bytes.slice(bytes.length - back);
          bytes = bytes.subarray(0, bytes.length - back);
        }
        break;
      }
    }
    const text = host.decode(bytes.slice(), this.#fatal);
    if (text === undefined || text === null) throw new TypeError("the bytes are not UTF-8");
    return this.#started(text, stream);
  }
  #begun = false;
  /** The text without a byte order mark at the very beginning. */
  #started(text, stream) {
    const first = !this.#begun;
    this.#begun = stream && (this.#begun || text !== "");
    return first && !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
  #other(bytes, stream) {
    let text = "";
    if (this.#encoding === "windows-1252") {
      for (const byte of bytes) text += byte >= 0x80 && byte < 0xa0 ? WINDOWS[byte - 0x80] : String.fromCharCode(byte);
      return text;
    }
    const low = this.#encoding === "utf-16le" ? 0 : 1;
    let end = bytes.length - (bytes.length % 2);
    // Half a character waits for its other half.
    if (stream && end >= 2 && (bytes[end - 1 - low] & 0xfc) === 0xd8) end -= 2;
    for (let i = 0; i < end; i += 2) text += String.fromCharCode(bytes[i + low] | (bytes[i + 1 - low] << 8));
    if (stream) this.#held = bytes.slice(end);
    else if (end < bytes.length) text += "\ud800";
    if (!text.isWellFormed()) {
      if (this.#fatal) throw new TypeError(`the bytes are not ${this.#encoding}`);
      text = text.toWellFormed();
    }
    return this.#started(text, stream);
  }
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const btoa = (data) => {
  const text = String(data);
  let out = "";
  for (let i = 0; i < text.length; i += 3) {
    const [a, b, c] = [text.charCodeAt(i), text.charCodeAt(i + 1), text.charCodeAt(i + 2)];
    if (a > 255 || b > 255 || c > 255) {
      throw new DOMException("btoa takes characters up to U+00FF; encode text with TextEncoder first", "InvalidCharacterError");
    }
    const bits = (a << 16) | ((b || 0) << 8) | (c || 0);
    out += ALPHABET[bits >> 18] + ALPHABET[(bits >> 12) & 63];
    out += (i + 1 < text.length ? ALPHABET[(bits >> 6) & 63] : "=") + (i + 2 < text.length ? ALPHABET[bits & 63] : "=");
  }
  return out;
};

const atob = (data) => {
  let text = String(data).replace(/[\t\n\f\r ]/g, "");
  if (text.length % 4 === 0) text = text.replace(/==?$/, "");
  if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) {
    throw new DOMException("the text is not base64", "InvalidCharacterError");
  }
  let out = "";
  let bits = 0;
  let held = 0;
  for (const character of text) {
    bits = ((bits << 6) | ALPHABET.indexOf(character)) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += String.fromCharCode((bits >> held) & 255);
    }
  }
  return out;
};

const getRandomValues = (array) => {
  if (!ArrayBuffer.isView(array) || array instanceof DataView || array instanceof Float32Array || array instanceof Float64Array) {
    throw new DOMException("getRandomValues takes a typed array of integers", "TypeMismatchError");
  }
  if (array.byteLength > 65536) {
    throw new DOMException("getRandomValues fills at most 65,536 bytes at a time", "QuotaExceededError");
  }
  shared.view(array).set(host.random(array.byteLength));
  return array;
};

const randomUUID = () => {
  const bytes = host.random(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

const subtle = new Proxy(
  {
    digest: async (algorithm, data) => {
      const name = String(algorithm?.name ?? algorithm).toUpperCase();
      const digest = host.digest(name, shared.view(data).slice());
      if (digest === undefined) {
        throw new DOMException(`${name} is not available: SHA-1, SHA-256, SHA-384 and SHA-512 are`, "NotSupportedError");
      }
      return digest;
    },
  },
  {
    get(target, name) {
      if (name in target || typeof name === "symbol") return target[name];
      throw new DOMException(`crypto.subtle.${name} is not available: only digest is`, "NotSupportedError");
    },
  },
);

shared.define({ TextEncoder, TextDecoder, atob, btoa, crypto: { getRandomValues, randomUUID, subtle } });
