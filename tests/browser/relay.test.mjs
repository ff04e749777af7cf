// Requests of a run in the page that go through `belljar serve --relay`: what a browser bars is read, what the server's policy
// refuses stays refused, and nobody but the page has the way. `node --test tests/browser/relay.test.mjs`, after the page was
// built into www/dist and the program into target/release.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { eventually, serve, start } from "./chromium.mjs";

const dist = fileURLToPath(new URL("../../www/dist", import.meta.url));
const program = process.env.BELLJAR_PROGRAM ?? fileURLToPath(new URL("../../target/release/belljar", import.meta.url));
const CANARY = "canary-of-a-secret-77";
/** A name that leads to this machine, as one does that was rebound. */
const REBOUND = "rebound.test";
/** The field that carries the token. */
const FIELD = "belljar-token";

let browser, folder, near, other, own;
let contexts = [];
let problems = [];

/** A server of this machine that lets no other page read it, and keeps what it was asked. */
async function silent() {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push({ method: request.method, url: request.url, ...request.headers });
    if (request.url === "/moved") return response.writeHead(302, { location: "/data" }).end();
    if (request.url === "/away") return response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end();
    if (request.url === "/wait") return undefined;
    return response.writeHead(200, { "x-canary": "yes" }).end(`sung ${request.headers.authorization ?? ""}`.trim());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { asked, server, origin: `http://127.0.0.1:${server.address().port}`, stop };
}

/** Starts `belljar serve`; `more` are its arguments. Its address has the token behind the `#`. */
async function served(more) {
  const child = spawn(program, ["serve", "--listen", "127.0.0.1:0", "--page", dist, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const [line] = await Promise.race([new Promise((resolve) => createInterface(child.stdout).once("line", (line) => resolve([line]))), ended.then(() => [])]);
  const [, address, token] = /The page is at (http:\/\/127\.0\.0\.1:\d+)\/(?:#relay=(\w+))? /.exec(line ?? "") ?? [];
  assert.ok(address, `the program said ${line}`);
  return { address, token, stop: () => (child.kill("SIGINT"), ended) };
}

before(async () => {
  [near, other] = [await silent(), await silent()];
  folder = await mkdtemp(join(tmpdir(), "belljar-relay-"));
  const rules = ["data", "moved", "away", "secret", "wait"].map((path) => `"GET ${near.origin}/${path}"`);
  await writeFile(join(folder, "ceiling.toml"), `version = 1\n[http]\nallow = [${rules}, "GET ${other.origin}/**"]\nask = ["GET ${near.origin}/asked"]\n`);
  own = await served(["--relay", "--policy", join(folder, "ceiling.toml")]);
  browser = await start([`--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`]);
});

after(async () => {
  await browser?.close();
  await own?.stop();
  near?.stop();
  other?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

afterEach(async () => {
  const open = contexts;
  const found = problems;
  [contexts, problems] = [[], []];
  for (const context of open) await context.close();
  for (const { asked } of [near, other]) asked.length = 0;
  assert.deepEqual(found, [], "the browser's console has errors");
});

async function blank() {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  contexts.push(context);
  context.setDefaultTimeout(15_000);
  return context.newPage();
}

/** A page of a person of its own, opened by the address that the program printed. */
async function visit({ hash = `#relay=${own.token}`, address = own.address } = {}) {
  const page = await blank();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    // What the browser says of a request that it bars is no error of the page's.
    const isOfRequest = /^(Access to fetch at|Failed to load resource)/.test(message.text());
    if (message.type() === "error" && !isOfRequest) problems.push(message.text());
  });
  await page.goto(`${address}/index.html${hash}`);
  return page;
}

const button = (page, name) => page.getByRole("button", { name, exact: true });
const outcome = (page) => page.locator("belljar-outcome .title");
const said = (page) => page.locator("belljar-outcome");
const output = (page) => page.getByLabel("The tool's answer");
const way = (page) => page.getByRole("switch", { name: "Send requests through this server" });

/** Has the page hold a tool and a policy. */
async function hold(page, body, policy) {
  const editor = page.getByRole("textbox", { name: "Source of the tool" });
  await editor.waitFor();
  await editor.focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(`export const tool = { name: "caller" };\nexport default async () => { ${body} };\n`);
  await page.locator("belljar-grants .tool-name", { hasText: "caller" }).waitFor();
  const text = page.getByLabel("policy.toml");
  if (!(await text.isVisible())) await page.getByText("policy.toml", { exact: true }).click();
  await text.fill(`version = 1\n${policy}`);
}

async function run(page, ending) {
  await button(page, "Run").click();
  // What the run before came to is gone with the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  try {
    await outcome(page).filter({ hasText: ending }).waitFor();
  } catch (error) {
    throw new Error(`${error.message}\nthe page says: ${await said(page).innerText()}`.slice(0, 3000));
  }
}

const get = (url) => `return await (await fetch(${JSON.stringify(url)})).text();`;
const everywhere = () => `[http]\nallow = ["GET ${near.origin}/**", "GET ${other.origin}/**", "GET http://169.254.169.254/**"]\n`;

test("what the browser bars names the way out, which is offered, works, and replays without it", async () => {
  const page = await visit();
  await hold(page, get(`${near.origin}/data`), everywhere());
  await way(page).waitFor();
  assert.equal(await way(page).isChecked(), false, "it is off at first");
  await run(page, "Crashed");
  await eventually(async () => assert.match(await said(page).innerText(), /CORS[^]*belljar serve --relay[^]*Send requests through this server/));
  await button(page, "Send requests through this server and run again").click();
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  await eventually(async () => assert.equal(await output(page).innerText(), '"sung"'));
  assert.equal(await way(page).isChecked(), true);
  // The courier's came from no origin; the relay's says nothing of a page.
  assert.deepEqual(near.asked.map(({ method, url, origin }) => [method, url, origin]), [["GET", "/data", "null"], ["GET", "/data", undefined]]);
  for (const name of [FIELD, "referer", "cookie", "sec-fetch-site", "x-forwarded-for"]) assert.equal(near.asked[1][name], undefined, name);

  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Save recording").click()]);
  const recording = await download.path();
  const text = await readFile(recording, "latin1");
  assert.match(text, /"host":"browser, with a relay"/);
  assert.ok(!text.includes(own.token), "the token is in no recording");
  // Replayed from the file alone, by the other host, and by a page without a relay.
  assert.equal(execFileSync(program, ["replay", recording], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim(), '"sung"');
  const without = await visit({ hash: "" });
  await button(without, "Open").first().click();
  await without.getByLabel("A tool's file, or a recorded run").setInputFiles({ name: "caller.recording.tar", mimeType: "application/octet-stream", buffer: await readFile(recording) });
  await button(without.getByRole("region", { name: "Recorded run" }), "Replay").click();
  await without.getByText(/^Replayed: all \d+ entries are the recorded ones/).waitFor();
  assert.equal(near.asked.length, 2, "a replay asks nobody");
});

test("what the server's policy refuses or asks about stays refused", async () => {
  const page = await visit();
  await hold(page, get(`${near.origin}/private`), everywhere());
  await way(page).check();
  await run(page, "Denied");
  await eventually(async () => assert.match(await said(page).innerText(), /\/private[^]*by the policy of the server that relays requests/));
  await hold(page, get(`${near.origin}/asked`), everywhere());
  await run(page, "Denied");
  await eventually(async () => assert.match(await said(page).innerText(), /nobody is there to be asked/));
  // And what the page's own refuses is not even sent there.
  const sent = [];
  page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
  await hold(page, get(`${near.origin}/data`), "");
  await run(page, "Denied");
  assert.deepEqual([near.asked, sent], [[], []]);
});

test("redirects are followed, each judged on its own by both", async () => {
  const page = await visit();
  await hold(page, `const response = await fetch("${near.origin}/moved"); return [response.url, await response.text()];`, everywhere());
  await way(page).check();
  await run(page, "Returned");
  await eventually(async () => assert.deepEqual(JSON.parse(await output(page).innerText()), [`${near.origin}/data`, "sung"]));
  assert.deepEqual(near.asked.map(({ url }) => url), ["/moved", "/data"]);
  // To a private address that the page's policy names, and the server's does not.
  await hold(page, get(`${near.origin}/away`), everywhere());
  await run(page, "Denied");
  await eventually(async () => assert.match(await said(page).innerText(), /169\.254\.169\.254[^]*by the policy of the server/));
  // The page's own policy is asked first.
  await hold(page, get(`${near.origin}/away`), `[http]\nallow = ["GET ${near.origin}/**"]\n`);
  await run(page, "Denied");
  await eventually(async () => assert.match(await said(page).innerText(), /169\.254\.169\.254/));
  assert.doesNotMatch(await said(page).innerText(), /by the policy of the server/);
  assert.deepEqual(near.asked.map(({ url }) => url), ["/moved", "/data", "/away", "/away"]);
});

test("a secret goes with the requests of its origin, and with no others", async () => {
  const page = await visit();
  const messages = [];
  page.on("request", (request) => request.url().endsWith("/relay") && request.method() === "POST" && messages.push(request.postDataBuffer().toString("latin1")));
  const body = `const a = await (await fetch("${near.origin}/secret")).text(); const b = await (await fetch("${other.origin}/b")).text(); return [a, b];`;
  await hold(page, body, `${everywhere()}[[secret]]\nname = "token"\nfor = "${near.origin}"\nin = "header authorization: Bearer {}"\n`);
  await page.getByLabel("token").fill(CANARY);
  await button(page, "Keep for this tab").click();
  await way(page).check();
  await run(page, "Returned");
  await eventually(async () => assert.deepEqual(JSON.parse(await output(page).innerText()), ["sung Bearer [secret token]", "sung"]));
  assert.deepEqual([near.asked[0].authorization, other.asked[0].authorization], [`Bearer ${CANARY}`, undefined]);
  assert.deepEqual(messages.map((message) => message.includes(CANARY)), [true, false]);
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Save recording").click()]);
  assert.ok(!(await readFile(await download.path(), "latin1")).includes(CANARY));
  // Without a policy that names it, it is not sent, though the tab has its value.
  await hold(page, get(`${near.origin}/secret`), everywhere());
  await run(page, "Returned");
  assert.deepEqual([near.asked[1].authorization, messages.length, messages[2].includes(CANARY)], [undefined, 3, false]);
});

test("a run that is stopped ends what the relay does for it", async () => {
  const page = await visit();
  const gone = new Promise((resolve) => near.server.once("request", (request) => request.socket.once("close", resolve)));
  await hold(page, get(`${near.origin}/wait`), everywhere());
  await way(page).check();
  await button(page, "Run").click();
  await eventually(() => assert.equal(near.asked.length, 1));
  await button(page, "Stop").click();
  await gone;
});

test("the token leaves the address, and the choice is one tab's and one start's", async () => {
  const page = await visit();
  await way(page).waitFor();
  assert.doesNotMatch(page.url(), /relay/);
  assert.equal(await page.evaluate((token) => JSON.stringify({ ...localStorage }).includes(token), own.token), false);
  assert.ok(!(await page.content()).includes(own.token));
  await page.getByText("What this server lets through").click();
  await eventually(async () => assert.match(await page.locator("belljar-relay").innerText(), new RegExp(`allow[^]*${near.origin}/data`)));
  await way(page).check();
  await page.reload();
  await way(page).waitFor();
  assert.equal(await way(page).isChecked(), true);
  // Who changes the tab's address takes nothing away.
  await page.evaluate(() => { location.hash = "#relay=none"; });
  await page.getByText(/Requests cannot go through this page's server/).waitFor();
  assert.doesNotMatch(page.url(), /relay/);
  await hold(page, get(`${near.origin}/data`), everywhere());
  await run(page, "Returned");
  assert.equal(await way(page).isChecked(), true);
  // Another tab, opened without the address, has none.
  const second = await page.context().newPage();
  await second.goto(`${own.address}/`);
  await second.getByRole("textbox", { name: "Source of the tool" }).waitFor();
  await second.waitForTimeout(300);
  assert.equal(await way(second).isVisible(), false);
  // A wrong token is none, and says so; a server without a relay has none.
  const wrong = await visit({ hash: `#relay=${"0".repeat(64)}` });
  await wrong.getByText(/Requests cannot go through this page's server: the server has another token now/).waitFor();
  assert.equal(await way(wrong).isVisible(), false);
  const plain = await served([]);
  try {
    assert.equal(plain.token, undefined);
    const page = await visit({ address: plain.address });
    await page.getByText(/Requests cannot go through this page's server: status 404/).waitFor();
    assert.equal(await way(page).isVisible(), false);
  } finally {
    await plain.stop();
  }
});

test("neither another site nor a rebound name has the way, though it knows the token", async () => {
  const evil = await serve(folder, { "/": "<!doctype html><title>another site</title>" });
  try {
    const page = await blank();
    const statuses = [];
    page.on("response", (response) => response.url().endsWith("/relay") && statuses.push(response.status()));
    await page.goto(`${evil.address}/`);
    const tried = await page.evaluate(async ([relay, field, token]) => {
      const send = async (init) => {
        try {
          const response = await fetch(relay, { method: "POST", body: "x", ...init });
          return `${response.type} ${response.status}`;
        } catch {
          return "barred";
        }
      };
      const headers = { [field]: token, "content-type": "application/octet-stream" };
      const frame = document.createElement("iframe");
      frame.name = "target";
      document.body.append(frame);
      const form = Object.assign(document.createElement("form"), { method: "POST", action: relay, target: "target", enctype: "text/plain" });
      document.body.append(form);
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
      form.submit();
      await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, 2000))]);
      return [await send({ headers }), await send({}), await send({ mode: "no-cors" }), await send({ method: "GET", body: undefined, headers })];
    }, [`${own.address}/relay`, FIELD, own.token]);
    // The form and what asks for no answer are sent, and get none that is read.
    assert.deepEqual(tried, ["barred", "barred", "barred", "barred"]);
    assert.ok(statuses.length > 0 && statuses.every((status) => status === 403), `${statuses}`);

    // A frame of no origin, as a courier is, if it could set what a browser does not let it.
    const none = await fetch(`${own.address}/relay`, { method: "POST", body: "x", headers: { origin: "null", [FIELD]: own.token, "sec-fetch-site": "same-origin", "content-type": "application/octet-stream" } });
    assert.equal(none.status, 403);

    const port = new URL(own.address).port;
    const rebound = await blank();
    const answer = await rebound.goto(`http://${REBOUND}:${port}/`);
    assert.equal(answer.status(), 403);
    const status = await rebound.evaluate(async ([field, token]) => (await fetch("/relay", { method: "POST", body: "x", headers: { [field]: token, "content-type": "application/octet-stream" } })).status, [FIELD, own.token]);
    assert.equal(status, 403);
    assert.deepEqual(near.asked, []);
  } finally {
    await evil.stop();
  }
});

test("a tool that is granted the server itself does not reach the relay", async () => {
  const page = await visit();
  const post = (fields) => `const response = await fetch("${own.address}/relay", { method: "POST", body: "x", headers: { ${fields}"content-type": "application/octet-stream" } }); return response.status;`;
  const rule = `[http]\nallow = ["* ${own.address}/**"]\n`;
  // The field that carries the token is none that a tool can send, whichever way it would go.
  await hold(page, post(`"${FIELD}": "${own.token}", `), rule);
  for (const relayed of [false, true]) {
    if (relayed) await way(page).check();
    await run(page, "Crashed");
    await said(page).getByText(`the header field ${FIELD} cannot be set`).first().waitFor();
  }
  await hold(page, post(""), rule);
  await run(page, "Denied");
});

test("a called tool's requests go the same way, under all that decides", async () => {
  const page = await visit();
  const rules = `version = 1\n[http]\nallow = ["GET ${near.origin}/**"]\n[tools]\nallow = ["fetcher"]\n[kv]\nask = ["set **"]\n[limits]\nfuel = "1 G"\n[ask]\nexpires = "3 days"\n`;
  const narrow = `version = 1\n[[http.rule]]\nallow = "GET ${near.origin}/data"\nquery = { a = "1" }\n`;
  const [outcome, value, log] = await page.evaluate(async ([url, token, rules, narrow]) => {
    const { Belljar } = await import("./belljar/belljar.js");
    const jar = await Belljar.create();
    const call = `export const tool = { name: "fetcher" };\nexport default async (url) => { try { return await (await fetch(url)).text(); } catch (error) { return error.message; } };`;
    const fetcher = await jar.compile("fetcher.js", call);
    const caller = await jar.compile("caller.js", `export const tool = { name: "caller" };\nexport default async () => [await belljar.tools.call("fetcher", "${url}?a=1"), await belljar.tools.call("fetcher", "${url}?a=2")];`);
    const options = { policy: { toml: rules }, relay: { url: "./relay", token }, tools: { fetcher: { tool: fetcher, policy: { toml: narrow } } } };
    const report = await jar.run(caller, {}, options).report;
    return [report.outcome, report.output ?? report.message, report.log.text];
  }, [`${near.origin}/data`, own.token, rules, narrow]);
  assert.equal(outcome, "returned", value);
  assert.match(value, /^\["sung","[^"]*no rule/);
  assert.deepEqual(near.asked.map(({ url, origin }) => [url, origin]), [["/data?a=1", undefined]]);
  assert.equal(log.match(/"host":"browser, with a relay"/g).length, 3, "each run says how its requests left");
});

test("the package takes a relay of its own origin only", async () => {
  const page = await visit();
  const names = await page.evaluate(async (origin) => {
    const { Belljar } = await import("./belljar/belljar.js");
    const jar = await Belljar.create();
    const tool = await jar.compile("a.js", "export default () => 1;");
    try {
      return (await jar.run(tool, {}, { relay: { url: `${origin}/relay`, token: "x" } }).report).outcome;
    } catch (error) {
      return `${error.name}: ${error.message}`;
    }
  }, near.origin);
  assert.match(names, /^ToolError: a relay is of the page's own origin/);
});
