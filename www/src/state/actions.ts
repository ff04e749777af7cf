// Everything that can happen to the page.

import type { About, Answer, Asked, Report } from "belljar";

import type {
  Area,
  Callable,
  Checked,
  Disk,
  Draft,
  Effect,
  Engine,
  FailureKind,
  FileItem,
  LimitKey,
  Link,
  Logged,
  Origin,
  Problem,
  Recorded,
  Relay,
  RunKind,
  Share,
  Shelved,
  Tab,
  Theme,
} from "./model.js";
import type { Path } from "./json.js";
import type { Check, Comparison, Filter, HeldLog, LogId } from "./timeline.js";

/** A tool that is put into the editor whole. */
export interface Opened {
  readonly file: string;
  readonly text: string;
  readonly bytes?: Uint8Array | undefined;
  readonly input?: string | undefined;
  readonly origin: Origin;
  readonly link?: Link | undefined;
  readonly recording?: Recorded | undefined;
}

export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export type Action =
  // The source.
  | { readonly type: "edit"; readonly text: string }
  // `itself`: the name follows the tool's; else a person gave it.
  | { readonly type: "rename"; readonly file: string; readonly itself?: boolean }
  | { readonly type: "open"; readonly opened: Opened }
  | { readonly type: "open-example"; readonly name: string }
  | { readonly type: "open-file"; readonly file: File }
  | { readonly type: "opening"; readonly shown: boolean }
  | { readonly type: "aside"; readonly drafts: readonly Draft[] }
  | { readonly type: "restore"; readonly draft: Draft }
  | { readonly type: "forget"; readonly draft: Draft }
  | { readonly type: "go-to"; readonly line: number; readonly column: number }
  // What the compiler says of it.
  | { readonly type: "engine"; readonly engine: Engine }
  | { readonly type: "engine-retry" }
  | { readonly type: "compiling"; readonly revision: number }
  | { readonly type: "compiled"; readonly revision: number; readonly about: About; readonly warnings: readonly string[] }
  | { readonly type: "not-compiled"; readonly revision: number; readonly problem: Problem }
  // The input.
  | { readonly type: "input-text"; readonly text: string }
  | { readonly type: "input-set"; readonly path: Path; readonly value: unknown }
  | { readonly type: "input-view"; readonly view: "form" | "json" }
  | { readonly type: "input-checked"; readonly problem: string | undefined }
  // What is granted.
  | { readonly type: "grant"; readonly wish: string; readonly effect: Effect }
  | { readonly type: "wish-folder"; readonly wish: string; readonly folder: string }
  | { readonly type: "rule-add"; readonly effect: Effect; readonly rule: string }
  | { readonly type: "rule-remove"; readonly index: number }
  // A rule that mends a refusal, and another run.
  | { readonly type: "grant-and-run"; readonly effect: Effect; readonly rule: string; readonly wish?: string | undefined }
  | { readonly type: "limit"; readonly key: LimitKey; readonly value: string }
  | { readonly type: "policy-text"; readonly text: string | undefined }
  // The policy that grants what the finished run used, and nothing else.
  | { readonly type: "policy-learn" }
  | { readonly type: "secret-given"; readonly name: string; readonly value: string }
  | { readonly type: "secret-forgotten"; readonly name: string }
  // By which way its requests leave.
  | { readonly type: "relay-found"; readonly relay: Relay }
  | { readonly type: "relay"; readonly on: boolean }
  | { readonly type: "relay-and-run" }
  // The tools that it can call.
  | { readonly type: "callable-add"; readonly files: readonly File[] }
  | { readonly type: "callable-own" }
  | { readonly type: "callable-remove"; readonly name: string }
  | { readonly type: "callable-policy"; readonly name: string; readonly text: string }
  | { readonly type: "callable"; readonly callable: readonly Callable[] }
  | { readonly type: "policy-checked"; readonly checked: Checked }
  | { readonly type: "deny-all" }
  | { readonly type: "change-seen" }
  // The folder.
  | { readonly type: "files"; readonly files: readonly FileItem[] }
  | { readonly type: "files-add"; readonly files: readonly NewFile[] }
  | { readonly type: "file-remove"; readonly path: string }
  | { readonly type: "file-download"; readonly path: string }
  | { readonly type: "folder-download" }
  // A real folder in its place.
  | { readonly type: "disk-open" }
  | { readonly type: "disk-permit" }
  | { readonly type: "disk-close" }
  | { readonly type: "disk"; readonly disk: Disk | undefined }
  // A run.
  | { readonly type: "run" }
  // The recording that is open: run again, or resumed.
  | { readonly type: "replay" }
  | { readonly type: "resume" }
  | { readonly type: "recording-open"; readonly file: File }
  | { readonly type: "recording-close" }
  | { readonly type: "recording-download" }
  // The run that asks is suspended, and what can be done with those that were.
  | { readonly type: "suspend" }
  | { readonly type: "shelf"; readonly runs: readonly Shelved[] }
  | { readonly type: "shelf-may-go" }
  | { readonly type: "shelf-open"; readonly id: number }
  | { readonly type: "shelf-save"; readonly id: number }
  | { readonly type: "shelf-forget"; readonly id: number }
  | { readonly type: "stop" }
  | {
      readonly type: "run-started";
      readonly number: number;
      readonly kind: RunKind;
      readonly at: number;
      readonly file: string;
      readonly tool: string;
      readonly identity: string;
      readonly revision: number;
    }
  | {
      readonly type: "run-events";
      readonly number: number;
      readonly entries: readonly Logged[];
      readonly fuel?: number | undefined;
      readonly pages?: number | undefined;
      readonly now: number;
    }
  | { readonly type: "run-ended"; readonly number: number; readonly report: Report; readonly at: number }
  | { readonly type: "run-failed"; readonly number: number; readonly kind: FailureKind; readonly message: string; readonly at: number }
  | { readonly type: "log-download" }
  | { readonly type: "artifact-download"; readonly index: number }
  | { readonly type: "copy"; readonly text: string; readonly what: string }
  // The log panel. Entries are named by their position in the log.
  | { readonly type: "log-open"; readonly files: readonly File[]; readonly aside: boolean }
  | { readonly type: "log-reading"; readonly name: string | undefined }
  | { readonly type: "log-refused"; readonly message: string | undefined }
  | { readonly type: "log-read"; readonly log: HeldLog; readonly aside: boolean }
  | { readonly type: "log-checked"; readonly id: LogId; readonly check: Check }
  | { readonly type: "log-close"; readonly id: LogId }
  | { readonly type: "log-show"; readonly id: LogId }
  | { readonly type: "log-against"; readonly id: LogId | undefined }
  | { readonly type: "log-compared"; readonly comparison: Comparison }
  | { readonly type: "log-filter"; readonly filter: Partial<Filter> }
  | { readonly type: "log-search"; readonly text: string }
  | { readonly type: "log-found"; readonly found: readonly number[] }
  | { readonly type: "log-step"; readonly by: 1 | -1 }
  | { readonly type: "log-choose"; readonly at: number | undefined }
  | { readonly type: "log-go"; readonly at: number }
  // Questions.
  | { readonly type: "asked"; readonly question: Asked; readonly at: number }
  // The question by its digest: called tools have tickets of their own.
  | { readonly type: "answer"; readonly question: string; readonly answer: Answer; readonly at: number }
  // Links.
  | { readonly type: "share" }
  | { readonly type: "shared"; readonly share: Share | undefined }
  // The page itself.
  | { readonly type: "area"; readonly area: Area }
  | { readonly type: "tab"; readonly tab: Tab }
  | { readonly type: "artifact"; readonly index: number }
  | { readonly type: "raw"; readonly raw: boolean }
  /** Whether a notification calls the person when a tool asks; for this visit. */
  | { readonly type: "notify"; readonly on: boolean }
  | { readonly type: "theme"; readonly theme: Theme }
  | { readonly type: "notice"; readonly level: "info" | "error"; readonly text: string }
  | { readonly type: "dismiss"; readonly id: number };

export type Dispatch = (action: Action) => void;
