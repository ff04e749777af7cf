// Tabs after the ARIA pattern: one stop in the tab order, arrow keys between them.

import { attribute, h, on, text, unique } from "./dom.js";

export interface TabOf<T extends string> {
  readonly key: T;
  readonly label: string;
  readonly panel: HTMLElement;
}

export class Tabs<T extends string> {
  readonly element: HTMLElement;
  readonly #tabs: readonly (TabOf<T> & { readonly button: HTMLButtonElement; readonly badge: HTMLElement })[];

  constructor(label: string, tabs: readonly TabOf<T>[], chosen: (key: T) => void) {
    this.#tabs = tabs.map((tab) => {
      const [id, panel] = [unique(), tab.panel.id === "" ? unique() : tab.panel.id];
      const badge = h("span", { class: "badge" });
      const button = h("button", { type: "button", role: "tab", id, "aria-controls": panel }, tab.label, badge);
      tab.panel.id = panel;
      on(button, "click", () => chosen(tab.key));
      return { ...tab, button, badge };
    });
    this.element = h("div", { role: "tablist", "aria-label": label, class: "tabs" }, ...this.#tabs.map(({ button }) => button));
    on(this.element, "keydown", (event) => {
      const now = this.#tabs.findIndex(({ button }) => button === document.activeElement);
      const last = this.#tabs.length - 1;
      const next = { ArrowRight: now === last ? 0 : now + 1, ArrowLeft: now <= 0 ? last : now - 1, Home: 0, End: last }[event.key];
      const tab = next === undefined ? undefined : this.#tabs[next];
      if (tab === undefined) return;
      event.preventDefault();
      tab.button.focus();
      chosen(tab.key);
    });
  }

  /** `asPanels` says whether the panels are told apart by the tabs at all (on wide screens some are all in sight). */
  choose(key: T, asPanels = true): void {
    for (const { key: own, button, panel } of this.#tabs) {
      attribute(button, "aria-selected", own === key ? "true" : "false");
      button.tabIndex = own === key ? 0 : -1;
      attribute(panel, "role", asPanels ? "tabpanel" : undefined);
      attribute(panel, "aria-labelledby", asPanels ? button.id : undefined);
    }
  }

  badge(key: T, words: string): void {
    const tab = this.#tabs.find((known) => known.key === key);
    if (tab !== undefined) text(tab.badge, words);
  }
}
