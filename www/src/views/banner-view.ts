// What a person must know before anything else: where the tool came from, and what went wrong with the page.

import { grantsAnything } from "../state/grants.js";
import type { Draft, Recorded, Shelved, State } from "../state/model.js";
import { isRunning, linkVerdict } from "../state/select.js";
import { bytes, shortHash } from "../state/words.js";
import { button, guest, h, View } from "./dom.js";

export class BannerView extends View {
  readonly #link = h("div", { class: "banner link", role: "status" });
  readonly #recording = h("div", { class: "banner recording", role: "region", "aria-label": "Recorded run" });
  readonly #shelf = h("div", { class: "banner shelf", role: "region", "aria-label": "Runs that were suspended" });
  readonly #engine = h("div", { class: "banner error", role: "alert" });
  readonly #aside = h("div", { class: "banner" });
  readonly #notices = h("div", { class: "notices", role: "status", "aria-live": "polite" });

  protected build(): void {
    this.append(this.#engine, this.#link, this.#recording, this.#shelf, this.#aside, this.#notices);
  }

  update(state: State): void {
    const verdict = linkVerdict(state);
    this.#link.hidden = verdict === undefined;
    if (this.changed("verdict", JSON.stringify(verdict), state.source.opened, state.run === undefined, grantsAnything(state.grants))) this.#link.replaceChildren(...this.#verdict(state));

    const { engine, aside, recording, shelf } = state;
    // Of a run that is open its own band speaks.
    this.#shelf.hidden = shelf.length === 0 || (recording?.shelved === true && shelf.length === 1);
    if (this.changed("shelf", shelf, isRunning(state), state.shelfMayGo)) this.#shelf.replaceChildren(...(shelf.length === 0 ? [] : this.#shelved(shelf, isRunning(state), state.shelfMayGo)));
    this.#recording.hidden = recording === undefined;
    if (this.changed("recording", recording, isRunning(state))) this.#recording.replaceChildren(...(recording === undefined ? [] : this.#recorded(recording, isRunning(state))));
    this.#engine.hidden = engine.phase !== "failed";
    if (this.changed("engine", engine)) {
      this.#engine.replaceChildren();
      if (engine.phase === "failed") {
        this.#engine.append(h("p", {}, h("strong", {}, "Belljar cannot start. "), engine.message), button("Try again", () => this.dispatch({ type: "engine-retry" })));
      }
    }
    // Once there is work of its own in the editor, what was put aside waits under "Open".
    const offered = state.source.edited ? undefined : aside[0];
    this.#aside.hidden = offered === undefined;
    if (this.changed("aside", aside, offered)) this.#aside.replaceChildren(...(offered === undefined ? [] : this.#kept(offered, aside.length - 1)));
    if (this.changed("notices", state.notices)) {
      this.#notices.replaceChildren(
        ...state.notices.map(({ id, level, text }) =>
          h("div", { class: `notice ${level}` }, h("p", {}, guest(text, true)), button("Dismiss", () => this.dispatch({ type: "dismiss", id }), { class: "quiet" })),
        ),
      );
    }
  }

  #kept(draft: Draft, more: number): Node[] {
    return [
      h("p", {}, "Your work on ", h("code", {}, guest(draft.file)), ` was put aside${more === 0 ? "." : `, and ${more} more under “Open”.`}`),
      h("div", { class: "buttons" }, button("Go back to it", () => this.dispatch({ type: "restore", draft })), button("Forget it", () => this.dispatch({ type: "forget", draft }), { class: "quiet" })),
    ];
  }

  #shelved(shelf: readonly Shelved[], running: boolean, mayGo: boolean): Node[] {
    const rows = shelf.map(({ id, broken, tool, asks, at, size }) => {
      if (broken === true) {
        const remove = button("Remove", () => this.dispatch({ type: "shelf-forget", id }), { class: "quiet", "aria-label": "Remove the damaged entry" });
        return h("li", {}, h("span", {}, "An entry is damaged: it is no run that this page suspended."), h("span", { class: "buttons" }, remove));
      }
      const control = (words: string, act: () => void) => {
        const made = button(words, act, { class: "quiet", "aria-label": `${words}: ${tool}` });
        made.disabled = running;
        return made;
      };
      const forget = () => confirm(`Forget the run of ${tool}? It cannot be resumed then.`) && this.dispatch({ type: "shelf-forget", id });
      return h(
        "li",
        {},
        h("span", {}, h("code", {}, guest(tool)), ": ", h("q", {}, guest(asks)), `, ${new Date(at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}, ${bytes(size)}`),
        h(
          "span",
          { class: "buttons" },
          control("Open", () => this.dispatch({ type: "shelf-open", id })),
          control("Save as a file", () => this.dispatch({ type: "shelf-save", id })),
          control("Forget", forget),
        ),
      );
    });
    const whole = shelf.filter(({ broken }) => broken !== true).length;
    const lead = whole === 0 ? "What waits here is damaged." : whole === 1 ? "A run waits here for an answer." : `${whole} runs wait here for an answer.`;
    const note = mayGo ? " Opening one runs nothing yet. This browser may throw it away when it is short of room: save as a file what should last for weeks." : " Opening one runs nothing yet.";
    return [h("p", {}, h("strong", {}, lead), note), h("ul", {}, ...rows)];
  }

  /** Nothing of a recording runs by itself, and what its policy grants is read before it is resumed. */
  #recorded(recording: Recorded, running: boolean): Node[] {
    const { name, tool, entries, suspended, shelved, asks, needs } = recording;
    const lead = h("p", {}, h("strong", {}, suspended ? "A run that was suspended. " : "A recorded run. "), h("code", {}, guest(name)), " holds a run of ", h("code", {}, guest(tool)), `, ${entries} entries. `, suspended ? "It waits for a person's answer." : "A replay runs the tool again from the recording alone and compares every entry; nothing is performed.");
    const start = suspended ? button("Resume it", () => this.dispatch({ type: "resume" })) : button("Replay", () => this.dispatch({ type: "replay" }));
    const close = button("Close", () => this.dispatch({ type: "recording-close" }), { class: "quiet" });
    close.disabled = running;
    start.disabled = running || needs !== undefined;
    // A file is not a grant: a person gives what it asks for.
    const agree = h("input", { type: "checkbox" });
    agree.addEventListener("change", () => (start.disabled = running || !agree.checked));
    const confirmed = needs === undefined ? [] : [h("label", { class: "inline confirm" }, agree, suspended ? "I have read what it may do, and grant it" : "I have read what it may take, and grant it")];
    const buttons = h("div", { class: "buttons" }, ...confirmed, start, close);
    const list = h("ul", {}, ...asks.map((sentence) => h("li", {}, guest(sentence))));
    if (suspended) return [lead, h("p", {}, "If you resume it, it goes on under the policy that it was recorded with. ", shelved ? "It is then no longer kept here, unless you suspend it again; a file that you saved of it must not be resumed, too. " : "Delete the file then: resumed twice, it does everything twice. ", needs === undefined ? "It asks for nothing:" : "It asks for this:"), list, buttons];
    if (needs === undefined) return [lead, buttons];
    return [lead, h("p", {}, "It may take more than a run that nobody gave anything: ", guest(needs), ". It was recorded under these terms:"), list, buttons];
  }

  #verdict(state: State): Node[] {
    const verdict = linkVerdict(state);
    if (verdict === undefined) return [];
    const lead = h("strong", {}, "This tool came by a link. ");
    const untouched = state.run === undefined && !grantsAnything(state.grants);
    const calm = untouched ? "Nothing has run and nothing is granted. Read what it asks for before you run it." : "What it may do is what you granted.";
    switch (verdict.kind) {
      case "waiting":
        return [h("p", {}, lead, calm, " It is being compiled to compare its identity.")];
      case "matches":
        return [h("p", {}, lead, calm), h("p", { class: "match" }, "Its identity matches the link: ", h("code", {}, shortHash(state.link?.identity ?? "")))];
      case "changed":
        return [h("p", {}, lead, "You have changed it since; its identity is its own now.")];
      case "broken":
        return [h("p", {}, lead, "It does not compile here, so its identity cannot be compared.")];
      case "differs":
        return [
          h("p", {}, lead, calm),
          h("p", { class: "mismatch" }, "It does not match the link. The link speaks of ", h("code", {}, shortHash(verdict.claimed)), "; what stands here is ", h("code", {}, shortHash(verdict.found)), ". Another version of Belljar may have made the link, or somebody changed it. What counts is what stands here."),
        ];
    }
  }
}

customElements.define("belljar-banner", BannerView);
