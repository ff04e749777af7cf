// Reads a log of any origin into what the page holds, and checks its chain.

import type { Verified } from "belljar";

import { isObject, parse } from "../state/json.js";
import { type Check, type Log, type Tag, tagOf, ticketOf } from "../state/timeline.js";
import { bytes } from "../state/words.js";
import { inSlices, turn } from "./slices.js";

/** Bytes of a log (64 MiB), of one line of it (4 MiB), and lines: what a page can hold and still scroll. */
export const LARGEST = 64 << 20;
const LINE = 4 << 20;
const LINES = 1_000_000;

/** Why something is not read at all. */
export class NoLog extends Error {}

/** Lines as bytes: those of a file, or of a run's log. */
export interface Lines {
  readonly count: number;
  /** Exactly the bytes that are hashed. */
  bytes(i: number): Uint8Array<ArrayBuffer>;
  /** The lines as text, if they came as such. */
  readonly texts?: readonly string[];
  /** Bytes after the last newline. */
  readonly torn: number;
}

export interface Read extends Log {
  /** The first line whose bytes are not UTF-8. */
  readonly notText: number;
}

const NEWLINE = 0x0a;

export function linesOf(all: Uint8Array<ArrayBuffer>): Lines {
  const ends: number[] = [];
  for (let at = all.indexOf(NEWLINE); at >= 0; at = all.indexOf(NEWLINE, at + 1)) {
    ends.push(at);
    if (ends.length > LINES) throw new NoLog(`It has more than ${LINES.toLocaleString("en")} lines.`);
  }
  const start = (i: number) => (i === 0 ? 0 : (ends[i - 1] ?? 0) + 1);
  const lines: Lines = {
    count: ends.length,
    bytes: (i) => all.subarray(start(i), ends[i] ?? 0),
    torn: all.length - start(ends.length),
  };
  ends.forEach((end, i) => {
    if (end - start(i) > LINE) throw new NoLog(`Line ${i + 1} is longer than ${bytes(LINE)}.`);
  });
  if (lines.torn > LINE) throw new NoLog(`Line ${ends.length + 1} is longer than ${bytes(LINE)}.`);
  return lines;
}

/** The lines of a run, which came as text. */
export function linesOfRun(texts: readonly string[]): Lines {
  const encoder = new TextEncoder();
  return { count: texts.length, bytes: (i) => encoder.encode(texts[i]), texts, torn: 0 };
}

/** Reads all lines. What is no log at all is refused; what is a broken one is read, for a person to look at. */
export async function read(lines: Lines, rest = turn): Promise<Read> {
  const found = { lines: [] as string[], tags: [] as Tag[], tickets: [] as string[], first: 0, notText: -1 };
  // A byte order mark is no part of the form, so it is not taken away.
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
  const tags = new Map<string, Tag>();
  if (lines.count === 0) throw new NoLog(lines.torn === 0 ? "It is empty." : "It has no whole line: its only one does not end.");
  await inSlices(lines.count, (i) => {
    let text = lines.texts?.[i];
    try {
      text ??= strict.decode(lines.bytes(i));
    } catch {
      text = lenient.decode(lines.bytes(i));
      if (found.notText < 0) found.notText = i;
    }
    const entry = parse(text)?.value;
    if (i === 0 && !isObject(entry)) throw new NoLog("Line 1 is not a JSON object.");
    const tag = tagOf(entry);
    const key = `${tag.kind}\n${tag.verdict}\n${tag.capability}`;
    let shared = tags.get(key);
    if (shared === undefined) tags.set(key, (shared = tag));
    found.lines.push(text);
    found.tags.push(shared);
    found.tickets.push(ticketOf(entry));
  }, rest);
  return found;
}

/** Bytes that are checked at a time. */
const PIECE = 256 << 10;
/** Milliseconds between two words of how far it is. */
const SAY = 200;

/** What checks a log: the package's, which asks the same code as `belljar log verify`. */
export interface Verifier {
  push(bytes: Uint8Array): boolean;
  finish(): Verified;
}

/** Checks every line, and names the first that does not hold. `say` hears how far it is; what it answers `false` to ends. */
export async function verify(lines: Lines, verifier: Verifier, say: (done: number) => boolean, rest = turn): Promise<Check> {
  let [said, until] = [performance.now(), performance.now() + 10];
  let [piece, size] = [new Uint8Array(PIECE), 0];
  let holds = true;
  const flush = () => {
    if (size > 0 && holds) holds = verifier.push(piece.subarray(0, size));
    size = 0;
  };
  for (let i = 0; i < lines.count && holds; i++) {
    const line = lines.bytes(i);
    if (size + line.length + 1 > piece.length) flush();
    if (line.length + 1 > piece.length) piece = new Uint8Array(line.length + 1);
    piece.set(line, size);
    size += line.length;
    piece[size++] = NEWLINE;
    const now = performance.now();
    if (now > said + SAY) {
      said = now;
      if (!say(i)) break;
    }
    if (now > until) {
      await rest();
      until = performance.now() + 10;
    }
  }
  flush();
  const { head, ended, broken } = verifier.finish();
  if (broken !== undefined) return { phase: "broken", line: broken.entry + 1, reason: broken.reason, torn: lines.torn };
  return { phase: "holds", head, ended, torn: lines.torn };
}
