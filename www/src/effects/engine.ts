// Loads the package, once, and says in plain words why that fails.

import type * as Package from "belljar";

import type { Store } from "../store.js";

export interface Loaded {
  readonly pkg: typeof Package;
  readonly jar: Package.Belljar;
}

export class EngineLoader {
  readonly #store: Store;
  #loading: Promise<Loaded> | undefined;
  #loaded: Loaded | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** What is loaded already. */
  get now(): Loaded | undefined {
    return this.#loaded;
  }

  load(): Promise<Loaded> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<Loaded> {
    const tell = (phase: "loading" | "ready" | "failed", message = "") =>
      this.#store.dispatch({ type: "engine", engine: { phase, message } });
    tell("loading");
    try {
      if (typeof WebAssembly === "undefined") {
        throw new Error("This browser has no WebAssembly, or it is switched off. Belljar needs it to run a tool under glass.");
      }
      const pkg = await import("belljar");
      const jar = await pkg.Belljar.create();
      this.#loaded = { pkg, jar };
      tell("ready");
      performance.mark("belljar:ready");
      if (typeof indexedDB === "undefined") {
        this.#store.dispatch({
          type: "notice",
          level: "info",
          text: "This browser gives the page no storage (IndexedDB). Tools that keep keys and values will see them fail.",
        });
      }
      return this.#loaded;
    } catch (error) {
      this.#loading = undefined;
      tell("failed", explain(error));
      throw error;
    }
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why something did not load. */
export function explain(error: unknown): string {
  const text = messageOf(error);
  if (/failed to fetch|networkerror|load failed|dynamically imported/i.test(text)) {
    return "A part of Belljar could not be fetched. Check the connection, then try again.";
  }
  if (/cannot be fetched|HTTP status/i.test(text)) return `A part of Belljar is missing on this site: ${text}`;
  if (/unsafe-eval|Content Security Policy/i.test(text)) {
    return `This site's Content-Security-Policy does not let WebAssembly run: it needs 'wasm-unsafe-eval'. (${text})`;
  }
  return text;
}
