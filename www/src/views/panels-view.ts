// What came out of a run: output, artifacts, console.

import { parse, pretty } from "../state/json.js";
import type { State } from "../state/model.js";
import { shown } from "../state/visible.js";
import { bytes, takenOut } from "../state/words.js";
import { attribute, button, guest, h, on, show, text, View } from "./dom.js";
import type { Artifact, ConsoleEntry, Staged } from "belljar";

/** Characters of an output that are shown; all of it can be copied. */
const SHOWN = 200_000;
/** Console lines that are shown. */
const LINES = 500;
/** Of a tool that writes faster than anybody reads, while it runs: elements take time, which the page needs for its person. */
const FLOOD = 60;

export class OutputView extends View {
  readonly #pre = h("pre", { class: "json", tabindex: 0, "aria-label": "The tool's answer" });
  readonly #empty = h("p", { class: "note" });
  readonly #raw = h("input", { type: "checkbox" });
  readonly #bar = h("div", { class: "bar" });
  #text = "";

  protected build(): void {
    on(this.#raw, "change", () => this.dispatch({ type: "raw", raw: this.#raw.checked }));
    this.#bar.append(
      button("Copy", () => this.dispatch({ type: "copy", text: this.#text, what: "the output" })),
      h("label", { class: "inline" }, this.#raw, "raw, as the tool wrote it"),
    );
    this.append(this.#bar, this.#pre, this.#empty);
  }

  update(state: State): void {
    const output = state.run?.report?.output;
    const there = output !== undefined && output !== null;
    show(this.#bar, there);
    show(this.#pre, there);
    show(this.#empty, !there);
    text(this.#empty, state.run === undefined ? "The tool's answer will stand here." : state.run.phase === "ended" ? "There is no output." : "No output yet.");
    if (!there || !this.changed("output", output, state.raw)) return;
    this.#raw.checked = state.raw;
    const value = state.raw ? undefined : parse(output);
    this.#text = value === undefined ? output : pretty(value.value);
    const cut = this.#text.length > SHOWN;
    this.#pre.replaceChildren(guest(cut ? this.#text.slice(0, SHOWN) : this.#text, true));
    if (cut) this.#pre.append(h("span", { class: "note" }, `\n… ${(this.#text.length - SHOWN).toLocaleString("en")} more characters; copy to see them all`));
  }
}

export class ArtifactsView extends View {
  readonly #list = h("ul", { class: "artifacts" });
  readonly #stage = h("div", { class: "stage" });
  readonly #note = h("p", { class: "note" });
  readonly #taken = h("p", { class: "note taken", role: "status" });
  /** Makes the frame that shows an artifact; set by the application once the package is there. */
  stage: (artifact: Artifact, staged: (what: Staged) => void) => HTMLIFrameElement | undefined = () => undefined;

  protected build(): void {
    this.append(this.#note, this.#list, this.#stage, this.#taken);
  }

  update(state: State): void {
    const artifacts = state.run?.report?.artifacts ?? [];
    show(this.#list, artifacts.length > 0);
    show(this.#stage, artifacts.length > 0);
    text(this.#note, artifacts.length === 0 ? "Files that the tool makes for you will stand here." : "The stage has no script, no network and no way out. What it shows is the tool's.");
    if (!this.changed("list", state.run?.report, state.artifact)) return;
    this.#list.replaceChildren(
      ...artifacts.map((artifact, index) =>
        h(
          "li",
          {},
          button(shown(artifact.name), () => this.dispatch({ type: "artifact", index }), { "aria-pressed": index === state.artifact ? "true" : "false", class: "artifact-name" }),
          h("span", { class: "size" }, guest(artifact.mediaType), `, ${bytes(artifact.bytes.length)}`),
          button("Download", () => this.dispatch({ type: "artifact-download", index }), { class: "quiet", "aria-label": `Download ${shown(artifact.name)}` }),
        ),
      ),
    );
    if (!this.changed("stage", artifacts[state.artifact])) return;
    const artifact = artifacts[state.artifact];
    text(this.#taken, "");
    const frame = artifact && this.stage(artifact, (what) => frame?.isConnected === true && text(this.#taken, takenOut(what)));
    this.#stage.replaceChildren(frame ?? h("p", { class: "note" }, artifact === undefined ? "" : "The stage does not show this kind of file. Download it to look at it."));
  }
}

export class ConsoleView extends View {
  readonly #list = h("ol", { class: "console", tabindex: 0, "aria-label": "Console" });
  readonly #note = h("p", { class: "note" });
  #items = new Map<ConsoleEntry, HTMLElement>();
  /** Lines at the last look, and of which run. */
  #count = 0;
  #of: number | undefined;

  protected build(): void {
    this.append(this.#note, this.#list);
  }

  update(state: State): void {
    // What nobody sees is not drawn.
    if (state.tab !== "console") return;
    const { run } = state;
    const lines = run?.console ?? [];
    const dropped = run?.report?.usage.consoleDropped ?? 0;
    const count = run?.consoleCount ?? 0;
    const running = run !== undefined && run.phase !== "ended";
    if (!this.changed("lines", lines, dropped, running)) return;
    const most = running && count - this.#count > FLOOD && this.#of === run.number ? FLOOD : LINES;
    [this.#count, this.#of] = [count, run?.number];
    const left = count - Math.min(lines.length, most);
    const words = [];
    if (lines.length === 0) words.push("The tool has written nothing to its console.");
    if (left > 0) words.push(`${left.toLocaleString("en")} earlier lines are in the log.`);
    if (dropped > 0) words.push(`${dropped.toLocaleString("en")} lines were dropped: the limit for the console was reached.`);
    text(this.#note, words.join(" "));
    attribute(this.#note, "class", dropped > 0 ? "note warn" : "note");
    const bottom = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 30;
    const wanted = lines.slice(-most);
    const items = new Map<ConsoleEntry, HTMLElement>(wanted.map((entry) => [entry, this.#items.get(entry) ?? line(entry)]));
    // Those that stay are not taken out, so that a selection in them survives.
    for (const [entry, item] of this.#items) if (!items.has(entry)) item.remove();
    const first = wanted.findIndex((entry) => this.#items.has(entry));
    const before = first < 0 ? null : (items.get(wanted[first] as ConsoleEntry) ?? null);
    const added = (entries: readonly ConsoleEntry[]) => entries.filter((entry) => !this.#items.has(entry)).map((entry) => items.get(entry) as HTMLElement);
    if (first > 0) before?.before(...added(wanted.slice(0, first)));
    this.#list.append(...added(wanted.slice(Math.max(first, 0))));
    this.#items = items;
    if (bottom) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function line({ level, text }: ConsoleEntry): HTMLElement {
  return h("li", { class: `level-${level}` }, h("span", { class: "level" }, level), h("span", { class: "text" }, guest(text, true)));
}

customElements.define("belljar-output", OutputView);
customElements.define("belljar-artifacts", ArtifactsView);
customElements.define("belljar-console", ConsoleView);
