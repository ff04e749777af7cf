// The page's folder: what a person put into it, and what tools wrote there. It lives in memory, never on a disk.

import type { Folder } from "belljar";

import type { NewFile } from "../state/actions.js";
import type { Effects, Store } from "../store.js";
import { download } from "./download.js";
import type { EngineLoader } from "./engine.js";
import { zip } from "./zip.js";

export class FileEffects {
  readonly #store: Store;
  readonly #engine: EngineLoader;
  #folder: Promise<Folder> | undefined;

  constructor(store: Store, engine: EngineLoader) {
    this.#store = store;
    this.#engine = engine;
  }

  readonly effects: Effects = (action, _before, after) => {
    switch (action.type) {
      case "files-add":
        void this.#add(action.files);
        break;
      case "file-remove":
        void this.folder().then((folder) => (folder.remove(action.path), this.refresh()));
        break;
      case "file-download":
        void this.folder().then((folder) => {
          const bytes = folder.get(action.path);
          if (bytes !== undefined) download(action.path.split("/").pop() ?? "file", "application/octet-stream", bytes);
        });
        break;
      case "folder-download":
        void this.folder().then((folder) => {
          const files = after.files.map(({ path }) => ({ path, bytes: folder.get(path) ?? new Uint8Array() }));
          download("folder.zip", "application/zip", zip(files));
        });
        break;
      default:
    }
  };

  folder(): Promise<Folder> {
    this.#folder ??= this.#engine.load().then(({ pkg }) => new pkg.Folder());
    this.#folder.catch(() => (this.#folder = undefined));
    return this.#folder;
  }

  /** Looks at what is there: a run may have changed it. */
  async refresh(): Promise<void> {
    if (this.#folder === undefined) return;
    try {
      const folder = await this.#folder;
      const files = folder.list().map((path) => ({ path, size: folder.size(path) ?? 0 }));
      this.#store.dispatch({ type: "files", files });
    } catch {
      // The engine's failure is shown where it is loaded.
    }
  }

  /** Replaces everything by an example's files. */
  async replace(files: readonly NewFile[]): Promise<void> {
    if (files.length === 0 && this.#folder === undefined) return;
    const { pkg } = await this.#engine.load();
    this.#folder = Promise.resolve(new pkg.Folder());
    await this.#add(files);
  }

  async #add(files: readonly NewFile[]): Promise<void> {
    try {
      const folder = await this.folder();
      for (const { path, bytes } of files) folder.put(path, bytes);
    } catch (error) {
      this.#store.dispatch({ type: "notice", level: "error", text: error instanceof Error ? error.message : String(error) });
    }
    await this.refresh();
  }
}
