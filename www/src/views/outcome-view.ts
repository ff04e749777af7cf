// How a run ended, in words, and what to do about it.

import type { Report } from "belljar";

import type { FailureKind, State } from "../state/model.js";
import { deniedWishes, ruleOf } from "../state/grants.js";
import { confidence, refusals, status } from "../state/select.js";
import { ending } from "../state/words.js";
import { button, guest, h, View } from "./dom.js";

const FAILURES: Readonly<Record<FailureKind, { readonly title: string; readonly meaning: string }>> = {
  source: { title: "Nothing was run", meaning: "The tool does not compile." },
  recording: { title: "Nothing was run", meaning: "There is no such recording here." },
  input: { title: "Nothing was run", meaning: "The input does not fit what the tool takes. Change it and run again." },
  policy: { title: "Nothing was run", meaning: "The policy cannot be read. Mend it, or go back to the choices." },
  tool: { title: "Nothing was run", meaning: "The tool cannot start." },
  host: { title: "It could not run", meaning: "This is not the tool's fault. Try again." },
};

export class OutcomeView extends View {
  protected build(): void {
    this.classList.add("outcome");
  }

  update(state: State): void {
    const { run } = state;
    if (!this.changed("all", run?.number, run?.phase, run?.report, run?.failure, run?.phase === "ended" ? state.grants : undefined, run === undefined ? status(state) : "", state.source.revision)) return;
    if (run === undefined) {
      this.replaceChildren(
        h("p", { class: "idle" }, "Nothing has run. ", h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter"), " runs the tool with this input, under this policy."),
      );
      return;
    }
    if (run.phase !== "ended") {
      this.replaceChildren(h("p", { class: "title running" }, status(state), h("span", { class: "dots", "aria-hidden": "true" })));
      return;
    }
    const stale = run.revision === state.source.revision ? undefined : h("p", { class: "note" }, "The source has changed since this run.");
    if (run.failure !== undefined) {
      const { title, meaning } = FAILURES[run.failure.kind];
      this.replaceChildren(h("p", { class: "title bad" }, title), h("p", {}, meaning), h("pre", { class: "message" }, guest(run.failure.message, true)));
      if (stale) this.append(stale);
      return;
    }
    const { report } = run;
    if (report === undefined) return;
    const { title, meaning, tone } = ending(report);
    const sure = confidence(report.output);
    const replayed = run.kind === "replay" ? this.#replayed(report) : undefined;
    if (report.divergence !== undefined) {
      this.replaceChildren(...[h("p", { class: "title bad" }, "It went another way"), replayed].filter((part) => part !== undefined));
      return;
    }
    const parts: (Node | undefined)[] = [
      h("p", { class: `title ${tone}` }, title, h("span", { class: "exit" }, `exit code ${report.exitCode}`)),
      h("p", {}, meaning),
      replayed,
      sure === undefined ? undefined : this.#confidence(sure),
      report.code === "" ? undefined : h("p", {}, "Its word for it: ", h("code", {}, guest(report.code))),
      report.message === "" ? undefined : h("pre", { class: "message" }, guest(report.message, true)),
      this.#mend(state),
      report.stack.trim() === "" ? undefined : this.#stack(state, report.stack),
      report.recording === undefined || run.kind === "replay" ? undefined : h("div", { class: "buttons" }, button("Save recording", () => this.dispatch({ type: "recording-download" }), { title: "One file with the tool, the input, the policy, the log and all that the tool was given" })),
      stale,
    ];
    this.replaceChildren(...parts.filter((part) => part !== undefined));
  }

  /** Whether a replay is the recorded run, and if not, where it differs first. */
  #replayed(report: Report): HTMLElement {
    const { divergence } = report;
    if (divergence === undefined) {
      return h("p", { class: "replayed same" }, `Replayed: all ${report.logEntries} entries are the recorded ones, and so are output, artifacts and fuel.`);
    }
    const side = (name: string, line: string) => [h("dt", {}, name), h("dd", {}, h("code", {}, guest(line)))];
    return h(
      "div",
      { class: "replayed differs" },
      h("p", {}, `The replay differs from the recorded run at entry ${divergence.entry}. Either the recording was changed, or the tool does not depend on what it is given alone.`),
      h("dl", {}, ...side("Recorded", divergence.recorded), ...side("Now", divergence.now)),
    );
  }

  #confidence(value: number): HTMLElement {
    const gauge = h("div", { class: "gauge", role: "meter", "aria-label": "Stated confidence", "aria-valuemin": 0, "aria-valuemax": 1, "aria-valuenow": value }, h("div", { class: "fill" }));
    const fill = gauge.firstElementChild;
    if (fill instanceof HTMLElement) fill.style.transform = `scaleX(${Math.max(0, Math.min(1, value))})`;
    return h("div", { class: "confidence" }, h("span", {}, `It says it is ${Math.round(value * 100)} % sure`), gauge);
  }

  /** What could be granted so that a refused request goes through: offered, never done by itself. */
  #mend(state: State): HTMLElement | undefined {
    const refused = refusals(state);
    if (refused.length === 0) return undefined;
    const wishes = [...new Set(refused.flatMap(({ capability }) => deniedWishes(state, capability)))];
    const list = h("ul", {}, ...dedupe(refused).slice(0, 5).map(({ capability, what, rule }) => h("li", {}, h("code", {}, `${capability}: `, guest(what)), " ", h("span", { class: "note" }, guest(rule)))));
    const offers = state.grants.text !== undefined ? [] : wishes.map((wish) => {
      const rule = ruleOf(state.grants, wish);
      return h(
        "div",
        { class: "offer" },
        h("code", {}, guest(rule)),
        button("Ask me", () => this.dispatch({ type: "grant", wish, effect: "ask" }), { "aria-label": `Ask me about ${rule}` }),
        button("Allow", () => this.dispatch({ type: "grant", wish, effect: "allow" }), { "aria-label": `Allow ${rule}` }),
      );
    });
    const hint = offers.length > 0 ? "It had asked for this; if you agree, grant it and run again:" : "If you want it to do that, add a rule under “What it asks for” and run again.";
    return h("div", { class: "mend" }, h("p", {}, refused.length === 1 ? "One request was refused:" : `${refused.length} requests were refused:`), list, h("p", { class: "note" }, hint), ...offers);
  }

  #stack(state: State, stack: string): HTMLElement {
    const pre = h("pre", { class: "stack", "aria-label": "Call stack" });
    const file = state.run?.file ?? "";
    for (const line of stack.split("\n")) {
      const at = line.indexOf(`${file}:`);
      const place = at < 0 ? null : /^:(\d+)(?::(\d+))?/.exec(line.slice(at + file.length));
      if (place === null) {
        pre.append(guest(`${line}`), "\n");
        continue;
      }
      const whole = `${file}${place[0]}`;
      const jump = button(whole, () => this.dispatch({ type: "go-to", line: Number(place[1]), column: Number(place[2] ?? 1) }), { class: "place" });
      pre.append(guest(line.slice(0, at)), jump, guest(line.slice(at + whole.length)), "\n");
    }
    return pre;
  }
}

function dedupe<T>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

customElements.define("belljar-outcome", OutcomeView);
