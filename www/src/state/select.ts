// What views want to know of a state.

import type { About, Report } from "belljar";

import { member, parse } from "./json.js";
import type { State } from "./model.js";
import { ending } from "./words.js";

export function about(state: State): About | undefined {
  return state.tool.phase === "none" ? undefined : state.tool.about;
}

export function isRunning(state: State): boolean {
  return state.run !== undefined && state.run.phase !== "ended";
}

/** The file's name that a pasted tool should have: its own. Nothing if it has it, or somebody gave it another. */
export function fileFor(state: State): string | undefined {
  const { source, tool } = state;
  if (tool.phase !== "ready" || tool.about === undefined || !isCurrent(state) || !source.edited || source.named || source.bytes !== undefined) return undefined;
  const [, stem = "", ending = ""] = /^(.*)(\.\w+)$/.exec(source.file) ?? [];
  const { name } = tool.about;
  return ending === "" || stem === name || !/^[a-z0-9][a-z0-9-]{0,80}$/.test(name) ? undefined : `${name}${ending}`;
}

/** Whether what the compiler said is of the text that stands there. */
export function isCurrent(state: State): boolean {
  return state.tool.phase !== "none" && state.tool.phase !== "compiling" && state.tool.revision === state.source.revision;
}

/** One line that says how things are. */
export function status(state: State): string {
  if (state.engine.phase === "failed") return "Belljar cannot start";
  if (state.run !== undefined && state.run.phase !== "ended") {
    if (state.questions.length > 0) return "Waiting for your answer";
    if (state.run.phase === "starting") return "Getting ready to run";
    return state.run.phase === "stopping" ? "Stopping" : "Running";
  }
  if (state.engine.phase === "loading" && state.tool.phase !== "ready") return "Loading the engine";
  if (state.source.text.trim() === "" && state.source.bytes === undefined) return "Paste a tool to begin";
  switch (state.tool.phase) {
    case "none":
      return "Not compiled yet";
    case "compiling":
      return "Compiling";
    case "failed": {
      const { problem } = state.tool;
      return problem?.line === undefined ? "Does not compile" : `Does not compile: line ${problem.line}`;
    }
    case "ready":
      return isCurrent(state) ? "Ready to run" : "Compiling";
  }
}

/** Whether a request failed that a browser may have kept from being answered, and the page's server could send it instead. */
export function relayCouldHelp(state: State): boolean {
  const { run, relay } = state;
  if (relay === undefined || relay.on || run?.kind !== "run") return false;
  const asked = new Set<string>();
  for (const { entry } of run.entries) {
    if (entry.kind === "request" && entry.capability === "http") asked.add(`${entry.run ?? ""}#${entry.ticket}`);
    if (entry.kind === "result" && entry.result === "other" && asked.has(`${entry.run ?? ""}#${entry.ticket}`)) return true;
  }
  return false;
}

/** What a screen reader says when a run has ended. */
export function announcement(state: State): string {
  const { run } = state;
  if (run === undefined || run.phase !== "ended") return "";
  if (run.failure !== undefined) return `Nothing was run. ${run.failure.message.split("\n")[0] ?? ""}`;
  if (run.report === undefined) return "";
  const { title } = ending(run.report);
  const refused = refusals(state).length;
  const words = [`The run has ended: ${title}.`];
  if (refused > 0) words.push(refused === 1 ? "One request was refused." : `${refused} requests were refused.`);
  const made = run.report.artifacts.length;
  if (made > 0) words.push(made === 1 ? "One artifact was made." : `${made} artifacts were made.`);
  return words.join(" ");
}

/** The confidence that an output states: a number from 0 to 1. */
export function confidence(output: string | null | undefined): number | undefined {
  const value = member(parse(output ?? "")?.value, "confidence");
  return typeof value === "number" ? value : undefined;
}

export type LinkVerdict =
  | { readonly kind: "waiting" }
  | { readonly kind: "matches" }
  | { readonly kind: "changed" }
  | { readonly kind: "differs"; readonly claimed: string; readonly found: string }
  | { readonly kind: "broken" };

/** Whether a linked tool is the one that its link speaks of. */
export function linkVerdict(state: State): LinkVerdict | undefined {
  if (state.link === undefined) return undefined;
  if (state.source.edited) return { kind: "changed" };
  if (!isCurrent(state)) return { kind: "waiting" };
  if (state.tool.phase === "failed") return { kind: "broken" };
  const found = about(state);
  if (found === undefined) return { kind: "waiting" };
  const sameWishes = JSON.stringify([...found.wants].sort()) === JSON.stringify([...state.link.wants].sort());
  if (found.identity === state.link.identity && sameWishes) return { kind: "matches" };
  return { kind: "differs", claimed: state.link.identity, found: found.identity };
}

/** Requests that were refused in the run, each once. */
export function refusals(state: State): Report["refusals"] {
  return state.run?.report?.refusals ?? [];
}
