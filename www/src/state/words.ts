// What the page says in words of its own.

import type { Report, Staged } from "belljar";

import { CAPABILITIES, capability } from "./capabilities.js";
import { apart, doing } from "./rule.js";

const capitals = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What somebody else says, as a sentence. */
export function sentence(words: string): string {
  return `${capitals(words)}${/[.!?]$/.test(words) ? "" : "."}`;
}

/** What a rule or wish is about, for a person; the exact rule stands beside it. */
export function plainRule(rule: string): string {
  const parts = apart(rule);
  if (parts.section === "artifacts") return "Make files for you to look at. That needs no grant: they leave the page only if you download them";
  const plain = capability(parts.section)?.rule?.(doing(parts), parts.what);
  return plain === undefined ? rule : capitals(plain);
}

/** The interfaces of the world that a tool can reach, by what `about.imports` names. */
const INTERFACES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(CAPABILITIES).map(([name, { reach }]) => [name, reach])),
  clock: "the time",
  random: "randomness",
  console: "its console",
  artifacts: "artifacts",
  artifact: "artifacts",
  waiting: "waiting",
};

export function reach(imports: readonly string[]): readonly string[] {
  const order = Object.keys(INTERFACES);
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const names = [...new Set(imports.map((name) => name.split(".")[0] ?? name))].sort((a, b) => place(a) - place(b));
  return [...new Set(names.map((name) => INTERFACES[name] ?? name))];
}

export interface Ending {
  readonly title: string;
  readonly meaning: string;
  readonly tone: "good" | "bad" | "neutral";
}

/** What an outcome means, and how to mend it. */
export function ending(report: Report): Ending {
  switch (report.outcome) {
    case "returned":
      return { title: "Returned", meaning: "The tool did its work and gave its answer.", tone: "good" };
    case "failed":
      return {
        title: "Failed",
        meaning: "The tool says that it cannot do its work. Look at its reason; the input may be the cause.",
        tone: "bad",
      };
    case "crashed":
      return { title: "Crashed", meaning: "The tool broke. The message and the stack say where; its author must mend it.", tone: "bad" };
    case "denied":
      return {
        title: "Denied",
        meaning: "The tool asked for something that it did not get, and ended because of it. That request was not carried out.",
        tone: "bad",
      };
    case "exhausted":
      if (report.budget === "per-day") {
        return { title: "No money left", meaning: "The policy bounds money by day, and nothing is left of that. The tool was not run.", tone: "bad" };
      }
      return {
        title: "Budget used up",
        meaning: `The tool used up its ${report.budget ?? "budget"}. Raise that limit, or give it less to do.`,
        tone: "bad",
      };
    case "timed-out":
      return { title: "Time used up", meaning: "The tool ran longer than it may. Raise the time, or give it less to do.", tone: "bad" };
    case "cancelled":
      return { title: "Stopped", meaning: "You stopped it. What it had been allowed to do until then is in the log.", tone: "neutral" };
    case "suspended":
      return {
        title: "Suspended",
        meaning: "It waits for an answer, and can be resumed: from the top of this page, or, saved as a file, elsewhere, also on the command line.",
        tone: "neutral",
      };
    case "host-failed":
      return {
        title: "Belljar failed",
        meaning: "This is a fault of Belljar or of the browser, not of the tool. Running again may help.",
        tone: "bad",
      };
  }
}

/** What is said beneath an artifact that is shown. */
export function takenOut({ removed, problem }: Staged): string {
  const words = [];
  if (problem !== undefined) words.push(problem);
  if (removed > 0) words.push(`${removed.toLocaleString("en")} ${removed === 1 ? "thing that would have loaded or led elsewhere was" : "things that would have loaded or led elsewhere were"} taken out.`);
  return words.join(" ");
}

/** Bytes for people, in binary units. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  const units = ["KiB", "MiB", "GiB"];
  let value = count;
  let unit = "B";
  for (const next of units) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

/** A count for people: 1.23 G. */
export function count(value: number): string {
  const units: readonly [number, string][] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]];
  for (const [size, unit] of units) {
    const scale = unit === "k" ? 1e3 : size;
    if (value < size) continue;
    // As a number again, so that zeros go only behind the point.
    const scaled = Number((value / scale).toFixed(value / scale >= 100 ? 0 : 2));
    return `${scaled} ${unit}`;
  }
  return String(value);
}

export function milliseconds(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${(ms / 60_000).toFixed(1)} min`;
}

export function shortHash(hash: string): string {
  return hash.slice(0, 12);
}
