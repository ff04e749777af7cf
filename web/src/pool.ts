// Which cell a run gets. A cell that has run a tool serves only the same tool under the same policy; one that has run
// nothing serves anybody, and may have compiled the code of a language engine already.

import { Cell } from "./cells.js";

/** Code that cells compile: an admitted module. */
export interface Code {
  /** What tells it from other code. */
  codeHash(): string;
  core(): Uint8Array;
}

/** Cells that are kept for one tool and policy, and tools and policies that have some: each cell is a worker. */
const KEPT = 2;
const KEYS = 4;

/** The cells of a page. */
export class Pool {
  readonly #script: string;
  readonly #module: ArrayBuffer;
  /** Cells whose last guest came to its own end, by tool and policy; what was used last stands last. */
  readonly #warm = new Map<string, Cell[]>();
  /** A cell that has run nothing and has no code. */
  #blank: Promise<Cell> | undefined;
  /** One that has run nothing and has the code that most tools share. */
  #prepared: { readonly hash: string; readonly code: Code; cell: Promise<Cell> | undefined } | undefined;
  #closed = false;

  /** `script` is the worker's, `module` the guest's half of the host. */
  constructor(script: string, module: ArrayBuffer) {
    this.#script = script;
    this.#module = module;
    this.prepare();
  }

  /** A cell that has this code, for a tool and a policy that `key` names. */
  async take(key: string, code: Code): Promise<Cell> {
    const warm = this.#warm.get(key)?.pop();
    if (warm !== undefined) return warm;
    const prepared = this.#prepared;
    if (prepared?.cell !== undefined && prepared.hash === code.codeHash()) {
      // Taken before anybody else can: a cell serves one run at a time.
      const cell = prepared.cell;
      prepared.cell = undefined;
      return cell;
    }
    return this.#compiled(code);
  }

  /** Takes a cell back whose guest came to its own end. */
  keep(key: string, cell: Cell): void {
    cell.listen(undefined);
    if (this.#closed) return cell.end();
    const kept = this.#warm.get(key) ?? [];
    this.#warm.delete(key);
    this.#warm.set(key, kept);
    if (kept.length < KEPT) kept.push(cell);
    else cell.end();
    for (const [old, cells] of this.#warm) {
      if (this.#warm.size <= KEYS) break;
      for (const cell of cells) cell.end();
      this.#warm.delete(old);
    }
  }

  /** Code that many tools share: from now on a cell has it compiled before it is asked for. */
  share(code: Code): void {
    const hash = code.codeHash();
    if (this.#prepared?.hash === hash) return;
    void this.#prepared?.cell?.then((cell) => cell.end());
    this.#prepared = { hash, code, cell: undefined };
    this.prepare();
  }

  /** Makes the cells that the next run may want. */
  prepare(): void {
    if (this.#closed) return;
    const prepared = this.#prepared;
    if (prepared !== undefined && prepared.cell === undefined) {
      const cell = this.#compiled(prepared.code);
      prepared.cell = cell;
      cell.catch(() => {
        if (prepared.cell === cell) prepared.cell = undefined;
      });
    }
    if (this.#blank === undefined) {
      const blank = Cell.start(this.#script, this.#module);
      this.#blank = blank;
      blank.catch(() => {
        if (this.#blank === blank) this.#blank = undefined;
      });
    }
  }

  /** Ends all cells that nobody uses. */
  close(): void {
    this.#closed = true;
    for (const cells of this.#warm.values()) for (const cell of cells) cell.end();
    this.#warm.clear();
    for (const cell of [this.#blank, this.#prepared?.cell]) void cell?.then((cell) => cell.end(), () => undefined);
    this.#blank = undefined;
    this.#prepared = undefined;
  }

  async #compiled(code: Code): Promise<Cell> {
    const blank = this.#blank ?? Cell.start(this.#script, this.#module);
    this.#blank = undefined;
    const cell = await blank;
    try {
      await cell.compile(code.core() as Uint8Array<ArrayBuffer>);
    } catch (error) {
      cell.end();
      throw error;
    }
    return cell;
  }
}
