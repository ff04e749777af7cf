// The cell's script: runs guests, each in a fresh instance, and says what they ask. It lives in a worker of a sandboxed
// frame without network, storage or parent. What a guest's calls mean is Rust's (`Cell`); here instances are made,
// suspended and given up.

import { Cell, initSync } from "../pkg/cell/belljar_cell.js";
import { type FromCell, toCell } from "./protocol.js";

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

function send(port: MessagePort, message: FromCell): void {
  const bytes = message.kind === "events" ? [message.bytes] : message.kind === "state" ? [...message.memories.values()] : [];
  port.postMessage(message, bytes);
}

/** Compiled code, and what is asked of it for every run, looked up once. */
interface Code {
  readonly module: WebAssembly.Module;
  readonly imports: readonly WebAssembly.ModuleImportDescriptor[];
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
        code = { module, imports: WebAssembly.Module.imports(module) };
        send(port, { kind: "compiled" });
      } else if (message?.kind === "run" && code !== undefined) {
        await run(code, message, port, answer);
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

/** Runs a guest to its end, in as many rounds as it takes. */
async function run(
  code: Code,
  { setup, replay, snapshot }: { setup: ArrayBuffer; replay: boolean; snapshot: boolean },
  port: MessagePort,
  answer: () => Promise<Uint8Array>,
): Promise<void> {
  const suspends = !replay && WebAssembly.Suspending !== undefined;
  const cell = new Cell(new Uint8Array(setup));
  const show = snapshot ? (exports: WebAssembly.Exports) => send(port, state(exports)) : undefined;
  const report = () => {
    const bytes = cell.message();
    send(port, { kind: "events", bytes: bytes.buffer as ArrayBuffer });
  };
  try {
    while (!(await round(code, cell, suspends, show, report, answer))) {
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

/** One instance: true if the guest ended, false if it waits and was given up. */
async function round(
  { module, imports: wanted }: Code,
  cell: Cell,
  suspends: boolean,
  show: ((exports: WebAssembly.Exports) => void) | undefined,
  report: () => void,
  answer: () => Promise<Uint8Array>,
): Promise<boolean> {
  let waits = false;
  let realloc: Guest | undefined;
  let last = performance.now();

  /** Carries out what a call came to. */
  const finish = (what: number, wide: boolean): Word | undefined => {
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
  };

  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = Object.create(null);
  for (const { module: from, name } of wanted) {
    const group = (imports[from] ??= Object.create(null) as Record<string, WebAssembly.ImportValue>);
    if (from === "belljar:meter" && name === "refill") {
      group[name] = (counter: bigint) => {
        const next = cell.refill(counter);
        const now = performance.now();
        if (cell.is_full() || now - last > PULSE) {
          last = now;
          report();
        }
        return next;
      };
      continue;
    }
    const number = cell.import(from, name);
    if (number === undefined) throw new Error(`the guest imports ${from} ${name}, which admission does not let in`);
    const wide = name === "now";
    const call = (words: Word[]) => cell.call(number, BigUint64Array.from(words, unsigned));
    if (!cell.waits(number)) {
      group[name] = (...words: Word[]) => finish(call(words), wide);
    } else if (suspends && WebAssembly.Suspending !== undefined) {
      group[name] = new WebAssembly.Suspending((...words: Word[]) => {
        const what = call(words);
        if (what === NOTHING || what === VALUE || what === STORE) return finish(what, wide);
        report();
        return answer().then((bytes) => {
          cell.answer(bytes);
          finish(cell.go_on(), wide);
        });
      });
    } else {
      group[name] = (...words: Word[]) => {
        const what = call(words);
        if (what === NOTHING || what === VALUE || what === STORE) return finish(what, wide);
        if (cell.knows()) return finish(cell.go_on(), wide);
        waits = true;
        throw GIVEN_UP;
      };
    }
  }

  try {
    // At once: a worker may, and the other way takes a task of its own.
    const { exports } = new WebAssembly.Instance(module, imports);
    const enter = (name: string): Guest | undefined => {
      const guest = exports[name];
      if (typeof guest !== "function") return undefined;
      // On a stack of its own also if it never waits: that is about twice what a worker has.
      return WebAssembly.promising?.(guest as Guest) ?? (guest as Guest);
    };
    const global = (name: string) => exports[name] as WebAssembly.Global;
    realloc = exports["cabi_realloc"] as Guest | undefined;
    const memory = exports["memory"] as WebAssembly.Memory | undefined;
    cell.attach(memory, global("belljar:fuel"), global("belljar:pages"), global("belljar:stack"), global("belljar:refused"));
    const hand = (bytes: Uint8Array): [number, number] => {
      const at = Number(realloc?.(0, 0, 1, bytes.length) ?? 0) >>> 0;
      cell.write(at, bytes);
      return [at, bytes.length];
    };
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
    if (waits) return false;
    cell.fail(error instanceof Error ? error.name : "Error", error instanceof Error ? error.message : String(error));
  }
  return true;
}

/** A core value as 64 bits, `i32` zero-extended. */
function unsigned(word: Word): bigint {
  return typeof word === "bigint" ? BigInt.asUintN(64, word) : BigInt(word >>> 0);
}
