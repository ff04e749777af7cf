// What the tool asks for, beside what it is granted.

import { folderOf, needsFolder, ruleOf } from "../state/grants.js";
import type { Effect, State } from "../state/model.js";
import { about } from "../state/select.js";
import { plainRule, reach, shortHash } from "../state/words.js";
import { button, guest, h, on, show, text, unique, View } from "./dom.js";

const EFFECTS: readonly { readonly effect: Effect; readonly label: string }[] = [
  { effect: "deny", label: "Deny" },
  { effect: "ask", label: "Ask" },
  { effect: "allow", label: "Allow" },
];

export class GrantsView extends View {
  readonly #who = h("div", { class: "who" });
  readonly #change = h("div", { class: "change", role: "status" });
  readonly #asText = h("p", { class: "note" });
  readonly #stale = h("p", { class: "note warn" }, "This is of the last text that compiled.");
  readonly #wishes = h("div", { class: "wishes" });
  readonly #own = h("ul", { class: "own-rules" });
  readonly #reach = h("p", { class: "note" });
  readonly #rule = h("input", { type: "text", spellcheck: "false", autocomplete: "off", placeholder: "kv read notes/**", "aria-label": "Rule" });
  readonly #effect = h("select", { "aria-label": "What happens" }, ...EFFECTS.map(({ effect, label }) => h("option", { value: effect }, label)));
  readonly #ruleProblem = h("p", { class: "field-problem", role: "alert" });
  /** Checks a rule with the package; set by the application. */
  check: (effect: Effect, rule: string) => string | undefined = () => undefined;

  protected build(): void {
    const form = h("form", { class: "add-rule" }, this.#effect, this.#rule, h("button", { type: "submit" }, "Add rule"));
    on(form, "submit", (event) => {
      event.preventDefault();
      this.#add();
    });
    on(this.#rule, "input", () => this.#say(undefined));
    this.#effect.value = "ask";
    this.append(
      h("h2", {}, "What it asks for"),
      this.#who,
      this.#change,
      this.#asText,
      this.#stale,
      this.#wishes,
      this.#own,
      h("details", { class: "own" }, h("summary", {}, "Add a rule of your own"), form, this.#ruleProblem, h("p", { class: "note" }, "Deny wins over ask, ask over allow, whatever the order. What no rule names is denied.")),
      this.#reach,
    );
  }

  #add(): void {
    const rule = this.#rule.value.trim();
    const effect = EFFECTS.find((known) => known.effect === this.#effect.value)?.effect ?? "deny";
    const problem = rule === "" ? "Write a rule first." : this.check(effect, rule);
    this.#say(problem);
    if (problem !== undefined) return;
    this.dispatch({ type: "rule-add", effect, rule });
    this.#rule.value = "";
  }

  #say(problem: string | undefined): void {
    text(this.#ruleProblem, problem ?? "");
    if (problem === undefined) this.#rule.removeAttribute("aria-invalid");
    else this.#rule.setAttribute("aria-invalid", "true");
  }

  update(state: State): void {
    const known = about(state);
    const { grants, checked } = state;
    if (this.changed("who", known)) this.#drawWho(state);
    if (this.changed("change", grants.change)) this.#drawChange(state);
    show(this.#stale, known !== undefined && state.tool.phase === "failed");
    show(this.#asText, grants.text !== undefined);
    text(this.#asText, grants.text === undefined ? "" : "The policy is edited as text below. The choices here do not count until you go back to them.");
    if (this.changed("wishes", known, grants.wishes, grants.folders, grants.text, checked.wishes)) this.#drawWishes(state);
    if (this.changed("own", grants.own, grants.text)) this.#drawOwn(state);
  }

  #drawWho(state: State): void {
    const known = about(state);
    if (known === undefined) {
      this.#who.replaceChildren(h("p", { class: "note" }, "Once the tool compiles, its wishes stand here. It is granted nothing until you say so."));
      text(this.#reach, "");
      return;
    }
    this.#who.replaceChildren(h("p", { class: "tool-name" }, guest(known.name)));
    if (known.description !== "") this.#who.append(h("p", { class: "description" }, guest(known.description)));
    const names = reach(known.imports);
    const whose = known.form === "program" ? "Through its engine it" : "It";
    text(this.#reach, names.length === 0 ? "It imports nothing: it can only compute." : `${whose} can ask for: ${names.join(", ")}. Asking is not getting.`);
  }

  #drawChange(state: State): void {
    const { change } = state.grants;
    show(this.#change, change !== undefined);
    if (change === undefined) return this.#change.replaceChildren();
    const hashes = `${shortHash(change.from)} → ${shortHash(change.to)}`;
    if (change.kept.length === 0) {
      this.#change.replaceChildren(
        h("p", {}, h("strong", {}, "This is another tool. "), "What you granted to the one before is gone; everything starts at deny. ", h("code", {}, hashes)),
        h("div", { class: "buttons" }, button("Understood", () => this.dispatch({ type: "change-seen" }))),
      );
      return;
    }
    this.#change.replaceChildren(
      h("p", {}, h("strong", {}, "The tool has changed since you granted this. "), "New wishes start at deny. ", h("code", {}, hashes)),
      h("ul", {}, ...change.kept.map((rule) => h("li", {}, h("code", {}, guest(rule))))),
      h(
        "div",
        { class: "buttons" },
        button("Keep these grants", () => this.dispatch({ type: "change-seen" })),
        button("Deny everything", () => this.dispatch({ type: "deny-all" })),
      ),
    );
  }

  #drawWishes(state: State): void {
    const wants = [...new Set(about(state)?.wants ?? [])];
    const active = this.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset["key"] : undefined;
    if (about(state) !== undefined && wants.length === 0) {
      this.#wishes.replaceChildren(h("p", { class: "nothing" }, "It declares no wishes. What it asks for while it runs is refused, and can be granted then."));
      return;
    }
    this.#wishes.replaceChildren(...wants.map((wish) => this.#wish(state, wish)));
    // Radio buttons are made anew; whoever used one goes on from there.
    if (active !== undefined) {
      for (const control of this.#wishes.querySelectorAll("input")) if (control.dataset["key"] === active) control.focus();
    }
  }

  #wish(state: State, wish: string): HTMLElement {
    const { grants, checked } = state;
    const plain = h("p", { class: "plain" }, guest(plainRule(wish)));
    const problem = checked.wishes[wish];
    if (problem !== undefined) {
      const why = /^artifacts?$/.test(wish.trim()) ? undefined : h("p", { class: "note" }, "This is no rule that a policy knows, so there is nothing to grant: ", guest(problem));
      return h("div", { class: "wish free" }, plain, why, h("code", {}, guest(wish)));
    }
    const chosen = grants.wishes[wish] ?? "deny";
    const rule = ruleOf(grants, wish);
    const name = unique();
    const choices = EFFECTS.map(({ effect, label }) => {
      const radio = h("input", { type: "radio", name, value: effect, checked: effect === chosen, disabled: grants.text !== undefined, "data-key": `${effect} ${wish}` });
      on(radio, "change", () => this.dispatch({ type: "grant", wish, effect }));
      return h("label", { class: `choice ${effect}` }, radio, h("span", {}, label));
    });
    const legend = h("legend", {}, guest(plainRule(wish)));
    const fields = h("fieldset", { class: `wish ${chosen}` }, legend, h("div", { class: "segments" }, ...choices), h("code", { class: "rule" }, guest(rule)));
    if (needsFolder(wish)) {
      const folder = h("input", { type: "text", value: folderOf(grants, wish), "data-key": `folder ${wish}`, disabled: grants.text !== undefined });
      on(folder, "change", () => this.dispatch({ type: "wish-folder", wish, folder: folder.value.trim() || "./data" }));
      fields.append(h("label", { class: "inline" }, "Folder of this page ", folder));
    }
    return fields;
  }

  #drawOwn(state: State): void {
    const { own, text: asText } = state.grants;
    this.#own.replaceChildren(
      ...own.map(({ effect, rule }, index) =>
        h(
          "li",
          {},
          h("span", { class: `effect ${effect}` }, effect),
          h("code", {}, rule),
          button("Remove", () => this.dispatch({ type: "rule-remove", index }), { "aria-label": `Remove the rule ${rule}`, disabled: asText !== undefined, class: "quiet" }),
        ),
      ),
    );
  }
}

customElements.define("belljar-grants", GrantsView);
