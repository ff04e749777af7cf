// Compresses the page's files beside them (FILE.gz, FILE.br), as `belljar serve` and static hosts send them:
// `node compress.mjs FOLDER`. Files that hardly shrink are left.
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const ENDINGS = /\.(?:css|html|js|json|map|mjs|svg|ts|txt|wasm)$/;
const LEAST = 1024;

function compress(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) compress(path);
    else if (ENDINGS.test(name)) {
      const bytes = readFileSync(path);
      const wasm = name.endsWith(".wasm");
      const quality = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: wasm ? 22 : 20 };
      for (const [ending, packed] of [
        ["gz", () => gzipSync(bytes, { level: 9 })],
        ["br", () => brotliCompressSync(bytes, { params: quality })],
      ]) {
        if (bytes.length < LEAST) continue;
        const made = packed();
        if (made.length < bytes.length * 0.9) writeFileSync(`${path}.${ending}`, made);
      }
    }
  }
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("compress.mjs wants the folder");
compress(folder);
