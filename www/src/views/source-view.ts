// The source: file name, editor, and what the compiler says.

import { about } from "../state/select.js";
import type { State } from "../state/model.js";
import { button, guest, h, on, show, text, View } from "./dom.js";
import type { Editor, Mark } from "./editor.js";

export class SourceView extends View {
  readonly #name = h("input", { type: "text", spellcheck: "false", autocomplete: "off", class: "file-name", "aria-label": "File name" });
  readonly #place = h("div", { class: "editor-place" });
  readonly #before = h("pre", { class: "editor-before" });
  readonly #binary = h("p", { class: "binary" });
  readonly #problems = h("div", { class: "problems" });
  readonly #identity = h("p", { class: "identity" });
  #editor: Editor | undefined;
  #shown: State | undefined;

  protected build(): void {
    on(this.#name, "change", () => this.dispatch({ type: "rename", file: this.#name.value }));
    on(this.#name, "keydown", (event) => {
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) this.#name.blur();
    });
    this.#place.append(this.#before);
    this.append(
      h(
        "div",
        { class: "bar" },
        h("h2", {}, "Source"),
        this.#name,
        button("Open", () => this.dispatch({ type: "opening", shown: true }), { "aria-haspopup": "dialog" }),
        button("New", () => this.dispatch({ type: "open", opened: { file: "tool.ts", text: "", origin: "own" } })),
      ),
      this.#place,
      this.#binary,
      this.#problems,
      this.#identity,
    );
    this.#dropTarget();
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      const { Editor } = await import("./editor.js");
      this.#before.remove();
      this.#editor = new Editor(this.#place, "Source of the tool", (changed) => this.dispatch({ type: "edit", text: changed }));
      if (this.#shown !== undefined) this.#draw(this.#editor, this.#shown, true);
    } catch {
      this.#plain();
    }
  }

  /** Without the editor's chunk there is still a text field. */
  #plain(): void {
    const area = h("textarea", { class: "plain-editor", spellcheck: "false", "aria-label": "Source of the tool" });
    area.value = this.#shown?.source.text ?? "";
    on(area, "input", () => this.dispatch({ type: "edit", text: area.value }));
    this.#place.replaceChildren(area);
    this.dispatch({ type: "notice", level: "error", text: "The editor could not be fetched. A plain text field stands in for it." });
  }

  #dropTarget(): void {
    on(this, "dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files") === true) event.preventDefault();
    });
    // Before the editor sees it, which would write the file's text into the source.
    this.addEventListener(
      "drop",
      (event) => {
        const file = event.dataTransfer?.files[0];
        if (file === undefined && event.dataTransfer?.types.includes("Files") !== true) return;
        event.preventDefault();
        event.stopPropagation();
        if (file !== undefined) this.dispatch({ type: "open-file", file });
      },
      { capture: true },
    );
  }

  update(state: State): void {
    this.#shown = state;
    const { source } = state;
    if (this.changed("file", source.file)) this.#name.value = source.file;
    const binary = source.bytes !== undefined;
    show(this.#place, !binary);
    show(this.#binary, binary);
    if (binary) text(this.#binary, `${source.file} is WebAssembly (${source.bytes?.length.toLocaleString("en")} bytes). It runs as it is; there is no source to show.`);
    if (this.#editor === undefined) text(this.#before, source.text);
    else this.#draw(this.#editor, state, false);
    if (this.changed("problems", state.tool)) this.#drawProblems(state);
    const known = about(state);
    show(this.#identity, known !== undefined && state.tool.phase === "ready");
    if (known !== undefined && this.changed("identity", known)) {
      const size = `${known.bytes.toLocaleString("en")} bytes`;
      this.#identity.replaceChildren(
        h("span", {}, known.form === "program" ? `Program for the ${/\.py$/i.test(source.file) ? "Python" : "JavaScript"} engine, ${size}` : `WebAssembly component, ${size}`),
        ...(/\.m?ts$/i.test(source.file) ? [h("span", {}, "Types are taken off, not checked")] : []),
        h("code", { title: `SHA-256 of the tool: ${known.identity}` }, known.identity.slice(0, 16)),
      );
    }
  }

  #draw(editor: Editor, state: State, first: boolean): void {
    const { source } = state;
    editor.name(source.file);
    if (this.changed("opened", source.opened) || first) editor.set(source.text);
    if (this.changed("marks", state.tool) || first) editor.mark(marks(state));
    if (this.changed("goTo", state.goTo) && state.goTo !== undefined) editor.goTo(state.goTo.line, state.goTo.column);
  }

  #drawProblems(state: State): void {
    const { tool } = state;
    // While it compiles again, what was wrong stays in sight.
    if (tool.phase === "compiling") return;
    const rows = [];
    if (tool.phase === "failed" && tool.problem !== undefined) {
      const { line, column, reason } = tool.problem;
      rows.push(this.#row("error", line, column, reason));
    }
    if (tool.phase === "ready") {
      for (const warning of tool.warnings) {
        const place = placeOf(warning);
        rows.push(this.#row("warning", place?.line, place?.column, place?.message ?? warning));
      }
    }
    this.#problems.replaceChildren(...rows);
  }

  #row(kind: "error" | "warning", line: number | undefined, column: number | undefined, reason: string): HTMLElement {
    const place = line === undefined ? undefined : `Line ${line}${column === undefined ? "" : `, column ${column}`}`;
    const jump = place === undefined ? undefined : button(place, () => this.dispatch({ type: "go-to", line: line ?? 1, column: column ?? 1 }), { class: "place" });
    return h(
      "div",
      { class: `problem ${kind}`, role: kind === "error" ? "alert" : undefined },
      h("strong", {}, kind === "error" ? "Error" : "Warning"),
      jump,
      h("span", { class: "reason" }, guest(reason, true)),
    );
  }
}

/** A warning's text starts with its place, if it has one. */
function placeOf(warning: string): { line: number; column: number; message: string } | undefined {
  const match = /^[^\n:]*:(\d+):(\d+): ([^\n]*)/.exec(warning);
  if (match?.[3] === undefined) return undefined;
  return { line: Number(match[1]), column: Number(match[2]), message: match[3] };
}

function marks(state: State): readonly Mark[] {
  const { tool } = state;
  if (tool.phase === "none" || tool.phase === "compiling") return [];
  if (tool.phase === "failed") {
    const { line, column, reason } = tool.problem ?? { reason: "" };
    return line === undefined ? [] : [{ line, column, severity: "error", message: reason }];
  }
  return tool.warnings.flatMap((warning): Mark[] => {
    const place = placeOf(warning);
    return place === undefined ? [] : [{ ...place, severity: "warning" }];
  });
}

customElements.define("belljar-source", SourceView);
