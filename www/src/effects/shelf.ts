// Runs that were put away in this browser: kept until they are taken up or forgotten, also when the page is closed.

import type { Shelved, State } from "../state/model.js";
import type { Effects, Store } from "../store.js";
import { download } from "./download.js";

const DATABASE = "belljar.shelf";
/** What the list shows, and the recordings, by the same key. */
const RUNS = "runs";
const BYTES = "bytes";

export class ShelfEffects {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    // Another tab may have taken one, or put one here.
    addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.refresh());
  }

  readonly effects: Effects = (action, _before, after) => {
    switch (action.type) {
      case "shelf-save":
        void this.#save(action.id, after);
        break;
      case "shelf-forget":
        void this.take(action.id);
        break;
      default:
    }
  };

  /** Reads what is there. */
  async refresh(): Promise<void> {
    try {
      const runs = await transact("readonly", (stores) => items(stores(RUNS)));
      this.#store.dispatch({ type: "shelf", runs });
    } catch {
      // A browser that keeps nothing has nothing to show; whoever puts a run away is told.
    }
  }

  /** Keeps a run that ends here. If the browser does not, it is saved as a file. */
  async keep(tool: string, asks: string, bytes: Uint8Array): Promise<void> {
    try {
      await transact("readwrite", async (stores) => {
        const key = await done(stores(RUNS).add({ tool, asks, at: Date.now(), size: bytes.length }));
        await done(stores(BYTES).add(bytes, key));
      });
      this.#tell("info", `${tool} was put away in this browser. Take it up from the top of the page, or save it as a file.`);
    } catch (error) {
      download(fileName(tool), "application/x-tar", bytes);
      const why = error instanceof Error ? error.message : String(error);
      this.#tell("error", `This browser does not keep the run (${why}), so it was saved as a file. Open that file to take it up.`);
    }
    await this.refresh();
  }

  /** The recording of one, as a file. */
  async file(id: number): Promise<File | undefined> {
    const bytes = await transact("readonly", (stores) => done(stores(BYTES).get(id))).catch(() => undefined);
    if (bytes instanceof Uint8Array) return new File([bytes as Uint8Array<ArrayBuffer>], fileName(this.#tool(id)));
    await this.#gone();
    return undefined;
  }

  /** Takes one away: true if it was there, which one tab alone is told. */
  async take(id: number): Promise<boolean> {
    const was = await transact("readwrite", async (stores) => {
      const found = (await done(stores(RUNS).count(id))) > 0;
      await Promise.all([done(stores(RUNS).delete(id)), done(stores(BYTES).delete(id))]);
      return found;
    }).catch(() => false);
    await this.refresh();
    return was;
  }

  async #save(id: number, state: State): Promise<void> {
    const file = await this.file(id);
    if (file === undefined) return;
    const tool = state.shelf.find((run) => run.id === id)?.tool ?? "tool";
    download(fileName(tool), "application/x-tar", new Uint8Array(await file.arrayBuffer()));
  }

  #tool(id: number): string {
    return this.#store.state.shelf.find((run) => run.id === id)?.tool ?? "tool";
  }

  async #gone(): Promise<void> {
    this.#tell("error", GONE);
    await this.refresh();
  }

  #tell(level: "info" | "error", text: string): void {
    this.#store.dispatch({ type: "notice", level, text });
  }
}

/** What is said of a run that is not there any more. */
export const GONE = "This run is not here any more: it was taken up in another tab, or forgotten.";

function fileName(tool: string): string {
  return `${tool || "tool"}.waiting.tar`;
}

type Stores = (name: typeof RUNS | typeof BYTES) => IDBObjectStore;

/** Does something in one transaction, and returns once it is on the disk. */
async function transact<T>(mode: IDBTransactionMode, act: (stores: Stores) => Promise<T>): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(RUNS, { autoIncrement: true });
    opening.result.createObjectStore(BYTES);
  };
  const database = await done(opening);
  try {
    const transaction = database.transaction([RUNS, BYTES], mode, { durability: "strict" });
    const complete = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the storage is full"));
    });
    const [result] = await Promise.all([act((name) => transaction.objectStore(name)), complete]);
    return result;
  } finally {
    database.close();
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the storage fails"));
  });
}

async function items(store: IDBObjectStore): Promise<readonly Shelved[]> {
  const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
  return values.map((value: Omit<Shelved, "id">, at) => ({ ...value, id: Number(keys[at]) }));
}
