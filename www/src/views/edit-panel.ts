// A request to be changed before it is allowed: first a form, then what the core makes of it, and only that is approved.

import type { Asked, Changed } from "belljar";

import { bytesOf, changedOf, changes, type Draft, draftOf, isOpaque, methodOf, PARTS } from "../state/edit.js";
import { sentence } from "../state/words.js";
import { button, guest, h, on, show, text, unique } from "./dom.js";
import { requested, row } from "./request-view.js";

/** What the form leads to. */
export interface Ways {
  /** Back to the question. */
  readonly back: () => void;
  /** A changed request is shown, which nobody has seen yet. */
  readonly reviewed: () => void;
  readonly approve: (changed: Changed) => void;
}

export class EditPanel {
  readonly element = h("div", { class: "edit", role: "group", "aria-label": "Change the request" });
  readonly #ways: Ways;
  readonly #method = h("code", {});
  readonly #url = area(2, "ltr");
  readonly #headers = area(4, "ltr");
  readonly #content = area(7, "auto");
  readonly #rows: readonly (readonly [keyof Draft, HTMLTextAreaElement, HTMLElement])[];
  readonly #stays = h("p", { class: "note" });
  readonly #problem = h("p", { class: "field-problem", role: "alert" });
  readonly #form = h("form", {});
  readonly #title = h("h3", { tabindex: -1 }, "The request as you changed it");
  readonly #shown = h("div", { class: "question-body" });
  readonly #result = h("div", { class: "put" });
  #asked: Asked | undefined;
  /** The question that the fields are of. */
  #digest = "";
  /** What is shown for approval. */
  #changed: Changed | undefined;

  /** Whether a request can be changed here. */
  static takes(asked: Asked): boolean {
    return draftOf(asked) !== undefined;
  }

  constructor(ways: Ways) {
    this.#ways = ways;
    const [lead, problem] = [unique(), unique()];
    this.#problem.id = problem;
    this.#rows = [
      ["url", this.#url, h("label", {}, h("span", {}, "URL; the method stays ", this.#method), this.#url)],
      ["headers", this.#headers, h("label", {}, "Header fields, one a line, as in “accept: text/plain”", this.#headers)],
      ["content", this.#content, h("label", {}, "What it carries", this.#content)],
    ];
    for (const [, field] of this.#rows) field.setAttribute("aria-describedby", `${lead} ${problem}`);
    this.#form.append(
      h("p", { id: lead }, "Change what the tool asked for. Nothing is done yet: your change is judged by your policy and shown to you first."),
      ...this.#rows.map(([, , label]) => label),
      this.#stays,
      this.#problem,
      h("div", { class: "buttons answers" }, h("button", { type: "submit" }, "Review the change"), button("Undo all changes", () => this.#reset()), button("Back to the question", () => ways.back(), { class: "quiet" })),
    );
    on(this.#form, "submit", (event) => {
      event.preventDefault();
      this.#judge();
    });
    on(this.#form, "keydown", (event) => {
      const isUrl = event.target === this.#url;
      if (event.key !== "Enter" || !(isUrl || event.ctrlKey || event.metaKey) || event.isComposing || event.repeat) return;
      event.preventDefault();
      this.#judge();
    });
    this.#result.append(
      this.#title,
      this.#shown,
      h("div", { class: "buttons answers" }, button("Allow as changed, once", () => this.#approved()), button("Change it again", () => this.#turn(undefined)), button("Back to the question", () => ways.back(), { class: "quiet" })),
    );
    this.element.append(this.#form, this.#result, h("p", { class: "note" }, "Escape leads back to the question, which stays open."));
  }

  /** Shows the fields of a request: as they were written, if it is the same one. */
  open(asked: Asked): void {
    this.#asked = asked;
    if (!this.holds(asked)) this.#draw(asked);
    this.#turn(undefined);
  }

  /** Whether it has the fields of a question as somebody wrote them. */
  holds(asked: Asked): boolean {
    return this.#digest === asked.digest;
  }

  /** Shows them again, because what came of them was not taken. */
  again(asked: Asked, problem: string): void {
    this.#asked = asked;
    this.#turn(problem);
  }

  /** Whether its buttons do something. */
  lock(locked: boolean): void {
    for (const control of this.element.querySelectorAll<HTMLButtonElement>(".answers button")) control.disabled = locked;
  }

  #draw(asked: Asked): void {
    const draft = draftOf(asked) ?? {};
    this.#digest = asked.digest;
    text(this.#method, methodOf(asked));
    for (const [name, field, label] of this.#rows) {
      show(label, draft[name] !== undefined);
      field.defaultValue = draft[name] ?? "";
    }
    text(this.#stays, isOpaque(asked) ? "What it carries is no text that a form keeps to the byte, and stays as it is." : "");
    this.#form.reset();
  }

  #reset(): void {
    this.#form.reset();
    this.#turn(undefined);
  }

  /** Shows the form, with what is wrong with it. */
  #turn(problem: string | undefined): void {
    this.#changed = undefined;
    show(this.#form, true);
    show(this.#result, false);
    text(this.#problem, "");
    if (problem !== undefined) this.#problem.replaceChildren(guest(sentence(problem)));
    this.#rows.find(([, , label]) => !label.hidden)?.[1].focus();
  }

  /** Asks the core what the changed request comes to, and shows that. */
  #judge(): void {
    const asked = this.#asked;
    if (asked?.edited === undefined || this.element.hidden) return;
    const draft: Draft = Object.fromEntries(this.#rows.flatMap(([name, field, label]) => (label.hidden ? [] : [[name, field.value]])));
    const changed = changedOf(asked, draft);
    if (typeof changed === "string") return this.#turn(changed);
    try {
      const content = bytesOf(changed);
      this.#propose(asked, changed, { ...asked.edited(changed), ...(content === undefined ? {} : { content }) });
    } catch (error) {
      this.#turn(error instanceof Error ? error.message : String(error));
    }
  }

  #propose(before: Asked, changed: Changed, asked: Asked): void {
    this.#changed = changed;
    this.#shown.replaceChildren(
      h("p", { class: "lead" }, `You changed ${changes(before, changed).map((part) => PARTS[part]).join(" and ")}. This, and nothing else, is done in the place of what the tool asked for:`),
      ...requested(asked, "What is done, with your changes"),
      h("dl", {}, ...row("Your rule", h("code", {}, guest(asked.rule)))),
    );
    show(this.#form, false);
    show(this.#result, true);
    this.#ways.reviewed();
    this.#title.focus();
  }

  #approved(): void {
    if (this.#changed !== undefined && !this.element.hidden) this.#ways.approve(this.#changed);
  }
}

function area(rows: number, dir: string): HTMLTextAreaElement {
  return h("textarea", { class: "code", rows, spellcheck: "false", autocomplete: "off", autocapitalize: "off", dir });
}
