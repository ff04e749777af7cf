// The tools that the tool in the editor can call, each with a policy of its own.

import type { Callable, State } from "../state/model.js";
import { about } from "../state/select.js";
import { button, guest, h, on, text, View } from "./dom.js";

export class ToolsView extends View {
  readonly #count = h("span", { class: "note" });
  readonly #files = h("input", { type: "file", multiple: true, accept: ".ts,.js,.py,.wat,.wasm,.toml", class: "unseen", tabindex: -1, "aria-label": "Tools, and their policies" });
  readonly #list = h("ul", { class: "callable", "aria-label": "Tools that can be called" });
  readonly #details = h("details", { class: "part" });

  protected build(): void {
    on(this.#files, "change", () => {
      this.dispatch({ type: "callable-add", files: [...(this.#files.files ?? [])] });
      this.#files.value = "";
    });
    this.#details.append(
      h("summary", {}, h("h2", {}, "Tools it can call"), this.#count),
      h("p", { class: "note" }, "By their names, if a rule such as ", h("code", {}, "tools call NAME"), " allows it. A called tool gets what its own policy here and this tool's policy both give."),
      h("div", { class: "buttons" }, button("Add files", () => this.#files.click()), button("Add the tool in the editor", () => this.dispatch({ type: "callable-own" }), { class: "quiet" })),
      this.#files,
      this.#list,
    );
    this.append(this.#details);
  }

  update(state: State): void {
    const { callable } = state;
    text(this.#count, callable.length === 0 ? "" : String(callable.length));
    const wants = (about(state)?.wants ?? []).some((wish) => /^\s*tools\s/.test(wish));
    // Opened for whoever needs it; whoever closes it again has seen it.
    if (this.changed("wants", wants) && wants) this.#details.open = true;
    if (!this.changed("callable", callable.map(({ name, problem, description }) => `${name} ${problem ?? ""} ${description}`).join("\n"))) return;
    this.#list.replaceChildren(...callable.map((tool) => this.#tool(tool)));
  }

  #tool({ name, file, policy, description, problem }: Callable): HTMLElement {
    const rules = h("textarea", { rows: 3, spellcheck: "false", autocomplete: "off", "aria-label": `Policy of ${name}` });
    rules.value = policy;
    on(rules, "change", () => this.dispatch({ type: "callable-policy", name, text: rules.value }));
    return h(
      "li",
      {},
      h("div", { class: "bar" }, h("strong", {}, guest(name)), h("span", { class: "note" }, guest(file)), button("Remove", () => this.dispatch({ type: "callable-remove", name }), { class: "quiet", "aria-label": `Remove ${name}` })),
      ...(description === "" ? [] : [h("p", { class: "guest-inline" }, guest(description))]),
      h("label", {}, "Its policy", rules),
      ...(problem === undefined ? [] : [h("p", { class: "problem", role: "alert" }, guest(problem))]),
    );
  }
}

customElements.define("belljar-tools", ToolsView);
