// Runs a test program that is built for wasm32-wasip1: `node tests/wasi.mjs PROGRAM.wasm [ARGUMENT]…`.

import { readFile } from "node:fs/promises";
import { argv, env, exit } from "node:process";
import { WASI } from "node:wasi";

const [file, ...rest] = argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [file, ...rest], env, preopens: { "/": "/" }, returnOnExit: true });
const module = await WebAssembly.compile(await readFile(file));
exit(wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject())));
