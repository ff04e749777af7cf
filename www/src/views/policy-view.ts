// Limits, and the whole policy as the text that the command line takes.

import { LIMITS, policyText } from "../state/grants.js";
import type { LimitKey, State } from "../state/model.js";
import { attribute, button, h, on, show, text, unique, View } from "./dom.js";

export class PolicyView extends View {
  readonly #limits = new Map<LimitKey, { readonly input: HTMLInputElement; readonly problem: HTMLElement }>();
  readonly #text = h("textarea", { class: "code policy-text", rows: 10, spellcheck: "false", "aria-label": "policy.toml" });
  readonly #problem = h("pre", { class: "field-problem", role: "alert" });
  readonly #sentences = h("ul", { class: "sentences" });
  readonly #part = h("details", { class: "part" });
  readonly #back = button("Go back to the choices", () => this.dispatch({ type: "policy-text", text: undefined }));

  protected build(): void {
    const rows = LIMITS.map(({ key, label, preset, what }) => {
      const [hint, wrong] = [unique(), unique()];
      const input = h("input", { type: "text", placeholder: preset, spellcheck: "false", autocomplete: "off", "aria-describedby": `${hint} ${wrong}` });
      const problem = h("span", { class: "field-problem", id: wrong });
      this.#limits.set(key, { input, problem });
      on(input, "input", () => this.dispatch({ type: "limit", key, value: input.value }));
      return h("div", { class: "limit" }, h("label", {}, h("span", {}, label), input), h("span", { class: "hint", id: hint }, what), problem);
    });
    on(this.#text, "input", () => this.dispatch({ type: "policy-text", text: this.#text.value }));
    const copy = button("Copy", () => this.dispatch({ type: "copy", text: this.#text.value, what: "the policy" }));
    this.append(
      h("details", { class: "part limits" }, h("summary", {}, h("h2", {}, "Limits")), h("div", { class: "limit-grid" }, ...rows)),
      this.#part,
    );
    this.#part.append(
      h("summary", {}, h("h2", {}, "policy.toml")),
      h("p", { class: "note" }, "What a run gets, exactly. You may edit it; the command line takes the same text."),
      this.#text,
      this.#problem,
      h("div", { class: "buttons" }, copy, this.#back),
      h("h3", {}, "In force"),
      this.#sentences,
    );
  }

  update(state: State): void {
    const { grants, checked } = state;
    for (const [key, { input, problem }] of this.#limits) {
      const value = grants.limits[key] ?? "";
      if (input.value !== value) input.value = value;
      input.disabled = grants.text !== undefined;
      text(problem, checked.limits[key] ?? "");
      attribute(input, "aria-invalid", checked.limits[key] === undefined ? undefined : "true");
    }
    const policy = policyText(grants);
    // Not while a person writes in it: what they wrote is what the state has.
    if (this.#text.value !== policy && document.activeElement !== this.#text) this.#text.value = policy;
    // What nobody typed here is shown to whoever is to grant it.
    if (this.changed("given", grants.text) && grants.text !== undefined && document.activeElement !== this.#text) {
      this.#part.open = true;
      this.#text.scrollIntoView({ block: "nearest" });
    }
    show(this.#back, grants.text !== undefined);
    text(this.#problem, checked.problem ?? "");
    show(this.#problem, checked.problem !== undefined);
    if (this.changed("sentences", checked.sentences)) {
      this.#sentences.replaceChildren(...checked.sentences.map((line) => h("li", {}, line)));
    }
    if (this.changed("wrong", checked.problem !== undefined || Object.keys(checked.limits).length > 0)) {
      const wrong = Object.keys(checked.limits).length > 0;
      if (wrong) this.querySelector("details.limits")?.setAttribute("open", "");
    }
  }
}

customElements.define("belljar-policy", PolicyView);
