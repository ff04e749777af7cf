// Whether the tool's requests go through the server that this page came from. There is nothing to see where that has no relay.

import type { State } from "../state/model.js";
import { guest, h, on, show, View } from "./dom.js";

export class RelayView extends View {
  readonly #switch = h("input", { type: "checkbox", role: "switch", "aria-describedby": "relay-note" });
  readonly #sentences = h("ul", { class: "sentences" });
  readonly #part = h(
    "section",
    { class: "part relay", "aria-labelledby": "relay-heading" },
    h("h2", { id: "relay-heading" }, "Network"),
    h("label", { class: "inline" }, this.#switch, "Send requests through this server"),
    h(
      "p",
      { class: "note", id: "relay-note" },
      "A browser keeps a page from reading most servers (CORS) and from seeing where redirects lead. The server that this page came from can send the tool's requests instead. It judges each one again, under the policy here and under its own, and the stricter holds. It sees what is sent, secrets included.",
    ),
    h("details", {}, h("summary", {}, "What this server lets through"), this.#sentences),
  );

  protected build(): void {
    on(this.#switch, "change", () => this.dispatch({ type: "relay", on: this.#switch.checked }));
    this.append(this.#part);
  }

  update(state: State): void {
    const { relay } = state;
    show(this.#part, relay !== undefined);
    if (relay === undefined) return;
    this.#switch.checked = relay.on;
    if (this.changed("sentences", relay.policy)) this.#sentences.replaceChildren(...relay.policy.map((line) => h("li", {}, guest(line))));
  }
}

customElements.define("belljar-relay", RelayView);
