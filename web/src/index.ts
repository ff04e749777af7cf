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
  type Call,
  Directory as HostDirectory,
  Engine,
  type Finding,
  Folder as HostFolder,
  Grants,
  Recorded,
  Tool as HostTool,
  checkRule,
  learn as learnFrom,
} from "../pkg/host/belljar_host.js";
import { assets, type Engines, fetchBytes, type Assets } from "./assets.js";
import { again, Compilers, type Made as Compiled } from "./compilers.js";
import { Courier } from "./courier.js";
import { CompileError, InputError, messageOf, PolicyError, ToolError } from "./errors.js";
import type { GuestState } from "./protocol.js";
import { Pool } from "./pool.js";
import { Relay } from "./relay.js";
import { type Ended, type Handle, start } from "./run.js";
import type { About, Options, PolicyOptions, Report, Run, RunOptions, Source } from "./types.js";
import workerScript from "worker:script";

export { LogVerifier } from "../pkg/host/belljar_host.js";
export { BOOT } from "./cells.js";
export { COMPILING } from "./compilers.js";
export { CompileError, InputError, PolicyError, ToolError } from "./errors.js";
export type { RelayOptions } from "./relay.js";
export { STAGED, stage, type Staged } from "./stage.js";
export type * from "./types.js";

/** A run that may start. */
interface Started {
  /** The input's text, as the tool gets it. */
  text: string;
  policy: Policy;
  started?: (running: Handle) => void;
  recorded?: { run: Recorded; resume: boolean };
  /** It is called by another run, or repeats a recorded call. */
  called?: { call: Call; repeats: boolean };
  /** The program is loaded, shown, and not run. */
  snapshot?: (state: GuestState) => void;
}

/** What a tool was made of. */
interface Made {
  component?: Uint8Array;
  program?: unknown;
  manifest?: string;
  source?: { file: string; bytes: Uint8Array };
}

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
  /** @internal The manifest as JSON text. */
  readonly manifest: string;
  /** @internal What it was made of, for recordings; nothing if that is not known. */
  readonly source: { readonly file: string; readonly bytes: Uint8Array } | undefined;

  /** @internal */
  constructor(host: HostTool, warnings: readonly string[], { component, program, manifest = "", source }: Made = {}) {
    this.host = host;
    this.about = host.about() as About;
    this.warnings = warnings;
    this.component = component;
    this.program = program;
    this.manifest = manifest;
    this.source = source ?? (component && { file: `${this.about.name}.wasm`, bytes: component });
  }

  /** Checks an input and returns the JSON text that the tool would get, with defaults filled in. */
  acceptInput(input: unknown): string {
    return guard(InputError, () => this.host.acceptInput(jsonText(input)));
  }
}

/** A folder in memory: what a page gives to tools, and what they write there. */
export class Folder extends HostFolder {
  /**
   * Puts a file there, with the folders above it; a text becomes UTF-8.
   *
   * @throws Error if the path is none, or the content is neither bytes nor a text.
   */
  override put(path: string, content: Uint8Array | readonly number[] | string): void {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : Array.isArray(content) ? Uint8Array.from(content as readonly number[]) : content;
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`${path}: a file's content is a text or a Uint8Array`);
    super.put(path, bytes);
  }
}

/**
 * A real folder, which a person opened to the page through the File System Access API: what tools write there is on the disk.
 *
 * ```ts
 * const handle = await showDirectoryPicker({ mode: "readwrite" });
 * const run = jar.run(tool, input, { policy: { allow: ["files ./ as /data"] }, folder: new Directory(handle) });
 * ```
 *
 * A handle of `navigator.storage.getDirectory()` does as well. The browser's permission is asked for by whoever has the handle; where it
 * is missing, the tool's requests fail and say so. As with a {@link Folder}, a tool gets what `files` rules grant of it, and nothing
 * else: `./` is the folder itself, `./sub` what is in it. Runs that share one `Directory` take turns.
 */
export class Directory extends HostDirectory {
  /** @throws Error if it is not the handle of a directory. */
  constructor(handle: FileSystemDirectoryHandle) {
    super(handle);
  }
}

/** A policy, checked. */
export class Policy {
  /** @internal */
  readonly grants: Grants;

  /** @internal One that is there already. */
  static of(grants: Grants): Policy {
    return Object.assign(Object.create(Policy.prototype) as Policy, { grants });
  }

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

  /** Whether anything is allowed, or a person is asked about anything. */
  grantsAnything(): boolean {
    return this.grants.grantsAnything();
  }

  /** The secrets that requests carry: each needs a value in {@link RunOptions.secrets}. */
  secrets(): { name: string; origin: string; place: string }[] {
    const all = this.grants.secrets();
    return Array.from({ length: all.length / 3 }, (_, i) => ({ name: all[3 * i] ?? "", origin: all[3 * i + 1] ?? "", place: all[3 * i + 2] ?? "" }));
  }

  /** The folders that its `files` rules name: as the page's {@link Folder} or {@link Directory} has them, and as the tool sees them. */
  mounts(): { host: string; guest: string }[] {
    const names = this.grants.mounts();
    return names.flatMap((host, i) => (i % 2 === 0 ? [{ host, guest: names[i + 1] ?? "" }] : []));
  }

  /** Whether it lets a tool change files, or a person who is asked: a {@link Directory} then needs the browser's permission for that. */
  changesFiles(): boolean {
    return this.grants.changesFiles();
  }

  /** Why a rule such as `kv notes/**` cannot be read; nothing if it can. */
  static problem(rule: string, effect: "deny" | "ask" | "allow" = "allow"): string | undefined {
    return checkRule(rule, effect);
  }
}

/**
 * The smallest policy, as a `policy.toml`, that allows what logs show that was done, each rule with the entries that need it in a
 * comment. It grants nothing until a run is given it. `name` is what a log is called in the comments.
 *
 * @throws PolicyError that names the first entry of a log that does not hold.
 */
export function learn(logs: readonly { readonly name: string; readonly text: string }[]): string {
  return guard(PolicyError, () => learnFrom(logs.map(({ name }) => name), logs.map(({ text }) => text)));
}

/** A recorded run: one that has ended, and can be replayed, or one that was suspended, and can be resumed. */
export interface Recording {
  /** The tool, compiled and admitted here. */
  readonly tool: Tool;
  /** The input as the tool got it, as JSON text. */
  readonly input: string;
  /** The policy that it ran under, as `policy.toml`. */
  readonly policy: string;
  /** The recorded log. */
  readonly log: string;
  /** Whether it was suspended while it waited for a person. */
  readonly isSuspended: boolean;
  /** What it asks for: its policy, and what a person allowed for the whole run before it was suspended. */
  readonly asks: Asks;
  /**
   * Runs it again from the recording alone: nothing is performed. What comes back is a run; its report says in `divergence`
   * where it differs from the recorded one: `(await recording.replay().report).divergence`.
   *
   * @throws ToolError if it may take more than the default limits, and nobody grants that.
   */
  replay(options?: Pick<RunOptions, "onEvent" | "signal" | "replay"> & { grant?: Grant | undefined }): Run;
  /**
   * Resumes a run that was suspended: runs it again up to there, and then goes on, under its {@link policy} and with what was
   * allowed before. It is recorded. A file is not a grant: `grant` says who gives what it {@link asks} for; without it, it goes
   * on only if it asks for nothing. Whoever keeps the bytes must not resume them again: what is done from there on would be
   * done twice.
   *
   * @throws ToolError if it is not granted what it asks for, or the second time.
   */
  resume(options?: Omit<RunOptions, "policy" | "record"> & { grant?: Grant | undefined }): Run;
}

/** What a recording asks for, which nobody has given. */
export interface Asks {
  /** All of it, in sentences. They are the file's words: show them as text. */
  readonly sentences: readonly string[];
  /** What identifies all of it, and for which tool: a person who read the sentences grants {@link Grant} `{ seen: digest }`. */
  readonly digest: string;
  /** Why it cannot be resumed without a grant; nothing if it can. */
  readonly toResume: string | undefined;
  /** Why it cannot be run again without a grant; nothing if it can, as most can: a replay performs nothing. */
  readonly toReplay: string | undefined;
}

/** Who gives a recording what it asks for: whoever saw it, named by its digest; or a policy, which must be the same one. */
export type Grant = { readonly seen: string } | { readonly policy: Policy | PolicyOptions };

/** Compiles and runs tools. One per page is enough. */
export class Belljar {
  readonly #assets: Assets;
  readonly #compilers: Compilers;
  readonly #database: string;
  readonly #replay: boolean;
  readonly #running = new Set<Handle>();
  readonly #pool: Pool;
  readonly #courier: Courier;
  readonly #numbers = new WeakMap<object, number>();
  #next = 0;
  readonly #engines = new Map<keyof Engines, Promise<Engine>>();
  readonly #snapshots = new Map<keyof Engines, Promise<{ component: Uint8Array; engine: Engine }>>();

  private constructor(assets: Assets, module: ArrayBuffer, options: Options) {
    this.#assets = assets;
    this.#compilers = new Compilers(assets);
    this.#pool = new Pool(workerScript, module);
    this.#courier = new Courier(assets.courier);
    this.#database = options.database ?? "belljar";
    this.#replay = options.replay ?? false;
  }

  /** Sets it up: fetches the host's modules, and starts the first cell. */
  static async create(options: Options = {}): Promise<Belljar> {
    const urls = assets(options.assets);
    const [module] = await Promise.all([fetchBytes(urls.cell), initHost({ module_or_path: urls.host })]);
    return new Belljar(urls, module.buffer, options);
  }

  /**
   * Compiles a source. The file's name says what it is: `.ts`, `.js`, `.py`, `.wat` or `.wasm`. The first tool in Python fetches its
   * engine, which describes it in a cell.
   *
   * It happens in a worker, which is ended after {@link COMPILING} milliseconds, and whose memory is bounded; `signal` gives
   * it up before.
   *
   * @throws CompileError with line and column where there is a place, ToolError if the tool is refused.
   */
  async compile(file: string, source: Source, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Tool> {
    const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
    const compiled = await this.#compilers.compile(file, bytes, signal);
    const { component, program, manifest = "{}", warnings = [] } = await this.#described(compiled, file, bytes, signal);
    if (component !== undefined) return this.#ofComponent(component, manifest, file, warnings, signal);
    return this.#ofProgram(program, manifest, warnings, { file, bytes });
  }

  /**
   * Takes a component that was built elsewhere, by anybody; needs no compiler.
   *
   * @throws ToolError if it is refused.
   */
  load(file: string, component: Uint8Array): Promise<Tool> {
    const name = file.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "").toLowerCase().replace(/[^a-z0-9]+/g, "-");
    return this.#ofComponent(component, JSON.stringify({ name: name.replace(/^-+|-+$/g, "") || "tool" }), file, []);
  }

  /**
   * Takes a tool that `belljar build --prepared` made: admitted already, so that nothing more is fetched. Such a file is
   * trusted like this package's own files: take it from where you take those, and give anything else to {@link load}.
   *
   * @throws ToolError if it is damaged, or was prepared by another version.
   */
  prepared(file: string, bytes: Uint8Array): Tool {
    return new Tool(guard(ToolError, () => HostTool.ofPrepared(bytes, file)), []);
  }

  /**
   * The tool as one component that needs no engine beside it: the same bytes as `belljar build --standalone` makes.
   *
   * A program's top level is run for it, in a cell, under the default limits and with nothing granted.
   *
   * @throws ToolError if the program's top level throws or exceeds a limit, or if the tool was prepared: its component is
   * not in it.
   */
  async standalone(tool: Tool): Promise<Uint8Array> {
    if (tool.component !== undefined) return tool.component;
    if (tool.program === undefined) throw new ToolError(`${tool.about.name} was prepared elsewhere, where its component is`);
    const { component, engine } = await this.#loadSnapshots(engineOf(tool.program));
    const bare = new Tool(HostTool.ofProgram({ ...(tool.program as object), manifest: { name: tool.about.name } }, engine), []);
    let state: GuestState | undefined;
    const run: Started = { text: "null", policy: new Policy(), snapshot: (shown) => (state = shown) };
    const report = await this.#start(bare, run, {});
    if (report.outcome !== "returned" || state === undefined) {
      throw new ToolError(`${tool.about.name} cannot be loaded: ${report.message}\n${report.stack}`.trimEnd());
    }
    const { globals, memories } = state;
    try {
      return await this.#compilers.standalone(component, tool.manifest, tool.program, { globals, memories });
    } catch (error) {
      throw new ToolError(messageOf(error), error);
    }
  }

  /** Runs a tool once, in a fresh instance. Nothing is granted unless the policy says so. */
  run(tool: Tool, input: unknown, options: RunOptions = {}): Run {
    return this.#begin(options, async (started) => {
      const policy = options.policy instanceof Policy ? options.policy : new Policy(options.policy);
      guard(PolicyError, () => policy.grants.checkSecrets(Object.keys(options.secrets ?? {})));
      const text = tool.acceptInput(input);
      if (options.record === true && tool.source === undefined) {
        throw new ToolError(`${tool.about.name} was prepared elsewhere, so its component is not known and its runs cannot be recorded`);
      }
      return this.#start(tool, { text, policy, started }, options);
    });
  }

  /**
   * Opens a recording, as `belljar run --record` or `--suspend`, or a run here, made it.
   *
   * @throws ToolError if it is damaged, its tool cannot be compiled here, or it was suspended by a version that cannot be
   * resumed here.
   */
  async open(bytes: Uint8Array): Promise<Recording> {
    const run = guard(ToolError, () => new Recorded(bytes));
    const file = run.file();
    const tool = file.endsWith(".wasm") ? await this.load(file, run.tool()) : await this.compile(file, run.tool());
    const text = run.input();
    // Before whoever has it lets go of it.
    if (run.isSuspended()) guard(ToolError, () => run.checkResumable(tool.host));
    const nothing = new Grants(undefined, [], [], []);
    const asks: Asks = guard(ToolError, () => ({
      sentences: run.sentences(),
      digest: run.digest(),
      toResume: problem(() => run.given(nothing)),
      toReplay: problem(() => run.bare()),
    }));
    const granted = (grant: Grant | undefined, bare: () => Grants): Policy => {
      if (grant !== undefined && "policy" in grant) {
        const given = grant.policy instanceof Policy ? grant.policy : new Policy(grant.policy);
        return Policy.of(guard(ToolError, () => run.given(given.grants)));
      }
      return Policy.of(guard(ToolError, () => (grant === undefined ? bare() : run.seen(grant.seen))));
    };
    let taken = false;
    const start = (resume: boolean, policy: Policy, options: RunOptions) =>
      this.#begin(options, (started) => this.#start(tool, { text, policy, started, recorded: { run, resume } }, options));
    return {
      tool,
      input: text,
      policy: run.policy(),
      log: run.log(),
      isSuspended: run.isSuspended(),
      asks,
      replay: ({ grant, ...options } = {}) => start(false, granted(grant, () => run.bare()), options),
      resume: ({ grant, ...options } = {}) => {
        const policy = granted(grant, () => run.given(nothing));
        if (taken) throw new ToolError("this run was resumed already: everything would be done twice");
        taken = true;
        return start(true, policy, options);
      },
    };
  }

  /** A run, and how it is ended before it has started. */
  #begin(options: RunOptions, run: (started: (running: Handle) => void) => Promise<Report>): Run {
    let running: Handle | undefined;
    let cancelled = false;
    const cancel = () => {
      cancelled = true;
      running?.cancel();
    };
    const report = run((started) => {
      running = started;
      if (cancelled) started.cancel();
    });
    options.signal?.addEventListener("abort", cancel, { once: true });
    if (options.signal?.aborted === true) cancel();
    const suspend = () => {
      if (running === undefined) throw new ToolError("the run has not started");
      return running.suspend();
    };
    return { report, cancel, suspend };
  }

  async #start(tool: Tool, run: Started, options: RunOptions): Promise<Report> {
    const { report, lines, calls } = await this.#inCell(tool, run, options);
    if (report === undefined) throw new ToolError("the run did not begin");
    if (run.recorded === undefined || calls.length === 0) return report;
    // The calls of a recorded run are repeated one after the other, each by itself.
    let divergence = report.divergence;
    const all = [...lines];
    const rest = [...calls];
    for (let call = rest.shift(); call !== undefined; call = rest.shift()) {
      const ended = await this.#called(call, options, true);
      all.push(...(ended?.lines ?? []));
      rest.push(...(ended?.calls ?? []));
      divergence ??= ended?.report?.divergence;
    }
    const text = run.recorded.run.inOrder(all.map((line) => `${line}\n`).join(""));
    return { ...report, ...(divergence === undefined ? {} : { divergence }), log: { ...report.log, text } };
  }

  /** Runs a tool that another one calls, or repeats a recorded call. Nothing comes back if there is no such tool: the caller was told. */
  async #called(call: Call, options: RunOptions, repeats = false): Promise<Ended | undefined> {
    const name = call.name();
    let entry: { tool: Tool; policy: Policy };
    try {
      const found = await this.#callable(call, name, options);
      if (found === undefined) {
        call.fail(true, notThere(name, options));
        return undefined;
      }
      entry = found;
    } catch (error) {
      if (repeats) throw error;
      call.fail(false, `${name}: ${messageOf(error)}`);
      return undefined;
    }
    const { tool, policy } = entry;
    const within = options.namespace === undefined ? undefined : `${options.namespace} / ${tool.about.identity}`;
    // The log is that of the run that called, and its recording, too.
    const { namespace, onEvent, signal, record, ...rest } = options;
    void [namespace, onEvent, signal, record];
    try {
      return await this.#inCell(tool, { text: "", policy, called: { call, repeats } }, { ...rest, ...(within === undefined ? {} : { namespace: within }) });
    } catch (error) {
      if (repeats) throw error;
      try {
        call.fail(false, `${name}: ${messageOf(error)}`);
      } catch {
        // It had begun, and told its caller itself.
      }
      return undefined;
    }
  }

  async #callable(call: Call, name: string, options: RunOptions): Promise<{ tool: Tool; policy: Policy } | undefined> {
    const file = call.file();
    if (file !== undefined) {
      const bytes = call.tool() ?? new Uint8Array();
      const tool = file.endsWith(".wasm") ? await this.load(file, bytes) : await this.compile(file, bytes);
      return { tool, policy: new Policy({ toml: call.policy() ?? "" }) };
    }
    return called(name, options);
  }

  /** Finds the tool about whose call a person is to be asked. */
  #found(finding: Finding, options: RunOptions): void {
    const name = finding.name();
    let entry: { tool: Tool; policy: Policy } | undefined;
    try {
      entry = called(name, options);
    } catch (error) {
      return finding.fail(false, `${name}: ${messageOf(error)}`);
    }
    if (entry === undefined) finding.fail(true, notThere(name, options));
    else finding.found(entry.tool.host, entry.policy.grants);
  }

  async #inCell(tool: Tool, { text, policy, started, snapshot, recorded, called }: Started, options: RunOptions): Promise<Ended> {
    const key = `${tool.about.identity} ${this.#number(tool)} ${this.#number(policy)}`;
    const cell = await this.#pool.take(key, tool.host);
    const handles = this.#running;
    let handle: Handle | undefined;
    try {
      const ended = await start(cell, {
        tool: tool.host,
        text,
        grants: policy.grants,
        folder: options.folder,
        database: this.#database,
        courier: this.#courier,
        relay: options.relay && new Relay(options.relay),
        options,
        replay: options.replay ?? this.#replay,
        snapshot,
        recorded,
        called,
        call: (call) => void this.#called(call, options).catch(reportError),
        find: (finding) => this.#found(finding, options),
        source: options.record === true || called !== undefined ? tool.source : undefined,
        started: (running) => {
          handles.add((handle = running));
          started?.(running);
        },
      });
      if (ended.idle) this.#pool.keep(key, cell);
      else cell.end();
      return ended;
    } catch (error) {
      cell.end();
      throw error;
    } finally {
      if (handle !== undefined) handles.delete(handle);
      this.#pool.prepare();
    }
  }

  /** Ends all cells. Runs in progress end, too. */
  close(): void {
    for (const running of this.#running) running.cancel();
    this.#pool.close();
    this.#courier.close();
    this.#compilers.close();
  }

  async #ofComponent(component: Uint8Array, manifest: string, file: string, warnings: readonly string[], signal?: AbortSignal): Promise<Tool> {
    let admitted: Uint8Array;
    try {
      admitted = await this.#compilers.admit(component, manifest, file, signal);
    } catch (error) {
      // What it says is of the tool; what cannot be fetched, or was given up, is not.
      throw error instanceof CompileError ? new ToolError(error.message, error.cause) : error;
    }
    const tool = guard(ToolError, () => HostTool.ofPrepared(admitted, file));
    return new Tool(tool, warnings, { component });
  }

  async #ofProgram(program: unknown, manifest: string, warnings: readonly string[], source: { file: string; bytes: Uint8Array }): Promise<Tool> {
    const engine = await this.#loadEngine(engineOf(program));
    const tool = guard(ToolError, () => HostTool.ofProgram(program, engine));
    // All programs share their engine's code.
    this.#pool.share(tool);
    return new Tool(tool, warnings, { program, manifest, source });
  }

  /** A program with its manifest: if its compiler did not read it, what describes it is run, under glass and with nothing granted. */
  async #described(compiled: Compiled, file: string, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<Compiled> {
    if (compiled.describer === undefined) return compiled;
    const { program, input } = compiled.describer;
    const engine = await this.#loadEngine(engineOf(program));
    signal?.throwIfAborted();
    const bare = new Tool(guard(ToolError, () => HostTool.ofProgram(program, engine)), []);
    this.#pool.share(bare.host);
    const { outcome, output, message } = await this.#start(bare, { text: input, policy: new Policy() }, {});
    if (outcome !== "returned" || output === undefined) throw new CompileError(`${file} cannot be described: ${message}`);
    return this.#compilers.described(file, bytes, output, signal);
  }

  #loadEngine(name: keyof Engines): Promise<Engine> {
    const load = async () => new Engine(await fetchBytes(this.#assets.engines[name]));
    return kept(this.#engines, name, load);
  }

  #loadSnapshots(name: keyof Engines): Promise<{ component: Uint8Array; engine: Engine }> {
    const load = async () => {
      const component = await fetchBytes(this.#assets.components[name]);
      return { component, engine: new Engine(await this.#compilers.engine(component)) };
    };
    return kept(this.#snapshots, name, load);
  }

  #number(value: object): number {
    let number = this.#numbers.get(value);
    if (number === undefined) this.#numbers.set(value, (number = this.#next++));
    return number;
  }

}

/** Which engine a program is for. */
function engineOf(program: unknown): keyof Engines {
  return (program as { readonly engine?: keyof Engines }).engine === "python" ? "python" : "js";
}

/** What is loaded once; what failed is forgotten, so that the next call tries again. */
function kept<K, V>(all: Map<K, Promise<V>>, key: K, load: () => Promise<V>): Promise<V> {
  let one = all.get(key);
  if (one === undefined) all.set(key, (one = again(load, () => void all.delete(key))));
  return one;
}

/** The tool that is called by a name, with its own policy. */
function called(name: string, { tools = {} }: RunOptions): { tool: Tool; policy: Policy } | undefined {
  const entry = Object.hasOwn(tools, name) ? tools[name] : undefined;
  return entry && { tool: entry.tool, policy: entry.policy instanceof Policy ? entry.policy : new Policy(entry.policy) };
}

/** What is said of a tool that is not there. */
function notThere(name: string, { tools = {} }: RunOptions): string {
  const names = Object.keys(tools).sort();
  return `${name}: ${names.length === 0 ? "there is no tool to call here; whoever runs this one names them" : `there is no tool of that name to call; there are ${names.join(", ")}`}`;
}

function jsonText(input: unknown): string {
  return typeof input === "string" ? input : (JSON.stringify(input) ?? "null");
}

/** What an act throws, as a sentence; nothing if it comes to its end. */
function problem(act: () => { free(): void }): string | undefined {
  try {
    act().free();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function guard<T>(Kind: new (message: string, cause?: unknown) => Error, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Kind(messageOf(error), error);
  }
}
