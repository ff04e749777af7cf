// The folder that file rules give to the tool: files go in and out here.

import { readDrop, readFiles } from "../effects/dropped.js";
import type { NewFile } from "../state/actions.js";
import { folderOf, needsFolder } from "../state/grants.js";
import { apart } from "../state/rule.js";
import type { Disk, State } from "../state/model.js";
import { about } from "../state/select.js";
import { shown } from "../state/visible.js";
import { bytes } from "../state/words.js";
import { button, guest, h, on, show, text, View } from "./dom.js";

export class FilesView extends View {
  readonly #into = h("input", { type: "text", placeholder: "(top)", spellcheck: "false", autocomplete: "off" });
  readonly #files = h("input", { type: "file", multiple: true, class: "unseen", tabindex: -1, "aria-label": "Files for the folder" });
  readonly #folder = h("input", { type: "file", webkitdirectory: true, class: "unseen", tabindex: -1, "aria-label": "A folder" });
  readonly #list = h("ul", { class: "files", "aria-label": "Files in the folder" });
  readonly #mounts = h("p", { class: "note" });
  readonly #open = button("Open a real folder…", () => this.dispatch({ type: "disk-open" }));
  readonly #permit = button("Let it be changed", () => this.dispatch({ type: "disk-permit" }));
  readonly #close = button("Close", () => this.dispatch({ type: "disk-close" }));
  /** Whose folder it is. */
  readonly #whose = h("p", { class: "whose", role: "status" });
  readonly #disk = h("div", { class: "buttons", role: "group", "aria-label": "The real folder", hidden: true }, this.#permit, this.#close);
  readonly #place = h("div", { class: "drop" });
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
    const place = this.#place;
    // Other browsers have no way to a real folder.
    show(this.#open, "showDirectoryPicker" in window);
    place.append(
      h("p", {}, "Drop files or folders here"),
      h("div", { class: "buttons" }, button("Choose files", () => this.#files.click()), button("Choose a folder", () => this.#folder.click()), h("label", { class: "inline" }, "into ", this.#into), this.#open),
      this.#files,
      this.#folder,
    );
    on(this, "dragover", (event) => {
      if (place.hidden || event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      place.classList.add("over");
    });
    on(this, "dragleave", () => place.classList.remove("over"));
    on(this, "drop", (event) => {
      place.classList.remove("over");
      if (place.hidden || event.dataTransfer === null) return;
      event.preventDefault();
      event.stopPropagation();
      this.#take(readDrop(event.dataTransfer, this.#into.value));
    });
    this.append(h("div", { class: "bar" }, h("h2", {}, "Files"), this.#all), this.#whose, this.#disk, this.#mounts, place, this.#list);
  }

  #take(reading: Promise<NewFile[]>): void {
    reading.then(
      (files) => this.dispatch({ type: "files-add", files }),
      (error: unknown) => this.dispatch({ type: "notice", level: "error", text: error instanceof Error ? error.message : String(error) }),
    );
  }

  update(state: State): void {
    const { checked, grants, disk } = state;
    const files = disk?.files ?? state.files;
    show(this.#all, disk === undefined && files.length > 0);
    this.#draw(disk, checked.changesFiles);
    const wishes = (about(state)?.wants ?? []).filter((wish) => /^\s*files\s/.test(wish));
    const wanted = wishes.map((wish) => (needsFolder(wish) ? folderOf(grants, wish) : (/^(.*) as /s.exec(apart(wish).what)?.[1] ?? "")));
    if (!this.#touched) {
      const first = (checked.mounts[0]?.host ?? wanted[0] ?? "").replace(/^\.\//, "");
      if (this.#into.value !== first) this.#into.value = first;
    }
    if (this.changed("mounts", checked.mounts, wanted.join(), disk === undefined)) {
      const seen = checked.mounts.map(({ host, guest }) => `${host.replace(/^\.\//, "")} as ${guest}`);
      const words =
        seen.length > 0
          ? `By your rules the tool sees ${seen.join(", ")}.`
          : wanted.length > 0
            ? "The tool sees none of this until you grant it."
            : `${disk === undefined ? "They stay in this page's memory. " : ""}A tool sees only what a files rule grants.`;
      text(this.#mounts, words);
    }
    if (!this.changed("files", files, disk === undefined)) return;
    this.#list.replaceChildren(
      ...files.slice(0, 500).map(({ path, size }) =>
        h(
          "li",
          {},
          h("span", { class: "path" }, guest(path)),
          h("span", { class: "size" }, bytes(size)),
          // A real file is where it belongs, and is not removed by a button that is there for copies in memory.
          disk === undefined && button("Save", () => this.dispatch({ type: "file-download", path }), { class: "quiet", "aria-label": `Download ${path}` }),
          disk === undefined && button("Remove", () => this.dispatch({ type: "file-remove", path }), { class: "quiet", "aria-label": `Remove ${path}` }),
        ),
      ),
    );
    if (disk?.more === true) this.#list.append(h("li", { class: "note" }, "and more, which the page does not list"));
    else if (files.length > 500) this.#list.append(h("li", { class: "note" }, `and ${files.length - 500} more`));
  }

  /** The real folder that is open, or the place for files in memory. */
  #draw(disk: Disk | undefined, changes: boolean): void {
    const changed = (disk === undefined) !== this.#disk.hidden;
    const within = this.contains(document.activeElement);
    show(this.#disk, disk !== undefined);
    show(this.#place, disk === undefined);
    show(this.#permit, disk !== undefined && changes && !disk.writable);
    text(this.#whose, disk === undefined ? "" : `Your folder “${shown(disk.name)}” is open, in place of the files in this page's memory. ${written(disk, changes)}`);
    // What had the focus is gone: the keyboard goes on where the way back is.
    if (changed && within) (disk === undefined ? this.#open : this.#close).focus();
  }
}

function written(disk: Disk, changes: boolean): string {
  if (!changes) return "Your rules let the tool change nothing in it.";
  if (!disk.writable) return "The browser lets this page only read it, so what the tool writes will fail.";
  return "What the tool writes is written there, on your disk, and is not undone.";
}

customElements.define("belljar-files", FilesView);
