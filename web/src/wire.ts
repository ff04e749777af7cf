// The JSON forms of reports, questions, answers and log entries. `cargo xtask types` makes this file from
// crates/belljar-core/src/{wire,entry}.rs: change those.

/** How a run ended. */
export type Outcome = "returned" | "failed" | "crashed" | "denied" | "exhausted" | "timed-out" | "cancelled" | "suspended" | "host-failed";

/** How a run ended. `Output` is the form that a host gives the output: JSON itself where the report is a text, the text of JSON where it is a value of JavaScript, whose numbers are not those of JSON. */
export type Report<Output> = {
  /** How it ended. */
  outcome: Outcome;
  /** The exit code of `belljar run`. */
  exitCode: number;
  /** What the tool returned, if it did. */
  output?: Output;
  /** What a person should know; empty if it returned. */
  message: string;
  /** The word that the tool gave with a failure of its own. */
  code: string;
  /** The tool's own call stack, a frame a line. */
  stack: string;
  /** The budget that ended it. */
  budget?: string;
  /** The first requests that were refused, each once, whatever the tool did then. */
  refusals: Array<Refusal>;
  /** The first requests that a person changed and approved so; left out if there are none. */
  edited?: Array<Edited>;
  /** Files that the tool made. */
  artifacts: Array<Artifact>;
  /** How many questions people were asked. */
  questions: number;
  /** What it used. */
  usage: Usage;
  /** What identifies its log. */
  log: LogHead;
  /** In a replay: the first entry that is not the recorded one. */
  divergence?: Divergence;
};

/** A request that was refused. */
export type Refusal = {
  /** The capability. */
  capability: string;
  /** What was asked, in the words of a rule. */
  request: string;
  /** The rule that decided, or why none allowed it. */
  rule: string;
  /** The rule that would allow it, as it can be pasted into `--allow '…'`, a `policy.toml` or the page; nothing where a rule or a person refuses it. */
  grant?: string;
};

/** A request that a person changed and approved so. */
export type Edited = {
  /** The capability. */
  capability: string;
  /** What the tool asked for, in the words of a rule. */
  request: string;
  /** What was approved in its place. */
  performed: string;
  /** What was changed. */
  parts: Array<Part>;
};

/** A part of a request that a person can change. */
export type Part = "url" | "headers" | "content";

/** A file that the tool made. Its content is not in it: each host has a way of its own to hand it over. */
export type Artifact = {
  /** A plain file name. */
  name: string;
  /** Such as `image/svg+xml`; the tool's claim. */
  mediaType: string;
  /** Its bytes. */
  size: number;
};

/** What identifies a log. */
export type LogHead = {
  /** How many entries it has. */
  entries: number;
  /** SHA-256 of its last line. */
  head: string;
};

/** The first entry of a replay that is not the recorded one. */
export type Divergence = {
  /** The called run that it is of, as [`RunPath`] writes it; nothing if it is the run itself. */
  run?: string;
  /** The entry's number, its `n`. */
  entry: number;
  /** The recorded line. */
  recorded: string;
  /** The line of the replay, or in brackets what the tool does instead of what led to the recorded one. */
  now: string;
};

/** What a person is asked. All texts but the rule are the tool's: they are shown as text. */
export type Question = {
  /** Which run asks. */
  run: string;
  /** The request's ticket in that run. */
  ticket: number;
  /** Binds the answer to exactly this request at this point of the run. */
  digest: string;
  /** The tool's name: its own claim. */
  tool: string;
  /** The tool's identity. */
  identity: string;
  /** The names of the tools that called it, the first one first; nothing if none did. */
  callers?: Array<string>;
  /** Of a call of another tool: that tool's identity, and the digest of its own policy. */
  calls?: [string, string];
  /** The capability. */
  capability: string;
  /** What is asked for, in the words of a rule. */
  request: string;
  /** The names and values of the header fields that it carries, in turn. */
  headers: Array<string>;
  /** The names of the secrets that the host puts into it. */
  secrets: Array<string>;
  /** The most that it can cost, such as "0.002 USD", if money is bounded. */
  cost?: string;
  /** How many bytes the request carries. */
  payload: number;
  /** What is lost for good if it is performed, in a sentence; Belljar's words. Left out if that is nothing. */
  irreversible?: string;
  /** What was read before of which something may be in the request, such as "files" and "answers of a.example"; Belljar's words. Left out if that is nothing, or nothing is sent. */
  read?: Array<string>;
  /** The weakest answer that is a yes: "client", "command" or "inbox". */
  least: string;
  /** Whom a yes is taken from, in a sentence; Belljar's words, but for the name in it. Left out if from anybody to whom the request is shown. */
  wants?: string;
  /** Whether a yes is taken only from somebody who is known and did not start the run; left out if not. */
  fourEyes?: boolean;
  /** The rule that asks, and all that a yes or a no to a rule is to. */
  rule: string;
  /** The narrowest rule about this request, for a person who wants to save it; content, and of HTTP also parameters and header fields, it leaves open. */
  exact?: string;
  /** What that rule leaves open; it is for this request alone if this is left out. */
  leftOpen?: string;
  /** When it is withdrawn if nobody answers, as RFC 3339; never if it is left out. */
  expires?: string;
  /** Whether a yes to the rule can hold until a moment: the run's clock moves. */
  timed: boolean;
  /** What of the request can be changed before it is approved; left out if nothing can. */
  editable?: Array<Part>;
  /** Why a changed request was not taken, if this is why the question is put again. */
  problem?: string;
  /** What the tool itself asks a person, if that is what it is about; it is answered with a text. */
  question?: string;
  /** The answers to choose from; none for free text. */
  choices?: Array<string>;
};

/** An answer to a question. Who gave it is not in it: the host knows that, and nobody can claim it. */
export type Answer =
  | { "answer": "yes", /** To how much. */ scope: Scope, /** When a yes to a rule ends, by the run's clock, as RFC 3339; with the run if it is left out. */ expires?: string }
  | { "answer": "edited", /** The changed request. */ request: Changed }
  | { "answer": "no", /** To how much; this request if it is left out. */ scope?: Scope, /** Why, in one line for the tool. */ why?: string }
  | { "answer": "said", /** The answer. */ text: string }
  | { "answer": "nobody", /** Why. */ why: string };

/** A request as a person changed it, whole: what is left out is not in it. Who changes nothing of a part says it again. */
export type Changed = {
  /** What is asked for, in the words of a rule, as in the question: of an HTTP request its method and its URL. */
  request: string;
  /** Names and values of its header fields in turn; none if it is left out. */
  headers?: Array<string>;
  /** What it carries, if that is text. */
  text?: string;
  /** What it carries, in base64 (RFC 4648, with padding), if that is no text. */
  base64?: string;
};

/** How much an answer is to. */
export type Scope = "request" | "rule";

/** The limits of a run. */
export type Limits = {
  /** Bytes of artifacts. */
  artifacts: number;
  /** Requests. */
  calls: number;
  /** Bytes written into granted folders, if they are others than usual. */
  filesBytes: number | null;
  /** Weighted instructions. */
  fuel: number;
  /** Bytes of HTTP, if there are rules for it. */
  httpBytes: number | null;
  /** HTTP requests, if there are rules for them. */
  httpRequests: number | null;
  /** Bytes of keys and values that the tool keeps, if they are others than usual. */
  kvBytes: number | null;
  /** Keys that the tool keeps, if they are others than usual. */
  kvKeys: number | null;
  /** Bytes of console text. */
  log: number;
  /** Bytes of memory. */
  memory: number;
  /** Bytes of output. */
  output: number;
  /** Money, in billionths of a unit of the policy's currency, if it is bounded. */
  spend: number | null;
  /** Milliseconds. */
  timeMs: number;
};

/** What a run used. */
export type Usage = {
  /** Bytes of artifacts. */
  artifacts: number;
  /** Requests. */
  calls: number;
  /** Bytes of console text. */
  console: number;
  /** Console lines that were dropped. */
  consoleDropped: number;
  /** Bytes written into granted folders, if there were any. */
  filesBytes: number | null;
  /** Weighted instructions. */
  fuel: number;
  /** Bytes of HTTP, both ways, if there were requests. */
  httpBytes: number | null;
  /** HTTP requests, each hop of a redirect one, if there were any. */
  httpRequests: number | null;
  /** Bytes of output. */
  output: number;
  /** Memory pages of 64 KiB. */
  pages: number;
  /** What of `spent` may not have been spent, if there is any: of requests that failed after they were sent, and of those whose results were not handed over. */
  possiblySpent: number | null;
  /** Money, in billionths of a unit of the policy's currency, if it is bounded. */
  spent: number | null;
};

/** What every entry has. */
export interface Chained {
  /** Its number, from 0. */
  n: number;
  /** SHA-256 of the line before; 64 zeros in the first. */
  prev: string;
  /** The called run that it is of, by the tickets of the calls that lead to it ("3.1"); nothing if it is the run itself. */
  run?: string;
}

/** The run begins. */
export interface StartEntry extends Chained {
  kind: "start";
  /** The version of admission. */
  admission: number;
  /** The host's clock. */
  at: string;
  /** Of a called run: SHA-256 of its caller's entry of the request. */
  caller?: string;
  /** The tool's clock. */
  clock: string;
  /** SHA-256 of the engine's component, if the tool is a program. */
  engine?: string;
  /** Under which the run's money is held of what the policy gives a day; `spend` of the limits is what was drawn. */
  hold?: string;
  /** The host's name and version. */
  host: string;
  /** SHA-256 of the input's text. */
  input: string;
  /** The limits. */
  limits: Limits;
  /** The digest of the plan that a person approved beforehand, if there is one. */
  plan?: string;
  /** The policy's digest. */
  policy: string;
  /** Who started it, as an authentication found out; of a called run, who started the first one. */
  startedBy?: string;
  /** The name that the tool gives itself. */
  tool: string;
  /** The tool's identity. */
  toolHash: string;
  /** The version of the log's format. */
  version: number;
}

/** What the tool's randomness comes from. An entry of its own, so that a log can be handed on without it. */
export interface SeedEntry extends Chained {
  kind: "seed";
  /** The seed. */
  seed: string;
}

/** A line of the console. */
export interface ConsoleEntry extends Chained {
  kind: "console";
  /** Its level. */
  level: string;
  /** Its text. */
  text: string;
}

/** A file for the person. */
export interface ArtifactEntry extends Chained {
  kind: "artifact";
  /** How many bytes. */
  bytes: number;
  /** Its media type, as the tool says. */
  mediaType: string;
  /** SHA-256 of its content. */
  sha256: string;
  /** Its name. */
  what: string;
}

/** The tool asks for something. */
export interface RequestEntry extends Chained {
  kind: "request";
  /** Bytes that it carries, if it carries any. */
  bytes?: number;
  /** The capability. */
  capability: string;
  /** The most that it can cost, in billionths, if money is bounded. */
  cost?: number;
  /** The header fields in which the host sends a key that names the request, if it is performed. */
  idempotencyKeys?: readonly string[];
  /** The rule that decided, or why none did. */
  rule?: string;
  /** The names of the secrets that the host puts into it, if it is performed. */
  secrets?: readonly string[];
  /** SHA-256 of what it carries. */
  sha256?: string;
  /** Its ticket. */
  ticket: number;
  /** `allow`, `ask`, `deny`, `exhausted` or `invalid`. */
  verdict: string;
  /** What is asked for, in the words of a rule. */
  what: string;
}

/** A person is asked. */
export interface QuestionEntry extends Chained {
  kind: "question";
  /** Of a call of another tool: the digest of that tool's own policy. */
  calledPolicy?: string;
  /** Of a call of another tool: the identity of that tool. */
  calledTool?: string;
  /** Digest of the whole request, `request_digest`. */
  content?: string;
  /** What an answer is bound to, `question_digest`. */
  digest: string;
  /** How many waits had come back empty-handed since the entry before. */
  empty?: number;
  /** When the question is withdrawn if nobody answers, by the host's clock. */
  expires?: string;
  /** The weakest answer that approves it, if the policy does not take any: `command` or `inbox`. */
  least?: string;
  /** The request's ticket. */
  ticket: number;
}

/** Somebody answered, or nobody did. */
export interface AnswerEntry extends Chained {
  kind: "answer";
  /** `yes`, `edited`, `no`, `declined` (a program says that its user said no), `said`, `expired` or `nobody`. */
  answer: string;
  /** How much is known of who answered: `client` or `command`; left out if a person was shown the request by Belljar itself. */
  assurance?: string;
  /** The host's clock. */
  at: string;
  /** Of a changed request: bytes that it carries, if it carries any. */
  bytes?: number;
  /** Of a changed request: the most that it can cost, in billionths, if money is bounded. */
  cost?: number;
  /** The question's digest. */
  digest: string;
  /** Of a changed request: its own digest, `request_digest`. */
  edited?: string;
  /** How many waits had come back empty-handed since the entry before. */
  empty?: number;
  /** Until when a yes for the rule holds, by the run's clock; to the end of the run if there is none. */
  expires?: string;
  /** Of a changed request: the header fields in which the host sends a key that names it. */
  idempotencyKeys?: readonly string[];
  /** Who answered, as an authentication found out, if there was one. */
  identity?: string;
  /** Of a changed request: the rule that it is under. */
  rule?: string;
  /** Of a yes: `request`, or `rule` for everything under the same rule in this run. Of a no: `rule`, if it is to that. */
  scope?: string;
  /** Of a changed request: the names of the secrets that the host puts into it. */
  secrets?: readonly string[];
  /** Of a changed request: SHA-256 of what it carries. */
  sha256?: string;
  /** The request's ticket. */
  ticket: number;
  /** Of a changed request: what was approved, in the words of a rule. */
  what?: string;
  /** Who answered. */
  who?: string;
  /** Why nobody answered; of a no, the person's reason if there is one. */
  why?: string;
}

/** A server redirects a request: the next hop, judged as a request of its own. */
export interface RedirectEntry extends Chained {
  kind: "redirect";
  /** The most that the next hop can cost, in billionths, if money is bounded. */
  cost?: number;
  /** How many waits had come back empty-handed since the entry before. */
  empty?: number;
  /** The header fields in which the host sends a key that names the request, if it is performed. */
  idempotencyKeys?: readonly string[];
  /** The rule that decided, or why none did. */
  rule?: string;
  /** The names of the secrets that the host puts into it, if it is performed. */
  secrets?: readonly string[];
  /** The status of the server's answer. */
  status: number;
  /** The request's ticket. */
  ticket: number;
  /** `allow`, `ask`, `deny` or `exhausted`. */
  verdict: string;
  /** What is asked for next, in the words of a rule. */
  what: string;
}

/** A result is handed over to the tool that waited for it. */
export interface ResultEntry extends Chained {
  kind: "result";
  /** The tool's clock. */
  at: string;
  /** Bytes of the response. */
  bytes: number;
  /** What the request cost, in billionths, if money is bounded. */
  cost?: number;
  /** How many waits had come back empty-handed since the entry before. */
  empty?: number;
  /** Of a call of another tool that ran: SHA-256 of the last line of that run's log. */
  log?: string;
  /** It failed after it was sent, so that nobody knows whether it was carried out. The number is what of `cost` is not sure for that reason, and 0 if money is not bounded. */
  possibly?: number;
  /** `ok`, or what kind of failure. */
  result: string;
  /** SHA-256 of the result in the form of `belljar_abi::cell`. */
  sha256: string;
  /** The request's ticket. */
  ticket: number;
  /** Of a call of another tool that ran: what that run used, which its caller has used, too. */
  usage?: Usage;
}

/** The time of a wait came. */
export interface WaitEntry extends Chained {
  kind: "wait";
  /** The tool's clock. */
  at: string;
}

/** The run ended. */
export interface EndEntry extends Chained {
  kind: "end";
  /** The host's clock. */
  at: string;
  /** The budget that was used up. */
  budget?: string;
  /** Why. */
  message?: string;
  /** The outcome. */
  result: string;
  /** SHA-256 of the output's text, if there is one. */
  sha256?: string;
  /** What it used. */
  usage: Usage;
}

/** An entry of a log of version 2. */
export type Entry =
  | StartEntry
  | SeedEntry
  | ConsoleEntry
  | ArtifactEntry
  | RequestEntry
  | QuestionEntry
  | AnswerEntry
  | RedirectEntry
  | ResultEntry
  | WaitEntry
  | EndEntry;

/** The names that members of entries had in version 1, by their names. */
export const FORMER: Readonly<Record<string, string>> = {
  who: "by",
  consoleDropped: "console-dropped",
  mediaType: "media-type",
  policy: "terms",
  timeMs: "time-ms",
  toolHash: "tool-hash",
};
