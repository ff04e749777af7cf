// The Log panel's work: opening files, holding the logs of runs, searching, comparing.

import { compareLines } from "../state/compare.js";
import type { State } from "../state/model.js";
import { shown } from "../state/visible.js";
import { bytes } from "../state/words.js";
import { type Check, FILES, filtered, type HeldLog, heldLog, logOf, otherLog, pairOf, THIS_RUN } from "../state/timeline.js";
import { isRunning } from "../state/select.js";
import type { Effects, Store } from "../store.js";
import { download } from "./download.js";
import { type EngineLoader, explain } from "./engine.js";
import { LARGEST, type Lines, linesOf, linesOfRun, NoLog, read, verify } from "./read-log.js";
import { inSlices, turn } from "./slices.js";

/** Milliseconds after the last key before it is searched. */
const PAUSE = 150;

export class LogEffects {
  readonly #store: Store;
  readonly #engine: EngineLoader;
  #ids = 0;
  #searching = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #comparing = "";
  #waiting: (() => void)[] = [];

  constructor(store: Store, engine: EngineLoader) {
    this.#store = store;
    this.#engine = engine;
  }

  readonly effects: Effects = (action, before, after) => {
    if (action.type === "log-open") void this.#open(action.files, action.aside);
    if (action.type === "log-download") this.#download(after);
    if (this.#waiting.length > 0 && !isRunning(after)) for (const go of this.#waiting.splice(0)) go();
    if (action.type === "log-show" || action.type === "log-against") this.#comparing = "";
    if (before.timeline === after.timeline && before.run === after.run) return;
    this.#compare(after);
    const text = before.timeline.search !== after.timeline.search;
    const place = logOf(before, before.timeline.shown) !== logOf(after, after.timeline.shown) || otherLog(before) !== otherLog(after);
    if (text || (after.timeline.search !== "" && (place || before.timeline.filter !== after.timeline.filter))) this.#plan(text);
  };

  /** Holds the log of a run that has ended. One that is too long stays as it was: its newest entries. */
  async run(number: number, tool: string, lines: readonly string[]): Promise<void> {
    const size = lines.reduce((sum, line) => sum + line.length, 0);
    if (size > LARGEST) {
      const message = `The log of this run is longer than ${bytes(LARGEST)}: its newest entries are shown, and it is not checked here. The download has it whole.`;
      return this.#store.dispatch({ type: "log-refused", message });
    }
    if (lines.length === 0) return;
    await this.#hold(linesOfRun(lines), `Run ${number}${tool === "" ? "" : `: ${tool}`}`, false, number);
  }

  async #open(files: readonly File[], aside: boolean): Promise<void> {
    const { dispatch } = this.#store;
    let second = aside;
    for (const file of files) {
      const name = shown(file.name);
      dispatch({ type: "log-reading", name });
      try {
        if (this.#store.state.timeline.held.filter(({ run }) => run === undefined).length >= FILES) {
          throw new NoLog(`${FILES} files are open already. Close one first.`);
        }
        if (file.size > LARGEST) throw new NoLog(`It is larger than ${bytes(LARGEST)}.`);
        await this.#hold(linesOf(new Uint8Array(await file.arrayBuffer())), name, second);
        second = true;
      } catch (error) {
        const why = error instanceof NoLog ? error.message : "The browser could not read it.";
        dispatch({ type: "log-refused", message: `${name} was not opened. ${why}` });
        return;
      }
    }
  }

  async #hold(lines: Lines, name: string, aside: boolean, run?: number): Promise<void> {
    const { dispatch } = this.#store;
    // A run's log is not so urgent that the next run should stutter for it; a file is what a person waits for.
    const rest = run === undefined ? turn : () => this.#quiet();
    const log = await read(lines, rest);
    const id = ++this.#ids;
    dispatch({ type: "log-read", aside, log: { id, name, run, lines: log.lines, tags: log.tags, tickets: log.tickets, first: 0, check: { phase: "checking", done: 0 } } });
    const there = () => this.#store.state.timeline.held.some((held) => held.id === id);
    const check = this.#check(lines, (done) => {
      dispatch({ type: "log-checked", id, check: { phase: "checking", done } });
      return there();
    }, rest);
    void check.then((found) => there() && dispatch({ type: "log-checked", id, check: found }));
  }

  /** Asks the package, whose rule it is. */
  async #check(lines: Lines, say: (done: number) => boolean, rest: () => Promise<void>): Promise<Check> {
    try {
      const { pkg } = await this.#engine.load();
      return await verify(lines, new pkg.LogVerifier(), say, rest);
    } catch (error) {
      return { phase: "unable", reason: explain(error) };
    }
  }

  /** A turn for all else; while a tool runs, until it has ended. */
  async #quiet(): Promise<void> {
    await turn();
    if (isRunning(this.#store.state)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #download(state: State): void {
    const log = state.timeline.shown === THIS_RUN ? undefined : heldLog(state, state.timeline.shown);
    if (log?.run === undefined) return;
    download(`${log.name}.log.jsonl`, "application/jsonl", new TextEncoder().encode(log.lines.map((line) => `${line}\n`).join("")));
  }

  #plan(text: boolean): void {
    // A log that grows must not put the search off for ever.
    if (this.#timer !== undefined && !text) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#search();
    }, PAUSE);
  }

  /** Searches the lines as they are written, capitals or not, among those that the filter lets through. */
  async #search(): Promise<void> {
    const turn = ++this.#searching;
    const state = this.#store.state;
    const { search, filter, shown: id } = state.timeline;
    if (search === "") return;
    const [log, other] = [logOf(state, id), otherLog(state)];
    const positions = filtered(log, other, filter);
    // As a person reads it, and as JSON writes it within a string.
    const needles = [...new Set([search, JSON.stringify(search).slice(1, -1)])].map((needle) => needle.toLowerCase());
    const has = (line: string | undefined) => {
      const text = line?.toLowerCase();
      return text !== undefined && needles.some((needle) => text.includes(needle));
    };
    const found: number[] = [];
    const end = positions?.length ?? Math.max(log.lines.length, other?.lines.length ?? 0);
    await inSlices(end, (i) => {
      const at = positions?.[i] ?? i + log.first;
      if (has(log.lines[at - log.first]) || has(other?.lines[at])) found.push(at);
      return turn === this.#searching;
    });
    if (turn === this.#searching) this.#store.dispatch({ type: "log-found", found });
  }

  #compare(state: State): void {
    const [left, right] = [heldLog(state, state.timeline.shown), otherLog(state)];
    const pair = left === undefined || right === undefined ? "" : pairOf(left, right);
    if (pair === this.#comparing) return;
    this.#comparing = pair;
    if (left !== undefined && right !== undefined) void this.#firstDifference(left, right, pair);
  }

  async #firstDifference(left: HeldLog, right: HeldLog, pair: string): Promise<void> {
    let at: number | undefined;
    let free = 0;
    await inSlices(Math.max(left.lines.length, right.lines.length), (i) => {
      const likeness = compareLines(left.lines[i], right.lines[i]);
      if (likeness === "free") free += 1;
      if (likeness === "differs") at = i;
      return at === undefined && pair === this.#comparing;
    });
    if (pair === this.#comparing) this.#store.dispatch({ type: "log-compared", comparison: { of: pair, at, free } });
  }
}
