// The words of rules, as far as the page puts rules together and says them in plain words. What they mean is Rust's alone.

import { CAPABILITIES, capability } from "./capabilities.js";

/** The words of each capability that has some. */
export const WORDS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(CAPABILITIES).flatMap(([name, { words }]) => (words === undefined ? [] : [[name, words]])),
);

/** A rule or a wish, taken apart. */
export interface Rule {
  readonly section: string;
  /** None stand for all. */
  readonly words: readonly string[];
  /** What it is about: a pattern, or a folder `as` what the tool sees. */
  readonly what: string;
}

export function apart(text: string): Rule {
  const [, section = "", rest = ""] = /^\s*(\S*)\s*(.*?)\s*$/s.exec(text) ?? [];
  const known = capability(section)?.words;
  const [, first = "", what = ""] = /^(\S+)\s+(.*)$/s.exec(rest) ?? [];
  if (known === undefined || first === "") return { section, words: [], what: rest };
  if (first === "*") return { section, words: [], what };
  const words = first.split(",");
  return words.every((word) => known.includes(word)) ? { section, words, what } : { section, words: [], what: rest };
}

/** "Read, write and list", for a person. */
export function doing({ section, words }: Rule): string {
  const plain = capability(section)?.said ?? {};
  const said = [...new Set(words.length === 0 ? ["read", "write"] : words.map((word) => plain[word] ?? word))];
  const last = said.pop() ?? "";
  return said.length === 0 ? last : `${said.join(", ")} and ${last}`;
}
