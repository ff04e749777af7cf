// Makes logs for tests: canonical lines, chained.

import { createHash } from "node:crypto";

const hash = (text) => createHash("sha256").update(text).digest("hex");

/** RFC 8785 for what a log holds: objects, strings and whole numbers. */
export function canonical(value) {
  if (typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

/** The lines of a log whose entries have these fields; `n` and `prev` are put in. */
export function chained(entries) {
  let prev = "0".repeat(64);
  return entries.map((entry, n) => {
    const line = canonical({ ...entry, n, prev });
    prev = hash(line);
    return line;
  });
}

export const textOf = (lines) => lines.map((line) => `${line}\n`).join("");
export const headOf = (lines) => hash(lines.at(-1));

const digest = (text) => hash(String(text));

export const start = (changes = {}) => ({
  kind: "start", admission: "1", at: "2026-11-25T08:00:00.000Z", clock: "host", host: "belljar 0.1.0 (wasmtime)", input: digest("{}"),
  limits: { calls: 1000, fuel: 2000000000 }, terms: digest("terms"), tool: "maker", "tool-hash": digest("tool"), version: 1, ...changes,
});
export const end = (changes = {}) => ({ kind: "end", at: "2026-11-25T08:00:09.000Z", result: "returned", sha256: digest("1"), usage: { fuel: 123456, pages: 20 }, ...changes });
export const said = (text, level = "log") => ({ kind: "console", level, text });

/** A request that a person is asked about, and what comes of it. */
export const asked = (ticket, what, answer = "yes") => [
  { kind: "request", capability: "kv", rule: '[kv] ask "**"', ticket, verdict: "ask", what },
  { kind: "question", digest: digest(what), ticket },
  { kind: "answer", answer, at: "2026-11-25T08:00:01.000Z", by: "a person", digest: digest(what), scope: "this request", ticket },
  { kind: "result", at: "2026-11-25T08:00:02.000Z", bytes: 3, result: "ok", sha256: digest("r"), ticket },
];

/** A log of about so many entries, of all kinds. */
export function long(count) {
  const entries = [start()];
  for (let i = 0; entries.length < count - 1; i++) {
    if (i % 5 === 0) entries.push(...asked(i, `set notes/${i}`));
    else entries.push(said(`line ${i}: ${"word ".repeat(20)}`));
  }
  return chained([...entries.slice(0, count - 1), end()]);
}
