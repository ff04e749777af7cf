// How a run ended, in words, and what to do about it.

import type { Report } from "belljar";

import type { FailureKind, State } from "../state/model.js";
import { deniedWishes, ruleOf } from "../state/grants.js";
import type { Effect } from "../state/model.js";
import { announcement, confidence, refusals, relayCouldHelp, status } from "../state/select.js";
import { ending } from "../state/words.js";
import { PARTS } from "../state/edit.js";
import { button, guest, h, text, unique, View } from "./dom.js";

const FAILURES: Readonly<Record<FailureKind, { readonly title: string; readonly meaning: string }>> = {
  source: { title: "Nothing was run", meaning: "The tool does not compile." },
  recording: { title: "Nothing was run", meaning: "There is no such recording here." },
  input: { title: "Nothing was run", meaning: "The input does not fit what the tool takes. Change it and run again." },
  policy: { title: "Nothing was run", meaning: "The policy cannot be read. Mend it, or go back to the choices." },
  tool: { title: "Nothing was run", meaning: "The tool cannot start." },
  host: { title: "It could not run", meaning: "This is not the tool's fault. Try again." },
};

/** Refusals, and offers, that are shown. */
const SHOWN = 5;

export class OutcomeView extends View {
  readonly #said = h("p", { class: "unseen", role: "status", "aria-live": "polite" });
  readonly #body = h("div", { class: "outcome-body" });

  protected build(): void {
    this.classList.add("outcome");
    this.append(this.#body, this.#said);
  }

  update(state: State): void {
    const { run } = state;
    const waits = run !== undefined && run.phase !== "ended" ? status(state) : "";
    if (!this.changed("all", run?.number, run?.phase, run?.report, run?.failure, waits, run?.phase === "ended" ? state.grants : undefined, run?.phase === "ended" ? state.relay : undefined, run === undefined ? status(state) : "", state.source.revision)) return;
    text(this.#said, announcement(state));
    if (run === undefined) {
      this.#body.replaceChildren(
        h("p", { class: "idle" }, "Nothing has run. ", h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter"), " runs the tool with this input, under this policy."),
      );
      return;
    }
    if (run.phase !== "ended") {
      this.#body.replaceChildren(h("p", { class: "title running" }, status(state), h("span", { class: "dots", "aria-hidden": "true" })));
      return;
    }
    const stale = run.revision === state.source.revision ? undefined : h("p", { class: "note" }, "The source has changed since this run.");
    if (run.failure !== undefined) {
      const { title, meaning } = FAILURES[run.failure.kind];
      this.#body.replaceChildren(h("p", { class: "title bad" }, title), h("p", {}, meaning), h("pre", { class: "message" }, guest(run.failure.message, true)));
      if (stale) this.#body.append(stale);
      return;
    }
    const { report } = run;
    if (report === undefined) return;
    const { title, meaning, tone } = ending(report);
    const sure = confidence(report.output);
    const possibly = report.usage.possiblySpent ?? undefined;
    const replayed = run.kind === "replay" ? this.#replayed(report) : undefined;
    if (report.divergence !== undefined) {
      this.#body.replaceChildren(...[h("p", { class: "title bad" }, "It went another way"), replayed].filter((part) => part !== undefined));
      return;
    }
    const parts: (Node | undefined)[] = [
      h("p", { class: `title ${tone}` }, title, h("span", { class: "exit" }, `exit code ${report.exitCode}`)),
      h("p", {}, meaning),
      report.questions === 0 ? undefined : h("p", { class: "note" }, report.questions === 1 ? "One question was asked." : `${report.questions} questions were asked.`),
      ...(report.edited ?? []).map(changed),
      replayed,
      sure === undefined ? undefined : this.#confidence(sure),
      report.code === "" ? undefined : h("p", {}, "Its word for it: ", h("code", {}, guest(report.code))),
      report.message === "" ? undefined : h("pre", { class: "message" }, guest(report.message, true)),
      possibly === undefined ? undefined : h("p", {}, `Of what it spent, ${possibly / 1e9} is not sure: requests failed after they were sent, or were not waited for.`),
      this.#mend(state),
      relayCouldHelp(state) ? this.#otherWay() : undefined,
      report.stack.trim() === "" ? undefined : this.#stack(state, report.stack),
      run.kind === "replay" ? undefined : this.#after(report),
      stale,
    ];
    this.#body.replaceChildren(...parts.filter((part) => part !== undefined));
  }

  /** What can be done with a run that is over. */
  #after(report: Report): HTMLElement {
    const learn = button("Grant exactly what this run used", () => this.dispatch({ type: "policy-learn" }), { title: "Writes policy.toml anew, for you to read: what this run was allowed to do, and nothing else" });
    const save = "recording" in report ? button("Save recording", () => this.dispatch({ type: "recording-download" }), { title: "One file with the tool, the input, the policy, the log and all that the tool was given" }) : undefined;
    return h("div", { class: "buttons" }, learn, save);
  }

  /** The way that a browser does not bar: offered, never taken by itself. */
  #otherWay(): HTMLElement {
    const go = button("Send requests through this server and run again", () => this.dispatch({ type: "relay-and-run" }));
    return h("div", { class: "mend" }, h("p", { class: "note" }, "A request got no answer. If that is the browser's doing (CORS, redirects), this page's server can send it, as far as its own policy lets it."), h("div", { class: "buttons" }, go));
  }

  /** Whether a replay is the recorded run, and if not, where it differs first. */
  #replayed(report: Report): HTMLElement {
    const { divergence } = report;
    if (divergence === undefined) {
      return h("p", { class: "replayed same" }, `Replayed: all ${report.log.entries} entries are the recorded ones, and so are output, artifacts and fuel.`);
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
    const list = h("ul", {}, ...refused.slice(0, SHOWN).map(({ capability, request, rule }) => h("li", {}, h("code", {}, `${capability}: `, guest(request)), " ", h("span", { class: "note" }, guest(rule)))));
    const parts: (Node | undefined)[] = [h("p", {}, refused.length === 1 ? "One request was refused:" : `${refused.length} requests were refused:`), list];
    if (state.grants.text !== undefined) {
      parts.push(h("p", { class: "note" }, "The policy is edited as text. To let it do that, add a rule there and run again."));
    } else {
      const offers = this.#offers(state, refused);
      const hint = offers.length > 0 ? "If you agree, grant it; the tool then runs again:" : "If you want it to do that, add a rule under “What it asks for” and run again.";
      parts.push(h("p", { class: "note" }, hint), ...offers);
    }
    return h("div", { class: "mend" }, ...parts.filter((part) => part !== undefined));
  }

  /** The rules that would have let refused requests through: those of the tool's own wishes, else the narrowest. */
  #offers(state: State, refused: Report["refusals"]): readonly HTMLElement[] {
    const offered = new Map<string, string | undefined>();
    for (const { capability, grant } of refused) {
      // Where a rule or a person refused it, nothing that is added would help.
      if (grant === undefined) continue;
      const wishes = deniedWishes(state, capability);
      for (const wish of wishes) offered.set(ruleOf(state.grants, wish), wish);
      if (wishes.length === 0) offered.set(grant, undefined);
    }
    return [...offered].slice(0, SHOWN).map(([rule, wish]) => {
      const grant = (effect: Effect) => this.dispatch({ type: "grant-and-run", effect, rule, wish });
      const id = unique();
      return h(
        "div",
        { class: "offer" },
        h("code", { id }, guest(rule)),
        button("Allow this and run again", () => grant("allow"), { "aria-describedby": id }),
        button("Ask me", () => grant("ask"), { "aria-describedby": id, title: "Runs again; you are asked when it wants this" }),
      );
    });
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

/** A request that a person changed. */
function changed({ capability, request, performed, parts }: NonNullable<Report["edited"]>[number]): HTMLElement {
  const what = request === performed ? [] : [" to ", h("code", {}, guest(performed))];
  return h("p", { class: "note" }, `A person changed ${parts.map((part) => PARTS[part]).join(" and ")} of `, h("code", {}, `${capability}: `, guest(request)), ...what, ".");
}

customElements.define("belljar-outcome", OutcomeView);
