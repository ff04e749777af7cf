// A question to the person at the page. It can only be answered on purpose: nothing is the default, and its buttons
// wake up half a second after it is seen.

import type { Answer, Asked } from "belljar";

import { capability } from "../state/capabilities.js";
import type { State } from "../state/model.js";
import { sentence } from "../state/words.js";
import { attribute, button, guest, h, on, show, text, View } from "./dom.js";
import { EditPanel } from "./edit-panel.js";
import { other, requested, row } from "./request-view.js";

/** Milliseconds in sight after which the dialog takes answers: a click that was meant for something else does not. */
const ARMING = 500;

/** Questions under one rule that are shown together. */
const GROUP = 20;
/** How long a yes to a rule can hold: to the run's end, or minutes. */
const TIMES = [["to its end", 0], ["for 10 minutes", 10], ["for 1 hour", 60]] as const;
/** Characters of a reason, as the core has it. */
const WORDS = 500;

export class QuestionView extends View {
  readonly #heading = h("h2", { tabindex: -1 }, "The tool asks for permission");
  readonly #body = h("div", { class: "question-body" });
  readonly #more = h("p", { class: "note", role: "status" });
  readonly #once = button("Allow once", () => this.#answer({ answer: "yes", scope: "request" }));
  readonly #rule = button("Allow this rule for the run", () => this.#always());
  readonly #long = h("select", { "aria-label": "How long a yes to this rule holds" }, ...TIMES.map(([name, minutes]) => h("option", { value: minutes }, name)));
  readonly #ruled = h("code", {});
  readonly #holds = h("p", { class: "note holds" }, "“Allow this rule” and “Deny and stop asking” are to everything under ", this.#ruled, ", in this run only. A yes holds ", this.#long);
  readonly #call = h("input", { type: "checkbox" });
  readonly #others = h("ol", { class: "group", "aria-label": "What it asks for besides, under the same rule" });
  readonly #each = button("", () => this.#all({ answer: "yes", scope: "request" }));
  readonly #none = button("", () => this.#all(this.#refusal()));
  readonly #no = button("Deny", () => this.#answer(this.#refusal()));
  readonly #never = button("Deny and stop asking", () => this.#stopAsking(), { title: "Refuse everything under this rule in this run, without asking" });
  readonly #why = h("input", { type: "text", maxlength: WORDS, autocomplete: "off", placeholder: "optional; the tool is told" });
  readonly #because = h("label", { class: "because" }, "If you deny it, why", this.#why);
  readonly #say = button("Answer", () => this.#said(), { type: "submit" });
  readonly #away = button("Suspend", () => this.#suspend(), { class: "quiet", title: "Keep the waiting run in this browser, to be resumed later, here or elsewhere" });
  readonly #choices = h("form", { class: "choices" });
  readonly #edit = button("Edit…", () => this.#change(), { title: "Change the request before you allow it" });
  readonly #panel = new EditPanel({ back: () => this.#back(), reviewed: () => this.#arm(), approve: (changed) => this.#answer({ answer: "edited", request: changed }) });
  readonly #problem = h("p", { class: "field-problem", role: "alert" });
  readonly #stop = button("Stop the run", () => this.#halt(), { class: "quiet" });
  /** The question and its answers: what the form for a changed request takes the place of. */
  readonly #put = h("div", { class: "put" });
  readonly #dialog = h("dialog", { class: "question" });
  #asked: Asked | undefined;
  /** The questions that are shown together, the first among them. */
  #group: readonly Asked[] = [];
  /** All that are open. */
  #open: readonly Asked[] = [];
  #seen = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  protected build(): void {
    const heading = this.#heading;
    heading.id = "question-heading";
    this.#dialog.setAttribute("aria-labelledby", heading.id);
    this.#body.id = "question-body";
    this.#dialog.setAttribute("aria-describedby", this.#body.id);
    this.#put.append(
      this.#problem,
      this.#body,
      this.#choices,
      this.#holds,
      this.#because,
      this.#more,
      h("div", { class: "buttons answers" }, this.#no, this.#none, this.#never, this.#once, this.#edit, this.#each, this.#rule, this.#say, this.#away, this.#stop),
      h("label", { class: "inline note" }, this.#call, "Call me by a notification, with the tool's name, when it asks and I am elsewhere"),
      h("p", { class: "note" }, "Escape says no to this one request. Whoever wrote the tool wrote the marked text; the rest is Belljar's."),
    );
    this.#panel.element.hidden = true;
    this.#dialog.append(heading, this.#put, this.#panel.element);
    on(this.#choices, "submit", (event) => {
      event.preventDefault();
      this.#said();
    });
    on(this.#call, "change", () => this.dispatch({ type: "notify", on: this.#call.checked }));
    // Escape is a person's no, at once: it gives nothing away. From a form it leads back to the question.
    on(this.#dialog, "cancel", (event) => {
      event.preventDefault();
      if (!this.#panel.element.hidden) return this.#back();
      this.#answer(this.#refusal(), true);
    });
    // Browsers close a dialog on a second Escape whatever the page says.
    on(this.#dialog, "close", () => {
      if (this.#asked !== undefined) this.#answer(this.#refusal(), true);
    });
    on(this.#choices, "keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.repeat) return;
      event.preventDefault();
      this.#said();
    });
    this.append(this.#dialog);
  }

  update(state: State): void {
    const asked = state.questions[0];
    const group = asked === undefined ? [] : together(asked, state.questions);
    const waiting = state.questions.length - Math.max(1, group.length);
    // Only when it changes: what is said of a missing answer stands until then.
    if (this.changed("waiting", waiting, asked)) text(this.#more, waiting > 0 ? `${waiting} more ${waiting === 1 ? "question waits" : "questions wait"} after this one.` : "");
    this.#open = state.questions;
    const [isOther, isMore] = [this.changed("asked", asked), this.changed("group", group.length, ...group)];
    if (!isOther && !isMore) return;
    this.#asked = asked;
    clearInterval(this.#timer);
    if (asked === undefined) return this.#dialog.close();
    // What is shown has changed: nobody has seen it yet. There are at most as many such changes as a group has members.
    if (isOther) this.#draw(asked);
    this.#gather(group);
    // A form, or a changed request, stays as it is, whatever is asked for besides.
    if (isOther || this.#panel.element.hidden) this.#arm();
    if (!isOther) return;
    if (!this.#dialog.open) this.#dialog.showModal();
    if (asked.problem !== undefined && this.#panel.holds(asked)) {
      this.#turn(true);
      return this.#panel.again(asked, asked.problem);
    }
    // A text is written at once; an answer to a request is given on purpose.
    const field = asked.question === undefined ? null : this.#choices.querySelector<HTMLElement>("textarea, input");
    (field ?? this.#heading).focus();
  }

  #draw(asked: Asked): void {
    const own = asked.question !== undefined;
    const isOpen = asked.fourEyes !== true;
    this.#turn(false);
    this.#problem.replaceChildren(...(asked.problem === undefined ? [] : [guest(sentence(asked.problem))]));
    show(this.#edit, EditPanel.takes(asked) && isOpen);
    text(this.#heading, own ? "The tool asks you something" : "The tool asks for permission");
    // Nobody signs in to this page, so that it knows nobody who could give the yes that four eyes take.
    for (const control of [this.#once, this.#rule, this.#holds]) show(control, !own && isOpen);
    this.#ruled.replaceChildren(guest(asked.rule));
    this.#long.value = "0";
    show(this.#long, asked.timed);
    text(this.#no, own ? "Do not answer" : "Deny");
    text(this.#never, own ? "Do not answer any more" : "Deny and stop asking");
    this.#why.value = "";
    show(this.#say, own);
    this.#choices.replaceChildren(...(own ? this.#fields(asked) : []));
    show(this.#choices, own);
    this.#body.replaceChildren(
      h("p", { class: "lead" }, own ? "In its words; Belljar does not know what it does with your answer:" : `It wants to use ${capability(asked.capability)?.asked ?? asked.capability}. In its words:`),
      ...requested(asked),
      h(
        "dl",
        {},
        ...(own ? [] : row("Your rule", h("code", {}, guest(asked.rule)))),
        ...(asked.wants === undefined ? [] : row("A yes", guest(asked.wants))),
        ...row("Tool", h("span", { class: "guest-inline" }, guest(asked.tool))),
        ...(asked.callers === undefined ? [] : row("Called by", h("span", { class: "guest-inline" }, guest([...asked.callers].reverse().join(", by "))))),
        ...(asked.expires === undefined ? [] : row("Open until", new Date(asked.expires).toLocaleString())),
      ),
      h(
        "details",
        {},
        h("summary", {}, "Details"),
        h(
          "dl",
          {},
          ...row("Tool", h("code", { class: "digest", title: "SHA-256 of the tool" }, asked.identity)),
          ...(asked.calls === undefined ? [] : row("Called tool", h("code", { class: "digest", title: "SHA-256 of the tool that would be called" }, asked.calls[0]))),
          ...(asked.calls === undefined ? [] : row("Its policy", h("code", { class: "digest", title: "SHA-256 of that tool's own policy" }, asked.calls[1]))),
          ...(asked.exact === undefined ? [] : row("To save it", h("code", {}, guest(`--allow '${asked.exact}'`)), h("div", { class: "note" }, `${asked.leftOpen === undefined ? "is the rule for this request alone." : `allows this, with any ${asked.leftOpen}.`} A rule that asks is still asked by; nothing is saved unless you do it.`))),
          ...row("Request", h("code", { class: "digest", title: "SHA-256 of exactly this request; the answer holds for nothing else" }, asked.digest)),
        ),
      ),
    );
    this.#body.append(this.#others);
    this.#body.scrollTop = 0;
  }

  /** Shows what else is asked for under the same rule, each request whole. */
  #gather(group: readonly Asked[]): void {
    this.#group = group;
    const several = group.length > 1;
    this.#others.replaceChildren(...group.slice(1).map(other));
    for (const control of [this.#others, this.#none]) show(control, several);
    show(this.#each, several && group[0]?.fourEyes !== true);
    text(this.#each, `Allow all ${group.length}, once each`);
    text(this.#none, `Deny all ${group.length}`);
  }

  #arm(): void {
    clearInterval(this.#timer);
    this.#seen = 0;
    this.#lock(true);
    const step = 50;
    this.#timer = setInterval(() => {
      // Time in a hidden tab, or behind another window, does not count.
      if (document.visibilityState !== "visible" || !document.hasFocus()) return;
      this.#seen += step;
      if (this.#seen < ARMING) return;
      clearInterval(this.#timer);
      this.#lock(false);
    }, step);
  }

  #lock(locked: boolean): void {
    this.#panel.lock(locked);
    for (const control of [this.#once, this.#edit, this.#rule, this.#each, this.#none, this.#long, this.#no, this.#never, this.#say, this.#away, this.#stop]) control.disabled = locked;
    this.#dialog.classList.toggle("arming", locked);
  }

  /** Shows the form for a changed request in the place of the question, or the question again. */
  #turn(edits: boolean): void {
    show(this.#panel.element, edits);
    show(this.#put, !edits);
    attribute(this.#dialog, "aria-describedby", edits ? undefined : this.#body.id);
  }

  #change(): void {
    const asked = this.#asked;
    if (asked === undefined || this.#seen < ARMING) return;
    this.#turn(true);
    this.#panel.open(asked);
  }

  /** Back from the form: the question has not been answered. */
  #back(): void {
    if (this.#asked === undefined || this.#panel.element.hidden) return;
    this.#turn(false);
    this.#arm();
    this.#heading.focus();
  }

  /** Where the answer to the tool's own question is given: a choice, or a text. */
  #fields(asked: Asked): HTMLElement[] {
    const choices = asked.choices ?? [];
    if (choices.length === 0) return [h("label", {}, "Your answer", h("textarea", { name: "said", rows: 3, maxlength: 16_000 }))];
    const items = choices.map((choice) => {
      const input = h("input", { type: "radio", name: "said" });
      input.value = choice;
      return h("label", { class: "inline" }, input, guest(choice));
    });
    return [h("fieldset", {}, h("legend", {}, "Your answer"), ...items)];
  }

  #said(): void {
    const said = new FormData(this.#choices).get("said");
    if (typeof said === "string") return this.#answer({ answer: "said", text: said });
    text(this.#more, "Choose an answer first.");
  }

  #suspend(): void {
    if (this.#asked !== undefined && this.#seen >= ARMING) this.dispatch({ type: "suspend" });
  }

  /** The way out for somebody who is asked too often. */
  #halt(): void {
    if (this.#asked !== undefined && this.#seen >= ARMING) this.dispatch({ type: "stop" });
  }

  /** A no, with the reason that was written. */
  #refusal(scope: "request" | "rule" = "request"): Answer {
    // What cannot be seen, or goes over several lines, is no reason.
    const why = this.#why.value.normalize("NFC").replace(/[\p{C}\p{Z}]+/gu, " ").trim();
    return { answer: "no", ...(scope === "rule" ? { scope } : {}), ...(why === "" ? {} : { why }) };
  }

  /** A yes to the rule, and to what is shown under it. */
  #always(): void {
    const minutes = Number(this.#long.value);
    const expires = minutes > 0 && this.#asked?.timed === true ? { expires: new Date(Date.now() + minutes * 60_000).toISOString() } : {};
    this.#all({ answer: "yes", scope: "request" }, { answer: "yes", scope: "rule", ...expires });
  }

  /** A no to the rule, and to all that is open under it, shown or not. */
  #stopAsking(): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    const under = this.#open.filter((question) => question.run === asked.run && question.rule === asked.rule);
    this.#all(this.#refusal(), this.#refusal("rule"), under);
  }

  /** Answers all that are shown together, each by itself; the first perhaps in another way. */
  #all(answer: Answer, first = answer, group = this.#group): void {
    if (this.#asked === undefined || this.#seen < ARMING) return;
    const at = performance.now();
    group.forEach(({ digest }, index) => this.dispatch({ type: "answer", question: digest, answer: index === 0 ? first : answer, at }));
  }

  #answer(answer: Answer, always = false): void {
    const asked = this.#asked;
    if (asked === undefined || (!always && this.#seen < ARMING)) return;
    // The answer is to the question that was shown, whatever came since.
    this.dispatch({ type: "answer", question: asked.digest, answer, at: performance.now() });
  }
}

/** The questions that are put together with the first one: those under the same rule. */
function together(first: Asked, open: readonly Asked[]): readonly Asked[] {
  if (first.question !== undefined) return [first];
  return open.filter(({ run, rule, question }) => question === undefined && run === first.run && rule === first.rule).slice(0, GROUP);
}

customElements.define("belljar-question", QuestionView);
