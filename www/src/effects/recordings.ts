// Recorded runs: opened from a file, kept while the page shows them, saved.

import type { Recording } from "belljar";

import type { Effects, Store } from "../store.js";
import { download } from "./download.js";
import { type EngineLoader, explain } from "./engine.js";
import type { ShelfEffects } from "./shelf.js";

/** Bytes of a recording that is opened (512 MiB, as in docs/log.md). */
const LARGEST = 512 << 20;

/** A recording that is open. */
interface Open {
  readonly recording: Recording;
  readonly entries: number;
  /** Where on the shelf it lies, if it does. */
  readonly place: number | undefined;
}

export class RecordingEffects {
  readonly #store: Store;
  readonly #engine: EngineLoader;
  readonly #shelf: ShelfEffects;
  #open: Open | undefined;

  constructor(store: Store, engine: EngineLoader, shelf: ShelfEffects) {
    this.#store = store;
    this.#engine = engine;
    this.#shelf = shelf;
  }

  /** The recording that is open. */
  get now(): Open | undefined {
    return this.#open;
  }

  readonly effects: Effects = (action, _before, after) => {
    switch (action.type) {
      case "recording-open":
        void this.#read(action.file);
        break;
      case "shelf-open":
        void this.#shelf.file(action.id).then((file) => file && this.#read(file, action.id));
        break;
      case "recording-download": {
        const bytes = after.run?.report?.recording;
        if (bytes !== undefined) download(`${after.run?.tool || "tool"}.recording.tar`, "application/x-tar", bytes);
        break;
      }
      default:
    }
    // Another tool stands in the editor.
    if (after.recording === undefined) this.#open = undefined;
  };

  async #read(file: File, place?: number): Promise<void> {
    const tell = (text: string) => this.#store.dispatch({ type: "notice", level: "error", text });
    if (file.size > LARGEST) return tell(`${file.name} is larger than a recording can be (512 MiB).`);
    try {
      const { jar } = await this.#engine.load();
      const bytes = new Uint8Array(await file.arrayBuffer());
      const recording = await jar.open(bytes);
      const { tool, input, log, isSuspended, asks } = recording;
      const entries = log.split("\n").length - 1;
      const { source } = tool;
      const wasm = source === undefined || source.file.endsWith(".wasm");
      const base = (source?.file ?? file.name).replace(/^.*[/\\]/, "");
      this.#store.dispatch({
        type: "open",
        opened: {
          file: base,
          text: wasm || source === undefined ? "" : new TextDecoder().decode(source.bytes),
          bytes: wasm ? source?.bytes : undefined,
          input,
          origin: "file",
          recording: { name: file.name, tool: tool.about.name, entries, suspended: isSuspended, shelved: place !== undefined, asks: asks.sentences, needs: isSuspended ? asks.toResume : asks.toReplay },
        },
      });
      this.#open = { recording, entries, place };
    } catch (error) {
      tell(`${file.name} cannot be opened: ${explain(error)}`);
    }
  }
}
