// The log: of the run, or of any that a person opens; what holds, what is sought, and where two of them part.

import { compareLines } from "../state/compare.js";
import type { State } from "../state/model.js";
import { choices, filtered, type HeldLog, heldLog, type Log, logOf, otherLog, type Tag, THIS_RUN } from "../state/timeline.js";
import { shown } from "../state/visible.js";
import { bytes } from "../state/words.js";
import { attribute, button, guest, h, on, show, text, View } from "./dom.js";
import { EntryView } from "./entry-view.js";
import { absentRow, pairRow, row } from "./entry-words.js";
import { Rows } from "./rows.js";

const KINDS = ["start", "seed", "request", "redirect", "question", "answer", "result", "wait", "console", "artifact", "end"];
/** Pixels of a row: a line for what it is, and a line for what it says. */
const HEIGHT = 45;
/** Of a row with two logs, one under the other. */
const STACKED = 83;

export class LogView extends View {
  readonly #log = h("select", {});
  readonly #close = button("Close", () => this.#state && this.dispatch({ type: "log-close", id: this.#state.timeline.shown }), { class: "quiet" });
  readonly #save = button("Download .jsonl", () => this.dispatch({ type: "log-download" }));
  readonly #file = h("input", { type: "file", accept: ".jsonl,.log,.json,.txt", multiple: true, class: "unseen", tabindex: -1, "aria-label": "A log's file" });
  readonly #second = h("input", { type: "file", accept: ".jsonl,.log,.json,.txt", class: "unseen", tabindex: -1, "aria-label": "A log's file to compare with" });
  readonly #against = h("select", {});
  readonly #kind = h("select", {});
  readonly #verdict = h("select", { "aria-label": "Verdict" });
  readonly #capability = h("select", { "aria-label": "Capability" });
  readonly #search = h("input", { type: "text", class: "search", spellcheck: "false", autocomplete: "off", "aria-label": "Search the log", placeholder: "Search", "aria-keyshortcuts": "Control+F" });
  readonly #count = h("span", { class: "note", role: "status", "aria-live": "polite", "aria-label": "Found" });
  readonly #previous = button("Previous", () => this.dispatch({ type: "log-step", by: -1 }), { class: "quiet" });
  readonly #next = button("Next", () => this.dispatch({ type: "log-step", by: 1 }), { class: "quiet" });
  readonly #controls = h("details", { class: "log-controls" });
  readonly #compare = h("div", { class: "bar log-bar" });
  readonly #filter = h("div", { class: "bar log-bar" });
  readonly #seek = h("div", { class: "bar log-bar" });
  readonly #problem = h("p", { class: "field-problem", role: "alert" });
  readonly #check = h("div", { class: "check", role: "status", "aria-live": "polite", "aria-label": "Whether the log holds" });
  readonly #difference = h("div", { class: "check", role: "status", "aria-live": "polite", "aria-label": "How the logs compare" });
  readonly #note = h("p", { class: "note" });
  readonly #head = h("p", { class: "head" });
  readonly #entry = new EntryView();
  readonly #narrow = matchMedia("(max-width: 999px)");
  readonly #rows = new Rows("Log entries", (row) => this.dispatch({ type: "log-choose", at: this.#position(row) }));
  #state: State | undefined;
  #positions: readonly number[] | undefined;

  protected build(): void {
    on(this.#log, "change", () => this.dispatch({ type: "log-show", id: Number(this.#log.value) }));
    on(this.#against, "change", () => this.dispatch({ type: "log-against", id: this.#against.value === "" ? undefined : Number(this.#against.value) }));
    for (const [select, key] of this.#filters) on(select, "change", () => this.dispatch({ type: "log-filter", filter: { [key]: select.value } }));
    on(this.#search, "input", () => this.dispatch({ type: "log-search", text: this.#search.value }));
    for (const [input, aside] of [[this.#file, false], [this.#second, true]] as const) {
      on(input, "change", () => {
        const files = [...(input.files ?? [])];
        input.value = "";
        this.#open(files, aside);
      });
    }
    const labelled = (words: string, control: HTMLElement) => h("label", { class: "inline" }, `${words} `, control);
    this.#entry.start(this.dispatch);
    this.#compare.append(labelled("Compare with", this.#against), h("span", { class: "note" }, "or"), button("a file", () => this.#second.click(), { "aria-label": "Compare with a file" }), this.#second);
    this.#filter.append(labelled("Show", this.#kind), this.#verdict, this.#capability);
    this.#seek.append(this.#search, this.#count, this.#previous, this.#next);
    this.append(
      h("div", { class: "bar log-bar" }, labelled("Log", this.#log), this.#close, button("Open a log", () => this.#file.click()), this.#save, this.#file),
      this.#problem,
      this.#check,
      this.#difference,
      this.#controls,
      this.#note,
      this.#rows.element,
      this.#entry,
      this.#head,
      h("p", { class: "note" }, "A .jsonl file can be dropped here; two at once are compared. In this panel Ctrl+F searches, Enter and Shift+Enter go on and back, arrow keys go from entry to entry."),
    );
    this.#controls.append(h("summary", {}, "Compare, filter and search"), this.#compare, this.#filter, this.#seek);
    // On a small screen the entries come first.
    this.#controls.open = !this.#narrow.matches;
    this.#dropTarget();
    on(this, "keydown", (event) => this.#key(event));
    this.#narrow.addEventListener("change", () => {
      this.#controls.open = !this.#narrow.matches;
      if (this.#state !== undefined) this.update(this.#state);
    });
  }

  get #filters(): readonly (readonly [HTMLSelectElement, keyof Tag, string])[] {
    return [[this.#kind, "kind", "everything"], [this.#verdict, "verdict", "any verdict"], [this.#capability, "capability", "any capability"]];
  }

  #open(files: readonly File[], aside: boolean): void {
    if (files.length > 0) this.dispatch({ type: "log-open", files, aside });
  }

  #dropTarget(): void {
    on(this, "dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      this.classList.add("over");
    });
    on(this, "dragleave", () => this.classList.remove("over"));
    on(this, "drop", (event) => {
      this.classList.remove("over");
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      this.#open(files, false);
    });
  }

  #key(event: KeyboardEvent): void {
    if (event.key.toLowerCase() === "f" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      // A second time it is the browser's own.
      if (document.activeElement === this.#search) return;
      event.preventDefault();
      this.#controls.open = true;
      this.#search.focus();
      this.#search.select();
    } else if (event.key === "Enter" && event.target === this.#search && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.dispatch({ type: "log-step", by: event.shiftKey ? -1 : 1 });
    }
  }

  #position(row: number): number {
    return this.#positions?.[row] ?? row;
  }

  #rowOf(at: number): number | undefined {
    if (this.#positions === undefined) return at;
    const row = this.#positions.indexOf(at);
    return row < 0 ? undefined : row;
  }

  update(state: State): void {
    this.#state = state;
    // What nobody sees is not drawn: a tool that writes as fast as it can would have the page do nothing else.
    if (state.tab !== "log") return;
    const { timeline } = state;
    const held = heldLog(state, timeline.shown);
    const [log, other] = [logOf(state, timeline.shown), otherLog(state)];
    this.#choices(state, log);
    show(this.#problem, timeline.problem !== undefined);
    text(this.#problem, timeline.problem ?? "");
    this.#drawCheck(state, held);
    this.#drawDifference(state, held, other);
    this.#drawSearch(state);
    this.#list(state, log, held, other);
    this.#entry.update(state);
  }

  #choices(state: State, log: Log): void {
    const { held, shown: id, against, filter } = state.timeline;
    const here = state.run?.number;
    const names: (readonly [string, string])[] = [["0", "This run"], ...held.filter(({ run }) => run === undefined || run !== here).map((log) => [String(log.id), log.name] as const)];
    if (this.changed("logs", id, against, ...names.flat())) {
      options(this.#log, names, String(id));
      options(this.#against, [["", "nothing"], ...names.filter(([value]) => value !== String(id))], against === undefined ? "" : String(against));
    }
    show(this.#close, id !== THIS_RUN);
    const own = id === THIS_RUN || held.find((log) => log.id === id)?.run !== undefined;
    show(this.#save, own);
    this.#save.disabled = log.lines.length === 0;
    if (!this.changed("filters", log.tags, filter)) return;
    for (const [select, key, all] of this.#filters) {
      const offered = new Set([...(key === "kind" ? KINDS : []), ...choices(log, key)]);
      if (filter[key] !== "") offered.add(filter[key]);
      options(select, [["", all], ...[...offered].map((value) => [value, value] as const)], filter[key]);
    }
  }

  #drawCheck(state: State, held: HeldLog | undefined): void {
    const { reading } = state.timeline;
    const check = held?.check;
    show(this.#check, check !== undefined || reading !== undefined);
    if (!this.changed("check", check, reading)) return;
    attribute(this.#check, "class", `check ${reading === undefined ? (check?.phase ?? "") : ""}`);
    show(this.#head, check?.phase === "holds");
    if (reading !== undefined) return this.#check.replaceChildren("Reading ", guest(reading));
    if (held === undefined || check === undefined) return this.#check.replaceChildren();
    const total = held.lines.length.toLocaleString("en");
    const torn = "torn" in check && check.torn > 0 ? ` The last line is torn: ${bytes(check.torn)} without an end, written when the process ended. It does not count.` : "";
    switch (check.phase) {
      case "checking":
        this.#check.replaceChildren(`Checking: ${check.done.toLocaleString("en")} of ${total} entries`);
        return;
      case "unable":
        this.#check.replaceChildren(h("strong", {}, "Not checked: "), `${check.reason}. belljar log verify checks it.`);
        return;
      case "broken":
        this.#check.replaceChildren(
          h("strong", {}, `Does not hold: line ${check.line}. `),
          `In entry ${check.line - 1}, `,
          guest(check.reason),
          `. What comes after it was not checked.${torn} `,
          button(`Go to entry ${check.line - 1}`, () => this.dispatch({ type: "log-go", at: check.line - 1 }), { class: "quiet" }),
        );
        return;
      case "holds": {
        const entries = `${total} ${held.lines.length === 1 ? "entry" : "entries"}`;
        const end = check.ended ? "" : " There is no end entry: the run was cut off, or the log was shortened.";
        this.#check.replaceChildren(h("strong", {}, "Holds: "), `${entries}, head ${check.head.slice(0, 12)}…${end === "" && torn === "" ? "" : "."}${end}${torn}`);
        this.#head.replaceChildren("Head ", h("code", {}, check.head), ` after ${entries}. `, button("Copy", () => this.dispatch({ type: "copy", text: check.head, what: "the log's head" }), { class: "quiet", "aria-label": "Copy the log's head" }), " A chain does not show that its end is missing, nor that all of it was made anew: compare the head with one that was kept elsewhere.");
      }
    }
  }

  #drawDifference(state: State, held: HeldLog | undefined, other: HeldLog | undefined): void {
    const { against, comparison } = state.timeline;
    show(this.#difference, against !== undefined);
    if (!this.changed("difference", against, comparison, held?.id, other?.id, other?.check) || against === undefined) return;
    if (held === undefined || other === undefined) return this.#difference.replaceChildren("They are compared when both are there whole: once the run has ended.");
    const name = guest(other.name);
    // What is compared need not hold, but a person should know.
    const doubt = other.check.phase === "broken" ? h("span", {}, h("strong", {}, " The other log does not hold"), `: line ${other.check.line}.`) : undefined;
    if (comparison === undefined) return this.#difference.replaceChildren("Comparing with ", name);
    const free = comparison.free === 0 ? "" : ` ${comparison.free.toLocaleString("en")} ${comparison.free === 1 ? "entry differs" : "entries differ"} before that only in host or moments, and may.`;
    const { at } = comparison;
    attribute(this.#difference, "class", `check ${at === undefined ? "holds" : "broken"}`);
    const parts: (Node | string)[] = [];
    if (at === undefined) {
      parts.push(h("strong", {}, "No difference"), " from ", name, ".", free.replace(" before that", ""));
    } else {
      const missing = at >= held.lines.length || at >= other.lines.length;
      parts.push(h("strong", {}, `First difference at entry ${at}`), " from ", name, missing ? ": one of them has no more entries." : ".", free, " ", button("Go to the difference", () => this.dispatch({ type: "log-go", at }), { class: "quiet" }));
    }
    this.#difference.replaceChildren(...parts, ...(doubt === undefined ? [] : [doubt]));
  }

  #drawSearch(state: State): void {
    const { search, found, at } = state.timeline;
    if (this.#search.value !== search) this.#search.value = search;
    const none = (found?.length ?? 0) === 0;
    this.#previous.disabled = none;
    this.#next.disabled = none;
    if (!this.changed("found", search, found, at)) return;
    const place = found === undefined || at === undefined ? -1 : found.indexOf(at);
    const total = found?.length.toLocaleString("en") ?? "";
    text(this.#count, search === "" ? "" : found === undefined ? "searching" : found.length === 0 ? "nothing found" : place < 0 ? `${total} found` : `${(place + 1).toLocaleString("en")} of ${total}`);
  }

  #list(state: State, log: Log, held: HeldLog | undefined, other: HeldLog | undefined): void {
    const { timeline, run } = state;
    const { at, filter, comparison } = timeline;
    const broken = held?.check.phase === "broken" ? held.check.line - 1 : undefined;
    const pair = other !== undefined;
    const height = pair && this.#narrow.matches ? STACKED : HEIGHT;
    const jumped = this.changed("jump", timeline.jumps);
    const moved = this.changed("place", timeline.shown, other?.id);
    if (this.changed("entries", log.lines, other?.lines, filter, broken, comparison, height, run?.phase === "ended")) {
      const follow = held === undefined && at === undefined && this.#rows.atEnd;
      this.#positions = filtered(log, other, filter);
      const count = this.#positions?.length ?? Math.max(log.lines.length + log.first, other?.lines.length ?? 0);
      // A live log only grows at its end, so its rows stay what they are.
      const key = [held === undefined ? `run ${run?.number ?? ""} ${run?.phase === "ended" ? "ended" : ""}` : log.lines, other?.lines, broken, comparison?.at, this.#positions].map(identity).join(" ");
      this.#rows.element.style.setProperty("--digits", `${Math.max(2, String(count).length)}ch`);
      this.#rows.set({ count, key, height, make: (index) => this.#row(this.#position(index)) });
      const empty = log.lines.length === 0 && !pair;
      for (const part of [this.#rows.element, this.#compare, this.#filter, this.#seek]) show(part, !empty);
      text(this.#note, empty ? "Every act of the tool will be written here, before it happens. A log that was kept elsewhere can be opened, too." : this.#hint(count, log));
      if (moved && held !== undefined) this.#rows.reveal(0, false);
      else if (moved || follow) this.#rows.toEnd();
    }
    const index = at === undefined ? undefined : this.#rowOf(at);
    const there = index !== undefined && index >= 0 ? index : undefined;
    if (this.changed("current", there, this.#positions, jumped && timeline.jumps)) {
      this.#rows.current(there);
      if (jumped && there !== undefined) this.#rows.show(there);
    }
  }

  #hint(count: number, log: Log): string {
    const all = log.lines.length + log.first;
    const words: string[] = [];
    if (this.#positions !== undefined) words.push(`${count.toLocaleString("en")} of ${all.toLocaleString("en")} entries.`);
    if (log.first > 0 && this.#positions !== undefined) words.push(`Of ${log.first.toLocaleString("en")} earlier entries none is looked at before the run has ended.`);
    return words.join(" ");
  }

  #row(at: number): HTMLElement {
    const state = this.#state;
    if (state === undefined) return h("li");
    const { shown: id, comparison } = state.timeline;
    const [log, other, held] = [logOf(state, id), otherLog(state), heldLog(state, id)];
    const line = log.lines[at - log.first];
    if (at < log.first) return absentRow(at, state.run?.phase === "ended");
    if (other === undefined) return row(at, line, held?.check.phase === "broken" && held.check.line - 1 === at, this.#took(state, at));
    const right = other.lines[at];
    return pairRow(at, line, right, compareLines(line, right), comparison?.at === at);
  }

  /** How long a result took, by the page's clock: known of this run's newest entries only. */
  #took(state: State, at: number): number | undefined {
    const run = state.run;
    if (run === undefined || state.timeline.shown !== THIS_RUN) return undefined;
    return run.entries[at - (run.entryCount - run.entries.length)]?.took;
  }
}

const identities = new WeakMap<object, number>();
let numbered = 0;

/** A number for an object, so that several of them make one key. */
function identity(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const known = identities.get(value) ?? ++numbered;
  identities.set(value, known);
  return `#${known}`;
}

/** Fills a choice, unless it offers the same already: an open one would be shut by it. */
function options(select: HTMLSelectElement, wanted: readonly (readonly [string, string])[], chosen: string): void {
  const there = [...select.options].map((option) => option.value);
  if (there.length !== wanted.length || wanted.some(([value], i) => value !== there[i])) {
    select.replaceChildren(...wanted.map(([value, words]) => h("option", { value }, shown(words).slice(0, 60))));
  }
  if (select.value !== chosen) select.value = chosen;
}

customElements.define("belljar-log", LogView);
