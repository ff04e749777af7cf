// What is shown on the stage looks up no name and opens no connection, by itself or when it is clicked: a listener counts
// connections, and the browser's own record of the network names every name that it looked up.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { serve, start } from "./chromium.mjs";
import { leading } from "./leading.mjs";
import { payloads } from "./payloads.mjs";

const dist = fileURLToPath(process.env.BELLJAR_DIST ?? new URL("../../web/dist", import.meta.url));
const page_ = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>stage</title>
<script type="module">
import { stage } from "./belljar.js";
window.stage = stage;
window.isReady = true;
</script><body>the page`;

/** Names below this lead to the listener; nobody else has them. */
const HOST = "leads.belljar.test";

let folder, server, listener, port;
let connections = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "belljar-stage-"));
  server = await serve(dist, { "/": page_ });
  listener = createServer((socket) => {
    connections++;
    socket.on("error", () => undefined);
    socket.destroy();
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  ({ port } = listener.address());
});

after(async () => {
  await server?.stop();
  await new Promise((resolve) => listener.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

/** Does something in a browser whose names all lead to the listener; which of them it looked up. */
async function watched(act) {
  connections = 0;
  const record = join(folder, `${Math.random()}.json`);
  const browser = await start([`--log-net-log=${record}`, "--net-log-capture-mode=Everything", `--host-resolver-rules=MAP *.${HOST} 127.0.0.1`]);
  try {
    const page = await browser.newPage();
    await page.goto(server.address);
    await page.waitForFunction(() => window.isReady);
    await act(page);
  } finally {
    await browser.close();
  }
  const names = new Set([...(await readFile(record, "utf8")).matchAll(new RegExp(`([a-z0-9-]+)\\.${HOST.replaceAll(".", "\\.")}`, "g"))].map((match) => match[1]));
  return { connections, names: [...names] };
}

/** Puts artifacts on stages, waits, and clicks on everything in them. */
async function show(page, items, mediaType) {
  const told = await page.evaluate(
    async ([items, mediaType]) => {
      const place = document.body.appendChild(document.createElement("div"));
      const told = await Promise.all(
        items.map(
          (html, at) =>
            new Promise((resolve) => {
              const frame = window.stage({ name: String(at), mediaType, bytes: new TextEncoder().encode(html) }, (what) => {
                frame.addEventListener("load", () => resolve(what), { once: true });
                setTimeout(() => resolve(what), 3_000);
              });
              frame.style.cssText = "width:120px;height:80px";
              place.append(frame);
            }),
        ),
      );
      return told;
    },
    [items, mediaType],
  );
  await page.waitForTimeout(300);
  const texts = [];
  for (const [at, frame] of page.frames().filter((frame) => frame !== page.mainFrame()).entries()) {
    texts[at] = await frame.evaluate(() => document.body?.innerText ?? "").catch(() => "");
    // A click and Enter on everything that could take one, as a person would.
    await frame.evaluate(() => {
      for (const element of document.querySelectorAll("*")) {
        element.focus?.();
        element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
        element.click?.();
        element.requestSubmit?.();
      }
    }).catch(() => undefined);
  }
  for (const box of await page.locator("iframe").evaluateAll((all) => all.map((frame) => { const { x, y } = frame.getBoundingClientRect(); return [x + scrollX, y + scrollY]; }))) {
    await page.evaluate(([, y]) => scrollTo(0, y - 100), box);
    const [x, y] = await page.evaluate(([x, y]) => [x - scrollX, y - scrollY], box);
    for (const [dx, dy] of mediaType === "text/html" ? [[15, 15], [25, 30], [40, 50]] : [[20, 20]]) await page.mouse.click(x + dx, y + dy);
    await page.keyboard.press("Enter");
  }
  await page.waitForTimeout(300);
  await page.evaluate(() => document.querySelector("body > div")?.remove());
  return { told, texts };
}

test("the listener and the record see what a frame does that is not on the stage", async () => {
  const seen = await watched(async (page) => {
    await page.evaluate((html) => document.body.insertAdjacentHTML("beforeend", html), `<iframe src="http://seen.${HOST}:${port}/"></iframe><link rel="dns-prefetch" href="//ahead.${HOST}">`);
    await page.waitForTimeout(800);
  });
  assert.ok(seen.connections >= 1, "a connection is counted");
  assert.ok(seen.names.includes("seen"), String(seen.names));
});

/** What parsers stumble over: markup that is put around, between and into other markup. */
const AROUND = [
  ["<svg><foreignObject>", "</foreignObject></svg>"], ["<math><mtext><table><mglyph><style>", "</style></mglyph></table></mtext></math>"], ["<math><annotation-xml encoding='text/html'>", "</annotation-xml></math>"],
  ["<template>", "</template>"], ["<table><tr>", "</tr></table>"], ["<select><option>", "</select>"], ["<noscript>", "</noscript>"], ["<!--", "-->"], ["<!-->", "<!-- -->"],
  ["<svg><style><![CDATA[", "]]></style></svg>"], ["<title>", "</title>"], ["<textarea>", ""], ["<form><div></form>", "</div>"], ["<a id=x href=/><p>", "</p>"], ["<b><i></b>", "</i>"],
  ["<style>@import '", "';</style>"], ["<div style=\"background:url('", "')\">x</div>"], ["<plaintext>", ""], ["<xmp>", "</xmp>"], ["<details open ontoggle=alert(1)>", "</details>"], ["<frameset>", "</frameset>"], ["", ""],
];

/** Markup put together at random out of what leads somewhere. */
function mixed(seed, items) {
  let state = BigInt(seed) * 2862933555777941757n + 3037000493n;
  const below = (n) => Number(((state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)) >> 33n) % BigInt(n));
  let html = "";
  for (let parts = 1 + below(4); parts > 0; parts--) {
    let piece = items[below(items.length)].html;
    for (let depth = below(4); depth > 0; depth--) {
      const [open, close] = AROUND[below(AROUND.length)];
      piece = open + piece + close;
    }
    // Cut, spelled otherwise, or put into the middle of what is there.
    if (below(6) === 0) piece = piece.slice(below(piece.length));
    if (below(6) === 0) piece = piece.replace(/[a-z]+/gi, (word) => (below(2) === 0 ? word.toUpperCase() : word));
    if (below(8) === 0) piece = piece.replaceAll(/[:/]/g, (mark) => (below(2) === 0 ? `&#${mark.charCodeAt(0)};` : mark));
    const at = below(4) === 0 ? below(html.length + 1) : html.length;
    html = html.slice(0, at) + piece + html.slice(at);
  }
  return html;
}

test("generated HTML looks up no name and connects nowhere", async () => {
  const items = leading(HOST, port);
  const count = Number(process.env.BELLJAR_HTML ?? 120);
  const seed = Number(process.env.BELLJAR_SEED ?? 1) * 1_000_000;
  const seen = await watched(async (page) => {
    for (let at = 0; at < count; at += 30) {
      const some = Array.from({ length: Math.min(30, count - at) }, (_, i) => mixed(seed + at + i, items));
      const { told } = await show(page, some, "text/html");
      assert.deepEqual(told.map(({ problem }) => problem).filter((problem) => problem !== undefined), [], `from seed ${seed + at} on`);
    }
    assert.equal(new URL(page.url()).origin, server.address, "the page is where it was");
  });
  assert.deepEqual(seen, { connections: 0, names: [] });
});

test("no HTML on the stage looks up a name or connects, also when it is clicked", async () => {
  const items = leading(HOST, port);
  assert.ok(items.length >= 150);
  const wrong = [];
  const seen = await watched(async (page) => {
    for (let at = 0; at < items.length; at += 30) {
      const some = items.slice(at, at + 30);
      const { told, texts } = await show(page, some.map(({ html }) => html), "text/html");
      for (const [i, { name, lead, kept }] of some.entries()) {
        const { removed, problem } = told[i];
        if (problem !== undefined) wrong.push(`${name}: ${problem}`);
        if (lead && removed === 0) wrong.push(`${name}: nothing was taken out`);
        if (kept !== undefined && !texts[i]?.includes(kept)) wrong.push(`${name}: ${JSON.stringify(texts[i])} is shown`);
      }
    }
    assert.equal(new URL(page.url()).origin, server.address, "the page is where it was");
  });
  assert.deepEqual(seen, { connections: 0, names: [] });
  assert.deepEqual(wrong, []);
});

test("no SVG, and no text, on the stage looks up a name or connects", async () => {
  const items = leading(HOST, port).map(({ html }) => html);
  const svg = items.map((html) => `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="99" height="99"><foreignObject width="99" height="99"><div xmlns="http://www.w3.org/1999/xhtml">${html}</div></foreignObject>${html}</svg>`);
  const seen = await watched(async (page) => {
    for (let at = 0; at < svg.length; at += 60) await show(page, svg.slice(at, at + 60), "image/svg+xml");
    for (let at = 0; at < items.length; at += 90) await show(page, items.slice(at, at + 90), "text/plain");
  });
  assert.deepEqual(seen, { connections: 0, names: [] });
});

test("nothing of the known lists of payloads looks up a name or connects", async () => {
  const items = payloads(`http://payload.${HOST}:${port}`);
  const seen = await watched(async (page) => {
    for (let at = 0; at < items.length; at += 60) await show(page, items.slice(at, at + 60), "text/html");
  });
  assert.deepEqual(seen, { connections: 0, names: [] });
});

test("what an artifact carries in itself is shown", async () => {
  await watched(async (page) => {
    const html = `<!doctype html><html lang="de"><head><title>t</title><meta charset="utf-8"><style>
      :root{--ink:rgb(1,2,3)} @media (width > 1px) and (min-width:2px){p{color:var(--ink)}} @keyframes k{to{opacity:.5}} .g{background:url("data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=")}
      q::before{content:"<b>"}</style></head>
      <body class="b" style="margin:3px"><p id="top" title="a url(http://x) in words">Text</p><a href="#top">up</a><table><tr><td>cell</td></tr></table>
      <img alt="dot" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="><q class="g">q</q>
      <svg viewBox="0 0 9 9"><defs><linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient></defs><rect width="9" height="9" fill="url(#g)"/></svg>
      <math><mi>x</mi></math><details><summary>more</summary>less</details></body></html>`;
    const told = await page.evaluate((html) => new Promise((resolve) => {
      const frame = window.stage({ name: "a", mediaType: "text/html", bytes: new TextEncoder().encode(html) }, (what) => { frame.onload = () => resolve(what); });
      document.body.append(frame);
    }), html);
    assert.deepEqual(told, { removed: 0 });
    const frame = page.frames().at(-1);
    const found = await frame.evaluate(() => ({
      colour: getComputedStyle(document.querySelector("p")).color,
      title: document.querySelector("p").title,
      margin: getComputedStyle(document.body).marginTop,
      lang: document.documentElement.lang,
      image: document.querySelector("img").naturalWidth,
      background: getComputedStyle(document.querySelector(".g")).backgroundImage.slice(0, 15),
      fill: document.querySelector("rect").getAttribute("fill"),
      before: getComputedStyle(document.querySelector("q"), "::before").content,
      parts: [...document.querySelectorAll("td, math, details, linearGradient")].length,
      mode: document.compatMode,
    }));
    assert.deepEqual(found, { colour: "rgb(1, 2, 3)", title: "a url(http://x) in words", margin: "3px", lang: "de", image: 1, background: 'url("data:image', fill: "url(#g)", before: '"<b>"', parts: 4, mode: "CSS1Compat" });
  });
});
