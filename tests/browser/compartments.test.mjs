// The walls of the cell and the stage: what is tried from inside must fail, and nothing may reach the server.

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { serve, start } from "./chromium.mjs";
import { payloads } from "./payloads.mjs";

const dist = fileURLToPath(new URL("../../web/dist", import.meta.url));
const page_ = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>compartments</title>
<script type="module">
import * as belljar from "./belljar.js";
Object.assign(window, belljar);
window.jar = await belljar.Belljar.create();
window.isReady = true;
</script><body>secret of the page`;

let server, browser, page;

async function open() {
  const page = await browser.newPage();
  await page.goto(server.address);
  await page.waitForFunction(() => window.isReady);
  return page;
}

before(async () => {
  server = await serve(dist, { "/": page_, "/probe": "reached", "/pwned": "reached" });
  browser = await start();
  page = await open();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const reached = () => server.requests.filter((path) => path.startsWith("/probe") || path.startsWith("/pwned"));


/** Runs probes in a compartment, by the debugger, so that no `eval` is needed there; what each came to. */
async function probe(compartment, probes) {
  const results = {};
  for (const [name, act] of Object.entries(probes)) {
    results[name] = await compartment
      .evaluate(
        `(async () => { try { return "GOT " + String(await Promise.race([(${act})(${JSON.stringify(server.address)}), new Promise((_, no) => setTimeout(() => no(new Error("no answer")), 1500))])); } catch (error) { return "refused: " + error; } })()`,
      )
      .catch((error) => `refused: ${error.message}`);
  }
  return results;
}

function allRefused(results) {
  const got = Object.entries(results).filter(([, result]) => !result.startsWith("refused"));
  assert.deepEqual(got, [], "these were not refused");
}

const NETWORK = {
  fetch: (address) => fetch(`${address}/probe?fetch`).then((r) => r.status),
  "fetch no-cors": (address) => fetch(`${address}/probe?nocors`, { mode: "no-cors" }).then((r) => r.type),
  XMLHttpRequest: (address) =>
    new Promise((done, no) => {
      const request = new XMLHttpRequest();
      request.onload = () => done(request.status);
      request.onerror = () => no(new Error("error"));
      request.open("GET", `${address}/probe?xhr`);
      request.send();
    }),
  WebSocket: (address) =>
    new Promise((done, no) => {
      const socket = new WebSocket(`${address.replace("http", "ws")}/probe?ws`);
      socket.onopen = () => done("open");
      socket.onerror = () => no(new Error("error"));
    }),
  EventSource: (address) =>
    new Promise((done, no) => {
      const source = new EventSource(`${address}/probe?events`);
      source.onopen = () => done("open");
      source.onerror = () => no(new Error("error"));
    }),
  "import()": (address) => import(`${address}/probe?import`),
  indexedDB: () =>
    new Promise((done, no) => {
      const request = indexedDB.open("x");
      request.onsuccess = () => done("open");
      request.onerror = () => no(request.error);
    }),
  caches: () => caches.open("x").then(() => "open"),
  "origin-private files": () => navigator.storage.getDirectory().then(() => "open"),
  // In a task of its own: what the debugger itself calls may always evaluate.
  eval: () => new Promise((done, no) => setTimeout(() => { try { done((0, eval)("1")); } catch (error) { no(error); } })),
  "new Function": () => new Promise((done, no) => setTimeout(() => { try { done(new Function("return 1")()); } catch (error) { no(error); } })),
  "shared memory": () => {
    if (typeof SharedArrayBuffer === "undefined") throw new Error("none");
    return "there";
  },
};

test("a cell's worker reaches nothing", async () => {
  await page.evaluate(async () => {
    const tool = await window.jar.compile("wait.js", "export default () => new Promise((done) => setTimeout(done, 60000))");
    window.waiting = window.jar.run(tool, {});
  });
  const deadline = Date.now() + 10_000;
  while (page.workers().length === 0 && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
  assert.ok(page.workers().length > 0, "there is a worker");
  for (const worker of page.workers()) {
    // One evaluation that answers, so that a refusal below is not merely a broken probe.
    assert.equal(await worker.evaluate(() => 1 + 1), 2);
    const results = await probe(worker, {
      ...NETWORK,
      importScripts: (address) => importScripts(`${address}/probe?scripts`),
      "another worker": (address) =>
        new Promise((done, no) => {
          const inner = new Worker(`${address}/probe?worker`);
          inner.onmessage = () => done("started");
          inner.onerror = () => no(new Error("error"));
        }),
      document: () => document.title,
      parent: () => parent.document.title,
    });
    allRefused(results);
  }
  assert.deepEqual(reached(), []);
});

test("a cell's frame reaches nothing", async () => {
  const frames = page.frames().filter((frame) => frame !== page.mainFrame());
  assert.ok(frames.length > 0, "there is a frame");
  for (const frame of frames) {
    assert.equal(await frame.evaluate(() => origin), "null");
    const results = await probe(frame, {
      ...NETWORK,
      "the parent's document": () => parent.document.body.textContent,
      "the parent's variables": () => parent.jar,
      "the top's address": (address) => {
        top.location.href = `${address}/probe?top`;
        throw new Error("checked below");
      },
      localStorage: () => localStorage.length,
      sessionStorage: () => sessionStorage.length,
      cookies: () => (document.cookie = "a=b"),
      "a window": (address) => {
        if (window.open(`${address}/probe?window`) === null) throw new Error("none");
        return "opened";
      },
      "an image": (address) =>
        new Promise((done, no) => {
          const image = new Image();
          image.onload = () => done("loaded");
          image.onerror = () => no(new Error("error"));
          image.src = `${address}/probe?image`;
        }),
      "a script": (address) =>
        new Promise((done, no) => {
          const script = document.createElement("script");
          script.onload = () => done("ran");
          script.onerror = () => no(new Error("error"));
          script.src = `${address}/probe?script`;
          document.head.append(script);
        }),
      "a style sheet": (address) =>
        new Promise((done, no) => {
          const link = document.createElement("link");
          link.rel = "stylesheet";
          link.onload = () => done("loaded");
          link.onerror = () => no(new Error("error"));
          link.href = `${address}/probe?style`;
          document.head.append(link);
        }),
      "a frame": (address) =>
        new Promise((done, no) => {
          const inner = document.createElement("iframe");
          inner.src = `${address}/probe?frame`;
          document.body.append(inner);
          setTimeout(() => no(new Error("checked on the server")), 300);
        }),
      "a form": (address) => {
        const form = document.createElement("form");
        form.action = `${address}/probe?form`;
        document.body.append(form);
        form.submit();
        throw new Error("checked on the server");
      },
      "a beacon": (address) => {
        navigator.sendBeacon(`${address}/probe?beacon`);
        throw new Error("checked on the server");
      },
      "a service worker": (address) => navigator.serviceWorker.register(`${address}/probe?service`),
      "the clipboard": () => navigator.clipboard.readText(),
      "a dialog": () => {
        // Refused without a word: it returns at once.
        if (confirm("really?") === false) throw new Error("none");
        return "asked";
      },
    });
    allRefused(results);
  }
  await new Promise((done) => setTimeout(done, 200));
  assert.deepEqual(reached(), []);
  assert.equal(new URL(page.url()).pathname, "/");
});

test("what the page broadcasts and stores does not reach a cell, nor the other way round", async () => {
  const [worker] = page.workers();
  await worker.evaluate(() => {
    self.heard = [];
    new BroadcastChannel("x").onmessage = (event) => self.heard.push(event.data);
    new BroadcastChannel("y").postMessage("from the cell");
  });
  const heard = await page.evaluate(async () => {
    const heard = [];
    new BroadcastChannel("y").onmessage = (event) => heard.push(event.data);
    new BroadcastChannel("x").postMessage("from the page");
    await new Promise((done) => setTimeout(done, 200));
    return heard;
  });
  assert.deepEqual(heard, []);
  assert.deepEqual(await worker.evaluate(() => self.heard), []);
});

test("no artifact on the stage runs or loads anything", async () => {
  const texts = payloads(server.address);
  assert.ok(texts.length >= 200);
  const wrongs = await page.evaluate(
    async (texts) => {
      window.pwned = undefined;
      const bytes = (text) => new TextEncoder().encode(text);
      const svg = (text) => `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">${text}</svg>`;
      const missing = [];
      for (let at = 0; at < texts.length; at += 35) {
        const frames = [];
        for (const text of texts.slice(at, at + 35)) {
          for (const [mediaType, content] of [["text/html", text], ["image/svg+xml", text], ["image/svg+xml", svg(text)], ["text/plain", text]]) {
            const frame = window.stage({ name: text, mediaType, bytes: bytes(content) });
            if (frame === undefined) missing.push(mediaType);
            else frames.push(frame);
          }
        }
        const loaded = frames.map((frame) => new Promise((done) => { frame.onload = done; setTimeout(done, 2000); }));
        document.body.append(...frames);
        await Promise.all(loaded);
        await new Promise((done) => setTimeout(done, 150));
        for (const frame of frames) frame.remove();
      }
      return { missing, pwned: window.pwned };
    },
    texts,
  );
  assert.deepEqual(wrongs, { missing: [], pwned: undefined });
  assert.deepEqual(reached(), []);
});

test("the stage shows what it is given", async () => {
  // The counterpart of the test above: the frames are not merely empty.
  const page = await open();
  await page.evaluate(() => {
    const bytes = (text) => new TextEncoder().encode(text);
    const add = (name, mediaType, text) => document.body.append(window.stage({ name, mediaType, bytes: bytes(text) }));
    add("page", "text/html", "<style>p{color:rgb(1,2,3)}</style><p>styled</p><script>document.body.textContent = 'ran'</script>");
    add("text", "text/plain", "<b>plain</b>");
    add("drawing", "image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30"/></svg>');
  });
  const inside = (name) => page.frameLocator(`iframe[title="Artifact ${name}"]`);
  assert.equal(await inside("page").locator("p").textContent(), "styled");
  assert.equal(await inside("page").locator("p").evaluate((p) => getComputedStyle(p).color), "rgb(1, 2, 3)");
  assert.equal(await inside("text").locator("pre").textContent(), "<b>plain</b>");
  assert.deepEqual(await inside("drawing").locator("img").evaluate(async (image) => { await image.decode(); return [image.naturalWidth, image.naturalHeight]; }), [40, 30]);
});

/** What a script in a cell's document, with all that is left there, could try. `[tcp, udp]` are ports where the tests listen. */
const WAYS = {
  "a frame": ([tcp]) => document.documentElement.append(Object.assign(document.createElement("iframe"), { src: `http://127.0.0.1:${tcp}/` })),
  "a frame by HTML": ([tcp]) => { document.body.innerHTML = `<iframe src="http://127.0.0.1:${tcp}/"></iframe>`; },
  "a written frame": ([tcp]) => document.write(`<iframe src="http://127.0.0.1:${tcp}/"></iframe>`),
  "a parsed frame": ([tcp]) => document.documentElement.append(document.adoptNode(new DOMParser().parseFromString(`<iframe src="http://127.0.0.1:${tcp}/">`, "text/html").querySelector("iframe"))),
  "a frame by a range": ([tcp]) => document.documentElement.append(new Range().createContextualFragment(`<iframe src="http://127.0.0.1:${tcp}/">`)),
  "a frame through a prototype": ([tcp]) => Document.prototype.createElement.call(document, "iframe").setAttribute("src", `http://127.0.0.1:${tcp}/`),
  "an image": ([tcp]) => new Image().setAttribute("src", `http://127.0.0.1:${tcp}/`),
  "an object": ([tcp]) => document.documentElement.append(Object.assign(document.createElement("object"), { data: `http://127.0.0.1:${tcp}/` })),
  "a preconnect": ([tcp]) => document.head.append(Object.assign(document.createElement("link"), { rel: "preconnect", href: `http://127.0.0.1:${tcp}` })),
  "a prefetch": ([tcp]) => document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href: `http://127.0.0.1:${tcp}/` })),
  "speculation rules": ([tcp]) => document.head.append(Object.assign(document.createElement("script"), { type: "speculationrules", textContent: `{"prerender":[{"urls":["http://127.0.0.1:${tcp}/"]}]}` })),
  "a form": ([tcp]) => { const form = document.createElement("form"); form.action = `http://127.0.0.1:${tcp}/`; document.documentElement.append(form); form.submit(); },
  "a link that is clicked": ([tcp]) => Object.assign(document.createElement("a"), { href: `http://127.0.0.1:${tcp}/` }).click(),
  "a refresh": ([tcp]) => document.head.append(Object.assign(document.createElement("meta"), { httpEquiv: "refresh", content: `0;url=http://127.0.0.1:${tcp}/` })),
  "a worker": ([tcp]) => new Worker(`http://127.0.0.1:${tcp}/`),
  "a window": ([tcp]) => open(`http://127.0.0.1:${tcp}/`),
  "a request": ([tcp]) => fetch(`http://127.0.0.1:${tcp}/`),
  "a later request": ([tcp]) => fetchLater(`http://127.0.0.1:${tcp}/`, { activateAfter: 0 }),
  "a beacon": ([tcp]) => navigator.sendBeacon(`http://127.0.0.1:${tcp}/`, "x"),
  "a socket": ([tcp]) => new WebSocket(`ws://127.0.0.1:${tcp}/`),
  "events": ([tcp]) => new EventSource(`http://127.0.0.1:${tcp}/`),
  "WebTransport": ([, udp]) => new WebTransport(`https://127.0.0.1:${udp}/`).ready,
  "WebRTC": async ([, udp]) => { const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:127.0.0.1:${udp}` }] }); peer.createDataChannel("x"); await peer.setLocalDescription(await peer.createOffer()); },
  "old WebRTC": async ([, udp]) => { const peer = new webkitRTCPeerConnection({ iceServers: [{ urls: `stun:127.0.0.1:${udp}` }] }); peer.createDataChannel("x"); await peer.setLocalDescription(await peer.createOffer()); },
  "its own address": ([tcp]) => { location.href = `http://127.0.0.1:${tcp}/`; },
  "its own address by assign": ([tcp]) => location.assign(`http://127.0.0.1:${tcp}/`),
  "its own address by replace": ([tcp]) => location.replace(`http://127.0.0.1:${tcp}/`),
  "the document's address": ([tcp]) => { document.location = `http://127.0.0.1:${tcp}/`; },
  "the navigation": ([tcp]) => navigation.navigate(`http://127.0.0.1:${tcp}/`),
  "the top's address": ([tcp]) => { top.location = `http://127.0.0.1:${tcp}/`; },
};

/** Counts what arrives at two ports of this machine. */
async function listening() {
  const heard = { tcp: 0, udp: 0 };
  const tcp = createServer((socket) => {
    heard.tcp++;
    socket.on("error", () => undefined);
    socket.destroy();
  });
  const udp = createSocket("udp4").on("message", () => heard.udp++);
  await new Promise((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  await new Promise((resolve) => udp.bind(0, "127.0.0.1", resolve));
  return { heard, ports: [tcp.address().port, udp.address().port], stop: () => (tcp.close(), udp.close()) };
}

/** What leaves when each way is tried in a cell's document of its own; `headers` are the page's. */
async function leaves(headers) {
  const { heard, ports, stop } = await listening();
  const server = await serve(dist, { "/": page_ }, headers);
  const left = [];
  try {
    for (const [name, act] of Object.entries(WAYS)) {
      const page = await browser.newPage();
      await page.goto(server.address);
      await page.waitForFunction(() => window.isReady);
      await page.waitForFunction(() => document.querySelectorAll("iframe").length > 0);
      const before = { ...heard };
      // In a task of its own, as the document's script.
      const frames = page.frames().filter((frame) => frame !== page.mainFrame());
      assert.ok(frames.length > 0);
      assert.equal(await frames[0].evaluate(() => 1 + 1), 2, "the document answers");
      await frames[0].evaluate(act, ports).catch(() => undefined);
      await page.waitForTimeout(name.includes("WebRTC") || name.includes("WebTransport") ? 900 : 350);
      if (heard.tcp > before.tcp || heard.udp > before.udp) left.push(name);
      await page.close();
    }
  } finally {
    stop();
    await server.stop();
  }
  return left;
}

test("the listeners hear what a page does that is no cell", async () => {
  const { heard, ports, stop } = await listening();
  const page = await browser.newPage();
  await page.goto(server.address);
  await page.evaluate(WAYS["a frame"], ports);
  await page.evaluate(WAYS["WebRTC"], ports);
  await page.waitForTimeout(900);
  await page.close();
  stop();
  assert.ok(heard.tcp > 0 && heard.udp > 0, JSON.stringify(heard));
});

test("nothing leaves a cell's document, though its worker is lost, where the server says who may be reached", async () => {
  const { "connection-allowlist": allowed } = JSON.parse(await readFile(new URL("../../www/dist/headers.json", import.meta.url), "utf8"));
  assert.deepEqual(await leaves({ "connection-allowlist": allowed }), []);
});

test("where no server says so, only a document's own address leads out of a cell", async () => {
  const own = Object.keys(WAYS).filter((name) => / address/.test(name) && !name.startsWith("the top"));
  const left = await leaves({});
  assert.deepEqual(left.filter((name) => !own.includes(name)), []);
});

test("the courier serves whoever made its frame, and only where its origin is opaque", async () => {
  const page = await open();
  const answers = (sandbox) =>
    page.evaluate(
      (sandbox) =>
        new Promise((done) => {
          const frame = document.createElement("iframe");
          if (sandbox) frame.setAttribute("sandbox", "allow-scripts");
          frame.src = "/courier.html";
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }) => done(data.kind);
          setTimeout(() => done("nothing"), 700);
          frame.onload = () => frame.contentWindow.postMessage(undefined, "*", [port2]);
          document.body.append(frame);
        }),
      sandbox,
    );
  assert.equal(await answers(true), "ready");
  assert.equal(await answers(false), "nothing");
  // Somebody else than its maker says something first: another frame of the page, which knows it.
  const stranger = await page.evaluate(
    () =>
      new Promise((done) => {
        const frame = document.createElement("iframe");
        frame.setAttribute("sandbox", "allow-scripts");
        frame.src = "/courier.html";
        const other = document.createElement("iframe");
        document.body.append(other);
        window.heard = done;
        setTimeout(() => done("nothing"), 700);
        frame.onload = () => {
          const script = other.contentDocument.createElement("script");
          script.textContent = "const { port1, port2 } = new MessageChannel(); port1.onmessage = ({ data }) => parent.heard(data.kind); parent.target.postMessage(undefined, '*', [port2]);";
          window.target = frame.contentWindow;
          other.contentDocument.body.append(script);
        };
        document.body.append(frame);
      }),
  );
  assert.equal(stranger, "nothing");
  await page.close();
});

test("the courier reaches nothing of the page", async () => {
  const page = await open();
  await page.evaluate(() => {
    document.cookie = "secret=1";
    localStorage.setItem("secret", "1");
    const frame = document.createElement("iframe");
    frame.id = "courier";
    frame.setAttribute("sandbox", "allow-scripts");
    frame.src = "/courier.html";
    document.body.append(frame);
    return new Promise((done) => (frame.onload = done));
  });
  const frame = await (await page.waitForSelector("#courier", { state: "attached" })).contentFrame();
  allRefused(
    await probe(frame, {
      "parent's document": () => parent.document.body.innerText,
      "top's location": () => top.location.href,
      cookies: () => document.cookie,
      storage: () => localStorage.getItem("secret"),
      databases: () => indexedDB.open("belljar"),
      "another script": () => new Promise((done, no) => { const script = document.createElement("script"); script.src = "/belljar.js"; script.onload = () => done("ran"); script.onerror = () => no(new Error("refused")); document.body.append(script); }),
    }),
  );
  await page.close();
});
