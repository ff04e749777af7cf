// Where the package's files are.

/** The files that the package fetches. */
export interface Assets {
  readonly host: URL;
  readonly cell: URL;
  readonly admission: URL;
  readonly javascript: URL;
  readonly python: URL;
  readonly typescript: URL;
  readonly wasm: URL;
  /** The language engines, admitted. */
  readonly engines: Engines;
  /** The engines' components, of which standalone tools are made. */
  readonly components: Engines;
  /** The document of the frame that performs HTTP requests. */
  readonly courier: URL;
}

/** A file for each language engine. */
export interface Engines {
  readonly js: URL;
  readonly python: URL;
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
      python: below("belljar_python_bg.wasm"),
      typescript: below("belljar_typescript_bg.wasm"),
      wasm: below("belljar_wasm_bg.wasm"),
      engines: { js: below("js.prepared.wasm"), python: below("python.prepared.wasm") },
      components: { js: below("js.wasm"), python: below("python.wasm") },
      courier: below("courier.html"),
    };
  }
  // Written out, so that bundlers see which files go along.
  return {
    host: new URL("./belljar_host_bg.wasm", import.meta.url),
    cell: new URL("./belljar_cell_bg.wasm", import.meta.url),
    admission: new URL("./belljar_admission_bg.wasm", import.meta.url),
    javascript: new URL("./belljar_javascript_bg.wasm", import.meta.url),
    python: new URL("./belljar_python_bg.wasm", import.meta.url),
    typescript: new URL("./belljar_typescript_bg.wasm", import.meta.url),
    wasm: new URL("./belljar_wasm_bg.wasm", import.meta.url),
    engines: { js: new URL("./js.prepared.wasm", import.meta.url), python: new URL("./python.prepared.wasm", import.meta.url) },
    components: { js: new URL("./js.wasm", import.meta.url), python: new URL("./python.wasm", import.meta.url) },
    courier: new URL("./courier.html", import.meta.url),
  };
}

/** A file's bytes. */
export async function fetchBytes(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname} cannot be fetched: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
