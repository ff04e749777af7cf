// Where the package's files are.

/** The files that the package fetches. */
export interface Assets {
  readonly host: URL;
  readonly cell: URL;
  readonly admission: URL;
  readonly javascript: URL;
  readonly typescript: URL;
  readonly wasm: URL;
  /** The JavaScript engine, admitted. */
  readonly engine: URL;
  /** The engine's component, of which standalone tools are made. */
  readonly component: URL;
  /** The document of the frame that performs HTTP requests. */
  readonly courier: URL;
}

/** The files below `folder`, or beside the package's script. */
export function assets(folder?: string): Assets {
  if (folder !== undefined) {
    const base = new URL(folder.endsWith("/") ? folder : `${folder}/`, location.href);
    const below = (name: string) => new URL(name, base);
    return {
      host: below("belljar_host_bg.wasm"),
      cell: below("belljar_cell_bg.wasm"),
      admission: below("belljar_admission_bg.wasm"),
      javascript: below("belljar_javascript_bg.wasm"),
      typescript: below("belljar_typescript_bg.wasm"),
      wasm: below("belljar_wasm_bg.wasm"),
      engine: below("js.prepared.wasm"),
      component: below("js.wasm"),
      courier: below("courier.html"),
    };
  }
  // Written out, so that bundlers see which files go along.
  return {
    host: new URL("./belljar_host_bg.wasm", import.meta.url),
    cell: new URL("./belljar_cell_bg.wasm", import.meta.url),
    admission: new URL("./belljar_admission_bg.wasm", import.meta.url),
    javascript: new URL("./belljar_javascript_bg.wasm", import.meta.url),
    typescript: new URL("./belljar_typescript_bg.wasm", import.meta.url),
    wasm: new URL("./belljar_wasm_bg.wasm", import.meta.url),
    engine: new URL("./js.prepared.wasm", import.meta.url),
    component: new URL("./js.wasm", import.meta.url),
    courier: new URL("./courier.html", import.meta.url),
  };
}

/** A file's bytes. */
export async function fetchBytes(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname} cannot be fetched: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
