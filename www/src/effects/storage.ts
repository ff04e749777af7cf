// What outlives a visit: the draft (source and input, never grants), work that was put aside, and the theme.

import type { Draft, State, Theme } from "../state/model.js";
import type { Effects } from "../store.js";

const DRAFT = "belljar.draft";
const ASIDE = "belljar.aside";
const THEME = "belljar.theme";

/** Milliseconds after the last change. */
const PAUSE = 400;

export class StorageEffects {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unsaved: State | undefined;

  constructor() {
    addEventListener("pagehide", () => this.#save());
  }

  readonly effects: Effects = (_action, before, after) => {
    if (before.theme !== after.theme) write(THEME, after.theme === "system" ? undefined : after.theme);
    if (before.aside !== after.aside) write(ASIDE, after.aside && JSON.stringify(after.aside));
    if (before.source === after.source && before.input.text === after.input.text) return;
    this.#unsaved = after;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), PAUSE);
  };

  #save(): void {
    const state = this.#unsaved;
    this.#unsaved = undefined;
    if (state === undefined) return;
    const { source, input } = state;
    const own = source.edited && source.bytes === undefined && source.text.trim() !== "";
    const draft: Draft = { file: source.file, source: source.text, input: input.text };
    write(DRAFT, own ? JSON.stringify(draft) : undefined);
  }
}

export const stored = {
  draft: (): Draft | undefined => draft(read(DRAFT)),
  aside: (): Draft | undefined => draft(read(ASIDE)),
  theme: (): Theme => {
    const theme = read(THEME);
    return theme === "light" || theme === "dark" ? theme : "system";
  },
};

function draft(text: string | undefined): Draft | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    const { file, source, input } = value ?? {};
    if (typeof file !== "string" || typeof source !== "string" || typeof input !== "string") return undefined;
    return { file, source, input };
  } catch {
    return undefined;
  }
}

// Storage may be full, forbidden or missing; the page works without it.

function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // As above.
  }
}
