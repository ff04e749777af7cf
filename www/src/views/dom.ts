// Making elements. Text is always a text node.

import type { Dispatch } from "../state/actions.js";
import type { State } from "../state/model.js";
import { visible } from "../state/visible.js";

export type Child = Node | string | undefined | false;

type Listener<E extends Event> = (event: E) => void;
type Props = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element with attributes and children. `true` sets an empty attribute, `false` and nothing leave it out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) attribute(element, name, value);
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
}

export function attribute(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

export function on<E extends HTMLElement, K extends keyof HTMLElementEventMap>(element: E, type: K, listener: Listener<HTMLElementEventMap[K]>): E {
  element.addEventListener(type, listener);
  return element;
}

export function button(label: string, act: () => void, props: Props = {}): HTMLButtonElement {
  return on(h("button", { type: "button", ...props }, label), "click", act);
}

/** Sets a text only if it is another one, so that live regions speak only of changes. */
export function text(element: Element, value: string): void {
  if (element.textContent !== value) element.textContent = value;
}

export function show(element: HTMLElement, shown: boolean): void {
  if (element.hidden === shown) element.hidden = !shown;
}

/** A guest's text as nodes: what cannot be seen is named. */
export function guest(value: string, lines = false): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const piece of visible(value, lines)) {
    fragment.append(piece.marked ? h("span", { class: "hidden-character" }, piece.text) : piece.text);
  }
  return fragment;
}

/** Part of the page: built once, then told of every new state. */
export abstract class View extends HTMLElement {
  #dispatch: Dispatch | undefined;
  #memory = new Map<string, readonly unknown[]>();

  /** Hands it what it says things to, and has it build what does not change. */
  start(dispatch: Dispatch): this {
    this.#dispatch = dispatch;
    this.build();
    return this;
  }

  protected get dispatch(): Dispatch {
    if (this.#dispatch === undefined) throw new Error("a view was used before it was started");
    return this.#dispatch;
  }

  /** Whether anything of this differs from the last time, under this name. */
  protected changed(name: string, ...values: readonly unknown[]): boolean {
    const before = this.#memory.get(name);
    this.#memory.set(name, values);
    return before === undefined || values.some((value, i) => !Object.is(value, before[i]));
  }

  protected abstract build(): void;
  abstract update(state: State): void;
}

let numbers = 0;

/** An id for labels and descriptions; nothing looks elements up by it. */
export function unique(): string {
  return `n${++numbers}`;
}
