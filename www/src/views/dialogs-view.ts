// Opening a tool, and sharing one.

import { examples } from "../effects/open.js";
import type { Draft, State } from "../state/model.js";
import { shown } from "../state/visible.js";
import { WARN } from "../share/codec.js";
import { button, guest, h, on, View } from "./dom.js";

/** Whether the page was built with `api.md` beside it. */
declare const API_HELP: boolean;

/** What a tool can call, fetched when somebody wants to read it. */
function help(): HTMLElement | undefined {
  if (!API_HELP) return undefined;
  const text = h("pre", { class: "api", tabindex: 0, "aria-label": "What a tool can call" }, "Loading");
  const details = h("details", {}, h("summary", {}, "What a tool can call"), text);
  let asked = false;
  on(details, "toggle", () => {
    if (asked || !details.open) return;
    asked = true;
    const get = async () => {
      const response = await fetch(new URL("./api.md", document.baseURI));
      if (!response.ok) throw new Error(`It cannot be fetched: ${response.status}`);
      text.textContent = await response.text();
    };
    get().catch((error: unknown) => {
      asked = false;
      text.textContent = error instanceof Error ? error.message : String(error);
    });
  });
  return details;
}

export class OpenView extends View {
  readonly #list = h("ul", { class: "examples" });
  readonly #aside = h("div", { class: "kept" });
  readonly #file = h("input", { type: "file", accept: ".ts,.js,.py,.wat,.wasm,.tar", class: "unseen", tabindex: -1, "aria-label": "A tool's file, or a recorded run" });
  readonly #dialog = h("dialog", { class: "open", "aria-label": "Open a tool" });
  #filled = false;

  protected build(): void {
    on(this.#file, "change", () => {
      const file = this.#file.files?.[0];
      this.#file.value = "";
      if (file === undefined) return;
      this.#close();
      this.dispatch({ type: "open-file", file });
    });
    on(this.#dialog, "close", () => this.#close());
    const parts = [
      h("div", { class: "bar" }, h("h2", {}, "Open a tool"), button("Close", () => this.#close(), { class: "quiet" })),
      h("p", { class: "note" }, "Opening runs nothing and grants nothing."),
      h("div", { class: "buttons" }, button("Choose a file", () => this.#file.click()), h("span", { class: "note" }, ".ts, .js, .py, .wat or .wasm, or a recorded run (.tar); or drop one anywhere on the page")),
      this.#file,
      help(),
      this.#aside,
      h("h3", {}, "Examples"),
      this.#list,
    ];
    this.#dialog.append(...parts.filter((part) => part !== undefined));
    this.append(this.#dialog);
  }

  #close(): void {
    this.dispatch({ type: "opening", shown: false });
  }

  update(state: State): void {
    if (this.changed("aside", state.aside)) this.#drawAside(state.aside);
    if (!this.changed("opening", state.opening)) return;
    if (!state.opening) return this.#dialog.close();
    if (!this.#dialog.open) this.#dialog.showModal();
    void this.#fill();
  }

  /** Own work that was put aside. */
  #drawAside(drafts: readonly Draft[]): void {
    if (drafts.length === 0) return this.#aside.replaceChildren();
    const rows = drafts.map((draft) => {
      const first = draft.source.split("\n").find((line) => line.trim() !== "") ?? "";
      const back = button("", () => {
        this.#close();
        this.dispatch({ type: "restore", draft });
      }, { class: "example" });
      back.append(h("strong", {}, guest(draft.file)), h("span", { class: "about" }, guest(first.slice(0, 100))));
      return h("li", {}, back, button("Forget", () => this.dispatch({ type: "forget", draft }), { class: "quiet", "aria-label": `Forget ${shown(draft.file)}` }));
    });
    this.#aside.replaceChildren(h("h3", {}, "Your work that was put aside"), h("ul", { class: "examples" }, ...rows));
  }

  async #fill(): Promise<void> {
    if (this.#filled) return;
    this.#list.replaceChildren(h("li", { class: "note" }, "Loading"));
    try {
      const found = await examples();
      this.#filled = true;
      this.#list.replaceChildren(
        ...found.map(({ name, description, file }) => {
          const choose = button("", () => {
            this.#close();
            this.dispatch({ type: "open-example", name });
          }, { class: "example" });
          choose.append(h("strong", {}, name), h("span", { class: "kind" }, file.split(".").pop() ?? ""), h("span", { class: "about" }, description));
          return h("li", {}, choose);
        }),
      );
    } catch (error) {
      this.#list.replaceChildren(h("li", { class: "field-problem" }, error instanceof Error ? error.message : String(error)));
    }
  }
}

export class ShareView extends View {
  readonly #body = h("div");
  readonly #dialog = h("dialog", { class: "share", "aria-label": "Share this tool" });

  protected build(): void {
    on(this.#dialog, "close", () => this.dispatch({ type: "shared", share: undefined }));
    this.#dialog.append(
      h("div", { class: "bar" }, h("h2", {}, "Share this tool"), button("Close", () => this.#dialog.close(), { class: "quiet" })),
      this.#body,
    );
    this.append(this.#dialog);
  }

  update(state: State): void {
    const { share } = state;
    if (!this.changed("share", share)) return;
    if (share === undefined) return this.#dialog.close();
    this.#draw(state);
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  #draw(state: State): void {
    const { share, source, input } = state;
    if (share === undefined) return;
    if (share.phase === "making") return this.#body.replaceChildren(h("p", {}, "Making the link"));
    if (share.phase === "failed") return this.#body.replaceChildren(h("p", { class: "field-problem", role: "alert" }, guest(share.message)));
    const area = h("textarea", { class: "code", rows: 4, readonly: true, "aria-label": "Link" });
    area.value = share.url;
    on(area, "focus", () => area.select());
    const size = `${share.bytes.toLocaleString("en")} characters`;
    this.#body.replaceChildren(
      h("p", {}, "Whoever opens it sees the source and what the tool asks for. Nothing runs and nothing is granted until they act."),
      area,
      h("p", { class: share.bytes > WARN ? "note warn" : "note" }, share.bytes > WARN ? `${size}. Some programs cut links of this length; send it as a file if it arrives broken.` : `${size}. It lies after the #, so no server sees it.`),
      h("div", { class: "buttons" }, button("Copy link", () => this.dispatch({ type: "copy", text: share.url, what: "the link" }), { class: "strong" })),
      h("h3", {}, "What is in it"),
      h("ul", {}, h("li", {}, `the source, ${source.file} (${source.text.length.toLocaleString("en")} characters)`), h("li", {}, "this input, as a sample: look whether it holds anything private"), h("li", {}, "what the tool asks for, and its identity")),
      h("pre", { class: "sample" }, guest(input.text.slice(0, 2_000), true)),
      h("p", { class: "note" }, "Not in it: grants, files, keys, logs."),
    );
  }
}

customElements.define("belljar-open", OpenView);
customElements.define("belljar-share", ShareView);
