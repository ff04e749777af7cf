// A list of any length of which only the rows in sight are elements. All rows have one height.

import { attribute, h, on } from "./dom.js";

/** Rows beyond the edges, so that scrolling does not show gaps. */
const SPARE = 8;
/** Browsers lay out no more than some millions of pixels; a longer list is scrolled in larger steps. */
const TALLEST = 8_000_000;

export interface Source {
  readonly count: number;
  /** What makes a row another one: rows are kept as long as it is the same. */
  readonly key: unknown;
  readonly height: number;
  make(row: number): HTMLElement;
}

export class Rows {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;
  readonly #moved: (row: number) => void;
  #source: Source = { count: 0, key: undefined, height: 1, make: () => h("li") };
  #drawn = new Map<number, HTMLElement>();
  #current: number | undefined;
  #planned = false;
  // Kept, for asking the browser has it lay out the page.
  #view = 0;
  #top = 0;

  /** `moved` hears which row got the focus. */
  constructor(label: string, moved: (row: number) => void) {
    this.#list = h("ol", { "aria-label": label });
    // A scroller without focusable rows would be a tab stop of its own.
    this.element = h("div", { class: "timeline", tabindex: -1 }, this.#list);
    this.#moved = moved;
    on(this.element, "scroll", () => {
      this.#top = this.element.scrollTop;
      this.#plan();
    });
    on(this.#list, "focusin", (event) => {
      const row = this.#rowOf(event.target);
      if (row !== undefined) this.#moved(row);
    });
    on(this.#list, "keydown", (event) => this.#key(event));
    new ResizeObserver(() => {
      this.#view = this.element.clientHeight;
      this.#top = this.element.scrollTop;
      this.#plan();
    }).observe(this.element);
  }

  get atEnd(): boolean {
    return this.#top + this.#height + 30 > this.#tall;
  }

  /** Pixels of the list's element. */
  get #tall(): number {
    return Math.min(this.#source.count * this.#source.height, TALLEST);
  }

  get #height(): number {
    return this.#view || this.element.clientHeight;
  }

  set(source: Source): void {
    const old = this.#source;
    this.#source = source;
    const focused = this.#list.contains(document.activeElement);
    if (old.key !== source.key || old.height !== source.height) this.#forget();
    for (const [row, element] of this.#drawn) {
      if (row >= source.count) this.#drop(row, element);
      else attribute(element, "aria-setsize", source.count);
    }
    this.#list.style.height = `${this.#tall}px`;
    this.#top = Math.max(0, Math.min(this.#top, this.#tall - this.#height));
    this.#draw();
    if (focused && !this.#list.contains(document.activeElement)) {
      (this.#drawn.get(this.#current ?? -1) ?? this.element).focus({ preventScroll: true });
    }
  }

  /** Marks a row as the current one; it stays an element wherever the list is scrolled to, so that it keeps the focus. */
  current(row: number | undefined): void {
    this.#current = row;
    this.#draw();
  }

  /** Scrolls as little as is needed, or so that the row is in the middle. */
  reveal(row: number, middle: boolean): void {
    const { height } = this.#source;
    const view = this.#height;
    const top = this.#offset();
    if (row * height >= top && (row + 1) * height <= top + view) return;
    let wanted = row * height < top ? row * height : (row + 1) * height - view;
    if (middle) wanted = row * height - (view - height) / 2;
    this.#scrollTo(wanted);
    this.#draw();
  }

  /** Brings what is around the list to where the row is in sight, too. */
  show(row: number): void {
    this.reveal(row, true);
    this.#drawn.get(row)?.scrollIntoView({ block: "nearest" });
  }

  toEnd(): void {
    this.element.scrollTop = this.#tall;
    this.#top = Math.max(0, this.#tall - this.#height);
    this.#draw();
  }

  focus(row: number): void {
    this.reveal(row, false);
    this.#drawn.get(row)?.focus({ preventScroll: true });
  }

  #key(event: KeyboardEvent): void {
    const row = this.#rowOf(event.target);
    if (row === undefined || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const { count, height } = this.#source;
    const page = Math.max(1, Math.floor(this.#height / height) - 1);
    const next = { ArrowDown: row + 1, ArrowUp: row - 1, PageDown: row + page, PageUp: row - page, Home: 0, End: count - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.current(Math.max(0, Math.min(count - 1, next)));
    if (this.#current !== undefined) this.focus(this.#current);
  }

  #rowOf(target: EventTarget | null): number | undefined {
    const item = target instanceof Element ? target.closest("li") : null;
    for (const [row, element] of this.#drawn) if (element === item) return row;
    return undefined;
  }

  // Where the list is higher than it may be, its scroll range stands for a longer one.

  get #ratio(): number {
    const view = this.#height;
    const whole = this.#source.count * this.#source.height;
    return whole <= TALLEST || TALLEST <= view ? 1 : (whole - view) / (TALLEST - view);
  }

  /** The pixel of the whole list that is at the top. */
  #offset(): number {
    return this.#top * this.#ratio;
  }

  #scrollTo(pixel: number): void {
    this.element.scrollTop = pixel / this.#ratio;
    this.#top = this.element.scrollTop;
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { count, height } = this.#source;
    const view = this.#height;
    const ratio = this.#ratio;
    const offset = this.#offset();
    const first = Math.max(0, Math.floor(offset / height) - SPARE);
    const end = view === 0 ? 0 : Math.min(count, Math.ceil((offset + view) / height) + SPARE);
    const current = this.#current !== undefined && this.#current < count ? this.#current : undefined;
    const wanted = (row: number) => (row >= first && row < end) || row === current;
    for (const [row, element] of this.#drawn) if (!wanted(row)) this.#drop(row, element);
    if (current !== undefined && current < first) this.#put(current);
    for (let row = first; row < end; row++) this.#put(row);
    if (current !== undefined && current >= end) this.#put(current);
    const stop = current ?? Math.min(Math.ceil(offset / height), count - 1);
    for (const [row, element] of this.#drawn) {
      // In place by its distance from the top of what is in sight, which is exact even where pixels stand for many.
      const top = ratio === 1 ? row * height : this.#top + row * height - offset;
      const style = `${Math.max(-height, Math.min(top, TALLEST))}px`;
      if (element.style.top !== style) element.style.top = style;
      attribute(element, "aria-current", row === current ? "true" : undefined);
      attribute(element, "tabindex", row === stop ? 0 : -1);
    }
  }

  #put(row: number): void {
    if (this.#drawn.has(row)) return;
    const element = this.#source.make(row);
    element.style.height = `${this.#source.height}px`;
    attribute(element, "aria-posinset", row + 1);
    attribute(element, "aria-setsize", this.#source.count);
    let after: HTMLElement | undefined;
    let nearest = Infinity;
    // In the order of the rows, for readers that go by the document.
    for (const [other, there] of this.#drawn) if (other > row && other < nearest) [after, nearest] = [there, other];
    this.#list.insertBefore(element, after ?? null);
    this.#drawn.set(row, element);
  }

  #drop(row: number, element: HTMLElement): void {
    element.remove();
    this.#drawn.delete(row);
  }

  #forget(): void {
    for (const [row, element] of this.#drawn) this.#drop(row, element);
  }
}
