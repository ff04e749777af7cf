// The compilers, and admission: each is fetched when the first tool comes that needs it, and works in a worker of its own,
// which is ended when it takes too long.

import { type Assets, fetchBytes } from "./assets.js";
import { type Room, room } from "./cells.js";
import { CompileError } from "./errors.js";
import type { GuestState } from "./protocol.js";

/** Milliseconds in which one tool is compiled or admitted (10 s): the person who opened it waits that long at most. */
export const COMPILING = 10_000;

/** Milliseconds in which a tool and its engine become one component (60 s): nobody else's source is in it. */
const JOINING = 60_000;

/** Milliseconds in which a compiler itself is ready (60 s). */
const STARTING = 60_000;

/** Bytes of a compiler's memory (512 MiB), which its module is built with; at half of it, a compiler that breaks is short of memory. */
export const COMPILER_MEMORY = 512 << 20;

/** What a compiler's worker is asked. */
export type Job =
  | { readonly kind: "compile"; readonly file: string; readonly bytes: Uint8Array }
  | { readonly kind: "described"; readonly file: string; readonly bytes: Uint8Array; readonly answer: string }
  | { readonly kind: "admit"; readonly component: Uint8Array; readonly manifest: string; readonly file: string }
  | { readonly kind: "engine"; readonly component: Uint8Array }
  | { readonly kind: "standalone"; readonly component: Uint8Array; readonly manifest: string; readonly program: unknown; readonly state: GuestState };

/** What came of it. */
export interface Made {
  readonly component?: Uint8Array | undefined;
  readonly program?: unknown;
  readonly manifest?: string;
  readonly warnings?: readonly string[];
  /** What describes a program whose compiler does not read its manifest: another program, to be run with this input. */
  readonly describer?: { readonly program: unknown; readonly input: string } | undefined;
}

/** Why nothing came of it. */
export interface Failed {
  readonly message: string;
  readonly reason?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** The compiler itself broke. */
  readonly broke: boolean;
  /** Bytes of its memory then. */
  readonly memory: number;
  /** It nested too deeply. */
  readonly deep: boolean;
}

/** An answer; the first one, with the number 0, says that the compiler is there. */
export interface Answer {
  readonly id: number;
  readonly made?: Made;
  readonly failed?: Failed;
}

const NAMES = ["admission", "javascript", "python", "typescript", "wasm"] as const;
type Name = (typeof NAMES)[number];

/** The scripts, written out so that bundlers see them. */
const SCRIPTS: Readonly<Record<Name, () => Promise<{ default: string }>>> = {
  admission: () => import("compiler:admission"),
  javascript: () => import("compiler:javascript"),
  python: () => import("compiler:python"),
  typescript: () => import("compiler:typescript"),
  wasm: () => import("compiler:wasm"),
};

/** The compilers of a page. */
export class Compilers {
  readonly #assets: Assets;
  readonly #compilers = new Map<Name, Compiler>();

  constructor(assets: Assets) {
    this.#assets = assets;
  }

  /**
   * Compiles a source whose file's name says what it is. `signal` gives it up.
   *
   * @throws CompileError
   */
  compile(file: string, bytes: Uint8Array, signal?: AbortSignal): Promise<Made> {
    return this.#compiler(this.#for(file)).work({ kind: "compile", file, bytes }, file, COMPILING, signal);
  }

  /** A program with the manifest that its describer gave. */
  described(file: string, bytes: Uint8Array, answer: string, signal?: AbortSignal): Promise<Made> {
    return this.#compiler(this.#for(file)).work({ kind: "described", file, bytes, answer }, file, COMPILING, signal);
  }

  /** Admits a component; what comes back is what the host takes. The compiler for WebAssembly has admission, too. */
  async admit(component: Uint8Array, manifest: string, file: string, signal?: AbortSignal): Promise<Uint8Array> {
    const made = await this.#compiler(this.#compilers.has("wasm") ? "wasm" : "admission").work({ kind: "admit", component, manifest, file }, file, COMPILING, signal);
    return component_(made);
  }

  /** The engine of which snapshots are made, admitted. */
  async engine(component: Uint8Array): Promise<Uint8Array> {
    return component_(await this.#compiler("wasm").work({ kind: "engine", component }, "js.wasm", JOINING));
  }

  /** A program and its engine as one component, as `state` shows the engine that has loaded it. */
  async standalone(component: Uint8Array, manifest: string, program: unknown, state: GuestState): Promise<Uint8Array> {
    return component_(await this.#compiler("wasm").work({ kind: "standalone", component, manifest, program, state }, "the tool", JOINING));
  }

  /** Ends all of them. */
  close(): void {
    for (const compiler of this.#compilers.values()) compiler.end();
    this.#compilers.clear();
  }

  /** The one for WebAssembly also knows what to say of a file that is no tool's; the one for TypeScript compiles JavaScript, too. */
  #for(file: string): Name {
    if (/\.m?ts$/.test(file)) return "typescript";
    if (/\.m?js$/.test(file)) return this.#compilers.has("typescript") ? "typescript" : "javascript";
    if (/\.py$/.test(file)) return "python";
    return "wasm";
  }

  #compiler(name: Name): Compiler {
    let compiler = this.#compilers.get(name);
    if (compiler === undefined) {
      compiler = new Compiler(SCRIPTS[name], this.#assets[name]);
      this.#compilers.set(name, compiler);
    }
    return compiler;
  }
}

function component_(made: Made): Uint8Array {
  if (made.component === undefined) throw new CompileError("the compiler gave no component");
  return made.component;
}

/** One compiler: its worker, which is made anew after it was ended. It lives as a cell does, without network or storage. */
class Compiler {
  readonly #script: () => Promise<{ default: string }>;
  readonly #url: URL;
  #room: Promise<Room> | undefined;
  #module: Promise<ArrayBuffer> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #ids = 0;

  constructor(script: () => Promise<{ default: string }>, url: URL) {
    this.#script = script;
    this.#url = url;
  }

  /** Does a job, after those that were there before. */
  work(job: Job, file: string, limit: number, signal?: AbortSignal): Promise<Made> {
    const turn = this.#turn.then(() => this.#work(job, file, limit, signal));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #work(job: Job, file: string, limit: number, signal?: AbortSignal): Promise<Made> {
    signal?.throwIfAborted();
    this.#room ??= again(() => this.#start(), () => (this.#room = undefined));
    const room = await this.#room;
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      const done = (act: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        room.port.onmessage = null;
        act();
      };
      const drop = (why: unknown) => {
        room.end();
        this.#room = undefined;
        done(() => reject(why));
      };
      const give = (why: string) => drop(new CompileError(`${file} does not compile: ${why}`, { reason: `It does not compile: ${why}.` }));
      const abort = () => drop(signal?.reason);
      const timer = setTimeout(() => give(`compiling it took longer than ${limit / 1_000} s`), limit);
      signal?.addEventListener("abort", abort);
      if (signal?.aborted === true) return abort();
      room.port.onmessage = (event) => {
        const { id: of, made, failed, text } = event.data as Partial<Answer> & { text?: unknown };
        if (typeof text === "string") return give(`the compiler broke (${text})`);
        if (of !== id) return;
        if (made !== undefined) return done(() => resolve(made));
        if (failed === undefined || failed.broke) return give(broken(failed));
        done(() => reject(new CompileError(failed.message, failed)));
      };
      room.port.postMessage({ id, job });
    });
  }

  /** Ends it, and whatever it does. */
  end(): void {
    void this.#room?.then((room) => room.end(), () => undefined);
    this.#room = undefined;
  }

  async #start(): Promise<Room> {
    const load = async () => (await fetchBytes(this.#url)).buffer;
    this.#module ??= again(load, () => (this.#module = undefined));
    const [{ default: script }, module] = await Promise.all([this.#script(), this.#module]);
    const made = await room(script, module);
    try {
      await new Promise<void>((resolve, reject) => {
        made.port.onmessage = (event) => {
          const { failed, text } = event.data as Answer & { text?: unknown };
          if (failed === undefined && typeof text !== "string") resolve();
          else reject(new Error(`a compiler's worker does not start: ${failed?.message ?? String(text)}`));
        };
        setTimeout(() => reject(new Error("a compiler's worker does not answer")), STARTING);
      });
    } catch (error) {
      made.end();
      throw error;
    }
    return made;
  }
}

/** What is said when a compiler broke. */
function broken(failed: Failed | undefined): string {
  if (failed === undefined) return "the compiler gave no answer";
  if (failed.deep) return "it is nested too deeply";
  if (failed.memory >= COMPILER_MEMORY / 2) return `compiling it takes more memory than there is for it (${COMPILER_MEMORY >> 20} MiB)`;
  return `the compiler broke (${failed.message})`;
}

/** Loads; what failed is forgotten, so that the next call tries again. */
export async function again<T>(load: () => Promise<T>, forget: () => void): Promise<T> {
  try {
    return await load();
  } catch (error) {
    forget();
    throw error;
  }
}
