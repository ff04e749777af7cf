// What a browser keeps between visits, checked when it is read: anybody may have written it.

import type { Draft, Shelved } from "./model.js";

/** Characters of a draft that is read (8 M): more than the browser keeps. */
const LONGEST_DRAFT = 8 << 20;

/** The draft, if it is one. */
export function draftOf(value: unknown): Draft | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { file, source, input } = value as Partial<Record<string, unknown>>;
  if (typeof file !== "string" || typeof source !== "string" || typeof input !== "string") return undefined;
  if (file === "" || file.length > 1_000 || source.length > LONGEST_DRAFT || input.length > LONGEST_DRAFT) return undefined;
  return { file, source, input };
}

/** Characters of a name or a question that are shown. */
const LONGEST = 1_000;

/** The latest moment that a date can have. */
const LAST = 8.64e15;

/** What the list shows of an entry, which anybody may have written. */
export function shelved(id: number, value: unknown): Shelved {
  const { tool, asks, at, size } = (typeof value === "object" && value !== null ? value : {}) as Partial<Record<string, unknown>>;
  const isCount = (number: unknown, most: number): number is number => typeof number === "number" && number >= 0 && number <= most;
  if (typeof tool !== "string" || tool === "" || typeof asks !== "string" || !isCount(at, LAST) || !isCount(size, Number.MAX_SAFE_INTEGER)) {
    return { id, broken: true, tool: "", asks: "", at: 0, size: 0 };
  }
  return { id, tool: tool.slice(0, LONGEST), asks: asks.slice(0, LONGEST), at, size };
}
