// A line of a log as it is written, for showing and comparing: its fields, to the letter. Numbers stay text. Whether a log
// holds is the package's to say.

export interface Member {
  readonly key: string;
  /** The value as it is written. */
  readonly raw: string;
}

/** As deep as the package's verifier reads. */
const DEPTH = 127;
const LARGEST = "18446744073709551615";

/** The fields of a line that is an object in canonical form, made of objects, strings and whole numbers; else nothing. */
export function members(line: string): readonly Member[] | undefined {
  const scanner = new Scanner(line);
  const found = line.startsWith("{") ? scanner.object(1, true) : undefined;
  return found !== undefined && scanner.at === line.length ? found : undefined;
}

/** The value of a field as it is written. */
export function raw(fields: readonly Member[], key: string): string | undefined {
  return fields.find((field) => field.key === key)?.raw;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** After a backslash: what cannot stand as it is, in its shortest form. */
const ESCAPE = /["\\bfnrt]|u00(?:0[0-7be-f]|1[0-9a-f])/y;

class Scanner {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  object(depth: number, keep: boolean): readonly Member[] | undefined {
    const found: Member[] = [];
    let last: string | undefined;
    this.at += 1;
    if (this.#take("}")) return found;
    do {
      const from = this.at;
      if (!this.#string()) return undefined;
      const key = this.#decode(from);
      // By UTF-16, as JavaScript compares; the same key twice is out of order, too.
      if (last !== undefined && !(last < key)) return undefined;
      last = key;
      if (!this.#take(":")) return undefined;
      const start = this.at;
      if (!this.#value(depth)) return undefined;
      if (keep) found.push({ key, raw: this.#text.slice(start, this.at) });
    } while (this.#take(","));
    return this.#take("}") ? found : undefined;
  }

  #value(depth: number): boolean {
    const first = this.#text.charCodeAt(this.at);
    if (first === QUOTE) return this.#string();
    if (first === 0x7b) return depth < DEPTH && this.object(depth + 1, false) !== undefined;
    return this.#number();
  }

  #number(): boolean {
    const from = this.at;
    while (this.#digit()) this.at += 1;
    const digits = this.#text.slice(from, this.at);
    if (digits === "" || (digits.length > 1 && digits.startsWith("0"))) return false;
    return digits.length < LARGEST.length || (digits.length === LARGEST.length && digits <= LARGEST);
  }

  #digit(): boolean {
    const code = this.#text.charCodeAt(this.at);
    return code >= 0x30 && code <= 0x39;
  }

  #string(): boolean {
    if (!this.#take('"')) return false;
    for (; this.at < this.#text.length; this.at += 1) {
      const code = this.#text.charCodeAt(this.at);
      if (code === QUOTE) {
        this.at += 1;
        return true;
      }
      if (code < 0x20) return false;
      if (code !== BACKSLASH) continue;
      ESCAPE.lastIndex = this.at + 1;
      const length = ESCAPE.exec(this.#text)?.[0].length;
      if (length === undefined) return false;
      this.at += length;
    }
    return false;
  }

  #decode(from: number): string {
    const text = this.#text.slice(from, this.at);
    return text.includes("\\") ? (JSON.parse(text) as string) : text.slice(1, -1);
  }

  #take(expected: string): boolean {
    if (this.#text[this.at] !== expected) return false;
    this.at += 1;
    return true;
  }
}
