// The package's types.

import type { Folder, Policy } from "./index.js";

/** A source's text, or a file's bytes. */
export type Source = string | Uint8Array;

/** How {@link Belljar.create} sets up. */
export interface Options {
  /** Where the package's `.wasm` files are; beside its script by default. */
  assets?: string;
  /** The IndexedDB database of keys and values: "belljar" by default. */
  database?: string;
  /** Never suspends a guest that waits, but runs it again: what browsers without JSPI do. */
  replay?: boolean;
}

/** What a tool says of itself. The words are the tool's: data, never promises. */
export interface About {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the input. */
  readonly input?: unknown;
  /** JSON Schema of the output. */
  readonly output?: unknown;
  /** What it asks for, in the words of policy rules: wishes, never grants. */
  readonly wants: readonly string[];
  /** SHA-256 of what its author made. */
  readonly identity: string;
  /** The functions of the world that it imports: what it can ask for at all. */
  readonly imports: readonly string[];
  readonly form: "program" | "component";
  readonly bytes: number;
}

/** A policy: a `policy.toml`, and rules as the command line takes them. Deny wins over ask, ask over allow. */
export interface PolicyOptions {
  toml?: string;
  deny?: string[];
  ask?: string[];
  allow?: string[];
}

/** What a person is asked. All texts but the rule are the tool's: show them as text. */
export interface Asked {
  /** The run's id. An answer is to this question of this run alone. */
  readonly run: string;
  readonly ticket: number;
  readonly tool: string;
  readonly identity: string;
  readonly capability: string;
  readonly request: string;
  /** How many bytes the request carries. */
  readonly payload: number;
  /** What it carries, or its first MiB: what would be written. Nothing if it carries nothing. The tool's: show it as text. */
  readonly content?: Uint8Array;
  readonly rule: string;
  /** Binds the answer to exactly this request at this point of this run. */
  readonly digest: string;
  /** What the tool itself asks a person, if that is what it is about; it is answered with a text. */
  readonly question?: string;
  /** The answers to choose from; empty for free text. */
  readonly choices?: readonly string[];
}

/**
 * A person's answer: yes for this once, yes for everything under the same rule in this run, the same until a moment (of the run's
 * clock, which moves when the tool waits), no, or a text to a tool's own question.
 */
export type Answer = "once" | "rule" | { readonly until: Date } | "no" | { readonly said: string };

/** An entry of the log. */
export interface Entry {
  readonly kind: string;
  readonly n: number;
  readonly [key: string]: unknown;
}

/** What a run tells while it goes on. */
export type RunEvent =
  | { readonly kind: "log"; readonly line: string; readonly entry: Entry }
  | { readonly kind: "rejected"; readonly ticket: number; readonly why: string }
  | { readonly kind: "usage"; readonly fuel: number; readonly pages: number };

/** Under which conditions a tool runs. */
export interface RunOptions {
  /** What is granted; nothing by default. */
  policy?: Policy | PolicyOptions | string;
  /** The files that `files` rules grant; an empty folder by default. */
  folder?: Folder;
  /** Whose keys it sees; the tool's identity by default. */
  namespace?: string;
  /** Is asked where the policy says so; without it such requests are refused. Nothing, or a rejection, is no answer. */
  onQuestion?: (question: Asked) => Promise<Answer | undefined>;
  /** Who answers, for the log. */
  who?: string;
  /** Is told of everything as it happens. */
  onEvent?: (event: RunEvent) => void;
  /** Cancels the run. */
  signal?: AbortSignal;
  /** Never suspends the guest, but runs it again. */
  replay?: boolean;
  /** Keeps what a recording needs; the report then has it, and the run can be put away. */
  record?: boolean;
}

/** A run in progress. */
export interface Run {
  /** How it ends. It never rejects for what the tool does; it rejects if it cannot start. */
  readonly report: Promise<Report>;
  /** Ends it. */
  cancel(): void;
  /**
   * Puts away a run that is recorded and waits for a person: its report comes, with the outcome "suspended", and the bytes are
   * a recording that {@link Recording.resume} takes up, here or elsewhere (`belljar resume`).
   *
   * @throws ToolError if it cannot be put away now.
   */
  suspend(): Uint8Array;
}

/** What {@link LogVerifier} says of a log. */
export interface Verified {
  readonly entries: number;
  /** SHA-256 of the last line; empty if the log does not hold. */
  readonly head: string;
  readonly ended: boolean;
  /** Bytes after the last whole line. */
  readonly torn: number;
  /** The first entry that does not hold, counted from 0. */
  readonly broken?: { readonly entry: number; readonly reason: string };
}

/** A file that the tool made. */
export interface Artifact {
  readonly name: string;
  /** The tool's claim. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** How a run ended. */
export interface Report {
  readonly outcome:
    | "returned"
    | "failed"
    | "crashed"
    | "denied"
    | "exhausted"
    | "timed-out"
    | "cancelled"
    | "suspended"
    | "host-failed";
  /** The exit code of `belljar run`. */
  readonly exitCode: number;
  /** JSON text, if it returned. */
  readonly output?: string | null;
  /** What a person should know; empty if it returned. */
  readonly message: string;
  /** The word that the tool gave with a failure of its own. */
  readonly code: string;
  /** The tool's own call stack, a frame a line. */
  readonly stack: string;
  /** The budget that ended it. */
  readonly budget?: string | null;
  /** The first requests that were refused, each once, whatever the tool did then. */
  readonly refusals: readonly {
    readonly capability: string;
    /** In the words of a rule. */
    readonly request: string;
    /** The rule that decided, or why none allowed it. */
    readonly rule: string;
    /** The rule that would allow it, as a policy takes it behind its capability; none where a rule or a person refuses it. */
    readonly grant?: string;
  }[];
  readonly artifacts: readonly Artifact[];
  readonly usage: {
    readonly artifacts: number;
    readonly calls: number;
    readonly console: number;
    readonly console_dropped: number;
    readonly fuel: number;
    readonly pages: number;
    readonly output: number;
  };
  /** The log: JSON lines, as `belljar log verify` takes them. It is put together when it is read. */
  readonly log: string;
  readonly logHead: string;
  readonly logEntries: number;
  /** In a replay: the first entry that is not the recorded one, and both sides. */
  readonly divergence?: { readonly entry: number; readonly recorded: string; readonly now: string };
  /** The recording, if one was asked for: what `belljar replay` takes. It is put together when it is read. */
  readonly recording?: Uint8Array;
}
