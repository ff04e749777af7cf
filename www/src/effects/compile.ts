// Compiles what stands in the editor: a moment after the last change, or at once when a run needs it.

import type { Tool } from "belljar";

import type { Problem, State } from "../state/model.js";
import { fileFor } from "../state/select.js";
import type { Effects, Store } from "../store.js";
import { type EngineLoader, explain } from "./engine.js";

/** Milliseconds without a change after which it is compiled. */
const PAUSE = 250;

/** Milliseconds after which compiling is given up once there is another text. */
const LONG = 500;

class Superseded extends Error {}

export class CompileEffects {
  readonly #store: Store;
  readonly #engine: EngineLoader;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #made: { readonly revision: number; readonly tool: Tool } | undefined;
  #busy: Promise<void> = Promise.resolve();
  /** What is compiled now. */
  #now: { readonly since: number; readonly stop: AbortController } | undefined;

  constructor(store: Store, engine: EngineLoader) {
    this.#store = store;
    this.#engine = engine;
  }

  readonly effects: Effects = (action, before, after) => {
    if (before.source.revision !== after.source.revision) {
      this.#later(PAUSE);
      // What nobody wants any more, and takes long, is given up.
      const now = this.#now;
      if (now !== undefined && performance.now() - now.since > LONG) now.stop.abort(new Superseded());
    }
    if (action.type === "engine-retry") this.#later(0);
  };

  /** The tool of what stands in the editor now; nothing if it does not compile. */
  async current(): Promise<Tool | undefined> {
    clearTimeout(this.#timer);
    // One after the other; each compiles what is newest when its turn comes.
    const turn = this.#busy.then(() => this.#compile());
    this.#busy = turn.catch(() => undefined);
    await turn;
    return this.made(this.#store.state);
  }

  /** The tool of this state's source, if it is there. */
  made(state: State): Tool | undefined {
    return this.#made?.revision === state.source.revision ? this.#made.tool : undefined;
  }

  #later(pause: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.current().catch(() => undefined), pause);
  }

  async #compile(): Promise<void> {
    const { source } = this.#store.state;
    const { revision } = source;
    if (this.#made?.revision === revision) return;
    if (source.bytes === undefined && source.text.trim() === "") return;
    this.#store.dispatch({ type: "compiling", revision });
    const { jar } = await this.#engine.load();
    const stop = new AbortController();
    let renamed = false;
    this.#now = { since: performance.now(), stop };
    try {
      const tool = await jar.compile(source.file, source.bytes ?? source.text, { signal: stop.signal });
      this.#made = { revision, tool };
      if (this.#store.state.engine.phase === "failed") this.#store.dispatch({ type: "engine", engine: { phase: "ready", message: "" } });
      this.#store.dispatch({ type: "compiled", revision, about: tool.about, warnings: tool.warnings });
      const name = fileFor(this.#store.state);
      if (name !== undefined) {
        this.#store.dispatch({ type: "rename", file: name, itself: true });
        // A file of another name is another program, and a run that waits for this one is for that.
        const now = this.#store.state.source;
        if (now.revision !== revision && now.text === source.text) renamed = true;
      }
    } catch (error) {
      if (error instanceof Superseded) return;
      const problem = problemOf(error);
      this.#store.dispatch({ type: "not-compiled", revision, problem });
      // A part that is missing is not the source's fault, and can be tried again.
      const itsOwn = error instanceof Error && (error.name === "CompileError" || error.name === "ToolError");
      if (!itsOwn) this.#store.dispatch({ type: "engine", engine: { phase: "failed", message: problem.message } });
    } finally {
      this.#now = undefined;
    }
    if (renamed) await this.#compile();
  }
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { message: String(error), reason: String(error) };
  const { line, column, reason } = error as Error & { line?: unknown; column?: unknown; reason?: unknown };
  const fetched = error.name === "CompileError" || error.name === "ToolError" ? error.message : explain(error);
  return {
    message: fetched,
    reason: typeof reason === "string" ? reason : fetched,
    line: typeof line === "number" ? line : undefined,
    column: typeof column === "number" ? column : undefined,
  };
}
