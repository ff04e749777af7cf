// A request as a person sees it who is asked about it: whole, in the tool's words, and marked as those.

import type { Asked } from "belljar";

import { bytes, sentence } from "../state/words.js";
import { button, guest, h } from "./dom.js";

/** A row of what is said of a request. */
export const row = (name: string, ...value: (Node | string)[]): HTMLElement[] => [h("dt", {}, name), h("dd", {}, ...value)];

/** What is asked for, whole, and what that comes to. */
export function requested(asked: Asked, label = "What the tool asks for, in its words"): HTMLElement[] {
  const own = asked.question !== undefined;
  return [
    h("div", { class: "guest-box", tabindex: 0, role: "group", "aria-label": label }, guest(asked.question ?? asked.request, own)),
    h(
      "dl",
      {},
      ...(asked.headers.length === 0 ? [] : row("Headers", ...fields(asked.headers))),
      ...(asked.secrets.length === 0 ? [] : row("With your secret", asked.secrets.join(", "))),
      ...(asked.cost === undefined ? [] : row("Costs", `up to ${asked.cost}`)),
      ...(own ? [] : row("Carries", asked.payload === 0 ? "no data" : `${bytes(asked.payload)} of data${asked.content === undefined ? "" : ":"}`)),
    ),
    ...(own || asked.content === undefined || asked.content.length === 0 ? [] : [content(asked.content, asked.payload)]),
    ...(asked.read === undefined ? [] : [read(asked.read)]),
    ...(asked.irreversible === undefined ? [] : [undone(asked.irreversible)]),
  ];
}

function undone(what: string): HTMLElement {
  return h("p", { class: "undone" }, h("strong", {}, "This cannot be undone. "), what);
}

/** What may be in what is sent. */
function read(what: readonly string[]): HTMLElement {
  return h("p", { class: "note" }, "The tool has read before, and may send on: ", h("strong", {}, what.join(", ")), ".");
}

/** Another request of a group, whole. */
export function other(asked: Asked): HTMLElement {
  return h(
    "li",
    {},
    ...(asked.problem === undefined ? [] : [h("p", { class: "field-problem" }, guest(sentence(asked.problem)))]),
    h("div", { class: "guest-inline" }, guest(asked.request)),
    ...fields(asked.headers),
    ...[asked.secrets.length === 0 ? "" : `With your secret ${asked.secrets.join(", ")}.`, asked.cost === undefined ? "" : `Costs up to ${asked.cost}.`]
      .filter((words) => words !== "").map((words) => h("div", {}, words)),
    h("div", { class: "note" }, asked.payload === 0 ? "carries no data" : `carries ${bytes(asked.payload)} of data`),
    ...(asked.content === undefined || asked.content.length === 0 ? [] : [content(asked.content, asked.payload)]),
    ...(asked.read === undefined ? [] : [read(asked.read)]),
    ...(asked.irreversible === undefined ? [] : [undone(asked.irreversible)]),
  );
}

/** Characters of what is written that are shown before somebody asks for all of it. */
const CUT = 600;
/** Bytes that are shown as numbers, if it is no text. */
const NUMBERS = 256;

/** Header fields of a request, one a line. */
function fields(headers: readonly string[]): HTMLElement[] {
  const lines: HTMLElement[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(h("div", {}, guest(`${headers[i]}: ${headers[i + 1]}`)));
  return lines;
}

/** What a request carries: as text, if it is UTF-8. */
function content(data: Uint8Array, payload: number): HTMLElement {
  const box = h("div", { class: "guest-box carried", tabindex: 0, role: "group", "aria-label": "What it would write, in its words" });
  const parts: Node[] = [box];
  const draw = (all: string, most: number) => {
    box.replaceChildren(guest(all.slice(0, most), true));
    if (all.length > most) box.append(h("span", { class: "note" }, " …"));
  };
  const all = decode(data, payload > data.length);
  if (all === undefined) {
    box.append(h("code", {}, [...data.subarray(0, NUMBERS)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")));
    parts.push(h("p", { class: "note" }, data.length > NUMBERS ? `This is no text. The first ${NUMBERS} bytes are shown, as hexadecimal numbers.` : "This is no text; it is shown as hexadecimal numbers."));
  } else {
    draw(all, CUT);
    if (all.length > CUT) {
      const more = button(`Show all ${all.length.toLocaleString("en")} characters`, () => {
        draw(all, all.length);
        box.classList.add("whole");
        more.remove();
        box.focus();
      }, { class: "quiet" });
      parts.push(more);
    }
    if (payload > data.length) parts.push(h("p", { class: "note" }, `Only the first ${bytes(data.length)} can be shown here.`));
  }
  return h("div", { class: "carries" }, ...parts);
}

function decode(data: Uint8Array, isCut: boolean): string | undefined {
  try {
    // The last character of what is cut may be half of one.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data, { stream: isCut });
  } catch {
    return undefined;
  }
}
