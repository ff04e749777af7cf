// The values of the secrets that the policy names. They go to what runs tools and are kept nowhere else.

import type { SecretUse, State } from "../state/model.js";
import { button, guest, h, on, show, View } from "./dom.js";

export class SecretsView extends View {
  readonly #list = h("div", { class: "secrets" });
  readonly #part = h(
    "section",
    { class: "part", "aria-labelledby": "secrets-heading" },
    h("h2", { id: "secrets-heading" }, "Secrets"),
    h("p", { class: "note" }, "Belljar puts them into requests on their way out. The tool, the log, recordings and links never have them. They are kept until this tab is closed."),
    this.#list,
  );

  protected build(): void {
    this.append(this.#part);
  }

  update(state: State): void {
    const uses = state.checked.secrets;
    show(this.#part, uses.length > 0);
    if (!this.changed("secrets", uses, state.given)) return;
    const names = [...new Set(uses.map(({ name }) => name))];
    this.#list.replaceChildren(...names.map((name) => this.#secret(name, uses, state.given.includes(name))));
  }

  #secret(name: string, uses: readonly SecretUse[], isGiven: boolean): HTMLElement {
    const where = uses.filter((use) => use.name === name).map((use) => h("p", { class: "note" }, "To ", h("code", {}, guest(use.origin)), " as ", h("code", {}, guest(use.place))));
    if (isGiven) {
      const forget = button("Forget", () => this.dispatch({ type: "secret-forgotten", name }), { class: "quiet", "aria-label": `Forget ${name}` });
      return h("div", { class: "secret" }, h("p", {}, h("strong", {}, guest(name)), " is kept. ", forget), ...where);
    }
    const value = h("input", { type: "password", autocomplete: "off", spellcheck: "false", required: true, minlength: 8 });
    const form = h("form", { class: "secret" }, h("label", {}, h("span", {}, guest(name)), value), h("button", { type: "submit" }, "Keep for this tab"), ...where);
    on(form, "submit", (event) => {
      event.preventDefault();
      this.dispatch({ type: "secret-given", name, value: value.value });
    });
    return form;
  }
}

customElements.define("belljar-secrets", SecretsView);
