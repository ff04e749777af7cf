// A real folder that a person opened, through the File System Access API. Its handle is kept here alone, and nowhere when the page is gone.

import type { Directory, Policy } from "belljar";

import type { FileItem } from "../state/model.js";
import type { Store } from "../store.js";
import { type EngineLoader, messageOf } from "./engine.js";

/** Files that are listed. */
const FILES = 500;

/** Entries that are looked at for that: a folder may have any number of them. */
const ENTRIES = 2_000;

type Mode = "read" | "readwrite";

/** What browsers have that TypeScript's libraries do not. */
interface Picking {
  showDirectoryPicker?: (options: { mode: Mode }) => Promise<FileSystemDirectoryHandle>;
}
interface Permitting {
  queryPermission?: (options: { mode: Mode }) => Promise<PermissionState>;
  requestPermission?: (options: { mode: Mode }) => Promise<PermissionState>;
}

interface Open {
  readonly handle: FileSystemDirectoryHandle & Permitting;
  readonly directory: Directory;
}

export class Disk {
  readonly #store: Store;
  readonly #engine: EngineLoader;
  #open: Open | undefined;
  #looks = 0;

  constructor(store: Store, engine: EngineLoader) {
    this.#store = store;
    this.#engine = engine;
  }

  /** What runs are given, if a folder is open. */
  get directory(): Directory | undefined {
    return this.#open?.directory;
  }

  /** Lets a person choose a folder. Nothing is written into it unless the policy lets the tool write. */
  async choose(writes: boolean): Promise<void> {
    const pick = (globalThis as Picking).showDirectoryPicker;
    if (pick === undefined) return;
    try {
      const handle = await pick.call(globalThis, { mode: writes ? "readwrite" : "read" });
      const { pkg } = await this.#engine.load();
      this.#open = { handle, directory: new pkg.Directory(handle) };
      await this.look();
    } catch (error) {
      // Whoever closes the dialog has chosen nothing.
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.#tell(`The folder cannot be opened: ${messageOf(error)}`);
    }
  }

  close(): void {
    this.#open = undefined;
    this.#looks++;
    this.#store.dispatch({ type: "disk", disk: undefined });
  }

  /** Asks for the permission that runs under a policy need, if it is not there. A person must just have pressed something. */
  async permit(policy: Pick<Policy, "changesFiles">): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    const mode = policy.changesFiles() ? "readwrite" : "read";
    try {
      const granted = (await state(open.handle, mode)) === "granted";
      // It may have been given elsewhere, as in the browser's own settings.
      if (granted && (mode === "read" || this.#store.state.disk?.writable === true)) return;
      if (!granted && (await open.handle.requestPermission?.({ mode })) !== "granted") {
        this.#tell(mode === "read" ? `The browser no longer lets this page read ${open.handle.name}.` : `The browser does not let this page write into ${open.handle.name}: what the tool writes will fail.`);
      }
    } catch {
      this.#tell(`The browser asks about ${open.handle.name} only right after something was pressed. Press “Let it be changed”, and run the tool again.`);
    }
    await this.look();
  }

  /** Looks at what is there: the first files, those of the folder itself before those in its folders. */
  async look(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    const look = ++this.#looks;
    const { handle } = open;
    let found: { files: FileItem[]; more: boolean } = { files: [], more: false };
    try {
      found = await list(handle);
    } catch (error) {
      if (look === this.#looks) this.#tell(`The files in ${handle.name} cannot be listed: ${messageOf(error)}`);
    }
    const writable = (await state(handle, "readwrite").catch(() => "denied")) === "granted";
    if (look === this.#looks) this.#store.dispatch({ type: "disk", disk: { name: handle.name, writable, ...found } });
  }

  #tell(text: string): void {
    this.#store.dispatch({ type: "notice", level: "error", text });
  }
}

/** A browser without such permissions gives a handle that can do all. */
async function state(handle: Permitting, mode: Mode): Promise<PermissionState> {
  return (await handle.queryPermission?.({ mode })) ?? "granted";
}

async function list(top: FileSystemDirectoryHandle): Promise<{ files: FileItem[]; more: boolean }> {
  const files: FileItem[] = [];
  const folders = [{ path: "", handle: top }];
  let seen = 0;
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for await (const entry of folder.handle.values()) {
      if (files.length === FILES || ++seen > ENTRIES) return { files: sorted(files), more: true };
      const path = folder.path + entry.name;
      if (entry.kind === "directory") folders.push({ path: `${path}/`, handle: entry as FileSystemDirectoryHandle });
      // What vanished meanwhile, or cannot be read, is not shown.
      else await (entry as FileSystemFileHandle).getFile().then(({ size }) => files.push({ path, size }), () => undefined);
    }
  }
  return { files: sorted(files), more: false };
}

function sorted(files: FileItem[]): FileItem[] {
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}
