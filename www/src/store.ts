// Holds the state. An action goes through the reducer, then the effects see it, then the views are drawn, once a frame.

import type { Action, Dispatch } from "./state/actions.js";
import type { State } from "./state/model.js";
import { reduce } from "./state/reduce.js";

export type Effects = (action: Action, before: State, after: State) => void;

export class Store {
  #state: State;
  readonly #effects: Effects[] = [];
  readonly #views: ((state: State) => void)[] = [];
  #drawn: State | undefined;
  #planned = false;

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  readonly dispatch: Dispatch = (action) => {
    const before = this.#state;
    this.#state = reduce(before, action);
    for (const effects of this.#effects) effects(action, before, this.#state);
    if (this.#state !== this.#drawn) this.#plan();
  };

  addEffects(effects: Effects): void {
    this.#effects.push(effects);
  }

  subscribe(view: (state: State) => void): void {
    this.#views.push(view);
    this.#plan();
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    let drawn = false;
    const draw = () => {
      if (drawn) return;
      drawn = true;
      this.#planned = false;
      this.#drawn = this.#state;
      for (const view of this.#views) view(this.#state);
    };
    requestAnimationFrame(draw);
    // A tab in the background has no frames, but its title and dialogs should be right when a person comes back.
    setTimeout(draw, 250);
  }
}
