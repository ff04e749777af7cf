// What outlives a visit: each tab's draft (source and input, never grants), work that was put aside, and the theme. What is
// read is checked: anybody may have written it.

import { ASIDE, sameDraft, type Draft, type State, type Theme } from "../state/model.js";
import { draftOf } from "../state/stored.js";
import type { Effects, Store } from "../store.js";

/** A tab's draft is below this, under the tab's number. */
const DRAFT = "belljar.draft";
const ASIDE_KEY = "belljar.aside";
const THEME = "belljar.theme";
/** In the tab's own storage: which draft is its own. */
const TAB = "belljar.tab";

/** Milliseconds after the last change. */
const PAUSE = 400;

/** Milliseconds in which another page lets go of this tab's number; else it is another tab's. */
const PATIENCE = 500;

export class StorageEffects {
  readonly #store: Store;
  readonly #key: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unsaved: State | undefined;

  /** `tab` is this tab's number. */
  constructor(store: Store, tab: string) {
    this.#store = store;
    this.#key = `${DRAFT}.${tab}`;
    addEventListener("pagehide", () => this.#save());
    // Another tab has put something aside, or taken it back.
    addEventListener("storage", (event) => {
      if (event.key === ASIDE_KEY) this.#store.dispatch({ type: "aside", drafts: stored.aside() });
    });
  }

  readonly effects: Effects = (action, before, after) => {
    if (before.theme !== after.theme) write(THEME, after.theme === "system" ? undefined : after.theme);
    if (before.aside !== after.aside && action.type !== "aside") this.#keep(before.aside, after.aside);
    if (before.source === after.source && before.input.text === after.input.text) return;
    this.#unsaved = after;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), PAUSE);
  };

  /** What changed here, in what all tabs keep together. */
  #keep(before: readonly Draft[], after: readonly Draft[]): void {
    const has = (drafts: readonly Draft[], draft: Draft) => drafts.some((known) => sameDraft(known, draft));
    const others = stored.aside().filter((draft) => !has(after, draft) && !has(before, draft));
    keep([...after, ...others]);
    if (others.length > 0) this.#store.dispatch({ type: "aside", drafts: stored.aside() });
  }

  #save(): void {
    const state = this.#unsaved;
    this.#unsaved = undefined;
    if (state === undefined) return;
    const { source, input } = state;
    const own = source.edited && source.bytes === undefined && source.text.trim() !== "";
    const draft = { file: source.file, source: source.text, input: input.text, at: Date.now() };
    if (own && !write(this.#key, JSON.stringify(draft))) {
      this.#store.dispatch({ type: "notice", level: "error", text: "This browser does not keep what you write here: its storage is full, or switched off. Copy it before you close the page." });
    }
    if (!own) write(this.#key, undefined);
  }
}

export interface Visit {
  readonly tab: string;
  readonly draft: Draft | undefined;
  readonly aside: readonly Draft[];
}

/**
 * What this tab goes on with: its own draft, or, if it is new, the newest of those whose tab is gone. Others whose tab is gone
 * are put aside, so that nothing is lost.
 */
export async function visit(): Promise<Visit> {
  const { tab, taken, isNew } = await claim();
  const drafts = allDrafts().sort((one, other) => other.at - one.at);
  const mine = drafts.find(({ key }) => key === `${DRAFT}.${tab}`);
  const orphans = taken === undefined ? [] : drafts.filter(({ key }) => key !== `${DRAFT}.${tab}` && !taken.has(key));
  // Where it is not known which tabs are there, a new one copies the newest draft and takes none away.
  const chosen = mine ?? (isNew ? (taken === undefined ? drafts[0] : orphans[0]) : undefined);
  const left = orphans.filter((draft) => draft !== chosen);
  if (left.length > 0) keep([...stored.aside(), ...left.map(({ draft }) => draft)]);
  for (const { key } of orphans) write(key, undefined);
  if (chosen !== undefined && chosen !== mine) write(`${DRAFT}.${tab}`, JSON.stringify({ ...chosen.draft, at: chosen.at }));
  return { tab, draft: chosen?.draft, aside: stored.aside() };
}

/** This tab's number, which no other open tab has, and the keys of the drafts of those. */
async function claim(): Promise<{ tab: string; taken: ReadonlySet<string> | undefined; isNew: boolean }> {
  let tab = session(TAB);
  let isNew = tab === undefined;
  const locks = navigator.locks as LockManager | undefined;
  const hold = (name: string) =>
    new Promise<boolean>((resolve) => {
      // A page that was there before, and is reloaded, lets go of it in a moment.
      const waiting = locks?.request(`${DRAFT}.${name}`, { signal: AbortSignal.timeout(PATIENCE) }, () => {
        resolve(true);
        // As long as the tab is there.
        return new Promise<void>((release) => addEventListener("pagehide", () => release(), { once: true }));
      });
      waiting?.catch((error: unknown) => resolve(!(error instanceof DOMException && error.name === "TimeoutError")));
      if (locks === undefined) resolve(true);
    });
  // A tab that was duplicated starts with the other one's number.
  if (tab === undefined || !(await hold(tab))) {
    isNew = tab === undefined;
    tab = crypto.randomUUID();
    await hold(tab);
  }
  session(TAB, tab);
  const mine = tab;
  addEventListener("pageshow", (event) => event.persisted && void hold(mine));
  const held = await locks?.query().catch(() => undefined);
  return { tab, taken: held && new Set(held.held?.map(({ name }) => name ?? "")), isNew };
}

interface Kept {
  readonly key: string;
  readonly draft: Draft;
  readonly at: number;
}

function allDrafts(): Kept[] {
  const found: Kept[] = [];
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i) ?? "";
      // The key alone is that of earlier versions, which had one for all tabs.
      if (key !== DRAFT && !key.startsWith(`${DRAFT}.`)) continue;
      const value = json(read(key));
      const draft = draftOf(value);
      const at = typeof value === "object" && value !== null ? (value as { at?: unknown }).at : undefined;
      if (draft !== undefined) found.push({ key, draft, at: typeof at === "number" ? at : 0 });
    }
  } catch {
    // As below.
  }
  return found;
}

export const stored = {
  aside: (): readonly Draft[] => {
    const value = json(read(ASIDE_KEY));
    // Earlier versions kept one.
    const all = Array.isArray(value) ? value : [value];
    return all.slice(0, 10 * ASIDE).map(draftOf).filter((draft) => draft !== undefined).slice(0, ASIDE);
  },
  theme: (): Theme => {
    const theme = read(THEME);
    return theme === "light" || theme === "dark" ? theme : "system";
  },
};

/** Keeps as many as there is room for, the newest first. */
function keep(drafts: readonly Draft[]): void {
  for (let count = Math.min(drafts.length, ASIDE); count > 0; count--) {
    if (write(ASIDE_KEY, JSON.stringify(drafts.slice(0, count)))) return;
  }
  write(ASIDE_KEY, undefined);
}

function json(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// Storage may be full, forbidden or missing; the page works without it.

function session(key: string, value?: string): string | undefined {
  try {
    if (value !== undefined) sessionStorage.setItem(key, value);
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return value;
  }
}

function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Whether it was written. */
function write(key: string, value: string | undefined): boolean {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}
