// The reducer: an old state and an action make a new state.

import type { StartEntry } from "belljar";

import type { Action, Opened } from "./actions.js";
import { compose, meet, nothing } from "./grants.js";
import { parse, pretty, set } from "./json.js";
import { ASIDE, KEPT, sameDraft, type Budget, type Draft, type Grants, type Logged, type Run, type State } from "./model.js";
import { begin } from "./schema.js";
import { timeline } from "./timeline.js";

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "edit":
      if (action.text === state.source.text && state.source.bytes === undefined) return state;
      return { ...state, source: { ...state.source, text: action.text, bytes: undefined, edited: true, revision: state.source.revision + 1 } };
    case "rename": {
      const file = action.file.trim();
      if (file === "" || file === state.source.file) return state;
      return { ...state, source: { ...state.source, file, edited: true, named: action.itself !== true, revision: state.source.revision + 1 } };
    }
    case "open":
      return open(state, action.opened);
    case "aside":
      return { ...state, aside: action.drafts.slice(0, ASIDE) };
    case "opening":
      return { ...state, opening: action.shown };
    case "restore": {
      const { draft } = action;
      return open({ ...state, aside: without(state.aside, draft) }, { file: draft.file, text: draft.source, input: draft.input, origin: "draft" });
    }
    case "forget":
      return { ...state, aside: without(state.aside, action.draft) };
    case "go-to":
      return { ...state, area: "source", goTo: { line: action.line, column: action.column, count: (state.goTo?.count ?? 0) + 1 } };

    case "engine":
      return { ...state, engine: action.engine };
    case "compiling": {
      const before = state.tool.phase === "none" ? undefined : state.tool;
      return {
        ...state,
        tool: { phase: "compiling", revision: action.revision, about: before?.about, warnings: before?.warnings ?? [], problem: before?.problem },
      };
    }
    case "compiled": {
      if (action.revision !== state.source.revision) return state;
      const { about, warnings } = action;
      const grants = meet(state.grants, about);
      // A sample input belongs to its tool. What was pasted over a tool before that had compiled is another one, too.
      const known = state.grants.tool?.name;
      const other = known === undefined ? state.source.edited && state.source.origin !== "draft" : known !== about.name;
      const keeps = state.input.typed || (state.input.given && !other);
      const input = keeps ? state.input : { ...state.input, text: pretty(begin(about.input ?? {}, about.input ?? {})) };
      return { ...state, tool: { phase: "ready", revision: action.revision, about, warnings }, grants, input };
    }
    case "not-compiled": {
      if (action.revision !== state.source.revision) return state;
      const about = state.tool.phase === "none" ? undefined : state.tool.about;
      return { ...state, tool: { phase: "failed", revision: action.revision, about, warnings: [], problem: action.problem } };
    }

    case "input-text":
      if (action.text === state.input.text) return state;
      return { ...state, input: { ...state.input, text: action.text, given: true, typed: true, problem: undefined } };
    case "input-set": {
      const value = parse(state.input.text)?.value;
      const text = pretty(set(value ?? {}, action.path, action.value));
      return { ...state, input: { ...state.input, text, given: true, typed: true, problem: undefined } };
    }
    case "input-view":
      return { ...state, input: { ...state.input, view: action.view } };
    case "input-checked":
      return action.problem === state.input.problem ? state : { ...state, input: { ...state.input, problem: action.problem } };

    case "grant": {
      const { [action.wish]: _, ...rest } = state.grants.wishes;
      const wishes = action.effect === "deny" ? rest : { ...rest, [action.wish]: action.effect };
      return { ...state, grants: { ...state.grants, wishes } };
    }
    case "wish-folder":
      return { ...state, grants: { ...state.grants, folders: { ...state.grants.folders, [action.wish]: action.folder } } };
    case "rule-add": {
      const rule = action.rule.trim();
      const known = state.grants.own.some((own) => own.rule === rule && own.effect === action.effect);
      if (rule === "" || known) return state;
      return { ...state, grants: { ...state.grants, own: [...state.grants.own, { effect: action.effect, rule }] } };
    }
    case "grant-and-run": {
      if (action.wish !== undefined) return reduce(state, { type: "grant", wish: action.wish, effect: action.effect });
      // Ask wins over allow: what is allowed now is not asked about any more.
      const own = state.grants.own.filter(({ rule }) => rule !== action.rule);
      return reduce({ ...state, grants: { ...state.grants, own } }, { type: "rule-add", effect: action.effect, rule: action.rule });
    }
    case "rule-remove":
      return { ...state, grants: { ...state.grants, own: state.grants.own.filter((_, i) => i !== action.index) } };
    case "limit":
      return { ...state, grants: { ...state.grants, limits: { ...state.grants.limits, [action.key]: action.value } } };
    case "policy-text":
      return { ...state, grants: policyAsText(state.grants, action.text) };
    case "secret-given":
      return { ...state, given: [...new Set([...state.given, action.name])] };
    case "secret-forgotten":
      return { ...state, given: state.given.filter((name) => name !== action.name) };
    case "relay-found":
      return { ...state, relay: action.relay };
    case "relay":
      return state.relay === undefined ? state : { ...state, relay: { ...state.relay, on: action.on } };
    case "relay-and-run":
      return reduce(state, { type: "relay", on: true });
    case "callable":
      return { ...state, callable: action.callable };
    case "policy-checked":
      return { ...state, checked: action.checked };
    case "deny-all":
      return { ...state, grants: nothing(state.grants) };
    case "change-seen":
      return { ...state, grants: { ...state.grants, change: undefined } };

    case "files":
      return { ...state, files: action.files };
    case "disk":
      return { ...state, disk: action.disk };

    case "run-started":
      return {
        ...state,
        timeline: timeline(state, action),
        // What is resumed once is not offered again: everything would be done twice.
        recording: action.kind === "resume" ? undefined : state.recording,
        area: "result",
        artifact: 0,
        tab: state.tab === "artifacts" ? "output" : state.tab,
        run: {
          number: action.number,
          kind: action.kind,
          phase: "starting",
          file: action.file,
          tool: action.tool,
          identity: action.identity,
          revision: action.revision,
          startedAt: action.at,
          now: action.at,
          waited: 0,
          fuel: 0,
          pages: 0,
          calls: 0,
          entries: [],
          entryCount: 0,
          console: [],
          consoleCount: 0,
        },
      };
    case "run-events":
      return onRun(state, action.number, (run) => ({
        ...heard(run, action.entries, action.now),
        phase: run.phase === "starting" && (action.entries.length > 0 || action.fuel !== undefined) ? "running" : run.phase,
        fuel: action.fuel ?? run.fuel,
        pages: action.pages ?? run.pages,
        now: action.now,
      }));
    case "stop":
      return state.run === undefined ? state : onRun(state, state.run.number, (run) => ({ ...run, phase: "stopping" }));
    case "run-ended": {
      const shows = action.report.artifacts.length > 0 && state.tab === "output";
      const ended = onRun(state, action.number, (run) => ({
        ...run,
        phase: "ended",
        now: action.at,
        waited: waitedUntil(run, action.at),
        askedAt: undefined,
        fuel: action.report.usage.fuel,
        pages: action.report.usage.pages,
        calls: action.report.usage.calls,
        report: action.report,
      }));
      if (ended === state) return state;
      return { ...ended, questions: [], tab: shows ? "artifacts" : state.tab };
    }
    case "run-failed": {
      const ended = onRun(state, action.number, (run) => ({
        ...run,
        phase: "ended",
        now: action.at,
        failure: { kind: action.kind, message: action.message },
      }));
      return ended === state ? state : { ...ended, questions: [] };
    }

    case "asked": {
      const run = state.run && { ...state.run, askedAt: state.run.askedAt ?? action.at };
      return { ...state, run, questions: [...state.questions, action.question] };
    }
    case "answer": {
      const questions = state.questions.filter(({ digest }) => digest !== action.question);
      const done = questions.length === 0 && state.run?.askedAt !== undefined;
      const run = done && state.run ? { ...state.run, waited: waitedUntil(state.run, action.at), askedAt: undefined } : state.run;
      return { ...state, run, questions };
    }

    case "log-reading":
    case "log-refused":
    case "log-read":
    case "log-checked":
    case "log-close":
    case "log-show":
    case "log-against":
    case "log-compared":
    case "log-filter":
    case "log-search":
    case "log-found":
    case "log-step":
    case "log-choose":
    case "log-go": {
      const next = timeline(state, action);
      return next === state.timeline ? state : { ...state, timeline: next };
    }

    case "recording-close":
      return { ...state, recording: undefined };
    case "shelf":
      return { ...state, shelf: action.runs };
    case "shelf-may-go":
      return { ...state, shelfMayGo: true };

    case "shared":
      return { ...state, share: action.share };

    case "area":
      return { ...state, area: action.area };
    case "tab":
      return { ...state, tab: action.tab };
    case "artifact":
      return { ...state, artifact: action.index };
    case "raw":
      return { ...state, raw: action.raw };
    case "notify":
      return state;
    case "theme":
      return { ...state, theme: action.theme };
    case "notice": {
      const id = Math.max(0, ...state.notices.map((notice) => notice.id)) + 1;
      if (state.notices.some((notice) => notice.text === action.text)) return state;
      return { ...state, notices: [...state.notices.slice(-3), { id, level: action.level, text: action.text }] };
    }
    case "dismiss":
      return { ...state, notices: state.notices.filter(({ id }) => id !== action.id) };

    // These are for the effects alone.
    case "callable-add":
    case "callable-own":
    case "callable-remove":
    case "callable-policy":
    case "engine-retry":
    case "replay":
    case "resume":
    case "recording-open":
    case "recording-download":
    case "suspend":
    case "shelf-open":
    case "shelf-save":
    case "shelf-forget":
    case "open-example":
    case "open-file":
    case "files-add":
    case "file-remove":
    case "file-download":
    case "folder-download":
    case "disk-open":
    case "disk-permit":
    case "disk-close":
    case "run":
    case "policy-learn":
    case "log-open":
    case "log-download":
    case "artifact-download":
    case "copy":
    case "share":
      return state;
  }
}

/** Another tool stands in the editor: it is granted nothing, and what ran before is no longer of interest. */
function open(state: State, opened: Opened): State {
  const { source } = state;
  const kept = source.edited && source.text.trim() !== "" && source.bytes === undefined;
  const draft = { file: source.file, source: source.text, input: state.input.text };
  const again = opened.text === source.text && opened.file === source.file;
  const aside = kept && !again ? [draft, ...without(state.aside, draft)].slice(0, ASIDE) : state.aside;
  return {
    ...state,
    source: {
      file: opened.file,
      text: opened.text,
      bytes: opened.bytes,
      origin: opened.origin,
      edited: opened.origin === "draft",
      named: opened.origin !== "own" && opened.origin !== "example",
      revision: source.revision + 1,
      opened: source.opened + 1,
    },
    tool: { phase: "none" },
    input: { text: opened.input ?? "{}", view: state.input.view, given: opened.input !== undefined, typed: opened.origin === "draft" },
    grants: { wishes: {}, folders: {}, own: [], limits: {} },
    run: state.run?.phase === "ended" ? undefined : state.run,
    link: opened.link,
    recording: opened.recording,
    aside,
    area: "source",
    opening: false,
    goTo: undefined,
  };
}

function without(drafts: readonly Draft[], draft: Draft): readonly Draft[] {
  return drafts.filter((known) => !sameDraft(known, draft));
}

function policyAsText(grants: Grants, text: string | undefined): Grants {
  // A text that says what the choices say is no reason to leave them.
  if (text === undefined || text === compose(grants)) return { ...grants, text: undefined };
  return { ...grants, text };
}

function onRun(state: State, number: number, change: (run: Run) => Run): State {
  const { run } = state;
  if (run === undefined || run.number !== number || run.phase === "ended") return state;
  return { ...state, run: change(run) };
}

function waitedUntil(run: Run, at: number): number {
  return run.askedAt === undefined ? run.waited : run.waited + Math.max(0, at - run.askedAt);
}

/** Milliseconds of the run's own time. */
export function elapsed(run: Run): number {
  return Math.max(0, run.now - run.startedAt - waitedUntil(run, run.now));
}

function heard(run: Run, logged: readonly Logged[], now: number): Run {
  if (logged.length === 0) return run;
  const entries = logged.map(({ entry }) => entry);
  const lines = entries.filter((entry) => entry.kind === "console");
  const start = entries.find((entry): entry is StartEntry => entry.kind === "start" && entry.run === undefined);
  return {
    ...run,
    calls: run.calls + entries.filter(({ kind }) => kind === "request").length,
    budget: start === undefined ? run.budget : budget(start),
    tool: start === undefined ? run.tool : start.tool,
    // The run's time begins with its first entry: before it the cell was made ready.
    startedAt: start === undefined ? run.startedAt : now,
    entries: [...run.entries, ...logged].slice(-KEPT),
    entryCount: run.entryCount + entries.length,
    console: lines.length === 0 ? run.console : [...run.console, ...lines].slice(-KEPT),
    consoleCount: run.consoleCount + lines.length,
  };
}

function budget({ limits: { fuel, memory, timeMs, calls } }: StartEntry): Budget {
  return { fuel, memory, timeMs, calls };
}
