// Asks the package what it thinks of the policy and of the input. The page has no rules of its own about either.

import type { Policy } from "belljar";

import { about } from "../state/select.js";
import { LIMITS, policyText, ruleOf } from "../state/grants.js";
import type { Checked, Effect, LimitKey, State } from "../state/model.js";
import type { Effects, Store } from "../store.js";
import type { CompileEffects } from "./compile.js";
import type { EngineLoader, Loaded } from "./engine.js";

export class CheckEffects {
  readonly #store: Store;
  readonly #engine: EngineLoader;
  readonly #compile: CompileEffects;
  #last: { readonly text: string; readonly policy: Policy } | undefined;

  constructor(store: Store, engine: EngineLoader, compile: CompileEffects) {
    this.#store = store;
    this.#engine = engine;
    this.#compile = compile;
  }

  readonly effects: Effects = (action, before, after) => {
    const loaded = this.#engine.now;
    if (loaded === undefined) return;
    if (action.type === "policy-learn") this.#learn(loaded, after);
    const ready = before.engine !== after.engine;
    if (ready || before.grants !== after.grants || about(before) !== about(after)) {
      this.#store.dispatch({ type: "policy-checked", checked: this.#check(loaded, after) });
    }
    if (before.tool !== after.tool || before.input.text !== after.input.text) {
      const tool = this.#compile.made(after);
      if (tool !== undefined) {
        this.#store.dispatch({ type: "input-checked", problem: problem(() => tool.acceptInput(after.input.text)) });
      }
    }
  };

  /** The policy of a text; the same object for the same text, so that cells stay warm. */
  policy(loaded: Loaded, text: string): Policy {
    if (this.#last?.text !== text) this.#last = { text, policy: new loaded.pkg.Policy({ toml: text }) };
    return this.#last.policy;
  }

  /** Why a rule cannot be read; nothing if it can, or if there is nobody to ask yet. */
  rule(effect: Effect, rule: string): string | undefined {
    const pkg = this.#engine.now?.pkg;
    if (pkg === undefined) return "Belljar is still loading. Try again in a moment.";
    return pkg.Policy.problem(rule, effect);
  }

  /** Puts into the editor what the finished run used, as if a person had typed it. Nothing runs by it. */
  #learn(loaded: Loaded, state: State): void {
    const log = state.run?.report?.log.text;
    if (log === undefined) return;
    let text = "";
    const wrong = problem(() => (text = loaded.pkg.learn([{ name: "run", text: log }])));
    if (wrong !== undefined) {
      this.#store.dispatch({ type: "notice", level: "error", text: `No policy can be made of this run: ${wrong}` });
      return;
    }
    this.#store.dispatch({ type: "policy-text", text });
    this.#store.dispatch({ type: "area", area: "asks" });
    this.#store.dispatch({ type: "notice", level: "info", text: "policy.toml says now what this run used, and nothing else. Read it; it counts from the next run on." });
  }

  #check(loaded: Loaded, state: State): Checked {
    const { Policy } = loaded.pkg;
    const { grants } = state;
    const limits: Partial<Record<LimitKey, string>> = {};
    for (const { key } of LIMITS) {
      const value = (grants.limits[key] ?? "").trim();
      if (value === "") continue;
      // A limit alone, so that what is wrong is said beside it.
      const found = problem(() => new Policy({ toml: `version = 1\n[limits]\n${key} = ${JSON.stringify(value)}\n` }));
      if (found !== undefined) limits[key] = found.split("\n")[0]?.replace(/^policy, line \d+, column \d+: /, "") ?? found;
    }
    const wishes: Record<string, string> = {};
    for (const wish of about(state)?.wants ?? []) {
      const found = Policy.problem(ruleOf(grants, wish));
      if (found !== undefined) wishes[wish] = found;
    }
    let policy: Policy | undefined;
    const wrong = problem(() => (policy = this.policy(loaded, policyText(grants))));
    return { problem: wrong, limits, wishes, sentences: policy?.describe() ?? [], mounts: policy?.mounts() ?? [], changesFiles: policy?.changesFiles() ?? false, secrets: policy?.secrets() ?? [] };
  }
}

function problem(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
