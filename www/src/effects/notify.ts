// Calls a person who is elsewhere when a tool asks something. The call has the tool's name and nothing else: what is asked is
// for the page, and a notification can be read over a shoulder.

import type { Action } from "../state/actions.js";
import type { State } from "../state/model.js";
import { visible } from "../state/visible.js";

/** Characters of a tool's name that are shown. */
const NAME = 80;

export class NotifyEffects {
  /** The person switched it on in this visit. */
  #on = false;

  readonly effects = (action: Action, _before: State, after: State): void => {
    if (action.type === "notify") void this.#switch(action.on);
    if (action.type === "asked" && after.questions.length === 1) this.#call(action.question.tool);
  };

  async #switch(on: boolean): Promise<void> {
    this.#on = on;
    if (on && "Notification" in window && Notification.permission === "default") await Notification.requestPermission();
  }

  #call(tool: string): void {
    // Whoever looks at the page sees the question itself.
    if (!this.#on || !("Notification" in window) || Notification.permission !== "granted" || document.hasFocus()) return;
    const name = visible(tool).map((piece) => piece.text).join("");
    const call = new Notification(name.length > NAME ? `${name.slice(0, NAME)}…` : name);
    call.addEventListener("click", () => {
      window.focus();
      call.close();
    });
  }
}
