// The page's folder: what a person put into it, and what tools wrote there. It lives in memory, unless a person opened a real one.

import type { Directory, Folder, Policy } from "belljar";

import type { NewFile } from "../state/actions.js";
import type { Effects, Store } from "../store.js";
import { Disk } from "./disk.js";
import { download } from "./download.js";
import type { EngineLoader } from "./engine.js";
import { zip } from "./zip.js";

export class FileEffects {
  readonly #store: Store;
  readonly #engine: EngineLoader;
  readonly #disk: Disk;
  #folder: Promise<Folder> | undefined;

  constructor(store: Store, engine: EngineLoader) {
    this.#store = store;
    this.#engine = engine;
    this.#disk = new Disk(store, engine);
  }

  readonly effects: Effects = (action, _before, after) => {
    switch (action.type) {
      case "files-add":
        void this.#add(action.files);
        break;
      case "file-remove":
        void this.#memory().then((folder) => (folder.remove(action.path), this.refresh()));
        break;
      case "file-download":
        void this.#memory().then((folder) => {
          const bytes = folder.get(action.path);
          if (bytes !== undefined) download(action.path.split("/").pop() ?? "file", "application/octet-stream", bytes);
        });
        break;
      case "folder-download":
        void this.#memory().then((folder) => {
          const files = after.files.map(({ path }) => ({ path, bytes: folder.get(path) ?? new Uint8Array() }));
          download("folder.zip", "application/zip", zip(files));
        });
        break;
      case "disk-open":
        void this.#disk.choose(after.checked.changesFiles);
        break;
      case "disk-permit":
        void this.#disk.permit({ changesFiles: () => true });
        break;
      case "disk-close":
        this.#disk.close();
        break;
      default:
    }
  };

  /**
   * What a run under a policy is given: the real folder that is open, as it is, or else the one in memory, with the folders that the
   * policy grants: one that is not there yet is an empty one.
   */
  async forRun(policy: Policy): Promise<Folder | Directory> {
    const { directory } = this.#disk;
    if (directory !== undefined) {
      await this.#disk.permit(policy);
      return directory;
    }
    const folder = await this.#memory();
    for (const { host } of policy.mounts()) {
      try {
        folder.makeDirectory(host);
      } catch {
        // A file of that name stands there: the run will say so.
      }
    }
    return folder;
  }

  #memory(): Promise<Folder> {
    this.#folder ??= this.#engine.load().then(({ pkg }) => new pkg.Folder());
    this.#folder.catch(() => (this.#folder = undefined));
    return this.#folder;
  }

  /** Looks at what is there: a run may have changed it. */
  async refresh(): Promise<void> {
    await this.#disk.look();
    if (this.#folder === undefined) return;
    try {
      const folder = await this.#folder;
      const files = folder.list().map((path) => ({ path, size: folder.size(path) ?? 0 }));
      this.#store.dispatch({ type: "files", files });
    } catch {
      // The engine's failure is shown where it is loaded.
    }
  }

  /** Replaces everything in memory by an example's files. A real folder is closed: they are not in it. */
  async replace(files: readonly NewFile[]): Promise<void> {
    if (files.length === 0 && this.#folder === undefined) return;
    if (files.length > 0 && this.#disk.directory !== undefined) this.#disk.close();
    const { pkg } = await this.#engine.load();
    this.#folder = Promise.resolve(new pkg.Folder());
    await this.#add(files);
  }

  async #add(files: readonly NewFile[]): Promise<void> {
    try {
      const folder = await this.#memory();
      for (const { path, bytes } of files) folder.put(path, bytes);
    } catch (error) {
      this.#store.dispatch({ type: "notice", level: "error", text: error instanceof Error ? error.message : String(error) });
    }
    await this.refresh();
  }
}
