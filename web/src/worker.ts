// The cell's script: runs guests, each in a fresh instance, and says what they ask. It lives in a worker of a sandboxed
// frame without network, storage or parent. What a guest's calls mean is Rust's (`Cell`); here instances are made,
// suspended and given up.

import { Cell, import_number as numberOf, import_waits as mayWait, initSync } from "../pkg/cell/belljar_cell.js";
import "./doors.js";
import { type FromCell, post, toCell } from "./protocol.js";

declare global {
  namespace WebAssembly {
    /** JavaScript Promise Integration: an import that suspends the guest. Not in every engine. */
    const Suspending: (new (act: (...words: Word[]) => unknown) => ImportValue) | undefined;
    const promising: ((act: Guest) => (...words: Word[]) => Promise<unknown>) | undefined;
  }
}

type Word = number | bigint;
type Guest = (...words: Word[]) => unknown;

// What `Cell.call` and `Cell.go_on` ask for.
const NOTHING = 0;
const VALUE = 1;
const STORE = 2;

/** Milliseconds between two messages of a guest that computes: what a meter on the page shows. */
const PULSE = 100;

/** Thrown through a guest that is given up, to be run again when its answer is there. */
const GIVEN_UP = new Error("belljar: the guest waits");

const scope = self as unknown as { onmessage: ((event: MessageEvent) => void) | null };

scope.onmessage = (event) => {
  scope.onmessage = null;
  const port = event.ports[0];
  if (port === undefined) return;
  try {
    initSync({ module: event.data as ArrayBuffer });
    serve(port);
    send(port, { kind: "ready" });
  } catch (error) {
    send(port, { kind: "broken", text: String(error) });
  }
};

const send: (port: MessagePort, message: FromCell) => void = post;

/** Compiled code, and what is asked of it for every run, looked up once. */
interface Code {
  readonly module: WebAssembly.Module;
  readonly imports: readonly WebAssembly.ModuleImportDescriptor[];
  /** An instance in which nothing has run yet, made while nobody waited for it. */
  fresh: Fresh | undefined;
}

/** An instance before its run. */
interface Fresh {
  readonly exports: WebAssembly.Exports;
  /** Its imports suspend it; else they give it up. */
  readonly suspends: boolean;
  /** Whose calls its imports answer. */
  readonly host: Host;
}

/** What an instance's imports need of the run that it is for. */
interface Host {
  cell: Cell;
  report: () => void;
  answer: () => Promise<Uint8Array>;
  realloc: Guest | undefined;
  /** The guest was given up because it waits. */
  waits: boolean;
  /** When something was last sent. */
  last: number;
}

function serve(port: MessagePort): void {
  let code: Code | undefined;
  let answered: ((bytes: Uint8Array) => void) | undefined;
  const answer = () => new Promise<Uint8Array>((resolve) => (answered = resolve));
  port.onmessage = async (event) => {
    const message = toCell(event.data);
    try {
      if (message?.kind === "code") {
        const module = await WebAssembly.compile(message.core);
        code = { module, imports: WebAssembly.Module.imports(module), fresh: undefined };
        send(port, { kind: "compiled" });
        prepare(code, WebAssembly.Suspending !== undefined);
      } else if (message?.kind === "run" && code !== undefined) {
        await run(code, message, port, answer);
        prepare(code, suspends(message.replay));
      } else if (message?.kind === "answer") {
        const resolve = answered;
        answered = undefined;
        resolve?.(new Uint8Array(message.bytes));
      }
    } catch (error) {
      send(port, { kind: "broken", text: String(error) });
    }
  };
}

/** Whether guests are suspended where they wait. */
function suspends(replay: boolean): boolean {
  return !replay && WebAssembly.Suspending !== undefined;
}

/** Makes the instance for the next run. */
function prepare(code: Code, suspends: boolean): void {
  try {
    code.fresh = instantiate(code, suspends);
  } catch {
    // The run itself tries again, and then it is told.
    code.fresh = undefined;
  }
}

/** Runs a guest to its end, in as many rounds as it takes. */
async function run(
  code: Code,
  { setup, replay, snapshot }: { setup: ArrayBuffer; replay: boolean; snapshot: boolean },
  port: MessagePort,
  answer: () => Promise<Uint8Array>,
): Promise<void> {
  const cell = new Cell(new Uint8Array(setup));
  const show = snapshot ? (exports: WebAssembly.Exports) => send(port, state(exports)) : undefined;
  const report = () => {
    const bytes = cell.message();
    send(port, { kind: "events", bytes: bytes.buffer as ArrayBuffer });
  };
  try {
    for (;;) {
      let fresh = code.fresh?.suspends === suspends(replay) ? code.fresh : undefined;
      code.fresh = undefined;
      try {
        fresh ??= instantiate(code, suspends(replay));
      } catch (error) {
        cell.not_started(error instanceof Error ? error.name : "Error", error instanceof Error ? error.message : String(error));
        break;
      }
      Object.assign(fresh.host, { cell, report, answer });
      if (await round(fresh, cell, show)) break;
      report();
      cell.answer(await answer());
      cell.again();
      // Instances that were given up are collected between tasks.
      await new Promise((resolve) => setTimeout(resolve));
    }
    report();
  } finally {
    cell.free();
  }
}

/** All that an instance holds. */
function state(exports: WebAssembly.Exports): FromCell {
  const globals = new Map<string, number | bigint>();
  const memories = new Map<string, ArrayBuffer>();
  for (const [name, item] of Object.entries(exports)) {
    if (item instanceof WebAssembly.Global) globals.set(name, item.value as number | bigint);
    else if (item instanceof WebAssembly.Memory) memories.set(name, item.buffer.slice(0));
  }
  return { kind: "state", globals, memories };
}

/** Carries out what a call came to. */
function finish({ cell, realloc }: Host, what: number, wide: boolean): Word | undefined {
  if (what === VALUE) return wide ? cell.value() : Number(cell.value()) | 0;
  if (what !== STORE) return undefined;
  const plan = cell.plan();
  if (plan === undefined) return undefined;
  const blocks = plan.allocations();
  const bases = new Uint32Array(blocks.length / 2);
  for (let i = 0; i < bases.length; i++) {
    bases[i] = Number(realloc?.(0, 0, blocks[2 * i] ?? 1, blocks[2 * i + 1] ?? 0) ?? 0) >>> 0;
  }
  cell.store(plan, bases);
  return undefined;
}

/** What a guest calls when its counter runs out. */
function refill(host: Host, counter: bigint): bigint {
  const next = host.cell.refill(counter);
  const now = performance.now();
  if (host.cell.is_full() || now - host.last > PULSE) {
    host.last = now;
    host.report();
  }
  return next;
}

/** An instance of its own. Nothing of the guest runs: it has no start function. */
function instantiate({ module, imports: wanted }: Code, suspends: boolean): Fresh {
  // The cell comes with the run.
  const host = { realloc: undefined, waits: false, last: performance.now() } as unknown as Host;
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = Object.create(null);
  for (const { module: from, name } of wanted) {
    const group = (imports[from] ??= Object.create(null) as Record<string, WebAssembly.ImportValue>);
    if (from === "belljar:meter" && name === "refill") {
      group[name] = (counter: bigint) => refill(host, counter);
      continue;
    }
    const number = numberOf(from, name);
    if (number === undefined) throw new Error(`the guest imports ${from} ${name}, which admission does not let in`);
    const wide = name === "now";
    const call = (words: Word[]) => host.cell.call(number, BigUint64Array.from(words, unsigned));
    if (!mayWait(number)) {
      group[name] = (...words: Word[]) => finish(host, call(words), wide);
    } else if (suspends && WebAssembly.Suspending !== undefined) {
      group[name] = new WebAssembly.Suspending((...words: Word[]) => {
        const what = call(words);
        if (what === NOTHING || what === VALUE || what === STORE) return finish(host, what, wide);
        host.report();
        return host.answer().then((bytes) => {
          host.cell.answer(bytes);
          finish(host, host.cell.go_on(), wide);
        });
      });
    } else {
      group[name] = (...words: Word[]) => {
        const what = call(words);
        if (what === NOTHING || what === VALUE || what === STORE) return finish(host, what, wide);
        if (host.cell.knows()) return finish(host, host.cell.go_on(), wide);
        host.waits = true;
        throw GIVEN_UP;
      };
    }
  }
  // At once: a worker may, and the other way takes a task of its own.
  const { exports } = new WebAssembly.Instance(module, imports);
  host.realloc = exports["cabi_realloc"] as Guest | undefined;
  return { exports, suspends, host };
}

/** Runs an instance: true if the guest ended, false if it waits and was given up. */
async function round(
  { exports, host }: Fresh,
  cell: Cell,
  show: ((exports: WebAssembly.Exports) => void) | undefined,
): Promise<boolean> {
  host.last = performance.now();
  const enter = (name: string): Guest | undefined => {
    const guest = exports[name];
    if (typeof guest !== "function") return undefined;
    // On a stack of its own also if it never waits: that is about twice what a worker has.
    return WebAssembly.promising?.(guest as Guest) ?? (guest as Guest);
  };
  const global = (name: string) => exports[name] as WebAssembly.Global;
  const hand = (bytes: Uint8Array): [number, number] => {
    const at = Number(host.realloc?.(0, 0, 1, bytes.length) ?? 0) >>> 0;
    cell.write(at, bytes);
    return [at, bytes.length];
  };
  try {
    const memory = exports["memory"] as WebAssembly.Memory | undefined;
    cell.attach(memory, global("belljar:fuel"), global("belljar:pages"), global("belljar:stack"), global("belljar:refused"));
    await enter("belljar:start")?.();
    await enter("_initialize")?.();
    const program = cell.program();
    if (program !== undefined && program[0] !== undefined && program[1] !== undefined) {
      const [file, text] = [hand(program[0]), hand(program[1])];
      cell.set_loading(true);
      const address = await enter("load")?.(...file, ...text);
      cell.set_loading(false);
      if (!cell.loaded(Number(address) >>> 0)) return true;
      if (show !== undefined) {
        show(exports);
        cell.shown();
        return true;
      }
    }
    const address = await enter("run")?.(...hand(cell.input()));
    cell.returned(Number(address) >>> 0);
    await enter("cabi_post_run")?.(Number(address));
    cell.done();
  } catch (error) {
    if (host.waits) return false;
    cell.fail(error instanceof Error ? error.name : "Error", error instanceof Error ? error.message : String(error));
  }
  return true;
}

/** A core value as 64 bits, `i32` zero-extended. */
function unsigned(word: Word): bigint {
  return typeof word === "bigint" ? BigInt.asUintN(64, word) : BigInt(word >>> 0);
}
