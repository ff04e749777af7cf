// One run between the page's half of the host, which decides, and a cell, which holds the guest.

import { Asking, type Call, Directory, Drawn, type Finding, type Folder, Running, type Grants, type Recorded, Source, Stores, type Tool as HostTool } from "../pkg/host/belljar_host.js";
import type { Cell } from "./cells.js";
import type { Courier } from "./courier.js";
import { messageOf, ToolError } from "./errors.js";
import type { FromCell, GuestState } from "./protocol.js";
import type { Carried, Relay } from "./relay.js";
import type { Answer, Asked, Changed, Entry, LogHead, Question, Report, RunEvent, RunOptions } from "./types.js";

/** Milliseconds of a frame in which a run's messages are taken in, if there are more. */
const SLICE = 8;

/** A run that may start. */
export interface Start {
  readonly tool: HostTool;
  /** The input's text, as the tool gets it. */
  readonly text: string;
  readonly grants: Grants;
  readonly folder: Folder | Directory | undefined;
  /** The IndexedDB database of keys and values. That of money by day has its name and " spend". */
  readonly database: string;
  /** What performs HTTP requests. */
  readonly courier: Courier;
  /** What performs them instead, if a person wants that. */
  readonly relay: Relay | undefined;
  readonly options: RunOptions;
  /** Runs the guest again where it waits, instead of suspending it. */
  readonly replay: boolean;
  /** What the tool was made of, if the run is recorded. */
  readonly source?: { readonly file: string; readonly bytes: Uint8Array } | undefined;
  /** A recorded run that is repeated, or resumed. */
  readonly recorded?: { readonly run: Recorded; readonly resume: boolean } | undefined;
  /** What it is, if another run called it, or if it repeats a recorded call. */
  readonly called?: { readonly call: Call; readonly repeats: boolean } | undefined;
  /** Begins a run of a tool that this one calls. */
  readonly call: (call: Call) => void;
  /** Finds a tool about whose call a person is to be asked. */
  readonly find: (finding: Finding) => void;
  /** Is given the handle by which the run is ended. */
  readonly started?: ((running: Handle) => void) | undefined;
  /** The program is loaded, shown, and not run. */
  readonly snapshot?: ((state: GuestState) => void) | undefined;
}

/** What can be done to a run in progress. */
export interface Handle {
  cancel(): void;
  /** Suspends it. */
  suspend(): Uint8Array;
}

/** A report as the host's module makes it. */
type Shown = Omit<Report, "log"> & { readonly log: LogHead };

/** How it ended, and whether the cell is idle: the guest came to its own end. */
export interface Ended {
  /** Nothing of a called run that could not begin: its caller was told. */
  readonly report: Report | undefined;
  readonly idle: boolean;
  /** The lines of its log. */
  readonly lines: readonly string[];
  /** Of a replay: the recorded calls, which are to be repeated, too. */
  readonly calls: readonly Call[];
}

/** Runs a tool in a cell that has its code. Rejects if it cannot start, or if Belljar itself breaks. */
export async function start(cell: Cell, run: Start): Promise<Ended> {
  const drawn = await draw(run);
  const refusal = drawn?.refusal() as Shown | undefined;
  return refusal === undefined ? go(cell, run, drawn) : { report: withLog(refusal, [], undefined), idle: true, lines: [], calls: [] };
}

/** Draws what a run may spend of a day's money, if its policy bounds that. A replay spends nothing, a called tool what its caller drew. */
async function draw({ tool, grants, database, recorded, called }: Start): Promise<Drawn | undefined> {
  if (called !== undefined) return undefined;
  try {
    if (recorded === undefined) return (await Drawn.draw(database, tool, grants)) as Drawn | undefined;
    return recorded.resume ? ((await Drawn.held(database, recorded.run, grants)) as Drawn | undefined) : undefined;
  } catch (error) {
    throw new ToolError(messageOf(error), error);
  }
}

function go(cell: Cell, run: Start, drawn: Drawn | undefined): Promise<Ended> {
  const { options } = run;
  return new Promise((resolve, reject) => {
    let running: Running | undefined;
    let begun = false;
    const lines: string[] = [];
    /** Requests end with the run. */
    const requests = new AbortController();

    const broken = (error: unknown) => {
      running = undefined;
      requests.abort();
      reject(new ToolError(`Belljar itself broke: ${messageOf(error)}`, error));
    };
    /** Calls into the host, which must not take the page with it. */
    const attempt = (act: (running: Running) => void) => {
      if (running === undefined) return;
      try {
        act(running);
      } catch (error) {
        broken(error);
      }
    };
    /** Whoever listens is called on a stack of its own: it may throw, and it may call back. */
    let told: RunEvent[] = [];
    const tell = (event: RunEvent) => {
      if (options.onEvent === undefined || told.push(event) > 1) return;
      queueMicrotask(() => {
        const events = told;
        told = [];
        for (const event of events) {
          try {
            options.onEvent?.(event);
          } catch (error) {
            reportError(error);
          }
        }
      });
    };
    /** With the way to see what a changed request comes to. */
    const editable = (asked: Asked): Asked => {
      if (asked.editable === undefined) return asked;
      const edited = (changed: Changed): Question => {
        if (running === undefined) throw new ToolError("the run has ended");
        const question = new Asking(asked.run, asked.ticket, asked.digest);
        try {
          return running.edited(question, JSON.stringify(changed)) as Question;
        } catch (error) {
          throw new ToolError(messageOf(error), error);
        } finally {
          question.free();
        }
      };
      return { ...asked, edited };
    };
    const ask = async (asked: Asked) => {
      let answer: Answer = { answer: "nobody", why: "this run has no one to ask" };
      let text = "";
      try {
        if (options.onQuestion !== undefined) answer = (await options.onQuestion(editable(asked))) ?? { answer: "nobody", why: "the question was not answered" };
        // What has no JSON is no answer, either.
        text = String(JSON.stringify(answer));
      } catch (error) {
        text = JSON.stringify({ answer: "nobody", why: messageOf(error) } satisfies Answer);
      }
      const who = typeof options.who === "string" ? { name: options.who } : (options.who ?? { name: "the person at the page" });
      attempt((running) => running.answer(new Asking(asked.run, asked.ticket, asked.digest), text, who.name, who.assurance ?? "inbox", who.identity));
    };
    const take = (message: FromCell) => {
      if (message.kind === "events") attempt((running) => running.receive(new Uint8Array(message.bytes)));
      else if (message.kind === "state") run.snapshot?.(message);
      else if (message.kind === "broken") attempt((running) => running.broke(message.text));
    };

    /** A cell that says more than the page can take in keeps it from drawing: then a part of each frame is the cell's. */
    const heard: FromCell[] = [];
    const hear = (message: FromCell) => {
      if (heard.push(message) === 1) drain();
    };
    const drain = () => {
      const end = performance.now() + SLICE;
      for (let at = 0; ; at++) {
        const message = heard[at];
        if (message === undefined) {
          heard.length = 0;
          return;
        }
        if (performance.now() > end && document.visibilityState === "visible") {
          heard.splice(0, at);
          return nextFrame(drain);
        }
        take(message);
      }
    };

    const listener = {
      send: (bytes: Uint8Array<ArrayBuffer>) => {
        const buffer = bytes.buffer;
        if (begun) cell.post({ kind: "answer", bytes: buffer });
        else cell.post({ kind: "run", setup: buffer, replay: run.replay, snapshot: run.snapshot !== undefined });
        begun = true;
      },
      request: (method: string, url: string, headers: string[], body: Uint8Array<ArrayBuffer> | undefined, most: number) =>
        run.courier.send({ method, url, headers, body: body?.buffer, most }, requests.signal),
      relay: (message: Uint8Array<ArrayBuffer>, most: number): Promise<Carried> =>
        run.relay?.send(message, most, requests.signal) ?? Promise.resolve({ problem: "network", text: "there is none" }),
      log: (line: string) => {
        lines.push(line);
        tell({ kind: "log", line, entry: JSON.parse(line) as Entry });
      },
      call: (call: Call) => queueMicrotask(() => run.call(call)),
      find: (finding: Finding) => queueMicrotask(() => run.find(finding)),
      question: (asked: Asked) => queueMicrotask(() => void ask(asked)),
      rejected: (ticket: number, why: string) => tell({ kind: "rejected", ticket, why }),
      usage: (fuel: number, pages: number) => tell({ kind: "usage", fuel, pages }),
      done: (shown: Shown, idle: boolean) => {
        const handle = running;
        running = undefined;
        requests.abort();
        // The handle is in use while this is called.
        queueMicrotask(() => {
          try {
            const isFirst = run.called === undefined;
            const isRecorded = isFirst && (run.source !== undefined || run.recorded?.resume === true) && shown.outcome !== "suspended";
            const calls: Call[] = [];
            for (let call = handle?.recordedCall(); call !== undefined; call = handle?.recordedCall()) calls.push(call);
            if (!isRecorded) handle?.free();
            resolve({ report: withLog(shown, lines, isRecorded ? handle : undefined), idle, lines, calls });
          } catch (error) {
            reject(new ToolError(`the run cannot be recorded: ${messageOf(error)}`, error));
          }
        });
      },
    };
    cell.listen(hear);
    try {
      running = begin(run, drawn, listener);
      if (running === undefined) return resolve({ report: undefined, idle: true, lines, calls: [] });
      run.started?.({
        cancel: () => attempt((running) => running.cancel()),
        suspend: () => {
          if (running === undefined) throw new ToolError("the run has ended");
          try {
            return running.suspend();
          } catch (error) {
            throw new ToolError(messageOf(error), error);
          }
        },
      });
    } catch (error) {
      reject(new ToolError(messageOf(error), error));
    }
  });
}

/** The report, whose log and recording are put together when somebody wants them: for a long log each takes as long as a frame or many. */
function withLog(shown: Shown, lines: readonly string[], handle: Running | undefined): Report {
  let text: string | undefined;
  const log = { ...shown.log, get text() {
    return (text ??= lines.map((line) => `${line}\n`).join(""));
  } };
  const report = { ...shown, log };
  if (handle === undefined) return report;
  let recording: Uint8Array | undefined;
  return Object.defineProperty(report, "recording", {
    enumerable: true,
    get: () => {
      if (recording === undefined) {
        recording = handle.recording();
        handle.free();
      }
      return recording;
    },
  });
}

/** After the page has drawn, or had the chance to. A hidden page draws nothing. */
function nextFrame(act: () => void): void {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    act();
  };
  // A page that is hidden meanwhile gets no frame.
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, 100);
}

function begin({ tool, text, grants, folder, database, relay, options, source, recorded, called }: Start, drawn: Drawn | undefined, listener: object): Running | undefined {
  const stores = () => {
    const stores = new Stores(database, options.namespace);
    if (folder instanceof Directory) stores.useDirectory(folder);
    else if (folder !== undefined) stores.useFolder(folder);
    for (const [name, value] of Object.entries(options.secrets ?? {})) stores.addSecret(name, value);
    if (relay !== undefined) stores.useRelay();
    return stores;
  };
  if (called?.repeats === true) return called.call.replay(tool, grants, listener);
  const origin = source && new Source(source.file, source.bytes);
  if (called !== undefined) return called.call.start(tool, grants, origin, stores(), listener);
  if (recorded === undefined) {
    if (options.startedBy === undefined) return Running.start(tool, text, grants, stores(), origin, drawn, listener);
    const started = grants.startedBy(options.startedBy);
    try {
      return Running.start(tool, text, started, stores(), origin, drawn, listener);
    } finally {
      started.free();
    }
  }
  if (!recorded.resume) return Running.replay(tool, recorded.run, grants, listener);
  return Running.resume(tool, recorded.run, grants, stores(), drawn, listener);
}
