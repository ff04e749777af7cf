// The Log panel: which logs the page holds, which one is looked at, what of it is in sight.

import type { Action } from "./actions.js";
import { type Kind, type Name, numberOf, textOf } from "./entry.js";
import type { Run, State } from "./model.js";

/** What an entry is found by. Entries that are alike share one. */
export interface Tag {
  readonly kind: string;
  /** What was decided or came of it: `verdict`, `answer` or `result`. */
  readonly verdict: string;
  readonly capability: string;
}

/** Entries in their order. */
export interface Log {
  /** Each as it is written, without its newline. */
  readonly lines: readonly string[];
  readonly tags: readonly Tag[];
  /** The run and the ticket in it; empty where there is none. */
  readonly tickets: readonly string[];
  /** How many entries before these are not here. */
  readonly first: number;
}

/** Whether a log holds. */
export type Check =
  | { readonly phase: "checking"; readonly done: number }
  | { readonly phase: "holds"; readonly head: string; readonly ended: boolean; readonly torn: number }
  | { readonly phase: "broken"; readonly line: number; readonly reason: string; readonly torn: number }
  | { readonly phase: "unable"; readonly reason: string };

/** A log that the page has whole. */
export interface HeldLog extends Log {
  readonly id: number;
  readonly name: string;
  /** The number of the run that wrote it here; nothing for a file. */
  readonly run?: number | undefined;
  readonly check: Check;
}

/** Where a log is looked for: `THIS_RUN`, or the id of one that is held. */
export type LogId = number;
export const THIS_RUN: LogId = 0;

export interface Filter {
  readonly kind: string;
  readonly verdict: string;
  readonly capability: string;
}

export interface Comparison {
  /** The two logs; another pair is another comparison. */
  readonly of: string;
  /** The first position where they differ in what counts; nothing if they do not. */
  readonly at: number | undefined;
  /** How many entries before it differ in what may differ. */
  readonly free: number;
}

export interface Timeline {
  readonly held: readonly HeldLog[];
  readonly shown: LogId;
  readonly against?: LogId | undefined;
  readonly filter: Filter;
  readonly search: string;
  /** Positions that the search found; nothing while it searches, or if there is nothing to search for. */
  readonly found?: readonly number[] | undefined;
  /** The entry that is chosen, by its position in the log. */
  readonly at?: number | undefined;
  /** Counts jumps, so that the same place can be jumped to again. */
  readonly jumps: number;
  readonly comparison?: Comparison | undefined;
  readonly reading?: string | undefined;
  readonly problem?: string | undefined;
}

/** Files that are held at once. */
export const FILES = 4;
/** Finished runs whose logs are held: the last one, and the one before it. */
const RUNS = 2;
const ALL: Filter = { kind: "", verdict: "", capability: "" };

export function noLogs(): Timeline {
  return { held: [], shown: THIS_RUN, filter: ALL, search: "", jumps: 0 };
}

export function tagOf(entry: unknown): Tag {
  const text = (name: Name) => textOf(entry, name).slice(0, 60);
  return { kind: text("kind"), verdict: text("verdict") || text("answer") || text("result"), capability: text("capability") };
}

export function ticketOf(entry: unknown): string {
  const ticket = numberOf(entry, "ticket");
  return ticket === undefined ? "" : `${textOf(entry, "run")}#${ticket}`;
}

/** What happens to the panel. */
export function timeline(state: State, action: Action): Timeline {
  const t = state.timeline;
  switch (action.type) {
    case "run-started":
      // What runs now is what is looked at.
      return { ...look(t, THIS_RUN), against: t.shown === THIS_RUN ? t.against : undefined, problem: undefined };
    case "log-reading":
      return { ...t, reading: action.name, problem: action.name === undefined ? t.problem : undefined };
    case "log-refused":
      return { ...t, reading: undefined, problem: action.message };
    case "log-read":
      return { ...hold(t, action.log, action.aside, state.run), reading: undefined };
    case "log-checked":
      return { ...t, held: t.held.map((log) => (log.id === action.id ? { ...log, check: action.check } : log)) };
    case "log-close":
      return without(t, (log) => log.id === action.id);
    case "log-show":
      return look(t, action.id);
    case "log-against":
      return { ...t, against: action.id === t.shown ? undefined : action.id, comparison: undefined, found: undefined };
    case "log-compared":
      return action.comparison.at === undefined
        ? { ...t, comparison: action.comparison }
        : { ...go(t, action.comparison.at), filter: ALL, comparison: action.comparison };
    case "log-filter":
      return { ...t, filter: { ...t.filter, ...action.filter }, found: undefined };
    case "log-search":
      return { ...t, search: action.text, found: undefined };
    case "log-found":
      return { ...t, found: action.found };
    case "log-step":
      return step(t, action.by);
    case "log-choose":
      return t.at === action.at ? t : { ...t, at: action.at };
    case "log-go": {
      const log = logOf(state, t.shown);
      const tag = log.tags[action.at - log.first];
      // A jump to what the filter hides takes the filter away.
      return { ...go(t, action.at), filter: tag === undefined || fits(tag, t.filter) ? t.filter : ALL };
    }
    default:
      return t;
  }
}

function go(t: Timeline, at: number): Timeline {
  return { ...t, at, jumps: t.jumps + 1 };
}

/** Looks at a log from its beginning, with no filter of another one. */
function look(t: Timeline, shown: LogId): Timeline {
  const against = t.against === shown ? undefined : t.against;
  return { ...t, shown, against, filter: ALL, at: undefined, found: undefined, comparison: undefined };
}

function hold(t: Timeline, log: HeldLog, aside: boolean, run: Run | undefined): Timeline {
  const held = [...t.held, log];
  if (log.run !== undefined) {
    const runs = held.filter((one) => one.run !== undefined);
    const old = new Set(runs.slice(0, -RUNS).map(({ id }) => id));
    // What was chosen in the live log is still chosen: the entries are the same.
    return { ...without({ ...t, held }, ({ id }) => old.has(id)), found: undefined };
  }
  const nothing = run === undefined && t.shown === THIS_RUN;
  return aside && !nothing ? { ...t, held, against: log.id, comparison: undefined, found: undefined } : look({ ...t, held }, log.id);
}

function without(t: Timeline, gone: (log: HeldLog) => boolean): Timeline {
  const held = t.held.filter((log) => !gone(log));
  if (held.length === t.held.length) return t;
  const there = (id: LogId | undefined) => id === THIS_RUN || held.some((log) => log.id === id);
  const next: Timeline = { ...t, held, against: there(t.against) ? t.against : undefined };
  if (next.against !== t.against) return { ...(there(t.shown) ? next : look(next, THIS_RUN)), comparison: undefined, found: undefined };
  return there(t.shown) ? next : look(next, THIS_RUN);
}

/** To the next place that the search found after the chosen one, or to the one before it; round the ends. */
function step(t: Timeline, by: 1 | -1): Timeline {
  const found = t.found ?? [];
  if (found.length === 0) return t;
  const at = t.at ?? (by > 0 ? -1 : Infinity);
  const next = by > 0 ? (found.find((position) => position > at) ?? found[0]) : (found.findLast((position) => position < at) ?? found.at(-1));
  return next === undefined ? t : go(t, next);
}

const EMPTY: Log = { lines: [], tags: [], tickets: [], first: 0 };
const live = new WeakMap<object, Log>();

/** The held log that an id stands for; nothing for a run that goes on. */
export function heldLog(state: State, id: LogId): HeldLog | undefined {
  const number = state.run?.number;
  return state.timeline.held.find((log) => (id === THIS_RUN ? number !== undefined && log.run === number : log.id === id));
}

/** The log that an id stands for; of a run that goes on, its newest entries. */
export function logOf(state: State, id: LogId): Log {
  const held = heldLog(state, id);
  const run = state.run;
  if (held !== undefined) return held;
  if (id !== THIS_RUN || run === undefined) return EMPTY;
  let log = live.get(run.entries);
  if (log === undefined) {
    log = {
      lines: run.entries.map(({ line }) => line),
      tags: run.entries.map(({ entry }) => tagOf(entry)),
      tickets: run.entries.map(({ entry }) => ticketOf(entry)),
      first: run.entryCount - run.entries.length,
    };
    live.set(run.entries, log);
  }
  return log;
}

/** The log that is compared with, once both are whole. */
export function otherLog(state: State): HeldLog | undefined {
  const { against, shown } = state.timeline;
  return against === undefined || heldLog(state, shown) === undefined ? undefined : heldLog(state, against);
}

/** What tells a pair of logs from another one. */
export function pairOf(left: HeldLog, right: HeldLog): string {
  return `${left.id} ${right.id}`;
}

export function fits(tag: Tag, { kind, verdict, capability }: Filter): boolean {
  return (kind === "" || tag.kind === kind) && (verdict === "" || tag.verdict === verdict) && (capability === "" || tag.capability === capability);
}

/** The positions that a filter lets through; nothing if that is all of them. Of two logs, where either has one. */
export function filtered(log: Log, other: Log | undefined, filter: Filter): readonly number[] | undefined {
  if (filter.kind === "" && filter.verdict === "" && filter.capability === "") return undefined;
  const found: number[] = [];
  const end = Math.max(log.tags.length, other?.tags.length ?? 0);
  for (let i = 0; i < end; i++) {
    const [one, two] = [log.tags[i], other?.tags[i]];
    if ((one !== undefined && fits(one, filter)) || (two !== undefined && fits(two, filter))) found.push(log.first + i);
  }
  return found;
}

/** Values that a choice offers. */
const OFFERED = 50;

/** What there is to filter by. */
export function choices(log: Log, key: keyof Tag): readonly string[] {
  const found = new Set<string>();
  for (const tag of log.tags) {
    if (tag[key] !== "") found.add(tag[key]);
    if (found.size >= OFFERED) break;
  }
  return [...found].sort();
}

export interface Related {
  readonly words: string;
  readonly at: number;
}

const WORDS: readonly (readonly [Kind, string])[] = [["request", "Requested"], ["redirect", "Redirected"], ["question", "Asked"], ["answer", "Answered"], ["result", "Result"]];

/** The other entries of the same request. */
export function related(log: Log, at: number): readonly Related[] {
  const ticket = log.tickets[at - log.first] ?? "";
  if (ticket === "") return [];
  const found = new Map<string, number>();
  log.tickets.forEach((other, i) => {
    const kind = log.tags[i]?.kind ?? "";
    if (other === ticket && i + log.first !== at && !found.has(kind)) found.set(kind, i + log.first);
  });
  return WORDS.flatMap(([kind, words]) => {
    const place = found.get(kind);
    return place === undefined ? [] : [{ words: `${words} at ${place}`, at: place }];
  });
}

/** Which artifact of this run an entry speaks of, if it is there. */
export function artifactOf(state: State, log: Log, at: number): number | undefined {
  const artifacts = state.run?.report?.artifacts ?? [];
  if (state.timeline.shown !== THIS_RUN || log.tags[at - log.first]?.kind !== "artifact") return undefined;
  // They are logged in the order in which they are handed over.
  const places = log.tags.flatMap(({ kind }, i) => (kind === "artifact" ? [i + log.first] : []));
  const index = artifacts.length - places.length + places.indexOf(at);
  return artifacts[index] === undefined ? undefined : index;
}
