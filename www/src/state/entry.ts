// An entry of a log as somebody wrote it: of any origin and of any version, so that each member may be missing, or be
// something else than it should be. Its members have the names of the package's types, and no others.

import type { Entry, Limits, Usage } from "belljar";
import { FORMER } from "belljar/wire";

import { member } from "./json.js";

type KeyOf<T> = T extends unknown ? keyof T & string : never;

/** The name of a member of any kind of entry, or of an object in one. */
export type Name = KeyOf<Entry | Limits | Usage>;

/** The word for a kind of entry. */
export type Kind = Entry["kind"];

/** A member of an entry, by the name that it has now or had in version 1. */
export function of(entry: unknown, name: Name): unknown {
  const found = member(entry, name);
  const former = FORMER[name];
  return found === undefined && former !== undefined ? member(entry, former) : found;
}

/** A member that is a text; an empty one where it is none. */
export function textOf(entry: unknown, name: Name): string {
  const found = of(entry, name);
  return typeof found === "string" ? found : "";
}

/** A member that is a number. */
export function numberOf(entry: unknown, name: Name): number | undefined {
  const found = of(entry, name);
  return typeof found === "number" ? found : undefined;
}
