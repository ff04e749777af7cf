// From choices to a policy. What a rule means is Rust's alone: here rules are only put together as text.

import type { About } from "belljar";

import { SECTIONS } from "./capabilities.js";
import type { Effect, Grants, LimitKey, State } from "./model.js";
import { apart } from "./rule.js";

export interface LimitInfo {
  readonly key: LimitKey;
  readonly label: string;
  /** The default of policy files, shown where nothing is set. */
  readonly preset: string;
  readonly what: string;
}

export const LIMITS: readonly LimitInfo[] = [
  { key: "fuel", label: "Fuel", preset: "200 G", what: "weighted instructions, as in 500 M or 2 G; unless it is set, 20 G for each second of time" },
  { key: "time", label: "Time", preset: "10 s", what: "not counting waits for you, as in 250 ms or 2 min" },
  { key: "memory", label: "Memory", preset: "64 MiB", what: "as in 64 MiB" },
  { key: "calls", label: "Requests", preset: "1000", what: "how often it may ask for anything" },
  { key: "output", label: "Output", preset: "1 MiB", what: "bytes of its answer" },
  { key: "artifacts", label: "Artifacts", preset: "8 MiB", what: "bytes of the files that it makes for you" },
  { key: "log", label: "Console", preset: "256 KiB", what: "bytes of what it writes to its console" },
];

const EFFECTS = ["allow", "ask", "deny"] as const;

/** A wish about files may leave out which folder of the page is meant; a rule that allows may not. */
export function needsFolder(wish: string): boolean {
  return apart(wish).section === "files" && !wish.includes(" as ");
}

/** Where such a wish looks unless a person says otherwise. */
export function folderOf(grants: Grants, wish: string): string {
  const named = apart(wish).what.split("/").filter((part) => part !== "" && !part.includes("*"));
  return grants.folders[wish] ?? `./${named.pop() ?? "data"}`;
}

/** The exact rule that grants a wish. */
export function ruleOf(grants: Grants, wish: string): string {
  const text = wish.trim();
  if (!needsFolder(text)) return text;
  const { words, what } = apart(text);
  const place = what.replace(/\/\*{1,2}$/, "");
  if (!place.startsWith("/")) return text;
  return `files ${words.length === 0 ? "" : `${words.join(",")} `}${folderOf(grants, wish)} as ${place}`;
}

/** All rules in force, the choices' before the person's own. */
export function rules(grants: Grants): readonly { readonly effect: Effect; readonly rule: string }[] {
  const chosen = Object.entries(grants.wishes).map(([wish, effect]) => ({ effect, rule: ruleOf(grants, wish) }));
  return [...chosen, ...grants.own];
}

function quoted(text: string): string {
  // TOML's basic strings take JSON's escapes, but not a raw DEL.
  return JSON.stringify(text).replace(/\u007f/g, "\\u007F");
}

/** The `policy.toml` of the choices. */
export function compose(grants: Grants): string {
  const all = rules(grants).map(({ effect, rule }) => {
    const at = rule.trim().indexOf(" ");
    return { effect, section: rule.trim().slice(0, at), text: rule.trim().slice(at + 1).trim() };
  });
  const lines = ["version = 1"];
  for (const section of SECTIONS) {
    const here = all.filter((rule) => rule.section === section);
    if (here.length === 0) continue;
    lines.push("", `[${section}]`);
    for (const effect of EFFECTS) {
      const texts = [...new Set(here.filter((rule) => rule.effect === effect).map((rule) => rule.text))];
      if (texts.length > 0) lines.push(`${effect} = [${texts.map(quoted).join(", ")}]`);
    }
  }
  const limits = LIMITS.filter(({ key }) => (grants.limits[key] ?? "").trim() !== "");
  if (limits.length > 0) {
    lines.push("", "[limits]", ...limits.map(({ key }) => `${key} = ${quoted((grants.limits[key] ?? "").trim())}`));
  }
  return `${lines.join("\n")}\n`;
}

/** The policy that a run gets. */
export function policyText(grants: Grants): string {
  return grants.text ?? compose(grants);
}

/** Whether the tool gets anything beyond computing. */
export function grantsAnything(grants: Grants): boolean {
  return grants.text !== undefined || rules(grants).some(({ effect }) => effect !== "deny");
}

/**
 * What becomes of the grants when a tool is there. The same tool keeps them. A changed version of it keeps those that a
 * person gave, and the page says so; a tool of another name starts with none.
 */
export function meet(grants: Grants, about: About): Grants {
  const tool = { name: about.name, identity: about.identity };
  const known = grants.tool;
  if (known === undefined || known.identity === about.identity) return { ...grants, tool };
  if (!grantsAnything(grants)) return { ...grants, tool, change: undefined };
  const kept = grants.text === undefined ? rules(grants).filter((r) => r.effect !== "deny").map((r) => `${r.effect} ${r.rule}`) : ["the policy as you wrote it"];
  const from = grants.change?.from ?? known.identity;
  if (known.name !== about.name) return { ...nothing(grants), tool, change: { from, to: about.identity, kept: [] } };
  if (from === about.identity) return { ...grants, tool, change: undefined };
  return { ...grants, tool, change: { from, to: about.identity, kept } };
}

/** The same limits, and no rule. */
export function nothing(grants: Grants): Grants {
  return { tool: grants.tool, wishes: {}, folders: {}, own: [], limits: grants.limits };
}

/** Wishes that are denied and would have let a refused request through, as far as their capability goes. */
export function deniedWishes(state: State, capability: string): readonly string[] {
  const wants = state.tool.phase === "none" ? [] : (state.tool.about?.wants ?? []);
  return wants.filter((wish) => wish.trim().startsWith(`${capability} `) && (state.grants.wishes[wish] ?? "deny") === "deny");
}
