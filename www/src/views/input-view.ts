// The input: a form and JSON text of the same value.

import { parse, pretty } from "../state/json.js";
import type { State } from "../state/model.js";
import { hasForm, violations } from "../state/schema.js";
import { about } from "../state/select.js";
import { attribute, button, guest, h, on, show, text, View } from "./dom.js";
import { SchemaForm } from "./form.js";

export class InputView extends View {
  readonly #tabs = {
    form: button("Form", () => this.dispatch({ type: "input-view", view: "form" }), { "aria-pressed": "true" }),
    json: button("JSON", () => this.dispatch({ type: "input-view", view: "json" }), { "aria-pressed": "false" }),
  };
  readonly #form = h("div", { class: "form-place" });
  readonly #json = h("textarea", { class: "code", rows: 9, spellcheck: "false", "aria-label": "Input as JSON" });
  readonly #none = h("p", { class: "note" });
  readonly #problem = h("div", { class: "field-problem", role: "alert" });
  readonly #tidy = button("Tidy", () => this.#pretty(), { class: "quiet" });
  #built: SchemaForm | undefined;
  #structure = "";
  #schema: unknown;
  #text = "";

  protected build(): void {
    on(this.#json, "input", () => this.dispatch({ type: "input-text", text: this.#json.value }));
    this.append(
      h("div", { class: "bar" }, h("h2", {}, "Input"), h("div", { class: "segments small", role: "group", "aria-label": "How the input is shown" }, this.#tabs.form, this.#tabs.json), this.#tidy),
      this.#none,
      this.#form,
      this.#json,
      this.#problem,
    );
  }

  #pretty(): void {
    const value = parse(this.#text);
    if (value !== undefined) this.dispatch({ type: "input-text", text: pretty(value.value) });
  }

  update(state: State): void {
    const schema = about(state)?.input;
    const { text: json, view, problem } = state.input;
    this.#text = json;
    const parsed = parse(json);
    const possible = schema !== undefined && hasForm(schema);
    const form = view === "form" && possible && parsed !== undefined;
    attribute(this.#tabs.form, "aria-pressed", form ? "true" : "false");
    attribute(this.#tabs.json, "aria-pressed", form ? "false" : "true");
    this.#tabs.form.disabled = !possible || parsed === undefined;
    show(this.#form, form);
    show(this.#json, !form);
    show(this.#tidy, !form);
    text(this.#none, about(state) !== undefined && !possible ? (schema === undefined ? "The tool does not say what it takes; write any JSON." : "There is no form for this schema; write JSON.") : "");
    show(this.#none, this.#none.textContent !== "");
    if (this.#json.value !== json && (form || document.activeElement !== this.#json)) this.#json.value = json;
    if (form) this.#drawForm(schema, parsed.value, json);
    const found = violations(problem);
    const rest = form && this.#built !== undefined ? this.#built.explain(found) : undefined;
    const lines = problem === undefined ? [] : rest === undefined || found.size === 0 ? [problem] : rest;
    if (this.changed("problem", lines.join("\n"))) this.#problem.replaceChildren(...lines.map((line) => h("p", {}, guest(line, true))));
    attribute(this.#json, "aria-invalid", problem === undefined ? undefined : "true");
  }

  /** Builds the form anew when something else than the field that a person is in has changed. */
  #drawForm(schema: unknown, value: unknown, json: string): void {
    const structure = shape(value);
    const active = this.#form.contains(document.activeElement) ? (document.activeElement as HTMLElement) : undefined;
    const same = this.#schema === schema && this.#structure === structure;
    if (!this.changed("form", schema, json) || (same && active !== undefined)) {
      this.#structure = structure;
      return;
    }
    const key = active?.dataset["key"];
    const selection = active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement ? active.selectionStart : null;
    this.#schema = schema;
    this.#structure = structure;
    this.#built = new SchemaForm(schema, value, this.dispatch);
    this.#form.replaceChildren(this.#built.element);
    if (key === undefined) return;
    for (const control of this.#form.querySelectorAll<HTMLElement>("[data-key]")) {
      if (control.dataset["key"] !== key) continue;
      control.focus();
      if (selection !== null && (control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement) && control.type !== "checkbox") {
        control.setSelectionRange(selection, selection);
      }
    }
  }
}

/** What decides which fields there are: names of members and lengths of lists. */
function shape(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length}:${value.map(shape).join()}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value).map(([key, inner]) => JSON.stringify(key) + shape(inner)).join()}}`;
  }
  return "";
}

customElements.define("belljar-input", InputView);
