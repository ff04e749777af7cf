// The relay of the server that this page came from, if it has one. Its token comes behind the `#` of the address that the server
// printed, where no server and no other page sees it; it stays in this tab's own storage, which no frame of a tool can read.

import type { RelayOptions } from "belljar";

import type { State } from "../state/model.js";
import type { Effects, Store } from "../store.js";

/** The fragment that holds a token starts with this. */
const PREFIX = "#relay=";
const TOKEN = "belljar.relay";
const CHOICE = "belljar.relay.on";

/** Where it answers. */
const place = () => new URL("./relay", document.baseURI);

export class RelayEffects {
  readonly #store: Store;
  /** The one that the server took. There is no relay in the state without it. */
  #token: string | undefined;
  /** One that was found in the address or in the tab's storage, and has to be shown to the server first. */
  #offered: string | undefined;

  constructor(store: Store) {
    this.#store = store;
    addEventListener("hashchange", () => this.#take() && void this.find());
    if (!this.#take()) this.#offered = kept(TOKEN);
  }

  readonly effects: Effects = (_action, before, after) => {
    if (before.relay?.on !== after.relay?.on && after.relay !== undefined) keep(CHOICE, after.relay.on ? this.#token : undefined);
  };

  /** How a run's requests leave, if they do so by the relay. */
  options(state: State): RelayOptions | undefined {
    return state.relay?.on === true && this.#token !== undefined ? { url: place(), token: this.#token } : undefined;
  }

  /** Asks the server for what its relay lets through. Without a token nobody is asked: a static host has no relay. */
  async find(): Promise<void> {
    const token = this.#offered;
    this.#offered = undefined;
    if (token === undefined) return;
    try {
      const response = await fetch(place(), { headers: { "belljar-token": token }, cache: "no-store", redirect: "error" });
      if (!response.ok) throw new Error(response.status === 401 ? "the server has another token now" : `status ${response.status}`);
      const policy = sentences(await response.json());
      this.#token = token;
      keep(TOKEN, token);
      // The choice was made for this server as it was started: with another token it has to be made again.
      this.#store.dispatch({ type: "relay-found", relay: { policy, on: kept(CHOICE) === token } });
    } catch (error) {
      // Whoever changes the address of this tab takes nothing away: a token that the server took stays.
      if (this.#token === undefined) {
        keep(TOKEN, undefined);
        keep(CHOICE, undefined);
      }
      const why = error instanceof Error ? error.message : String(error);
      this.#store.dispatch({ type: "notice", level: "info", text: `Requests cannot go through this page's server: ${why}. Open the page by the address that the server printed when it was started.` });
    }
  }

  /** Takes a token out of the address, where it would be copied along; whether there was one. */
  #take(): boolean {
    if (!location.hash.startsWith(PREFIX)) return false;
    this.#offered = location.hash.slice(PREFIX.length);
    history.replaceState(null, "", location.pathname + location.search);
    return true;
  }
}

function sentences(value: unknown): readonly string[] {
  const { version, policy } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (version !== 1 || !Array.isArray(policy) || !policy.every((line) => typeof line === "string")) throw new Error("it is of another version");
  return policy as string[];
}

// Storage may be forbidden or missing: then the choice lasts until the page is loaded again.

function kept(key: string): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function keep(key: string, value: string | undefined): void {
  try {
    if (value === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // As above.
  }
}
