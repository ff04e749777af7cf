// Runs that were suspended in this browser: kept until they are resumed or forgotten, also when the page is closed.

import { shelved } from "../state/stored.js";
import type { Effects, Store } from "../store.js";
import { download } from "./download.js";
import { messageOf } from "./engine.js";

const DATABASE = "belljar.shelf";
/** What the list shows, and the recordings, by the same key. */
const RUNS = "runs";
const BYTES = "bytes";

export class ShelfEffects {
  readonly #store: Store;
  /** Runs between here and somewhere else. */
  #pending = 0;
  /** The keys of what the list shows. */
  #keys: readonly IDBValidKey[] = [];

  constructor(store: Store) {
    this.#store = store;
    // Another tab may have taken one, or put one here.
    addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.refresh());
  }

  readonly effects: Effects = (action) => {
    switch (action.type) {
      case "shelf-save":
        void this.#save(action.id);
        break;
      case "shelf-forget":
        void this.#forget(action.id);
        break;
      default:
    }
  };

  /** Whether a run is on its way: closed now, the page would lose it. */
  get isBusy(): boolean {
    return this.#pending > 0;
  }

  /** Reads what is there. */
  async refresh(): Promise<void> {
    try {
      const found = await transact("readonly", (stores) => items(stores(RUNS)));
      this.#keys = found.map(({ key }) => key);
      // Numbers that this page gave stand for themselves; for other keys, their place does.
      const runs = found.map(({ key, value }, at) => shelved(typeof key === "number" && key > 0 ? key : -1 - at, value));
      this.#store.dispatch({ type: "shelf", runs });
    } catch {
      // A browser that keeps nothing has nothing to show; whoever suspends a run is told.
    }
  }

  /** Keeps a run that ends here. If the browser does not, it is saved as a file. */
  async keep(tool: string, asks: string, bytes: Uint8Array): Promise<void> {
    this.#pending++;
    try {
      await transact("readwrite", async (stores) => {
        const key = await done(stores(RUNS).add({ tool, asks, at: Date.now(), size: bytes.length }));
        await done(stores(BYTES).add(bytes, key));
      });
    } catch (error) {
      download(fileName(tool), "application/x-tar", bytes);
      return this.#tell("error", `This browser does not keep the run (${messageOf(error)}), so it was saved as a file. Open that file to resume it.`);
    } finally {
      this.#pending--;
    }
    await this.refresh();
    // Else a browser that is short of room may throw it away. It may ask the person, or say no.
    const storage = navigator.storage as Partial<StorageManager> | undefined;
    const persists = await storage?.persist?.().catch(() => false);
    if (persists !== true) this.#store.dispatch({ type: "shelf-may-go" });
  }

  /** The recording of one, as a file; nothing if it cannot be had, which was told. */
  async file(id: number): Promise<File | undefined> {
    try {
      const bytes = await transact("readonly", (stores) => done(stores(BYTES).get(id)));
      if (!(bytes instanceof Uint8Array)) throw new Error(GONE);
      return new File([bytes as Uint8Array<ArrayBuffer>], fileName(this.#tool(id)));
    } catch (error) {
      this.#tell("error", messageOf(error));
      await this.refresh();
      return undefined;
    }
  }

  /**
   * Takes one away: its recording, which one tab alone is given. It must be put back if nothing comes of it.
   *
   * @throws Error if it is not there any more, or the storage fails.
   */
  async take(id: number): Promise<() => Promise<void>> {
    this.#pending++;
    const [run, bytes] = await transact("readwrite", async (stores) => {
      const found = await Promise.all([done(stores(RUNS).get(id)), done(stores(BYTES).get(id))]);
      await Promise.all([done(stores(RUNS).delete(id)), done(stores(BYTES).delete(id))]);
      return found;
    }).finally(() => this.#pending--);
    void this.refresh();
    if (run === undefined || !(bytes instanceof Uint8Array)) throw new Error(GONE);
    return async () => {
      this.#pending++;
      try {
        await transact("readwrite", (stores) => Promise.all([done(stores(RUNS).put(run, id)), done(stores(BYTES).put(bytes, id))]));
      } catch (error) {
        download(fileName(shelved(id, run).tool || "tool"), "application/x-tar", bytes);
        this.#tell("error", `The run could not be put back (${messageOf(error)}), so it was saved as a file.`);
      } finally {
        this.#pending--;
      }
      await this.refresh();
    };
  }

  async #forget(id: number): Promise<void> {
    const key = id > 0 ? id : this.#keys[-1 - id];
    if (key === undefined) return this.refresh();
    try {
      // Whatever is there, whole or not.
      await transact("readwrite", (stores) => Promise.all([done(stores(RUNS).delete(key)), done(stores(BYTES).delete(key))]));
    } catch (error) {
      this.#tell("error", messageOf(error));
    }
    await this.refresh();
  }

  async #save(id: number): Promise<void> {
    const file = await this.file(id);
    if (file === undefined) return;
    download(file.name, "application/x-tar", new Uint8Array(await file.arrayBuffer()));
    this.#tell("info", `${file.name} is a second copy of the run that waits here. Resume one of the two, and forget the other: resumed twice, it does everything twice.`);
  }

  #tool(id: number): string {
    return this.#store.state.shelf.find((run) => run.id === id)?.tool ?? "tool";
  }

  #tell(level: "info" | "error", text: string): void {
    this.#store.dispatch({ type: "notice", level, text });
  }
}

/** What is said of a run that is not there any more. */
const GONE = "This run is not here any more: it was resumed in another tab, or forgotten.";

function fileName(tool: string): string {
  return `${tool}.waiting.tar`;
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
    const acted = (async () => act((name) => transaction.objectStore(name)))().catch((error: unknown) => {
      // Half of it is nothing.
      try {
        transaction.abort();
      } catch {
        // It was given up already.
      }
      throw error;
    });
    const [result] = await Promise.all([acted, complete]);
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

async function items(store: IDBObjectStore): Promise<readonly { readonly key: IDBValidKey; readonly value: unknown }[]> {
  const [keys, values] = await Promise.all([done(store.getAllKeys()), done<unknown[]>(store.getAll())]);
  return keys.map((key, at) => ({ key, value: values[at] }));
}
