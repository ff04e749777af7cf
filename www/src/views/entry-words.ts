// An entry in a few words, and a row of the list.

import { type Kind, type Name, numberOf, of, textOf } from "../state/entry.js";
import { isObject, parse } from "../state/json.js";
import type { FieldPair, Likeness } from "../state/compare.js";
import { bytes, count, milliseconds } from "../state/words.js";
import { guest, h } from "./dom.js";

/** Characters of an entry that a row may show. */
const SHOWN = 200;

export interface Words {
  readonly kind: string;
  readonly verdict: string;
  readonly what: string;
  readonly rule: string;
  readonly cost: string;
}

/** What a line says, in short. A line that is no entry speaks for itself. */
export function describe(line: string, took?: number): Words {
  const entry = parse(line)?.value;
  if (!isObject(entry)) return { kind: "not an entry", verdict: "", what: line, rule: "", cost: "" };
  const text = (name: Name) => textOf(entry, name);
  const size = numberOf(entry, "bytes");
  const sized = size === undefined ? "" : bytes(size);
  const run = text("run");
  const request = `request #${numberOf(entry, "ticket") ?? ""}`;
  const kind = text("kind");
  const words = (said: string, rule = "", cost = "", what = run === "" ? said : `run ${run}: ${said}`) => ({ kind, verdict: text("verdict") || text("answer") || text("result"), what, rule, cost: [cost, took === undefined ? "" : milliseconds(took)].filter((word) => word !== "").join(", ") });
  switch (kind as Kind) {
    case "start":
      return words(`${text("tool")} ${text("toolHash").slice(0, 12)}`, `host ${text("host")}, policy ${text("policy").slice(0, 12)}`);
    case "request":
      return words(`${text("capability")}: ${text("what")}`, text("rule"), [sized, `#${numberOf(entry, "ticket") ?? ""}`].filter((word) => word !== "").join(" "));
    case "redirect":
      return words(`${request} to ${text("what")}`, text("rule"));
    case "question":
      return words(`about ${request}`, [`digest ${text("digest").slice(0, 12)}`, text("least") === "" ? "" : `takes a yes of level ${text("least")}`].filter((word) => word !== "").join(", "));
    case "answer":
      // What was approved in the place of what was asked for.
      return words(text("what") === "" ? `to ${request}` : `to ${request}, changed to ${text("what")}`, [text("who") === "" ? "" : `by ${text("who")}`, text("identity"), text("assurance"), scope(text("scope")), text("why")].filter((word) => word !== "").join(", "));
    case "result":
      return words(`of ${request}`, "", sized);
    case "artifact":
      return words(text("what"), text("mediaType"), sized);
    case "console":
      return words(text("text"), text("level"));
    case "end": {
      const fuel = numberOf(of(entry, "usage"), "fuel");
      return words(text("message"), text("budget"), fuel === undefined ? "" : `${count(fuel)} fuel`);
    }
    default:
      return words(text("at") || text("seed").slice(0, 16) || text("what") || text("text"));
  }
}

/** What an answer was to. */
function scope(word: string): string {
  switch (word) {
    case "request":
      return "for this request";
    case "rule":
      return "for this rule";
    default:
      return word;
  }
}

const clip = (value: string, most: number) => (value.length > most ? `${value.slice(0, most)}…` : value);

function summary(line: string | undefined, took?: number): HTMLElement {
  if (line === undefined) return h("div", { class: "side none" }, h("span", { class: "kind" }, "no entry"));
  const words = describe(line, took);
  const verdict = clip(words.verdict, 40);
  const known = /^(allow|ask|deny|ok|yes|edited|no|declined|nobody|returned)$/.test(verdict) ? verdict : "other";
  return h(
    "div",
    { class: "side" },
    h(
      "div",
      { class: "line" },
      h("span", { class: "kind" }, guest(clip(words.kind, 24))),
      // With spaces, for who hears or copies it.
      ...(verdict === "" ? [] : [" ", h("span", { class: `verdict v-${known}` }, guest(verdict))]),
      ...(words.rule === "" ? [] : [" ", h("span", { class: "by" }, guest(clip(words.rule, SHOWN)))]),
      ...(words.cost === "" ? [] : [" ", h("span", { class: "cost" }, words.cost)]),
    ),
    h("div", { class: "subject" }, guest(clip(words.what, SHOWN))),
  );
}

export function row(at: number, line: string | undefined, broken: boolean, took?: number): HTMLElement {
  return h("li", { class: `entry${broken ? " broken" : ""}` }, number(at), summary(line, took), broken ? h("span", { class: "mark" }, "does not hold") : undefined);
}

/** A row of an entry that the page does not have at hand: the run goes on, or its log is too long. */
export function absentRow(at: number, ended: boolean): HTMLElement {
  return h("li", { class: "entry" }, number(at), h("div", { class: "side note" }, ended ? "in the download" : "shown once the run has ended"));
}

const LIKENESS: Readonly<Record<Likeness, string>> = { same: "", free: "differs, and may", differs: "differs" };

/** A row of two logs. */
export function pairRow(at: number, left: string | undefined, right: string | undefined, likeness: Likeness, first: boolean): HTMLElement {
  const words = first ? "first difference" : LIKENESS[likeness];
  return h("li", { class: `entry pair ${likeness}${first ? " first" : ""}` }, number(at), summary(left), summary(right), words === "" ? undefined : h("span", { class: "mark" }, words));
}

function number(at: number): HTMLElement {
  return h("span", { class: "n" }, String(at));
}

/** Fields of an entry that are shown, and characters of each. */
const FIELDS = 60;
const LONGEST = 2_000;

/** What follows from more than `FIELDS` fields. */
export function rest(fields: readonly unknown[]): string {
  return fields.length > FIELDS ? `${(fields.length - FIELDS).toLocaleString("en")} more fields; copy the entry to see them all.` : "";
}

export const some = <T>(fields: readonly T[]): readonly T[] => fields.slice(0, FIELDS);

/** A value as a person reads it: a string without its quotes. */
export function valueOf(raw: string | undefined): DocumentFragment {
  const fragment = document.createDocumentFragment();
  if (raw === undefined) {
    fragment.append(h("span", { class: "note" }, "not there"));
    return fragment;
  }
  // A value that is cut is no JSON any more, so it is read whole.
  const value = raw.startsWith('"') ? parse(raw)?.value : undefined;
  const text = typeof value === "string" ? value : raw;
  fragment.append(guest(text.slice(0, LONGEST), true));
  if (text.length > LONGEST) fragment.append(h("span", { class: "note" }, ` … ${(text.length - LONGEST).toLocaleString("en")} more characters; copy the entry to see them all`));
  return fragment;
}

export function keyOf(key: string): DocumentFragment {
  return guest(clip(key, 80));
}

export function likenessWords(likeness: FieldPair["likeness"]): string {
  return likeness === "chain" ? "follows from what comes before" : LIKENESS[likeness];
}
