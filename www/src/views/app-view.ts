// The page as a whole: header, the three areas, and the keys that work everywhere.

import type { Area, State, Tab, Theme } from "../state/model.js";
import { isRunning, status } from "../state/select.js";
import { ArtifactsView, ConsoleView, OutputView } from "./panels-view.js";
import { BannerView } from "./banner-view.js";
import { attribute, button, h, on, show, text, View } from "./dom.js";
import { OpenView, ShareView } from "./dialogs-view.js";
import { FilesView } from "./files-view.js";
import { GrantsView } from "./grants-view.js";
import { InputView } from "./input-view.js";
import { LogView } from "./log-view.js";
import { MetersView } from "./meters-view.js";
import { OutcomeView } from "./outcome-view.js";
import { PolicyView } from "./policy-view.js";
import { RelayView } from "./relay-view.js";
import { SecretsView } from "./secrets-view.js";
import { ToolsView } from "./tools-view.js";
import { QuestionView } from "./question-view.js";
import { SourceView } from "./source-view.js";
import { Tabs } from "./tabs.js";

const THEMES: readonly { readonly theme: Theme; readonly label: string }[] = [
  { theme: "system", label: "System colours" },
  { theme: "light", label: "Light" },
  { theme: "dark", label: "Dark" },
];

export class AppView extends View {
  readonly grants = new GrantsView();
  readonly artifacts = new ArtifactsView();
  readonly #outcome = new OutcomeView();
  readonly #source = new SourceView();
  readonly #output = new OutputView();
  readonly #console = new ConsoleView();
  readonly #log = new LogView();
  #views: readonly View[] = [];
  #areas: Tabs<Area> | undefined;
  #tabs: Tabs<Tab> | undefined;
  readonly #status = h("p", { class: "status", role: "status", "aria-live": "polite" });
  readonly #run = button("Run", () => this.dispatch({ type: "run" }), { class: "run strong", "aria-keyshortcuts": "Control+Enter" });
  readonly #stop = button("Stop", () => this.dispatch({ type: "stop" }), { class: "stop", "aria-keyshortcuts": "Escape" });
  readonly #theme = h("select", { "aria-label": "Colours" }, ...THEMES.map(({ theme, label }) => h("option", { value: theme }, label)));
  readonly #panels: Readonly<Record<Area, HTMLElement>> = {
    source: h("section", { class: "area source", "aria-label": "Source" }),
    asks: h("section", { class: "area asks", "aria-label": "What it asks for, and its input" }),
    result: h("section", { class: "area result", "aria-label": "What happened" }),
  };
  readonly #wide = matchMedia("(min-width: 1000px)");
  #state: State | undefined;

  protected build(): void {
    const banner = new BannerView();
    const input = new InputView();
    const files = new FilesView();
    const policy = new PolicyView();
    const secrets = new SecretsView();
    const relay = new RelayView();
    const tools = new ToolsView();
    const meters = new MetersView();
    const question = new QuestionView();
    const open = new OpenView();
    const share = new ShareView();
    this.#views = [banner, this.#source, this.grants, input, files, secrets, relay, tools, policy, meters, this.#outcome, this.#output, this.artifacts, this.#console, this.#log, question, open, share];
    for (const view of this.#views) view.start(this.dispatch);

    this.#tabs = new Tabs<Tab>(
      "What came out",
      [
        { key: "output", label: "Output", panel: this.#output },
        { key: "artifacts", label: "Artifacts", panel: this.artifacts },
        { key: "console", label: "Console", panel: this.#console },
        { key: "log", label: "Log", panel: this.#log },
      ],
      (tab) => this.dispatch({ type: "tab", tab }),
    );
    this.#areas = new Tabs<Area>(
      "Parts of the page",
      [
        { key: "source", label: "Source", panel: this.#panels.source },
        { key: "asks", label: "Asks", panel: this.#panels.asks },
        { key: "result", label: "Result", panel: this.#panels.result },
      ],
      (area) => this.dispatch({ type: "area", area }),
    );
    this.#areas.element.classList.add("areas");
    this.#panels.source.append(this.#source);
    this.#panels.asks.append(this.grants, input, files, secrets, relay, tools, policy);
    this.#panels.result.append(h("h2", {}, "What happened"), meters, this.#outcome, this.#tabs.element, this.#output, this.artifacts, this.#console, this.#log);

    const main = h("main", { class: "areas-grid", id: "main", tabindex: -1 }, ...Object.values(this.#panels));
    const skip = h("a", { class: "skip", href: "#main" }, "Skip to the tool");
    // Not by the address: the fragment belongs to links that carry a tool.
    on(skip, "click", (event) => {
      event.preventDefault();
      main.focus();
    });
    on(this.#theme, "change", () => this.dispatch({ type: "theme", theme: THEMES.find(({ theme }) => theme === this.#theme.value)?.theme ?? "system" }));
    const header = h(
      "header",
      {},
      h("h1", {}, mark(), "Belljar"),
      h("div", { class: "controls" }, this.#run, this.#stop, this.#status),
      h("div", { class: "tools" }, button("Share", () => this.dispatch({ type: "share" }), { "aria-haspopup": "dialog" }), this.#theme),
    );
    this.append(skip, header, banner, this.#areas.element, main, question, open, share);
    this.#keys();
    this.#wide.addEventListener("change", () => this.#state && this.update(this.#state));
    // A file that misses its place must not replace the page.
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      // What no part of the page has taken is a tool, or a recording, wherever it falls.
      const file = event.dataTransfer?.files[0];
      if (file !== undefined && document.querySelector("dialog.question[open]") === null) this.dispatch({ type: "open-file", file });
    });
  }

  #keys(): void {
    addEventListener("keydown", (event) => {
      const state = this.#state;
      if (state === undefined || event.isComposing) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
        // Not through a dialog, and not by a key that is held down.
        if (event.repeat || document.querySelector("dialog[open]") !== null) return;
        event.preventDefault();
        this.dispatch({ type: "run" });
      } else if (event.key === "Escape" && isRunning(state) && state.questions.length === 0 && document.querySelector("dialog[open]") === null) {
        event.preventDefault();
        this.dispatch({ type: "stop" });
      }
    });
  }

  update(state: State): void {
    this.#state = state;
    const running = isRunning(state);
    const words = status(state);
    text(this.#status, words);
    attribute(this.#status, "data-busy", /^(Loading|Compiling|Running|Getting|Stopping)/.test(words) ? "true" : undefined);
    if (this.changed("running", running)) {
      // Whoever ran it with a button stops it with the same key press; a button that is gone takes the focus with it.
      const active = document.activeElement;
      const focused = active === this.#run || active === this.#stop || (running && this.#outcome.contains(active));
      show(this.#stop, running);
      show(this.#run, !running);
      if (focused) (running ? this.#stop : this.#run).focus();
    }
    this.#stop.disabled = state.run?.phase === "stopping";
    this.#run.disabled = state.engine.phase === "failed" || state.tool.phase === "failed" || (state.source.text.trim() === "" && state.source.bytes === undefined);
    // Another tool: its name and its wishes are in sight.
    if (this.changed("opened", state.source.opened)) this.#panels.asks.scrollTop = 0;
    if (this.changed("theme", state.theme)) {
      this.#theme.value = state.theme;
      document.documentElement.dataset["theme"] = state.theme;
    }
    const wide = this.#wide.matches;
    for (const [area, panel] of Object.entries(this.#panels)) panel.classList.toggle("away", !wide && area !== state.area);
    this.#areas?.choose(state.area, !wide);
    for (const [area, panel] of Object.entries(this.#panels)) if (wide) panel.setAttribute("aria-label", NAMES[area as Area]);
    this.#areas?.badge("result", running ? "…" : "");
    this.#tabs?.choose(state.tab);
    show(this.#output, state.tab === "output");
    show(this.artifacts, state.tab === "artifacts");
    show(this.#console, state.tab === "console");
    show(this.#log, state.tab === "log");
    const number = (value: number | undefined) => (value === undefined || value === 0 ? "" : value.toLocaleString("en"));
    this.#tabs?.badge("artifacts", number(state.run?.report?.artifacts.length));
    this.#tabs?.badge("console", number(state.run?.consoleCount));
    this.#tabs?.badge("log", number(state.run?.entryCount));
    for (const view of this.#views) view.update(state);
    const name = state.source.file;
    const title = `${running ? `${words}: ` : ""}${name} – Belljar`;
    if (document.title !== title) document.title = title;
  }
}

const NAMES: Readonly<Record<Area, string>> = { source: "Source", asks: "What it asks for, and its input", result: "What happened" };

/** The sign: a bell jar. */
function mark(): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 20 22");
  svg.setAttribute("aria-hidden", "true");
  for (const d of ["M4 18V9a6 6 0 0 1 12 0v9", "M1.5 19.5h17", "M10 3V1.5"]) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

customElements.define("belljar-app", AppView);
