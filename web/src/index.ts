/**
 * Belljar in a web page: compiles a tool, shows what it asks for, and runs it under glass, with no server.
 *
 * ```ts
 * import { Belljar } from "belljar";
 *
 * const jar = await Belljar.create();
 * const tool = await jar.compile("hello.js", "export default ({ name }) => `Hello, ${name}!`;");
 * const run = jar.run(tool, { name: "you" });
 * const report = await run.report; // report.output === '"Hello, you!"'
 * ```
 *
 * @module
 */

import initHost, {
  Engine,
  Folder,
  Grants,
  Running,
  Tool as HostTool,
  checkRule,
} from "../pkg/host/belljar_host.js";
import { Cell } from "./cells.js";
import { CompileError, InputError, PolicyError, ToolError } from "./errors.js";
import type { About, Asked, Entry, Options, PolicyOptions, Report, RunEvent, RunOptions, Source } from "./types.js";
import workerScript from "worker:script";

export { Folder } from "../pkg/host/belljar_host.js";
export { BOOT } from "./cells.js";
export { CompileError, InputError, PolicyError, ToolError } from "./errors.js";
export { stage } from "./stage.js";
export type * from "./types.js";

type Compiler = typeof import("./compiler.js");

/** A tool, ready to run any number of times. */
export class Tool {
  /** @internal */
  readonly host: HostTool;
  /** What the tool says of itself, and its identity. */
  readonly about: About;
  /** What the compiler had to remark. */
  readonly warnings: readonly string[];
  /** The component's bytes, unless the tool is a program for an engine. */
  readonly component: Uint8Array | undefined;
  /** @internal */
  readonly program: unknown;

  /** @internal */
  constructor(host: HostTool, warnings: readonly string[], component?: Uint8Array, program?: unknown) {
    this.host = host;
    this.about = host.about() as About;
    this.warnings = warnings;
    this.component = component;
    this.program = program;
  }

  /** Checks an input and returns the JSON text that the tool would get, with defaults filled in. */
  acceptInput(input: unknown): string {
    return guard(InputError, () => this.host.acceptInput(jsonText(input)));
  }
}

/** A policy, checked. */
export class Policy {
  /** @internal */
  readonly grants: Grants;

  /** @throws PolicyError that says where it is wrong. */
  constructor(options: PolicyOptions | string = {}) {
    const given = typeof options === "string" ? { toml: options } : options;
    const { toml, deny = [], ask = [], allow = [] } = given;
    this.grants = guard(PolicyError, () => new Grants(toml, deny, ask, allow));
  }

  /** What it allows, in sentences. */
  describe(): string[] {
    return this.grants.describe();
  }

  /** Why a rule such as `kv notes/**` cannot be read; nothing if it can. */
  static problem(rule: string): string | undefined {
    return checkRule(rule);
  }
}

/** A run in progress. */
export interface Run {
  /** How it ends. It never rejects for what the tool does; it rejects if it cannot start. */
  readonly report: Promise<Report>;
  /** Ends it. */
  cancel(): void;
}

/** Compiles and runs tools. One per page is enough. */
export class Belljar {
  readonly #assets: URL;
  readonly #module: ArrayBuffer;
  readonly #database: string;
  readonly #replay: boolean;
  readonly #warm = new Map<string, Cell[]>();
  readonly #numbers = new WeakMap<object, number>();
  #next = 0;
  #blank: Promise<Cell> | undefined;
  #compiler: Promise<Compiler> | undefined;
  #engine: Promise<Engine> | undefined;
  #engineBytes: Promise<Uint8Array<ArrayBuffer>> | undefined;

  private constructor(assets: URL, module: ArrayBuffer, options: Options) {
    this.#assets = assets;
    this.#module = module;
    this.#database = options.database ?? "belljar";
    this.#replay = options.replay ?? false;
  }

  /** Sets it up: fetches the host's modules, and starts the first cell. */
  static async create(options: Options = {}): Promise<Belljar> {
    const assets = new URL(options.assets ?? "./", options.assets === undefined ? import.meta.url : location.href);
    const [module] = await Promise.all([
      fetchBytes(new URL("belljar_cell_bg.wasm", assets)),
      initHost({ module_or_path: new URL("belljar_host_bg.wasm", assets) }),
    ]);
    const jar = new Belljar(assets, module.buffer, options);
    jar.#prepareCell();
    return jar;
  }

  /**
   * Compiles a source. The file's name says what it is: `.ts`, `.js`, `.wat` or `.wasm`.
   *
   * @throws CompileError with line and column where there is a place, ToolError if the tool is refused.
   */
  async compile(file: string, source: Source): Promise<Tool> {
    const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
    const compiler = await this.#loadCompiler();
    const output = guard(CompileError, () => compiler.compile(file, bytes));
    try {
      const warnings = output.warnings();
      const component = output.component();
      if (component !== undefined) return this.#ofComponent(component, output.manifest(), file, warnings);
      const program: unknown = output.program();
      return await this.#ofProgram(program, warnings);
    } finally {
      output.free();
    }
  }

  /** Takes a component that was built elsewhere; needs no compiler. */
  load(file: string, component: Uint8Array): Tool {
    const name = file.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "").toLowerCase().replace(/[^a-z0-9]+/g, "-");
    return this.#ofComponent(component, JSON.stringify({ name: name.replace(/^-+|-+$/g, "") || "tool" }), file, []);
  }

  /** Runs a tool once, in a fresh instance. Nothing is granted unless the policy says so. */
  run(tool: Tool, input: unknown, options: RunOptions = {}): Run {
    let running: Running | undefined;
    let cancelled = false;
    const cancel = () => {
      cancelled = true;
      running?.cancel();
    };
    const report = this.#run(tool, input, options, (started) => {
      running = started;
      if (cancelled) started.cancel();
    });
    options.signal?.addEventListener("abort", cancel, { once: true });
    if (options.signal?.aborted === true) cancel();
    return { report, cancel };
  }

  async #run(tool: Tool, input: unknown, options: RunOptions, started: (running: Running) => void): Promise<Report> {
    const text = tool.acceptInput(input);
    const policy = options.policy instanceof Policy ? options.policy : new Policy(options.policy);
    const key = `${tool.about.identity} ${this.#number(tool)} ${this.#number(policy)}`;
    const cell = await this.#cell(key, tool);
    const lines: string[] = [];
    const tell = (event: RunEvent) => options.onEvent?.(event);
    return new Promise<Report>((resolve, reject) => {
      let running: Running | undefined;
      let setup = true;
      const early: Uint8Array[] = [];
      const listener = {
        send: (bytes: Uint8Array<ArrayBuffer>) => {
          const buffer = bytes.buffer;
          if (setup) cell.post({ kind: "run", setup: buffer, replay: options.replay ?? this.#replay }, [buffer]);
          else cell.post({ kind: "answer", bytes: buffer }, [buffer]);
          setup = false;
        },
        log: (line: string) => {
          lines.push(line);
          tell({ kind: "log", line, entry: JSON.parse(line) as Entry });
        },
        question: (asked: Asked) => {
          const answer = (word: "once" | "rule" | "no", who: string) => running?.answer(asked.ticket, word, who);
          const nobody = (why: string) => running?.answer(asked.ticket, "nobody", why);
          const onQuestion = options.onQuestion;
          // A run hears of it in its own time: the question is part of what it is about to write down.
          queueMicrotask(() => {
            if (onQuestion === undefined) return nobody("the page asks no one");
            Promise.resolve(onQuestion(asked)).then(
              (said) => (said === undefined ? nobody("the question was not answered") : answer(said, options.who ?? "the person at the page")),
              (error: unknown) => nobody(String(error)),
            );
          });
        },
        usage: (fuel: number, pages: number) => tell({ kind: "usage", fuel, pages }),
        done: (shown: Omit<Report, "log">, itself: boolean) => {
          if (itself) this.#keep(key, cell);
          else cell.end();
          this.#prepareCell();
          resolve({ ...shown, log: lines.map((line) => `${line}\n`).join("") });
          // The handle is in use while this is called.
          setTimeout(() => running?.free());
        },
      };
      const receive = (bytes: ArrayBuffer) => {
        const copy = new Uint8Array(bytes);
        if (running === undefined) early.push(copy);
        else running.receive(copy);
      };
      cell.listen((message) => {
        if (message.kind === "events") {
          receive(message.bytes);
        } else if (message.kind === "broken") {
          running?.broke(message.text);
        }
      });
      const folder = options.folder ?? new Folder();
      Running.start(tool.host, text, policy.grants, folder, this.#database, options.namespace, listener).then(
        (value) => {
          running = value;
          started(value);
          for (const bytes of early.splice(0)) value.receive(bytes);
        },
        (error: unknown) => {
          cell.end();
          reject(new ToolError(messageOf(error)));
        },
      );
    });
  }

  /** Ends all cells. Runs in progress end, too. */
  close(): void {
    for (const cells of this.#warm.values()) for (const cell of cells) cell.end();
    this.#warm.clear();
    void this.#blank?.then((cell) => cell.end());
    this.#blank = undefined;
  }

  #ofComponent(component: Uint8Array, manifest: string, file: string, warnings: string[]): Tool {
    return new Tool(guard(ToolError, () => HostTool.ofComponent(component, manifest, file)), warnings, component);
  }

  async #ofProgram(program: unknown, warnings: string[]): Promise<Tool> {
    const engine = await this.#loadEngine();
    return new Tool(guard(ToolError, () => HostTool.ofProgram(program, engine)), warnings, undefined, program);
  }

  #loadCompiler(): Promise<Compiler> {
    this.#compiler ??= (async () => {
      const compiler = await import("./compiler.js");
      await compiler.default({ module_or_path: new URL("belljar_compiler_bg.wasm", this.#assets) });
      return compiler;
    })();
    return this.#compiler;
  }

  #loadEngineBytes(): Promise<Uint8Array<ArrayBuffer>> {
    this.#engineBytes ??= fetchBytes(new URL("js.wasm", this.#assets));
    return this.#engineBytes;
  }

  #loadEngine(): Promise<Engine> {
    this.#engine ??= this.#loadEngineBytes().then((bytes) => new Engine(bytes));
    return this.#engine;
  }

  /** A cell that has the tool's code. */
  async #cell(key: string, tool: Tool): Promise<Cell> {
    const warm = this.#warm.get(key)?.pop();
    if (warm !== undefined) return warm;
    const cell = await this.#prepareCell();
    this.#blank = undefined;
    try {
      await cell.compile(tool.host.core() as Uint8Array<ArrayBuffer>);
    } catch (error) {
      cell.end();
      throw error;
    }
    return cell;
  }

  #keep(key: string, cell: Cell): void {
    cell.listen(undefined);
    // Those of the tool and policy that were used last, and few: each is a worker.
    const kept = this.#warm.get(key) ?? [];
    this.#warm.delete(key);
    this.#warm.set(key, kept);
    if (kept.length < 2) kept.push(cell);
    else cell.end();
    for (const [old, cells] of this.#warm) {
      if (this.#warm.size <= 4) break;
      for (const cell of cells) cell.end();
      this.#warm.delete(old);
    }
  }

  #prepareCell(): Promise<Cell> {
    if (this.#blank === undefined) {
      const blank = Cell.start(workerScript, this.#module);
      this.#blank = blank;
      blank.catch(() => {
        if (this.#blank === blank) this.#blank = undefined;
      });
    }
    return this.#blank;
  }

  #number(value: object): number {
    let number = this.#numbers.get(value);
    if (number === undefined) this.#numbers.set(value, (number = this.#next++));
    return number;
  }

}

async function fetchBytes(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname} cannot be fetched: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

function jsonText(input: unknown): string {
  return typeof input === "string" ? input : (JSON.stringify(input) ?? "null");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function guard<T>(Kind: new (message: string, cause?: unknown) => Error, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Kind(messageOf(error), error);
  }
}
