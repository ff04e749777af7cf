// Finds and starts Chromium, and serves files to it: what all browser tests share.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";

import { chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** Starts the browser that `BELLJAR_CHROMIUM` names, or one that is installed; `more` are arguments of its own. */
export async function start(more = []) {
  const executablePath = process.env.BELLJAR_CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (executablePath === undefined) {
    throw new Error("there is no Chromium: install it (on Debian `apt-get install chromium`), or name it in BELLJAR_CHROMIUM");
  }
  const quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  // As root, in a container, Chromium has no sandbox of its own.
  const root = process.getuid?.() === 0 ? ["--no-sandbox", "--disable-gpu"] : [];
  return chromium.launch({ executablePath, args: [...quiet, ...root, ...more] });
}

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Serves a folder on the loopback interface; `pages` are answered before files. `headers` are as in `headers.json`: those of a single
 * file stand under its path. Returns the address and how to stop.
 */
export async function serve(folder, pages = {}, headers = {}) {
  const requests = [];
  const general = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("/")));
  const headersOf = (path) => Object.fromEntries(Object.entries({ ...general, ...headers[path] }).filter(([, value]) => value !== null));
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    requests.push(path);
    const page = pages[path];
    const file = normalize(join(folder, path.endsWith("/") ? `${path}index.html` : path));
    try {
      if (page === undefined && !file.startsWith(folder + sep)) throw new Error("outside");
      const body = page ?? (await readFile(file));
      const type = TYPES[page === undefined ? extname(file) : ".html"] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, ...headersOf(path) }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  return { address, requests, stop: () => new Promise((resolve) => server.close(resolve)) };
}

/** The page draws once a frame: what is expected may come a moment later. */
export async function eventually(check) {
  const end = Date.now() + 5_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
