// The page's state: a plain value. Nothing here knows the DOM, WebAssembly or the network.

import type { About, Asked, ConsoleEntry, Entry, Report } from "belljar";

import { noLogs, type Timeline } from "./timeline.js";

/** What happens with a request: as in a policy file. */
export type Effect = "deny" | "ask" | "allow";

/** Where the source in the editor came from. */
export type Origin = "own" | "example" | "file" | "link" | "draft";

export interface Source {
  readonly file: string;
  /** Empty if the tool is a `.wasm` file. */
  readonly text: string;
  /** The contents of an opened `.wasm` file. */
  readonly bytes?: Uint8Array | undefined;
  readonly origin: Origin;
  /** Whether a person changed it since it was opened. */
  readonly edited: boolean;
  /** Whether the file's name is a person's, or came with it; otherwise it follows the tool's. */
  readonly named: boolean;
  /** Counts every change; what compiles and what is shown is told apart by it. */
  readonly revision: number;
  /** Counts changes that did not come from the editor. */
  readonly opened: number;
}

export interface Problem {
  readonly message: string;
  readonly reason: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export type Tool =
  | { readonly phase: "none" }
  | {
      readonly phase: "compiling" | "ready" | "failed";
      /** Of which change of the source `about` or `problem` speaks. */
      readonly revision: number;
      readonly about?: About | undefined;
      readonly warnings: readonly string[];
      readonly problem?: Problem | undefined;
    };

/** The host's WebAssembly. */
export interface Engine {
  readonly phase: "idle" | "loading" | "ready" | "failed";
  readonly message: string;
}

export interface Input {
  /** JSON text: what both views show. */
  readonly text: string;
  readonly view: "form" | "json";
  /** Whether it came with the tool, or a person wrote it; otherwise it follows the schema. */
  readonly given: boolean;
  /** Whether a person wrote it: then not even another tool takes it away. */
  readonly typed: boolean;
  /** The package's words for why it does not fit. */
  readonly problem?: string | undefined;
}

export interface OwnRule {
  readonly effect: Effect;
  readonly rule: string;
}

export type LimitKey = "fuel" | "memory" | "time" | "output" | "artifacts" | "log" | "calls";

export interface Grants {
  /** The tool that they were given to: its name and identity. */
  readonly tool?: { readonly name: string; readonly identity: string } | undefined;
  /** Only wishes that are not denied are here. */
  readonly wishes: Readonly<Record<string, Effect>>;
  /** For wishes that name no folder of the page: which one is meant. */
  readonly folders: Readonly<Record<string, string>>;
  readonly own: readonly OwnRule[];
  /** As in a policy file; what is not here has its default. */
  readonly limits: Readonly<Partial<Record<LimitKey, string>>>;
  /** A policy edited as text; it replaces the choices. */
  readonly text?: string | undefined;
  /** What a person must know since the tool changed. */
  readonly change?: { readonly from: string; readonly to: string; readonly kept: readonly string[] } | undefined;
}

/** What the package says of the policy. */
export interface Checked {
  readonly problem?: string | undefined;
  readonly limits: Readonly<Partial<Record<LimitKey, string>>>;
  /** Wishes that are no rules, and why. */
  readonly wishes: Readonly<Record<string, string>>;
  readonly sentences: readonly string[];
  /** Folders of the page that file rules name, and where the tool sees them. */
  readonly mounts: readonly Mount[];
  /** Whether files may be changed by it, or a person may allow that. */
  readonly changesFiles: boolean;
  /** The secrets that requests carry. */
  readonly secrets: readonly SecretUse[];
}

/** A secret that requests to an origin carry, and where in them. */
export interface SecretUse {
  readonly name: string;
  readonly origin: string;
  readonly place: string;
}

export interface Mount {
  readonly host: string;
  readonly guest: string;
}

/** A real folder that a person opened. It takes the place of the one in memory, and grants nothing. */
export interface Disk {
  /** The folder's own name. */
  readonly name: string;
  /** Whether the browser lets the page change what is in it. */
  readonly writable: boolean;
  /** The first files that are found. */
  readonly files: readonly FileItem[];
  /** Whether there are more, which were not looked at. */
  readonly more: boolean;
}

export interface FileItem {
  readonly path: string;
  readonly size: number;
}

/** A tool that the tool in the editor can call. */
export interface Callable {
  readonly name: string;
  /** The file that it came from. */
  readonly file: string;
  /** In its own words. */
  readonly description: string;
  /** Its own policy, as a `policy.toml`. */
  readonly policy: string;
  /** Why it, or its policy, cannot be used. */
  readonly problem?: string | undefined;
}

/** An entry of the log, as the page saw it come. */
export interface Logged {
  readonly entry: Entry;
  /** The entry as it is written. */
  readonly line: string;
  /** Milliseconds from the request to this result, by the page's clock. */
  readonly took?: number | undefined;
}

/** Budgets of a run, as its log's first entry says them. */
export interface Budget {
  readonly fuel: number;
  readonly memory: number;
  readonly timeMs: number;
  readonly calls: number;
}

/** A recorded run that is open. */
export interface Recorded {
  /** The file's name. */
  readonly name: string;
  readonly tool: string;
  readonly entries: number;
  /** It was suspended while it waited for a person, and can be resumed. */
  readonly suspended: boolean;
  /** It lies on the page's shelf, from which it is taken when it is resumed. */
  readonly shelved: boolean;
  /** What it asks for, in sentences. */
  readonly asks: readonly string[];
  /** Why a person must grant that before it is run; nothing if it asks for nothing. */
  readonly needs: string | undefined;
}

/** A run that was suspended in this browser. */
export interface Shelved {
  /** It is not what this page put there, and can only be removed. */
  readonly broken?: boolean;
  readonly id: number;
  readonly tool: string;
  /** What it asks, in the tool's words. */
  readonly asks: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Bytes. */
  readonly size: number;
}

/** A run of its own, the replay of a recorded one, or one that is resumed. */
export type RunKind = "run" | "replay" | "resume";

export interface Run {
  readonly number: number;
  readonly kind: RunKind;
  readonly phase: "starting" | "running" | "stopping" | "ended";
  readonly file: string;
  readonly tool: string;
  readonly identity: string;
  readonly revision: number;
  readonly startedAt: number;
  /** The last moment that the page looked. */
  readonly now: number;
  /** Milliseconds in which people were awaited. */
  readonly waited: number;
  readonly askedAt?: number | undefined;
  readonly fuel: number;
  readonly pages: number;
  readonly calls: number;
  readonly budget?: Budget | undefined;
  /** The newest entries; the whole log is held once the run has ended. */
  readonly entries: readonly Logged[];
  readonly entryCount: number;
  readonly console: readonly ConsoleEntry[];
  readonly consoleCount: number;
  readonly report?: Report | undefined;
  /** Why it did not start. */
  readonly failure?: { readonly kind: FailureKind; readonly message: string } | undefined;
}

export type FailureKind = "source" | "recording" | "input" | "policy" | "tool" | "host";

/** What a link said before anything was compiled. */
export interface Link {
  readonly identity: string;
  readonly wants: readonly string[];
}

export type Share =
  | { readonly phase: "making" }
  | { readonly phase: "made"; readonly url: string; readonly bytes: number }
  | { readonly phase: "failed"; readonly message: string };

export interface Notice {
  readonly id: number;
  readonly level: "info" | "error";
  readonly text: string;
}

export interface Draft {
  readonly file: string;
  readonly source: string;
  readonly input: string;
}

export type Area = "source" | "asks" | "result";
export type Tab = "output" | "artifacts" | "console" | "log";
export type Theme = "system" | "light" | "dark";

/** The relay of the server that the page came from. */
export interface Relay {
  /** What its policy lets through, in sentences. */
  readonly policy: readonly string[];
  /** Whether a tool's requests go through it. */
  readonly on: boolean;
}

export interface State {
  readonly source: Source;
  readonly tool: Tool;
  readonly engine: Engine;
  readonly input: Input;
  readonly grants: Grants;
  readonly checked: Checked;
  /** Names of the secrets whose values were given. The values are in no state: only what runs tools has them. */
  readonly given: readonly string[];
  /** Nothing if the server has none, or it is not known. */
  readonly relay?: Relay | undefined;
  readonly files: readonly FileItem[];
  /** Nothing while files are in memory. The handle is in no state: only what runs tools has it. */
  readonly disk?: Disk | undefined;
  readonly callable: readonly Callable[];
  readonly run?: Run | undefined;
  readonly questions: readonly Asked[];
  readonly share?: Share | undefined;
  readonly link?: Link | undefined;
  readonly recording?: Recorded | undefined;
  /** Runs that were suspended in this browser, the oldest first. */
  readonly shelf: readonly Shelved[];
  /** Whether the browser said that it may throw them away. */
  readonly shelfMayGo: boolean;
  /** Own work that was put aside when something else was opened, the newest first. */
  readonly aside: readonly Draft[];
  readonly notices: readonly Notice[];
  readonly area: Area;
  readonly tab: Tab;
  readonly artifact: number;
  readonly raw: boolean;
  readonly timeline: Timeline;
  readonly theme: Theme;
  readonly opening: boolean;
  readonly goTo?: { readonly line: number; readonly column: number; readonly count: number } | undefined;
}

/** Pieces of own work that are kept. */
export const ASIDE = 20;

/** Whether two drafts are the same work. */
export function sameDraft(one: Draft, other: Draft): boolean {
  return one.file === other.file && one.source === other.source && one.input === other.input;
}

/** Log entries, and console lines, that the page keeps in sight. */
export const KEPT = 5_000;

export const STARTER: Draft = {
  file: "greeting.ts",
  source: `/** Greets somebody, once or several times. */
export const tool = {
  name: "greeting",
  input: {
    type: "object",
    properties: {
      name: { type: "string", description: "Who is greeted" },
      times: { type: "integer", minimum: 1, maximum: 10, default: 1 },
    },
    required: ["name"],
  },
  wants: [], // what it asks for: a wish, never a grant
};

export default function run({ name, times }: { name: string; times: number }) {
  console.log("greeting", name);
  return { greetings: Array.from({ length: times }, () => \`Hello, \${name}!\`) };
}
`,
  input: `{\n  "name": "Ada",\n  "times": 2\n}`,
};

export function initial(theme: Theme = "system"): State {
  return {
    source: { file: STARTER.file, text: STARTER.source, origin: "example", edited: false, named: false, revision: 1, opened: 1 },
    tool: { phase: "none" },
    engine: { phase: "idle", message: "" },
    input: { text: STARTER.input, view: "form", given: true, typed: false },
    grants: { wishes: {}, folders: {}, own: [], limits: {} },
    checked: { limits: {}, wishes: {}, sentences: [], mounts: [], changesFiles: false, secrets: [] },
    given: [],
    files: [],
    callable: [],
    questions: [],
    shelf: [],
    shelfMayGo: false,
    aside: [],
    notices: [],
    area: "source",
    tab: "output",
    artifact: 0,
    raw: false,
    timeline: noLogs(),
    theme,
    opening: false,
  };
}
