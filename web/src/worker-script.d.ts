/** The cell's script, bundled. */
declare module "worker:script" {
  const text: string;
  export default text;
}

// The scripts of the compilers' workers, bundled.
declare module "compiler:admission" {
  const text: string;
  export default text;
}
declare module "compiler:javascript" {
  const text: string;
  export default text;
}
declare module "compiler:python" {
  const text: string;
  export default text;
}
declare module "compiler:typescript" {
  const text: string;
  export default text;
}
declare module "compiler:wasm" {
  const text: string;
  export default text;
}

/** The glue of the compiler that a script is for; each has a part of this. */
declare module "compiler:module" {
  interface Output {
    component(): Uint8Array | undefined;
    program?(): unknown;
    describer?(): [program: unknown, input: string] | undefined;
    manifest(): string;
    warnings(): string[];
    free(): void;
  }
  export function initSync(module: { module: WebAssembly.Module }): { memory: WebAssembly.Memory };
  export function compile(file: string, bytes: Uint8Array): Output;
  export function described(file: string, bytes: Uint8Array, answer: string): Output;
  export function admit(component: Uint8Array, manifest: string, file: string): Uint8Array;
  export class Snapshot {
    constructor(engine: Uint8Array);
    engine(): Uint8Array;
    component(manifest: string, program: unknown, global: (name: string) => unknown, memory: (name: string) => unknown): Uint8Array;
    free(): void;
  }
}
