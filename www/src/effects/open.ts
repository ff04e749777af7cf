// Opens examples, files and links, and makes links.

import { decode, encode, PREFIX, ShareError } from "../share/codec.js";
import { about, isCurrent } from "../state/select.js";
import type { Effects, Store } from "../store.js";
import type { CompileEffects } from "./compile.js";
import { explain } from "./engine.js";
import type { FileEffects } from "./files.js";

export interface Example {
  readonly name: string;
  readonly description: string;
  readonly file: string;
  readonly source: string;
  readonly input: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Bytes of a file that is opened as a tool (32 MiB). */
const LARGEST = 32 << 20;

let loaded: Promise<readonly Example[]> | undefined;

/** The examples that lie beside the page. */
export function examples(): Promise<readonly Example[]> {
  loaded ??= fetch(new URL("./examples.json", document.baseURI)).then(async (response) => {
    if (!response.ok) throw new Error(`The examples cannot be fetched: ${response.status}`);
    return (await response.json()) as readonly Example[];
  });
  loaded.catch(() => (loaded = undefined));
  return loaded;
}

export class OpenEffects {
  readonly #store: Store;
  readonly #compile: CompileEffects;
  readonly #files: FileEffects;

  constructor(store: Store, compile: CompileEffects, files: FileEffects) {
    this.#store = store;
    this.#compile = compile;
    this.#files = files;
    addEventListener("hashchange", () => void this.openLink());
  }

  readonly effects: Effects = (action, before, after) => {
    switch (action.type) {
      case "open-example":
        void this.#openExample(action.name);
        break;
      case "open-file":
        void this.#openFile(action.file);
        break;
      case "share":
        void this.#share();
        break;
      case "copy":
        void navigator.clipboard.writeText(action.text).then(
          () => this.#tell("info", `Copied: ${action.what}.`),
          () => this.#tell("error", "The browser did not let the page copy. Select the text and copy it yourself."),
        );
        break;
      default:
    }
    // The address speaks of a link only while what it holds stands in the editor unchanged.
    const leaves = after.link === undefined ? before.link !== undefined : after.source.edited && !before.source.edited;
    if (leaves && location.hash.startsWith(PREFIX)) history.replaceState(null, "", location.pathname + location.search);
  };

  /** Opens what the address holds, if it holds a tool. It is compiled and shown; nothing runs, nothing is granted. */
  async openLink(): Promise<boolean> {
    const fragment = location.hash;
    if (!fragment.startsWith(PREFIX)) return false;
    try {
      const shared = await decode(fragment);
      if (location.hash !== fragment) return false;
      const { file, source, input, identity, wants } = shared;
      this.#store.dispatch({ type: "open", opened: { file, text: source, input, origin: "link", link: { identity, wants } } });
      return true;
    } catch (error) {
      this.#tell("error", error instanceof ShareError ? error.message : explain(error));
      return false;
    }
  }

  async #openExample(name: string): Promise<void> {
    try {
      const example = (await examples()).find((found) => found.name === name);
      if (example === undefined) return;
      const { file, source, input } = example;
      this.#store.dispatch({ type: "open", opened: { file, text: source, input, origin: "example" } });
      const files = Object.entries(example.files).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) }));
      if (files.length > 0) await this.#files.replace(files);
    } catch (error) {
      this.#tell("error", explain(error));
    }
  }

  async #openFile(file: File): Promise<void> {
    if (/\.tar$/i.test(file.name)) return this.#store.dispatch({ type: "recording-open", file });
    if (!/\.(ts|js|py|wat|wasm)$/i.test(file.name)) {
      return this.#tell("error", `${file.name} is no tool: a tool is a .ts, .js, .py, .wat or .wasm file, and a recorded run a .tar file.`);
    }
    if (file.size > LARGEST) return this.#tell("error", `${file.name} is larger than 32 MiB.`);
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (/\.wasm$/i.test(file.name)) {
      return this.#store.dispatch({ type: "open", opened: { file: file.name, text: "", bytes, origin: "file" } });
    }
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      this.#store.dispatch({ type: "open", opened: { file: file.name, text, origin: "file" } });
    } catch {
      this.#tell("error", `${file.name} is not UTF-8 text.`);
    }
  }

  async #share(): Promise<void> {
    const share = (shared: Parameters<Store["dispatch"]>[0] & { type: "shared" }) => this.#store.dispatch(shared);
    share({ type: "shared", share: { phase: "making" } });
    try {
      await this.#compile.current();
      const state = this.#store.state;
      const tool = about(state);
      const { source, input } = state;
      if (source.bytes !== undefined) throw new ShareError("A .wasm file does not fit into a link. Send the file instead.");
      if (tool === undefined || !isCurrent(state) || state.tool.phase !== "ready") {
        throw new ShareError("The tool does not compile yet, so there is nothing that a link could stand for.");
      }
      const fragment = await encode({
        version: 1,
        file: source.file,
        source: source.text,
        input: input.text,
        wants: tool.wants,
        identity: tool.identity,
      });
      const url = location.href.split("#")[0] + fragment;
      share({ type: "shared", share: { phase: "made", url, bytes: url.length } });
    } catch (error) {
      share({ type: "shared", share: { phase: "failed", message: error instanceof ShareError ? error.message : explain(error) } });
    }
  }

  #tell(level: "info" | "error", text: string): void {
    this.#store.dispatch({ type: "notice", level, text });
  }
}
