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
  kind: "start", admission: 7, at: "2026-11-25T08:00:00.000Z", clock: "2026-11-25T08:00:00.000Z", host: "belljar 0.1.0 (wasmtime)", input: digest("{}"),
  limits: { artifacts: 1, calls: 1000, fuel: 2000000000, log: 1, memory: 65536, output: 1, timeMs: 1000 }, policy: digest("policy"), tool: "maker", toolHash: digest("tool"), version: 2, ...changes,
});
export const end = (changes = {}) => ({ kind: "end", at: "2026-11-25T08:00:09.000Z", result: "returned", sha256: digest("1"), usage: { artifacts: 0, calls: 0, console: 0, consoleDropped: 0, fuel: 123456, output: 1, pages: 20 }, ...changes });
export const said = (text, level = "log") => ({ kind: "console", level, text });

/** A request that a person is asked about, and what comes of it. */
export const asked = (ticket, what, answer = "yes") => [
  { kind: "request", capability: "kv", rule: '[kv] ask "**"', ticket, verdict: "ask", what },
  { kind: "question", content: digest(`whole ${what}`), digest: digest(what), ticket },
  { kind: "answer", answer, at: "2026-11-25T08:00:01.000Z", digest: digest(what), ...(answer === "yes" ? { scope: "request" } : {}), ticket, who: "a person" },
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
