// Two logs, entry by entry.

import { members } from "./line.js";

/** What two runs of the same thing may write differently: which host, and when. */
const FREE = ["host", "at"];

/** What an entry of a kind may besides: a run begins at its own time, with randomness of its own. */
const FREE_IN: Readonly<Record<string, readonly string[]>> = { start: ["clock"], seed: ["seed"] };

/** `free`: they differ only in what may differ. */
export type Likeness = "same" | "free" | "differs";

export interface FieldPair {
  readonly key: string;
  /** As they are written; nothing where a side has no such field. */
  readonly left: string | undefined;
  readonly right: string | undefined;
  /** `chain`: `prev` follows from every line before, and says nothing of this one. */
  readonly likeness: Likeness | "chain";
}

export function compareLines(left: string | undefined, right: string | undefined): Likeness {
  if (left === right) return "same";
  let found: Likeness = "same";
  for (const { likeness } of comparePairs(left, right)) {
    if (likeness === "differs") return "differs";
    if (likeness === "free") found = "free";
  }
  return found;
}

/** Both entries field by field; a line that is not canonical is one field. */
export function comparePairs(left: string | undefined, right: string | undefined): readonly FieldPair[] {
  const [a, b] = [left, right].map((line) => (line === undefined ? [] : members(line)));
  if (a === undefined || b === undefined) {
    return [{ key: "line", left, right, likeness: left === right ? "same" : "differs" }];
  }
  const [mine, other] = [a, b].map((fields) => new Map(fields.map(({ key, raw }) => [key, raw])));
  const keys = new Set([...a, ...b].map(({ key }) => key));
  const missing = left === undefined || right === undefined;
  const kinds = [mine, other].map((fields) => fields?.get("kind"));
  const free = [...FREE, ...(kinds[0] === kinds[1] ? (FREE_IN[String(kinds[0]).replace(/"/g, "")] ?? []) : [])];
  return [...keys].map((key) => {
    const [one, two] = [mine?.get(key), other?.get(key)];
    let likeness: FieldPair["likeness"] = one === two ? "same" : "differs";
    if (key === "prev" && !missing) likeness = "chain";
    else if (likeness === "differs" && one !== undefined && two !== undefined && free.includes(key)) likeness = "free";
    return { key, left: one, right: two, likeness };
  });
}
