// The chosen entry, field by field, alone or beside that of another log, and the ways from it.

import { comparePairs } from "../state/compare.js";
import { parse, isObject } from "../state/json.js";
import { members } from "../state/line.js";
import type { State } from "../state/model.js";
import { artifactOf, logOf, otherLog, related, type Related } from "../state/timeline.js";
import { attribute, button, h, show, View } from "./dom.js";
import { keyOf, likenessWords, rest, some, valueOf } from "./entry-words.js";

export class EntryView extends View {
  readonly #title = h("h3", {});
  readonly #ways = h("div", { class: "buttons" });
  readonly #fields = h("div", { class: "fields" });
  #related: readonly Related[] = [];

  protected build(): void {
    attribute(this, "role", "region");
    this.append(this.#title, this.#ways, this.#fields);
  }

  update(state: State): void {
    const { at, shown } = state.timeline;
    const [log, other] = [logOf(state, shown), otherLog(state)];
    const left = at === undefined ? undefined : log.lines[at - log.first];
    const right = at === undefined ? undefined : other?.lines[at];
    const there = at !== undefined && (left !== undefined || right !== undefined);
    show(this, there);
    if (!there) return;
    if (this.changed("log", log.lines, at)) this.#related = related(log, at);
    // A log that grows does not redraw the entry, so that a selection in it stays.
    if (!this.changed("entry", left, right, at, other?.id, state.run?.report, this.#related.map(({ words }) => words).join())) return;
    const focused = this.#ways.contains(document.activeElement) ? document.activeElement?.textContent : undefined;
    attribute(this, "aria-label", `Entry ${at}`);
    this.#title.replaceChildren(`Entry ${at}`);
    const ways: HTMLElement[] = this.#related.map((way) => button(way.words, () => this.dispatch({ type: "log-go", at: way.at }), { class: "quiet" }));
    const artifact = this.#artifact(state, at, left);
    if (artifact !== undefined) ways.push(artifact);
    for (const [line, name] of [[left, `entry ${at}`], [right, `entry ${at} of the other log`]] as const) {
      if (line !== undefined) ways.push(button(`Copy ${name}`, () => this.dispatch({ type: "copy", text: line, what: name }), { class: "quiet" }));
    }
    this.#ways.replaceChildren(...ways);
    this.#fields.replaceChildren(...(other === undefined ? alone(left ?? "") : beside(left, right, other.name)));
    // Whoever follows the ways of a request stays on them.
    if (focused !== undefined) (ways.find((way) => way.textContent === focused) ?? ways[0])?.focus();
  }

  /** The way to what this run made, if it is there by this name. */
  #artifact(state: State, at: number, line: string | undefined): HTMLElement | undefined {
    const index = artifactOf(state, logOf(state, state.timeline.shown), at);
    const entry = parse(line ?? "")?.value;
    if (index === undefined || !isObject(entry) || state.run?.report?.artifacts[index]?.name !== entry["what"]) return undefined;
    return button("Show the artifact", () => {
      this.dispatch({ type: "artifact", index });
      this.dispatch({ type: "tab", tab: "artifacts" });
    }, { class: "quiet" });
  }
}

function alone(line: string): Node[] {
  const fields = members(line) ?? loose(line);
  const list = h("dl", { class: "entry-fields" });
  for (const { key, raw } of some(fields)) list.append(h("dt", {}, keyOf(key)), h("dd", {}, valueOf(raw)));
  return [list, h("p", { class: "note" }, rest(fields))];
}

/** A line that is not canonical may still be JSON. */
function loose(line: string): readonly { readonly key: string; readonly raw: string }[] {
  const value = parse(line)?.value;
  if (!isObject(value)) return [{ key: "line", raw: line }];
  return Object.entries(value).map(([key, inner]) => ({ key, raw: JSON.stringify(inner) }));
}

function beside(left: string | undefined, right: string | undefined, name: string): Node[] {
  const fields = comparePairs(left, right);
  // Roles in words: a narrow screen lays the table out as blocks, and browsers then forget that it is one.
  const body = h("tbody", { role: "rowgroup" });
  for (const { key, left: one, right: two, likeness } of some(fields)) {
    const words = likenessWords(likeness);
    body.append(
      h(
        "tr",
        { class: likeness, role: "row" },
        h("th", { scope: "row", role: "rowheader" }, keyOf(key), words === "" ? undefined : h("span", { class: "mark" }, words)),
        h("td", { role: "cell", "data-side": "this log" }, valueOf(one)),
        h("td", { role: "cell", "data-side": name }, likeness === "same" ? h("span", { class: "note" }, "the same") : valueOf(two)),
      ),
    );
  }
  const column = (words: string) => h("th", { scope: "col", role: "columnheader" }, words);
  const head = h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, column("field"), column("this log"), column(name)));
  return [h("table", { class: "beside", role: "table", "aria-label": "Both entries" }, head, body), h("p", { class: "note" }, rest(fields))];
}

customElements.define("belljar-entry", EntryView);
