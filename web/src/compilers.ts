// The compilers, and admission: each is fetched when the first tool comes that needs it.

import type { Output, Snapshot } from "../pkg/wasm/belljar_wasm.js";
import type { Assets } from "./assets.js";

export type { Snapshot };

/** Compiles a source whose file's name says what it is. */
export type Compile = (file: string, bytes: Uint8Array) => Output & { program?: () => unknown };

/** Admits a component; what comes back is what the host takes. */
export type Admit = (component: Uint8Array, manifest: string, file: string) => Uint8Array;

/** The compilers of a page. */
export class Compilers {
  readonly #assets: Assets;
  #javascript: Promise<Compile> | undefined;
  #typescript: Promise<Compile> | undefined;
  #admission: Promise<Admit> | undefined;
  #wasm: Promise<typeof import("../pkg/wasm/belljar_wasm.js")> | undefined;

  constructor(assets: Assets) {
    this.#assets = assets;
  }

  /** The one for a file. The one for WebAssembly also knows what to say of a file that is no tool's. */
  async for(file: string): Promise<Compile> {
    if (/\.m?ts$/.test(file)) return (this.#typescript ??= again(() => this.#loadTypeScript(), () => (this.#typescript = undefined)));
    // The one for TypeScript compiles JavaScript, too.
    if (/\.m?js$/.test(file)) {
      return this.#typescript ?? (this.#javascript ??= again(() => this.#loadJavaScript(), () => (this.#javascript = undefined)));
    }
    return (await this.wasm()).compile;
  }

  /** The one for WebAssembly, which makes snapshots, too. */
  wasm(): Promise<typeof import("../pkg/wasm/belljar_wasm.js")> {
    const load = async () => {
      const module = await import("../pkg/wasm/belljar_wasm.js");
      await module.default({ module_or_path: this.#assets.wasm });
      return module;
    };
    return (this.#wasm ??= again(load, () => (this.#wasm = undefined)));
  }

  /** Admission. The compiler for WebAssembly has it, too. */
  async admission(): Promise<Admit> {
    if (this.#wasm !== undefined) return (await this.wasm()).admit;
    return (this.#admission ??= again(() => this.#loadAdmission(), () => (this.#admission = undefined)));
  }

  async #loadAdmission(): Promise<Admit> {
    const module = await import("../pkg/admission/belljar_admission.js");
    await module.default({ module_or_path: this.#assets.admission });
    return module.admit;
  }

  async #loadTypeScript(): Promise<Compile> {
    const module = await import("../pkg/typescript/belljar_typescript.js");
    await module.default({ module_or_path: this.#assets.typescript });
    return module.compile as Compile;
  }

  async #loadJavaScript(): Promise<Compile> {
    const module = await import("../pkg/javascript/belljar_javascript.js");
    await module.default({ module_or_path: this.#assets.javascript });
    return module.compile as Compile;
  }
}

/** Loads; what failed is forgotten, so that the next call tries again. */
export async function again<T>(load: () => Promise<T>, forget: () => void): Promise<T> {
  try {
    return await load();
  } catch (error) {
    forget();
    throw error;
  }
}
