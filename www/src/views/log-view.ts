// The log as a timeline: every entry, as it is written.

import type { Entry } from "belljar";

import type { Logged, State } from "../state/model.js";
import { bytes, count, milliseconds } from "../state/words.js";
import { button, guest, h, on, show, text, View } from "./dom.js";

/** Entries in sight; the download has them all. */
const SHOWN = 300;

const KINDS = ["start", "seed", "request", "question", "answer", "result", "wait", "console", "artifact", "end"];

export class LogView extends View {
  readonly #kind = h("select", {}, h("option", { value: "" }, "everything"), ...KINDS.map((kind) => h("option", { value: kind }, kind)));
  readonly #list = h("ol", { class: "timeline", tabindex: 0, "aria-label": "Log entries" });
  readonly #note = h("p", { class: "note" });
  readonly #head = h("p", { class: "head" });
  readonly #save = button("Download .jsonl", () => this.dispatch({ type: "log-download" }));
  #items = new Map<Logged, HTMLElement>();

  protected build(): void {
    on(this.#kind, "change", () => this.dispatch({ type: "log-kind", kind: this.#kind.value }));
    this.append(h("div", { class: "bar" }, h("label", { class: "inline" }, "Show ", this.#kind), this.#save), this.#note, this.#list, this.#head);
  }

  update(state: State): void {
    const { run, logKind } = state;
    this.#save.disabled = run === undefined || run.entryCount === 0;
    const head = run?.report?.logHead;
    show(this.#head, head !== undefined);
    if (head !== undefined && this.changed("head", head)) {
      this.#head.replaceChildren("Head ", h("code", {}, head), ` after ${run?.report?.logEntries ?? 0} entries. `, button("Copy", () => this.dispatch({ type: "copy", text: head, what: "the log's head" }), { class: "quiet", "aria-label": "Copy the log's head" }));
    }
    if (!this.changed("entries", run?.entries, logKind)) return;
    this.#kind.value = logKind;
    const all = run?.entries ?? [];
    const fits = logKind === "" ? all : all.filter(({ entry }) => entry.kind === logKind);
    const entries = fits.slice(-SHOWN);
    const hidden = (logKind === "" ? (run?.entryCount ?? 0) : fits.length) - entries.length;
    text(this.#note, all.length === 0 ? "Every act of the tool will be written here, before it happens." : hidden > 0 ? `${hidden.toLocaleString("en")} earlier entries are in the download.` : "");
    const bottom = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 30;
    const items = new Map<Logged, HTMLElement>();
    for (const entry of entries) items.set(entry, this.#items.get(entry) ?? this.#item(entry));
    this.#items = items;
    // Those that stay are not taken out, so that focus and selection survive.
    let at: Element | null = this.#list.firstElementChild;
    const wanted = new Set<Element>(items.values());
    for (const item of items.values()) {
      while (at !== null && !wanted.has(at)) {
        const next: Element | null = at.nextElementSibling;
        at.remove();
        at = next;
      }
      if (at === item) at = at.nextElementSibling;
      else this.#list.insertBefore(item, at);
    }
    while (at !== null) {
      const next: Element | null = at.nextElementSibling;
      at.remove();
      at = next;
    }
    if (bottom) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #item({ entry, took }: Logged): HTMLElement {
    const line = JSON.stringify(entry);
    const verdict = String(entry["verdict"] ?? entry["answer"] ?? entry["result"] ?? "");
    const known = /^(allow|ask|deny|ok|once|rule|no|nobody|returned)$/.test(verdict) ? verdict : verdict === "" ? "" : "other";
    const details = describe(entry);
    const cost = [details.cost, took === undefined ? "" : milliseconds(took)].filter((word) => word !== "").join(", ");
    return h(
      "li",
      { class: `entry ${entry.kind}` },
      h("span", { class: "n" }, String(entry.n)),
      h("span", { class: "kind" }, guest(entry.kind)),
      h(
        "div",
        { class: "what" },
        details.what === "" ? undefined : h("span", { class: "subject" }, guest(details.what)),
        verdict === "" ? undefined : h("span", { class: `verdict v-${known}` }, guest(verdict)),
        details.rule === "" ? undefined : h("span", { class: "by" }, guest(details.rule)),
        cost === "" ? undefined : h("span", { class: "cost" }, cost),
      ),
      button("Copy", () => this.dispatch({ type: "copy", text: line, what: `entry ${entry.n}` }), { class: "quiet copy", "aria-label": `Copy entry ${entry.n}` }),
    );
  }
}

function describe(entry: Entry): { readonly what: string; readonly rule: string; readonly cost: string } {
  const text = (key: string) => (typeof entry[key] === "string" ? entry[key] : "");
  const number = (key: string) => (typeof entry[key] === "number" ? entry[key] : undefined);
  const size = number("bytes");
  const ticket = number("ticket");
  const sized = size === undefined ? "" : bytes(size);
  switch (entry.kind) {
    case "start":
      return { what: `${text("tool")} ${text("tool-hash").slice(0, 12)}`, rule: `host ${text("host")}, policy ${text("terms").slice(0, 12)}`, cost: "" };
    case "request":
      return { what: `${text("capability")}: ${text("what")}`, rule: text("rule"), cost: [sized, `#${ticket ?? ""}`].filter((word) => word !== "").join(" ") };
    case "question":
      return { what: `about request #${ticket ?? ""}`, rule: `digest ${text("digest").slice(0, 12)}`, cost: "" };
    case "answer":
      return { what: `to request #${ticket ?? ""}`, rule: `by ${text("by")}, ${text("scope")}`, cost: "" };
    case "result":
      return { what: `of request #${ticket ?? ""}`, rule: "", cost: sized };
    case "artifact":
      return { what: text("what"), rule: text("media-type"), cost: sized };
    case "console":
      return { what: text("text").slice(0, 400), rule: text("level"), cost: "" };
    case "end": {
      const usage = entry["usage"];
      const fuel = typeof usage === "object" && usage !== null ? (usage as Record<string, unknown>)["fuel"] : undefined;
      return { what: text("message"), rule: text("budget"), cost: typeof fuel === "number" ? `${count(fuel)} fuel` : "" };
    }
    default:
      return { what: text("at") || text("seed").slice(0, 16), rule: "", cost: "" };
  }
}

customElements.define("belljar-log", LogView);
