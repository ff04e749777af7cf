// What must hold for a line of a log, as `docs/log.md` has it and `belljar log verify` says it. The hashes come from outside.

import { parse } from "./json.js";
import { members, raw } from "./line.js";

export const NONE = "0".repeat(64);

export interface Place {
  /** How many lines come before it. */
  readonly number: number;
  /** SHA-256 of the line before, in hexadecimal; zeros if there is none. */
  readonly before: string;
  /** Whether the line before was the end entry. */
  readonly ended: boolean;
  /** Whether the line's bytes are UTF-8. */
  readonly utf8: boolean;
}

export type Held = { readonly reason: string } | { readonly ends: boolean };

/** Why a line does not hold in its place; or whether it ends the log. */
export function check(line: string, { number, before, ended, utf8 }: Place): Held {
  if (ended) return { reason: "there is an entry after the end" };
  if (!utf8) return { reason: "it is not UTF-8" };
  const fields = members(line);
  if (fields === undefined) {
    return { reason: parse(line) === undefined ? "it is not JSON" : "it is not an object in canonical form (RFC 8785)" };
  }
  const n = raw(fields, "n") ?? "null";
  if (n !== String(number)) return { reason: `it is numbered ${n.slice(0, 40)}, not ${number}: an entry is missing, repeated or out of order` };
  if (raw(fields, "prev") !== `"${before}"`) return { reason: 'its "prev" is not the hash of the line before: one of the two was changed' };
  const kind = raw(fields, "kind") ?? '""';
  if ((kind === '"start"') !== (number === 0)) return { reason: `an entry of kind ${kind.slice(0, 40)} does not belong here` };
  return { ends: kind === '"end"' };
}
