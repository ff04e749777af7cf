// The tools that the tool in the editor can call: each compiled, with a policy of its own.

import type { CallableTool, Policy, Tool } from "belljar";

import type { Callable } from "../state/model.js";
import type { Effects, Store } from "../store.js";
import type { CompileEffects } from "./compile.js";
import { type EngineLoader, messageOf } from "./engine.js";

interface Kept {
  readonly file: string;
  readonly tool?: Tool | undefined;
  readonly problem?: string | undefined;
  policy: string;
}

/** What a called tool is granted by itself, unless somebody says something else: nothing. */
export const NOTHING = "version = 1\n";

export class ToolEffects {
  readonly #store: Store;
  readonly #engine: EngineLoader;
  readonly #compile: CompileEffects;
  readonly #kept = new Map<string, Kept>();
  /** Policies by their text: the same object for the same text, so that cells stay warm. */
  readonly #policies = new Map<string, Policy>();

  constructor(store: Store, engine: EngineLoader, compile: CompileEffects) {
    this.#store = store;
    this.#engine = engine;
    this.#compile = compile;
  }

  readonly effects: Effects = (action) => {
    switch (action.type) {
      case "callable-add":
        void this.#add(action.files);
        break;
      case "callable-own":
        void this.#addOwn();
        break;
      case "callable-remove":
        this.#kept.delete(action.name);
        this.#tell();
        break;
      case "callable-policy": {
        const kept = this.#kept.get(action.name);
        if (kept !== undefined) kept.policy = action.text;
        this.#tell();
        break;
      }
      default:
    }
  };

  /**
   * What a run can call.
   *
   * @throws What is wrong with a policy, with the tool's name.
   */
  callable(): Record<string, CallableTool> {
    const tools: Record<string, CallableTool> = {};
    for (const [name, { tool, policy }] of this.#kept) {
      if (tool === undefined) continue;
      try {
        tools[name] = { tool, policy: this.#policy(policy) };
      } catch (error) {
        throw new Error(`The policy of ${name}, which can be called: ${messageOf(error)}`);
      }
    }
    return tools;
  }

  #policy(text: string): Policy {
    const pkg = this.#engine.now?.pkg;
    if (pkg === undefined) throw new Error("Belljar is still loading. Try again in a moment.");
    let policy = this.#policies.get(text);
    if (policy === undefined) this.#policies.set(text, (policy = new pkg.Policy({ toml: text })));
    return policy;
  }

  /** Tools, and the policies that lie beside them: `NAME.policy.toml`. */
  async #add(files: readonly File[]): Promise<void> {
    const policies = new Map<string, string>();
    for (const file of files) {
      const name = /^(.*)\.policy\.toml$/.exec(file.name)?.[1];
      if (name !== undefined) policies.set(name, await file.text());
    }
    for (const file of files) {
      const match = /^(.+)\.(?:ts|js|py|wat|wasm)$/.exec(file.name);
      if (match?.[1] === undefined) {
        if (!/\.policy\.toml$/.test(file.name)) this.#refuse(`${file.name} is no tool: a tool is a .ts, .js, .py, .wat or .wasm file, and NAME.policy.toml its policy.`);
        continue;
      }
      await this.#put(match[1], file.name, new Uint8Array(await file.arrayBuffer()), policies.get(match[1]));
      policies.delete(match[1]);
    }
    for (const [name, text] of policies) {
      const kept = this.#kept.get(name);
      if (kept === undefined) this.#refuse(`${name}.policy.toml is the policy of no tool that is here.`);
      else kept.policy = text;
    }
    this.#tell();
  }

  /** The tool that stands in the editor, under its own name. */
  async #addOwn(): Promise<void> {
    const tool = await this.#compile.current().catch(() => undefined);
    if (tool === undefined) return this.#refuse("What stands in the editor is no tool yet.");
    const { name } = tool.about;
    if (!this.#isName(name)) return;
    this.#kept.set(name, { file: this.#store.state.source.file, tool, policy: this.#kept.get(name)?.policy ?? NOTHING });
    this.#tell();
  }

  async #put(name: string, file: string, bytes: Uint8Array, policy = this.#kept.get(name)?.policy ?? NOTHING): Promise<void> {
    if (!this.#isName(name)) return;
    try {
      const { jar } = await this.#engine.load();
      this.#kept.set(name, { file, tool: await jar.compile(file, bytes), policy });
    } catch (error) {
      this.#kept.set(name, { file, problem: messageOf(error), policy });
    }
    this.#tell();
  }

  #isName(name: string): boolean {
    if (/^[a-z0-9._-]{1,64}$/.test(name)) return true;
    this.#refuse(`${name} is not a name by which a tool can be called: it has 1 to 64 lower-case letters, digits, hyphens, dots and underscores. Rename the file.`);
    return false;
  }

  #refuse(text: string): void {
    this.#store.dispatch({ type: "notice", level: "error", text });
  }

  #tell(): void {
    const callable = [...this.#kept].map(([name, { file, problem, policy, tool }]): Callable => {
      let wrong = problem;
      if (wrong === undefined) {
        try {
          this.#policy(policy);
        } catch (error) {
          wrong = messageOf(error);
        }
      }
      return { name, file, policy, description: tool?.about.description ?? "", problem: wrong };
    });
    this.#store.dispatch({ type: "callable", callable: callable.sort((a, b) => (a.name < b.name ? -1 : 1)) });
  }
}
