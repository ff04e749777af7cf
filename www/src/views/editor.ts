// CodeMirror, set up; a chunk of its own, so that the page is there before it.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { bracketMatching, defaultHighlightStyle, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";

export interface Mark {
  readonly line: number;
  readonly column: number | undefined;
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** Colours of the default style, as variables that follow the page's theme. */
const COLOURS: Readonly<Record<string, string>> = {
  "#404740": "--code-quiet",
  "#708": "--code-keyword",
  "#219": "--code-atom",
  "#164": "--code-atom",
  "#a11": "--code-string",
  "#e40": "--code-string",
  "#00f": "--code-name",
  "#30a": "--code-name",
  "#085": "--code-type",
  "#167": "--code-type",
  "#256": "--code-name",
  "#00c": "--code-name",
  "#940": "--code-comment",
  "#f00": "--bad",
};

const style = HighlightStyle.define(
  defaultHighlightStyle.specs.map((spec) => {
    const colour = typeof spec["color"] === "string" ? COLOURS[spec["color"]] : undefined;
    return colour === undefined ? spec : { ...spec, color: `var(${colour})` };
  }),
);

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "transparent", fontSize: "13px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--accent)", paddingBlock: "10px" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused": { outline: "none" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--line-active)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { backgroundColor: "var(--selection)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--rule)" },
  ".cm-diagnostic": { fontFamily: "var(--sans)", fontSize: "13px", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-matchingBracket": { backgroundColor: "var(--selection) !important" },
});

export class Editor {
  readonly #view: EditorView;
  readonly #language = new Compartment();
  #file = "";
  #quiet = false;

  constructor(parent: HTMLElement, label: string, changed: (text: string) => void) {
    this.#view = new EditorView({
      parent,
      extensions: [
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("  "),
        EditorState.tabSize.of(2),
        bracketMatching(),
        // A reader must not overlook what stands far to the right.
        EditorView.lineWrapping,
        syntaxHighlighting(style),
        lintGutter(),
        this.#language.of([]),
        theme,
        // Tab leaves the editor, as everywhere on the page. Ctrl+Enter is the page's.
        keymap.of([{ key: "Mod-Enter", run: () => true, stopPropagation: false }, ...defaultKeymap, ...historyKeymap, ...lintKeymap]),
        // A file is opened by the page, not written into the text.
        EditorView.domEventHandlers({
          drop: (event) => event.dataTransfer?.types.includes("Files") === true,
          paste: (event) => event.clipboardData?.types.includes("Files") === true && !event.clipboardData.types.includes("text/plain"),
        }),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !this.#quiet) changed(update.state.doc.toString());
        }),
      ],
    });
  }

  /** Puts another text in, as one step that can be undone. */
  set(text: string): void {
    const { doc } = this.#view.state;
    if (doc.toString() === text) return;
    this.#quiet = true;
    try {
      this.#view.dispatch({ changes: { from: 0, to: doc.length, insert: text }, selection: { anchor: 0 }, scrollIntoView: true });
    } finally {
      this.#quiet = false;
    }
  }

  /** The language follows the file's name. */
  name(file: string): void {
    if (file === this.#file) return;
    this.#file = file;
    const script = /\.(ts|js)$/i.test(file) ? javascript({ typescript: /\.ts$/i.test(file) }) : [];
    this.#view.dispatch({ effects: this.#language.reconfigure(script) });
  }

  mark(marks: readonly Mark[]): void {
    const { doc } = this.#view.state;
    const diagnostics = marks.flatMap((mark): Diagnostic[] => {
      if (mark.line < 1 || mark.line > doc.lines) return [];
      const line = doc.line(mark.line);
      const from = Math.min(line.to, line.from + offset(line.text, mark.column ?? 1));
      const word = /^[\w$]+/.exec(doc.sliceString(from, line.to))?.[0].length ?? 1;
      const to = Math.min(line.to, from + word);
      return [{ from: to === from ? Math.max(line.from, from - 1) : from, to, severity: mark.severity, message: mark.message }];
    });
    this.#view.dispatch(setDiagnostics(this.#view.state, diagnostics));
  }

  goTo(line: number, column: number): void {
    const { doc } = this.#view.state;
    const found = doc.line(Math.max(1, Math.min(line, doc.lines)));
    const anchor = Math.min(found.to, found.from + offset(found.text, column));
    this.#view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
    this.#view.focus();
  }

  focus(): void {
    this.#view.focus();
  }
}

/** Columns count characters; positions in the editor count UTF-16 units. */
function offset(line: string, column: number): number {
  return [...line].slice(0, Math.max(0, column - 1)).join("").length;
}
