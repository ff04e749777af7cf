// The package's types.

import type { Directory, Folder, Policy, Tool } from "./index.js";
import type { RelayOptions } from "./relay.js";
import type { Answer, Artifact as ArtifactHead, Changed, Entry, LogHead, Question, Report as Reported } from "./wire.js";

// What is the same everywhere; this file has what is the page's own.
export type { Answer, Changed, Divergence, Edited, Limits, LogHead, Outcome, Part, Question, Refusal, Scope, Usage } from "./wire.js";
export type {
  AnswerEntry, ArtifactEntry, ConsoleEntry, EndEntry, Entry, QuestionEntry, RequestEntry, ResultEntry, SeedEntry, StartEntry, WaitEntry,
} from "./wire.js";

/** A source's text, or a file's bytes. */
export type Source = string | Uint8Array;

/** How {@link Belljar.create} sets up. */
export interface Options {
  /** Where the package's `.wasm` files are; beside its script by default. */
  assets?: string;
  /** The IndexedDB database of keys and values, and with " spend" behind it that of money by day: "belljar" by default. */
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

/** What a person is asked, with what the request carries. */
export type Asked = Readonly<Question> & {
  /** What it carries, or its first MiB: what would be written. Nothing if it carries nothing. The tool's: show it as text. */
  readonly content?: Uint8Array;
  /**
   * What the question would say of a changed request: its secrets, its cost and its rule are those of that. It is there if something of
   * the request can be changed. What is approved then is the answer `edited`.
   *
   * @throws ToolError if the changed request cannot be approved, with the reason.
   */
  readonly edited?: (changed: Changed) => Readonly<Question>;
};

/** What a run tells while it goes on. */
export type RunEvent =
  | { readonly kind: "log"; readonly line: string; readonly entry: Entry }
  | { readonly kind: "rejected"; readonly ticket: number; readonly why: string }
  | { readonly kind: "usage"; readonly fuel: number; readonly pages: number };

/** A tool that others can call. */
export interface CallableTool {
  readonly tool: Tool;
  /** What it is granted; nothing by default. */
  readonly policy?: Policy | PolicyOptions | string | undefined;
}

/** Who answers a question. */
export interface Answerer {
  /** A name, for people and the log. */
  readonly name: string;
  /**
   * How much is known of whoever it is: `client` if a program says what its user said, `command` if it was given with a command,
   * `inbox` if a person was shown the request and answered there, which is meant where this is left out.
   */
  readonly assurance?: "client" | "command" | "inbox";
  /** Who it is, as an authentication found out. */
  readonly identity?: string;
}

/** Under which conditions a tool runs. */
export interface RunOptions {
  /** What is granted; nothing by default. */
  policy?: Policy | PolicyOptions | string;
  /** The files that `files` rules grant, in memory or on the disk; an empty folder in memory by default. A replay touches neither. */
  folder?: Folder | Directory;
  /** Whose keys it sees; the tool's identity by default. */
  namespace?: string;
  /** The values of the policy's secrets, by name. They are in nothing that a run leaves, and in no guest. */
  secrets?: Readonly<Record<string, string>>;
  /**
   * Sends its requests through a relay of the page's own server, `belljar serve --relay`, instead of the courier: then servers are
   * read that do not let other pages read them, and redirects are followed, each judged, logged and counted. The relay judges every
   * request again, under this policy and its own. It gets the secrets that a request carries.
   */
  relay?: RelayOptions;
  /**
   * The tools that it can call, by name, each with a policy of its own: a called tool gets what that policy and the policy of its
   * caller both give. Where several runs keep their keys under one `namespace`, a called tool has its own within it.
   */
  tools?: Readonly<Record<string, CallableTool>>;
  /** Is asked where the policy says so; without it such requests are refused. Nothing, or a rejection, is no answer. */
  onQuestion?: (question: Asked) => Promise<Answer | undefined>;
  /** Who answers: a name for the log, or more that is known. Without more it is a person whom the page shows the request. */
  who?: string | Answerer;
  /** Who starts the run, as an authentication found out: where the policy wants four eyes, another one approves what the run asks for. */
  startedBy?: string;
  /** Is told of everything as it happens. */
  onEvent?: (event: RunEvent) => void;
  /** Cancels the run. */
  signal?: AbortSignal;
  /** Never suspends the guest, but runs it again. */
  replay?: boolean;
  /** Keeps what a recording needs; the report then has it, and the run can be suspended. */
  record?: boolean;
}

/** A run in progress. */
export interface Run {
  /** How it ends. It never rejects for what the tool does; it rejects if it cannot start. */
  readonly report: Promise<Report>;
  /** Ends it. */
  cancel(): void;
  /**
   * Suspends a run that is recorded and waits for a person: its report comes, with the outcome "suspended", and the bytes are
   * a recording that {@link Recording.resume} resumes, here or elsewhere (`belljar resume`).
   *
   * @throws ToolError if it cannot be suspended now.
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
  readonly broken?: { readonly entry: number; readonly reason: string; readonly run?: string };
}

/** A file that the tool made, with its content. */
export type Artifact = Readonly<ArtifactHead> & { readonly bytes: Uint8Array };

/** How a run ended. The output is JSON text. */
export type Report = Readonly<Omit<Reported<string>, "artifacts" | "log">> & {
  readonly artifacts: readonly Artifact[];
  /** Its log: what identifies it, and its JSON lines, as `belljar log verify` takes them. They are put together when they are read. */
  readonly log: Readonly<LogHead> & { readonly text: string };
  /** The recording, if one was asked for: what `belljar replay` takes. It is put together when it is read. */
  readonly recording?: Uint8Array;
};
