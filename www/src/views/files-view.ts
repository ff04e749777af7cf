// The folder that file rules give to the tool: files go in and out here.

import { readDrop, readFiles } from "../effects/dropped.js";
import type { NewFile } from "../state/actions.js";
import { folderOf, needsFolder } from "../state/grants.js";
import { apart } from "../state/rule.js";
import type { State } from "../state/model.js";
import { about } from "../state/select.js";
import { bytes } from "../state/words.js";
import { button, guest, h, on, show, text, View } from "./dom.js";

export class FilesView extends View {
  readonly #into = h("input", { type: "text", placeholder: "(top)", spellcheck: "false", autocomplete: "off" });
  readonly #files = h("input", { type: "file", multiple: true, class: "unseen", tabindex: -1, "aria-label": "Files for the folder" });
  readonly #folder = h("input", { type: "file", webkitdirectory: true, class: "unseen", tabindex: -1, "aria-label": "A folder" });
  readonly #list = h("ul", { class: "files", "aria-label": "Files in the folder" });
  readonly #mounts = h("p", { class: "note" });
  readonly #all = button("Download all", () => this.dispatch({ type: "folder-download" }), { class: "quiet" });
  #touched = false;

  protected build(): void {
    on(this.#into, "input", () => (this.#touched = true));
    for (const input of [this.#files, this.#folder]) {
      on(input, "change", () => {
        this.#take(readFiles([...(input.files ?? [])], this.#into.value));
        input.value = "";
      });
    }
    const place = h(
      "div",
      { class: "drop" },
      h("p", {}, "Drop files or folders here"),
      h("div", { class: "buttons" }, button("Choose files", () => this.#files.click()), button("Choose a folder", () => this.#folder.click()), h("label", { class: "inline" }, "into ", this.#into)),
      this.#files,
      this.#folder,
    );
    on(this, "dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      place.classList.add("over");
    });
    on(this, "dragleave", () => place.classList.remove("over"));
    on(this, "drop", (event) => {
      place.classList.remove("over");
      if (event.dataTransfer === null) return;
      event.preventDefault();
      event.stopPropagation();
      this.#take(readDrop(event.dataTransfer, this.#into.value));
    });
    this.append(h("div", { class: "bar" }, h("h2", {}, "Files"), this.#all), this.#mounts, place, this.#list);
  }

  #take(reading: Promise<NewFile[]>): void {
    reading.then(
      (files) => this.dispatch({ type: "files-add", files }),
      (error: unknown) => this.dispatch({ type: "notice", level: "error", text: error instanceof Error ? error.message : String(error) }),
    );
  }

  update(state: State): void {
    const { files, checked, grants } = state;
    show(this.#all, files.length > 0);
    const wishes = (about(state)?.wants ?? []).filter((wish) => /^\s*files\s/.test(wish));
    const wanted = wishes.map((wish) => (needsFolder(wish) ? folderOf(grants, wish) : (/^(.*) as /s.exec(apart(wish).what)?.[1] ?? "")));
    if (!this.#touched) {
      const first = (checked.mounts[0]?.host ?? wanted[0] ?? "").replace(/^\.\//, "");
      if (this.#into.value !== first) this.#into.value = first;
    }
    if (this.changed("mounts", checked.mounts, wanted.join())) {
      const seen = checked.mounts.map(({ host, guest }) => `${host.replace(/^\.\//, "")} as ${guest}`);
      const words =
        seen.length > 0
          ? `By your rules the tool sees ${seen.join(", ")}.`
          : wanted.length > 0
            ? "The tool sees none of this until you grant it."
            : "They stay in this page's memory. A tool sees only what a files rule grants.";
      text(this.#mounts, words);
    }
    if (!this.changed("files", files)) return;
    this.#list.replaceChildren(
      ...files.slice(0, 500).map(({ path, size }) =>
        h(
          "li",
          {},
          h("span", { class: "path" }, guest(path)),
          h("span", { class: "size" }, bytes(size)),
          button("Save", () => this.dispatch({ type: "file-download", path }), { class: "quiet", "aria-label": `Download ${path}` }),
          button("Remove", () => this.dispatch({ type: "file-remove", path }), { class: "quiet", "aria-label": `Remove ${path}` }),
        ),
      ),
    );
    if (files.length > 500) this.#list.append(h("li", { class: "note" }, `and ${files.length - 500} more`));
  }
}

customElements.define("belljar-files", FilesView);
