// Runs the tool, and tells the state what happens.

import type { Answer, Asked, Entry, Policy, Report, Run, RunOptions } from "belljar";

import { policyText } from "../state/grants.js";
import type { FailureKind, Logged, RunKind, State } from "../state/model.js";
import { isRunning } from "../state/select.js";
import { THIS_RUN } from "../state/timeline.js";
import type { Effects, Store } from "../store.js";
import type { CheckEffects } from "./check.js";
import type { CompileEffects } from "./compile.js";
import { download } from "./download.js";
import { type EngineLoader, explain, type Loaded, messageOf } from "./engine.js";
import type { FileEffects } from "./files.js";
import type { RecordingEffects } from "./recordings.js";
import type { LogEffects } from "./logs.js";
import type { RelayEffects } from "./relay.js";
import type { ShelfEffects } from "./shelf.js";
import type { ToolEffects } from "./tools.js";

/** Milliseconds between two looks of the page at a run: many log entries become one action. */
const PULSE = 60;

/** Characters of a question by which a run that was suspended is known again. */
const SHOWN = 200;

interface Ongoing {
  readonly number: number;
  /** The tool's name, as the log has it. */
  tool: string;
  readonly stop: AbortController;
  /** Once it has started. */
  run?: Run;
  readonly questions: Map<string, (answer: Answer | undefined) => void>;
  /** Puts a run that was taken off the shelf back there. */
  putBack?: () => Promise<void>;
  entries: Logged[];
  /** When requests were made, by ticket. */
  readonly asked: Map<string, number>;
  fuel: number | undefined;
  pages: number | undefined;
}

export class RunEffects {
  readonly #store: Store;
  readonly #engine: EngineLoader;
  readonly #compile: CompileEffects;
  readonly #check: CheckEffects;
  readonly #files: FileEffects;
  readonly #logs: LogEffects;
  readonly #recordings: RecordingEffects;
  readonly #shelf: ShelfEffects;
  readonly #tools: ToolEffects;
  readonly #relay: RelayEffects;
  #number = 0;
  /** The values of secrets, for as long as this tab is open. */
  readonly #secrets = new Map<string, string>();
  #ongoing: Ongoing | undefined;
  #lines: string[] = [];

  constructor(store: Store, engine: EngineLoader, compile: CompileEffects, check: CheckEffects, files: FileEffects, logs: LogEffects, recordings: RecordingEffects, shelf: ShelfEffects, tools: ToolEffects, relay: RelayEffects) {
    this.#store = store;
    this.#engine = engine;
    this.#compile = compile;
    this.#check = check;
    this.#files = files;
    this.#logs = logs;
    this.#recordings = recordings;
    this.#shelf = shelf;
    this.#tools = tools;
    this.#relay = relay;
    addEventListener("beforeunload", (event) => this.#wouldBeLost && event.preventDefault());
  }

  readonly effects: Effects = (action, _before, after) => {
    switch (action.type) {
      case "run":
      case "grant-and-run":
      case "relay-and-run":
        if (!isRunning(after)) void this.#run("run");
        break;
      case "replay":
      case "resume":
        if (!isRunning(after)) void this.#run(action.type);
        break;
      case "suspend":
        this.#suspend(after);
        break;
      case "stop":
        this.#ongoing?.stop.abort();
        break;
      case "secret-given":
        this.#secrets.set(action.name, action.value);
        break;
      case "secret-forgotten":
        this.#secrets.delete(action.name);
        break;
      case "answer": {
        const settle = this.#ongoing?.questions.get(action.question);
        this.#ongoing?.questions.delete(action.question);
        settle?.(action.answer);
        break;
      }
      case "log-download": {
        if (after.timeline.shown !== THIS_RUN) break;
        const run = after.run;
        const text = run?.report?.log.text ?? this.#lines.map((line) => `${line}\n`).join("");
        download(`${run?.tool || "tool"}.log.jsonl`, "application/jsonl", new TextEncoder().encode(text));
        break;
      }
      case "artifact-download": {
        const artifact = after.run?.report?.artifacts[action.index];
        // Always as bytes: a browser must not open in the page's origin what a tool made.
        if (artifact !== undefined) download(artifact.name, "application/octet-stream", artifact.bytes);
        break;
      }
      default:
    }
  };

  /** Whether closing the page now loses a run that waits for an answer, or one that was taken off the shelf. */
  get #wouldBeLost(): boolean {
    const ongoing = this.#ongoing;
    return this.#shelf.isBusy || (ongoing !== undefined && (ongoing.questions.size > 0 || ongoing.putBack !== undefined));
  }

  /** Suspends the run that asks something; it ends here. */
  #suspend(state: State): void {
    try {
      const ongoing = this.#ongoing;
      const bytes = ongoing?.run?.suspend();
      const asked = state.questions[0];
      const asks = (asked?.question ?? asked?.request ?? "").slice(0, SHOWN);
      if (bytes !== undefined && ongoing !== undefined) void this.#shelf.keep(ongoing.tool, asks, bytes);
    } catch (error) {
      this.#store.dispatch({ type: "notice", level: "error", text: `It cannot be suspended now: ${messageOf(error)}` });
    }
  }

  async #run(kind: RunKind): Promise<void> {
    const { dispatch } = this.#store;
    const number = ++this.#number;
    const open = this.#recordings.now;
    const ongoing: Ongoing = {
      number,
      tool: "",
      stop: new AbortController(),
      questions: new Map(),
      entries: [],
      asked: new Map(),
      fuel: undefined,
      pages: undefined,
    };
    this.#ongoing = ongoing;
    const lines: string[] = [];
    this.#lines = lines;
    const { source } = this.#store.state;
    dispatch({ type: "run-started", number, kind, at: performance.now(), file: source.file, tool: "", identity: "", revision: source.revision });
    const fail = (kind: FailureKind, message: string): undefined => {
      dispatch({ type: "run-failed", number, kind, message, at: performance.now() });
    };
    let report: Report | undefined;
    const pulse = setInterval(() => this.#flush(ongoing), PULSE);
    try {
      const loaded = await this.#engine.load();
      const by = this.#relay.options(this.#store.state);
      const conditions: RunOptions = {
        ...(by === undefined ? {} : { relay: by }),
        signal: ongoing.stop.signal,
        onQuestion: (question) => this.#ask(ongoing, question),
        onEvent: (event) => {
          if (event.kind === "log") {
            lines.push(event.line);
            ongoing.entries.push(logged(ongoing, event.entry, event.line));
            if (event.entry.kind === "start" && event.entry.run === undefined) {
              ongoing.tool = event.entry.tool;
              // Its time is counted from here.
              this.#flush(ongoing);
            }
            if (event.entry.kind === "answer" && event.entry.answer === "expired") this.#withdraw(event.entry.digest);
          } else if (event.kind === "usage") {
            ongoing.fuel = event.fuel;
            ongoing.pages = event.pages;
          }
        },
      };
      const run = await this.#start(kind, open, ongoing, loaded, conditions, fail);
      if (run === undefined) return;
      ongoing.run = run;
      report = await run.report;
      this.#flush(ongoing);
      dispatch({ type: "run-ended", number, report, at: performance.now() });
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      const kind = name === "InputError" ? "input" : name === "PolicyError" ? "policy" : name === "ToolError" ? "tool" : "host";
      fail(kind, kind === "host" ? explain(error) : messageOf(error));
    } finally {
      clearInterval(pulse);
      for (const settle of ongoing.questions.values()) settle(undefined);
      // What ended before it went on by itself waits as it did.
      const isEnd = (line: string) => (JSON.parse(line) as Entry).kind === "end";
      const { putBack } = ongoing;
      if (putBack !== undefined && report?.outcome !== "suspended" && lines.slice(open?.entries).every(isEnd)) void putBack();
      if (this.#ongoing === ongoing) this.#ongoing = undefined;
      void this.#logs.run(number, ongoing.tool, lines);
      await this.#files.refresh();
    }
  }

  /** Starts it; nothing if that failed, which was told. */
  async #start(
    kind: RunKind,
    open: RecordingEffects["now"],
    ongoing: Ongoing,
    loaded: Loaded,
    conditions: RunOptions,
    fail: (kind: FailureKind, message: string) => undefined,
  ): Promise<Run | undefined> {
    if (kind !== "run") {
      if (open === undefined) return fail("recording", "No recording is open.");
      const { recording, place } = open;
      // Whoever pressed the button has read what it asks for: it is enabled by that alone.
      const grant = { seen: recording.asks.digest };
      if (kind === "replay") return recording.replay({ ...conditions, grant });
      const recorded = new loaded.pkg.Policy({ toml: recording.policy });
      const folder = await this.#files.forRun(recorded);
      // Before it goes on: whoever found it there then would do everything twice.
      try {
        if (place !== undefined) ongoing.putBack = await this.#shelf.take(place);
      } catch (error) {
        return fail("recording", messageOf(error));
      }
      if (conditions.signal?.aborted === true) return fail("host", "You stopped it before it started.");
      return recording.resume({ ...conditions, tools: this.#tools.callable(), folder, grant, secrets: this.#carried(recorded) });
    }
    const tool = await this.#compile.current();
    const state = this.#store.state;
    if (tool === undefined) {
      const problem = state.tool.phase === "none" ? undefined : state.tool.problem;
      return fail("source", problem?.message ?? "There is nothing to run: paste a tool first.");
    }
    if (conditions.signal?.aborted === true) return fail("host", "You stopped it before it started.");
    let policy;
    try {
      policy = this.#check.policy(loaded, policyText(state.grants));
      conditions = { ...conditions, tools: this.#tools.callable() };
    } catch (error) {
      return fail("policy", messageOf(error));
    }
    const folder = await this.#files.forRun(policy);
    // Of a tool whose component is not known there is no recording.
    return loaded.jar.run(tool, state.input.text, { ...conditions, policy, folder, secrets: this.#carried(policy), record: true });
  }

  /** The values that a policy needs, as far as they were given. */
  #carried(policy: Policy): Record<string, string> {
    const names = policy.secrets().map(({ name }) => name);
    return Object.fromEntries([...this.#secrets].filter(([name]) => names.includes(name)));
  }

  /** Takes a question off the page that nobody answered in time. The answer is one that the core no longer takes. */
  #withdraw(question: string): void {
    this.#store.dispatch({ type: "answer", question, answer: { answer: "nobody", why: "the question is withdrawn" }, at: performance.now() });
  }

  #ask(ongoing: Ongoing, question: Asked): Promise<Answer | undefined> {
    this.#flush(ongoing);
    return new Promise((resolve) => {
      ongoing.questions.set(question.digest, resolve);
      this.#store.dispatch({ type: "asked", question, at: performance.now() });
    });
  }

  #flush(ongoing: Ongoing): void {
    const { number, entries, fuel, pages } = ongoing;
    ongoing.entries = [];
    this.#store.dispatch({ type: "run-events", number, entries, fuel, pages, now: performance.now() });
  }
}

function logged(ongoing: Ongoing, entry: Entry, line: string): Logged {
  if (!("ticket" in entry)) return { entry, line };
  const ticket = `${entry.run ?? ""}#${entry.ticket}`;
  const now = performance.now();
  if (entry.kind === "request") ongoing.asked.set(ticket, now);
  const since = ongoing.asked.get(ticket);
  return entry.kind === "result" && since !== undefined ? { entry, line, took: now - since } : { entry, line };
}
