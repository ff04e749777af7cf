// The page, used as a person uses it: by roles, labels and keys. `node --test tests/browser/page.test.mjs`, after the page was
// built into www/dist.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, afterEach, before, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { fileURLToPath } from "node:url";

import { eventually, serve, start } from "./chromium.mjs";

const dist = fileURLToPath(new URL("../../www/dist", import.meta.url));
const READY = "Ready to run";

let server;
let browser;
/** What the browser complained of: errors on the console, violations of the policy, exceptions. */
let problems = [];
let contexts = [];

before(async () => {
  const headers = JSON.parse(await readFile(`${dist}/headers.json`, "utf8"));
  server = await serve(dist, {}, headers);
  browser = await start();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(async () => {
  const found = problems;
  const open = contexts;
  [problems, contexts] = [[], []];
  for (const context of open) await context.close();
  assert.deepEqual(found, [], "the browser's console has errors");
});

/** A page of a person of its own, with nothing stored. */
async function visit({ hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  contexts.push(context);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  watch(page);
  await page.goto(`${server.address}/index.html${hash}`);
  return page;
}

function watch(page) {
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || /Content Security Policy/.test(message.text())) problems.push(message.text());
  });
}

const button = (page, name) => page.getByRole("button", { name, exact: true });
const editor = (page) => page.getByRole("textbox", { name: "Source of the tool" });
const outcome = (page) => page.locator("belljar-outcome .title");
const output = (page) => page.getByLabel("The tool's answer");

/** Waits until the status says something. */
const status = (page, words) => page.getByRole("status").filter({ hasText: words }).first().waitFor();

/** Replaces the source, as pasting does. */
async function paste(page, source) {
  await editor(page).waitFor();
  await editor(page).focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(source);
}

async function ready(page, name) {
  await page.locator("belljar-grants .tool-name", { hasText: name }).waitFor();
  await status(page, READY);
}

async function run(page, ending) {
  await button(page, "Run").click();
  await outcome(page).filter({ hasText: ending }).waitFor();
}

const keys = (name, wants, body) => `
export const tool = { name: "${name}", wants: ${JSON.stringify(wants)} };
export default async function run(input) { ${body} }
`;

test("a pasted tool is compiled, shown and run", async () => {
  const page = await visit();
  await paste(page, `/** Adds. */\nexport const tool = { name: "adder", input: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] } };\nexport default ({ a, b }: { a: number; b: number }) => { console.log("adding"); return { sum: a + b, confidence: 0.75 }; };\n`);
  await ready(page, "adder");
  await button(page, "JSON").click();
  await page.getByLabel("Input as JSON").fill('{"a": 2, "b": 40}');
  await run(page, "Returned");
  await eventually(async () => assert.deepEqual(JSON.parse(await output(page).innerText()), { sum: 42, confidence: 0.75 }));
  await eventually(async () => assert.match(await page.locator("belljar-outcome").innerText(), /exit code 0[^]*75 % sure/));
  await eventually(async () => assert.match(await page.getByRole("meter", { name: "Fuel" }).getAttribute("aria-valuetext"), /^[\d.]+ [kM] of 200 G$/));
  await page.getByRole("tab", { name: /^Console/ }).click();
  await eventually(async () => assert.match(await page.getByRole("list", { name: "Console" }).innerText(), /adding/));
  await page.getByRole("tab", { name: /^Log/ }).click();
  await eventually(async () => assert.match(await page.getByRole("list", { name: "Log entries" }).innerText(), /start[^]*console[^]*end/));
});

test("what a run used becomes the policy, for a person to read and to run under", async () => {
  const page = await visit();
  await paste(page, keys("least", ["kv **"], 'await belljar.kv.set("notes/today", "1"); return await belljar.kv.get("notes/today");'));
  await ready(page, "least");
  await page.getByRole("radio", { name: "Allow" }).check();
  await run(page, "Returned");
  await button(page, "Grant exactly what this run used").click();
  const text = page.getByLabel("policy.toml");
  await eventually(async () => assert.match(await text.inputValue(), /^version = 1\n\n\[kv\]\nallow = \[\n  "get notes\/today",  # run:\d+\n  "set notes\/today",  # run:\d+\n\]\n/));
  assert.ok(await text.isVisible());
  await page.locator("belljar-policy .sentences", { hasText: '[kv] allow "get notes/today"' }).waitFor();
  // Nothing ran by it; the next run is under it, and one that wants more is refused.
  await run(page, "Returned");
  await paste(page, keys("least", ["kv **"], 'return await belljar.kv.get("notes/other");'));
  await status(page, READY);
  await run(page, "Denied");
});

test("a compile error stands at its line, and goes away when it is mended", async () => {
  const page = await visit();
  await paste(page, "export default () => 1;\nconst x: = 3;\n");
  await status(page, "Does not compile: line 2");
  const alert = page.getByRole("alert").filter({ hasText: "Error" });
  await eventually(async () => assert.match(await alert.innerText(), /Line 2/));
  await page.locator(".cm-lintRange-error").waitFor();
  assert.ok(await button(page, "Run").isDisabled());
  await alert.getByRole("button").click();
  await page.locator(".cm-activeLine", { hasText: "const x" }).waitFor();
  await paste(page, "export default () => 1;\n");
  await status(page, READY);
  await alert.waitFor({ state: "hidden" });
});

test("an uncaught exception is shown with a stack that leads to its line", async () => {
  const page = await visit();
  await paste(page, `export const tool = { name: "thrower" };\n\nfunction inner() {\n  throw new TypeError("<img src=x onerror=alert(1)>");\n}\nexport default () => inner();\n`);
  await ready(page, "thrower");
  await run(page, "Crashed");
  await eventually(async () => assert.match(await page.locator("belljar-outcome .message").innerText(), /<img src=x onerror/));
  await page.getByLabel("Call stack").getByRole("button", { name: /:4:/ }).click();
  await page.locator(".cm-activeLine", { hasText: "throw new TypeError" }).waitFor();
});

test("a wish is denied, then granted, then carried out", async () => {
  const page = await visit();
  await paste(page, keys("keeper", ["kv notes/**"], 'await belljar.kv.set("notes/a", "1"); return await belljar.kv.get("notes/a");'));
  await ready(page, "keeper");
  const wish = page.getByRole("group", { name: /own keys that match notes/ });
  assert.ok(await wish.getByRole("radio", { name: "Deny" }).isChecked());
  await run(page, "Denied");
  await eventually(async () => assert.match(await page.locator("belljar-outcome").innerText(), /set notes\/a[^]*exit code 5|exit code 5[^]*set notes\/a/));
  // Said to who cannot see it, too.
  await page.getByRole("status").filter({ hasText: "The run has ended: Denied. One request was refused." }).waitFor({ state: "attached" });
  const offer = button(page, "Allow this and run again");
  await offer.focus();
  await page.keyboard.press("Enter");
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  assert.ok(await wish.getByRole("radio", { name: "Allow" }).isChecked());
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY", "the focus is not lost");
  await eventually(async () => assert.equal(await output(page).innerText(), '"1"'));
  // The refusal was real: with deny over allow nothing is read, either.
  await page.getByText("Add a rule of your own").click();
  await page.getByLabel("What happens").selectOption("deny");
  await page.getByLabel("Rule", { exact: true }).fill("kv read notes/");
  await page.getByLabel("Rule", { exact: true }).fill("no such rule");
  await button(page, "Add rule").click();
  await page.getByRole("alert").filter({ hasText: "no such rule" }).waitFor();
  await page.getByLabel("Rule", { exact: true }).fill("kv read notes/**");
  await button(page, "Add rule").click();
  await run(page, "Denied");
});

test("grants do not silently outlive a change of the tool", async () => {
  const page = await visit();
  await paste(page, keys("first", ["kv a"], "return 1;"));
  await ready(page, "first");
  await page.getByRole("radio", { name: "Allow" }).check();
  await paste(page, keys("first", ["kv a", "kv b"], "return 2;"));
  await page.getByText("The tool has changed since you granted this.").waitFor();
  assert.deepEqual(await page.getByRole("radio", { name: "Deny" }).evaluateAll((all) => all.map((radio) => radio.checked)), [false, true]);
  await button(page, "Deny everything").click();
  await page.getByText("The tool has changed").waitFor({ state: "detached" });
  await page.getByRole("radio", { name: "Allow" }).first().check();
  await paste(page, keys("second", ["kv a"], "return 3;"));
  await page.getByText("This is another tool.").waitFor();
  assert.ok(await page.getByRole("radio", { name: "Deny" }).isChecked());
});

test("questions are put one after the other, armed late, and answered each by itself", async () => {
  const page = await visit();
  const evil = "k/\u202egnp.\u200b" + "x".repeat(480);
  await paste(page, keys("asker", ["kv k/**"], `
    const results = await Promise.allSettled([belljar.kv.set(${JSON.stringify(evil)}, "abc"), belljar.kv.get("k/two"), belljar.kv.get("k/three"), belljar.kv.get("k/four"), belljar.kv.get("k/five")]);
    return results.map((r) => r.status);`));
  await ready(page, "asker");
  await page.getByRole("radio", { name: "Ask" }).check();
  // Somebody who clicks on everything in the moment that it appears.
  await page.evaluate(() => {
    const dialog = document.querySelector("dialog.question");
    const observer = new MutationObserver(() => {
      if (!dialog.open) return;
      observer.disconnect();
      window.early = [...dialog.querySelectorAll(".answers button")].map((control) => {
        const disabled = control.disabled;
        control.disabled = false;
        control.click();
        control.disabled = disabled;
        return disabled;
      });
    });
    observer.observe(dialog, { attributes: true });
  });
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog", { name: "The tool asks for permission" });
  await dialog.waitFor();
  const box = dialog.getByLabel("What the tool asks for, in its words");
  await eventually(async () => assert.match(await box.innerText(), /set k\/\\u\{202e\}gnp\.\\u\{200b\}xxx/));
  assert.ok((await box.boundingBox()).height < 120, "a long text does not push the buttons away");
  await eventually(async () => assert.match(await dialog.innerText(), /3 B of data/));
  await eventually(async () => assert.match(await dialog.innerText(), /\[kv\] ask "k\/\*\*"/));
  // Neither Enter nor a click counts before it is armed, and Enter never does by itself.
  const early = await page.evaluate(() => window.early);
  assert.ok(early.length > 3 && early.every(Boolean), String(early));
  await page.keyboard.press("Enter");
  await eventually(async () => assert.match(await box.innerText(), /gnp/));
  await button(dialog, "Allow once").click();
  await box.filter({ hasText: "k/two" }).waitFor();
  await page.keyboard.press("Enter");
  await button(dialog, "Deny").click();
  await box.filter({ hasText: "k/three" }).waitFor();
  // A person's no.
  await page.keyboard.press("Escape");
  await box.filter({ hasText: "k/four" }).waitFor();
  // What is shown under the rule is allowed with it; each has an answer of its own.
  await dialog.getByRole("list", { name: "What it asks for besides, under the same rule" }).getByText("k/five").waitFor();
  await button(dialog, "Allow this rule for the run").click();
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  await eventually(async () => assert.deepEqual(JSON.parse(await output(page).innerText()), ["fulfilled", "rejected", "rejected", "fulfilled", "fulfilled"]));
  await page.getByRole("tab", { name: /^Log/ }).click();
  await page.getByRole("combobox", { name: "Show" }).selectOption("answer");
  await eventually(async () => {
    const answers = await page.getByRole("list", { name: "Log entries" }).innerText();
    for (const words of ["for this request", "no", "for this rule"]) assert.match(answers, new RegExp(`\\b${words}\\b`));
    assert.doesNotMatch(answers, /nobody/);
  });
});

test("where the policy wants four eyes, this page takes a no and says why", async () => {
  const page = await visit();
  await paste(page, keys("eyes", ["kv k/**"], `return belljar.kv.set("k/1", "abc").then(() => "kept", (error) => error.message);`));
  await ready(page, "eyes");
  await page.getByText("policy.toml", { exact: true }).click();
  await page.getByLabel("policy.toml").fill('version = 1\n[kv]\nask = ["k/**"]\n[ask]\nfour-eyes = true\nleast = "inbox"\n');
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog", { name: "The tool asks for permission" });
  await dialog.getByText("Nobody can say yes: the policy wants four eyes").waitFor();
  for (const name of ["Allow once", "Allow this rule for the run", "Edit…"]) assert.equal(await button(dialog, name).count(), 0, name);
  await eventually(async () => assert.ok(await button(dialog, "Deny").isEnabled()));
  await button(dialog, "Deny").click();
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  assert.match(await output(page).innerText(), /answered no/);
});

test("several questions under one rule are answered together, and a no can be to all of it, with a reason", async () => {
  const page = await visit();
  await paste(page, keys("several", ["kv k/**"], `
    const set = (n) => belljar.kv.set("k/" + n, "abc").then(() => "kept", (error) => error.message);
    const first = await Promise.all([1, 2, 3].map(set));
    const second = await Promise.all([4, 5].map(set));
    return [...first, ...second, await set(6)];`));
  await ready(page, "several");
  await page.getByRole("radio", { name: "Ask" }).check();
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog", { name: "The tool asks for permission" });
  await dialog.waitFor();
  const besides = dialog.getByRole("list", { name: "What it asks for besides, under the same rule" });
  await eventually(async () => assert.match(await besides.innerText(), /set k\/2[^]*set k\/3/));
  await eventually(async () => assert.match(await dialog.innerText(), /This cannot be undone. What the key holds now/));
  assert.match(await dialog.innerText(), /everything under \[kv\] ask "k\/\*\*", in this run only/);
  await page.evaluate(() => document.querySelector("dialog.question details").setAttribute("open", ""));
  await eventually(async () => assert.match(await dialog.innerText(), /--allow 'kv set k\/1'/));
  await button(dialog, "Allow all 3, once each").click();
  await eventually(async () => assert.match(await besides.innerText(), /set k\/5/));
  await dialog.getByLabel("If you deny it, why").fill("two are\u202e enough");
  await button(dialog, "Deny and stop asking").click();
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  await eventually(async () => assert.match(await page.locator("belljar-outcome").innerText(), /5 questions were asked/));
  const said = JSON.parse(await output(page).innerText());
  assert.deepEqual(said.slice(0, 3), ["kept", "kept", "kept"]);
  for (const denied of said.slice(3, 5)) assert.match(denied, /answered no, because: two are enough/);
  assert.match(said[5], /said no to all of it, because: two are enough/);
});

test("a request is changed before it is allowed, and what cannot be approved is said in the form", async (t) => {
  const seen = [];
  const server = createServer((request, response) => {
    const allow = { "access-control-allow-origin": "*", "access-control-allow-headers": "*", "access-control-expose-headers": "*" };
    if (request.method === "OPTIONS") return response.writeHead(204, allow).end();
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      seen.push({ url: request.url, own: request.headers["x-own"], gone: request.headers["x-gone"], body });
      response.writeHead(200, allow).end("done");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const origin = `http://127.0.0.1:${server.address().port}`;
  const page = await visit();
  await paste(page, keys("sender", [], `
    const send = async () => {
      const response = await fetch("${origin}/notes", { method: "POST", headers: { "x-own": "1", "x-gone": "1" }, body: "all of it" });
      return [await response.text(), response.headers.get("belljar-edited")];
    };
    return [await send(), await send()];`));
  await ready(page, "sender");
  await page.getByText("policy.toml", { exact: true }).click();
  await page.getByLabel("policy.toml").fill(`version = 1\n[http]\nask = ["POST ${origin}/**"]\ndeny = ["POST ${origin}/admin"]\n[spend]\nlimit = "1 USD"\n` +
    `[[spend.price]]\nmatch = "POST ${origin}/notes"\nper-call = "0.1 USD"\n[[spend.price]]\nmatch = "POST ${origin}/dear"\nper-call = "2 USD"\n`);
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog", { name: "The tool asks for permission" });
  await dialog.waitFor();
  const asked = dialog.getByLabel("What the tool asks for, in its words");
  // Armed late, as every button is.
  assert.equal(await button(dialog, "Edit…").isDisabled(), true);
  await button(dialog, "Edit…").click();
  const url = dialog.getByLabel("URL; the method stays POST");
  const headers = dialog.getByLabel(/^Header fields/);
  const body = dialog.getByLabel("What it carries");
  const problem = dialog.getByRole("alert");
  await url.waitFor();
  assert.equal(await url.evaluate((field) => field === document.activeElement), true);
  assert.equal(await url.inputValue(), `${origin}/notes`);
  assert.match(await headers.inputValue(), /^x-own: 1$/m);
  assert.equal(await body.inputValue(), "all of it");
  assert.equal(await button(dialog, "Allow once").count(), 0, "what was asked for is not allowed from the form");
  // What cannot be approved is said, and nothing that was written is lost.
  const refused = async (why) => {
    await button(dialog, "Review the change").click();
    await problem.filter({ hasText: why }).waitFor();
    assert.equal(await body.isVisible(), true);
    assert.match(await problem.innerText(), /^[A-Z“][^]*\.$/);
  };
  await refused("nothing is changed");
  await headers.fill("nonsense");
  await refused("“nonsense” is no header field");
  await headers.fill("x-own: 2");
  await url.fill(`${origin}/admin`);
  await refused(/deny "POST .*admin"/);
  await url.fill(`${origin}/dear`);
  await refused(/2 USD|budget|spend/);
  await url.fill("not a URL");
  await refused(/URL/);
  assert.equal(await headers.inputValue(), "x-own: 2");
  // Escape leads back to the question and answers nothing; what was written is there again.
  await page.keyboard.press("Escape");
  await eventually(async () => assert.match(await asked.innerText(), /POST .*notes/));
  await button(dialog, "Edit…").click();
  assert.equal(await url.inputValue(), "not a URL");
  await button(dialog, "Undo all changes").click();
  assert.equal(await url.inputValue(), `${origin}/notes`);
  await headers.fill("x-own: 2");
  await body.fill("less\u202e");
  // With the keyboard alone; the same key does not approve it.
  await page.keyboard.press("Control+Enter");
  const result = dialog.getByLabel("What is done, with your changes");
  await result.waitFor();
  const approve = button(dialog, "Allow as changed, once");
  assert.equal(await approve.isDisabled(), true);
  await page.keyboard.press("Control+Enter");
  const shown = await dialog.innerText();
  for (const words of [/You changed the header fields and what it carries/, /x-own: 2/, /lessU\+202E/, /up to 0.1 USD/, /ask "POST /]) assert.match(shown, words);
  assert.doesNotMatch(shown, /x-gone/);
  await button(dialog, "Change it again").click();
  assert.equal(await headers.inputValue(), "x-own: 2");
  await body.fill("less");
  await button(dialog, "Review the change").click();
  await result.waitFor();
  assert.equal(seen.length, 0);
  await approve.click();
  // The second one is put as it is: nothing that was written goes over to it.
  await eventually(async () => assert.equal(seen.length, 1));
  await asked.waitFor();
  await button(dialog, "Edit…").click();
  assert.equal(await body.inputValue(), "all of it");
  await button(dialog, "Back to the question").click();
  await button(dialog, "Allow once").click();
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  assert.deepEqual(seen, [{ url: "/notes", own: "2", gone: undefined, body: "less" }, { url: "/notes", own: "1", gone: "1", body: "all of it" }]);
  await eventually(async () => assert.deepEqual(JSON.parse(await output(page).innerText()), [["done", "headers, content"], ["done", null]]));
  await eventually(async () => assert.match(await page.locator("belljar-outcome").innerText(), /A person changed the header fields and what it carries of http: POST/));
  await page.getByRole("tab", { name: /^Log/ }).click();
  const entries = page.getByRole("list", { name: "Log entries" });
  await page.getByRole("combobox", { name: "Show" }).selectOption("answer");
  await eventually(async () => assert.match(await entries.innerText(), /edited[^]*changed to POST [^]*for this request/));
});

test("a changed request that there is no money for any more is put again, as it was written", async (t) => {
  const seen = [];
  const server = createServer((request, response) => {
    const allow = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
    if (request.method !== "OPTIONS") seen.push(request.url);
    response.writeHead(200, allow).end("done");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const origin = `http://127.0.0.1:${server.address().port}`;
  const page = await visit();
  await paste(page, keys("buyer", [], `
    const buy = async (n) => (await fetch("${origin}/cheap?n=" + n, { method: "POST", body: "x" })).text();
    return (await Promise.allSettled([buy(1), buy(2)])).map((bought) => bought.status);`));
  await ready(page, "buyer");
  await page.getByText("policy.toml", { exact: true }).click();
  const price = (path, usd) => `[[spend.price]]\nmatch = "POST ${origin}/${path}"\nper-call = "${usd} USD"\n`;
  await page.getByLabel("policy.toml").fill(`version = 1\n[http]\nask = ["POST ${origin}/**"]\n[spend]\nlimit = "0.25 USD"\n${price("cheap", "0.1")}${price("dear", "0.2")}`);
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog", { name: "The tool asks for permission" });
  const asked = dialog.getByLabel("What the tool asks for, in its words");
  await asked.filter({ hasText: "n=1" }).waitFor();
  const besides = dialog.getByRole("list", { name: "What it asks for besides, under the same rule" });
  await besides.getByText("n=2").waitFor();
  // There was money for it when it was asked for; what was asked for besides has taken that.
  await button(dialog, "Edit…").click();
  const url = dialog.getByLabel("URL; the method stays POST");
  await url.fill(`${origin}/dear`);
  await button(dialog, "Review the change").click();
  await button(dialog, "Allow as changed, once").click();
  await asked.filter({ hasText: "n=2" }).waitFor();
  await besides.getByText(/The changed request is not taken: spend: .* 0.15 USD is left/).waitFor();
  await button(dialog, "Deny").click();
  await url.waitFor();
  assert.equal(await url.inputValue(), `${origin}/dear`);
  assert.match(await dialog.getByRole("alert").innerText(), /^The changed request is not taken: .*\.$/);
  assert.deepEqual(seen, []);
  // Now there is.
  await button(dialog, "Review the change").click();
  await button(dialog, "Allow as changed, once").click();
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  assert.deepEqual(seen, ["/dear"]);
  await eventually(async () => assert.deepEqual(JSON.parse(await output(page).innerText()), ["fulfilled", "rejected"]));
});

test("an endless loop is stopped by hand and by its deadline, and the editor stays smooth", async () => {
  const page = await visit();
  await paste(page, 'export const tool = { name: "loop" };\nexport default () => { for (;;) ; };\n');
  await ready(page, "loop");
  await page.getByText("Limits", { exact: true }).click();
  await page.getByRole("textbox", { name: "Fuel" }).fill("5 T");
  await page.getByRole("textbox", { name: "Time" }).fill("5 parsecs");
  await page.getByText(/"5 parsecs" is not a duration/).first().waitFor();
  await page.getByRole("textbox", { name: "Time" }).fill("30 s");
  await button(page, "Run").click();
  await status(page, "Running");
  // Typing while it runs: the longest gap between two frames.
  await editor(page).focus();
  await page.keyboard.press("Control+End");
  const frames = page.evaluate(() => new Promise((resolve) => {
    let [last, worst, left] = [performance.now(), 0, 60];
    const frame = (now) => {
      worst = Math.max(worst, now - last);
      last = now;
      if (--left > 0) requestAnimationFrame(frame);
      else resolve(worst);
    };
    requestAnimationFrame(frame);
  }));
  await page.keyboard.type("// still typing", { delay: 15 });
  assert.ok((await frames) < 400, `a frame took ${await frames} ms`);
  await eventually(async () => assert.match(await editor(page).innerText(), /still typing/));
  await page.keyboard.press("Escape");
  await outcome(page).filter({ hasText: "Stopped" }).waitFor();
  await eventually(async () => assert.match(await page.locator("belljar-outcome").innerText(), /exit code 130/));
  await page.getByRole("textbox", { name: "Time" }).fill("300 ms");
  await status(page, READY);
  await run(page, "Time used up");
  await page.getByRole("textbox", { name: "Time" }).fill("");
  await page.getByRole("textbox", { name: "Fuel" }).fill("2 M");
  await run(page, "Budget used up");
});

test("the input is one value, as a form and as text", async () => {
  const page = await visit();
  await paste(page, `export const tool = { name: "form", input: { type: "object", required: ["title", "kind"], properties: {
    title: { type: "string", minLength: 2, description: "What it is called" }, count: { type: "integer", minimum: 1, default: 3 }, on: { type: "boolean" },
    kind: { enum: ["one", "two"] }, tags: { type: "array", items: { type: "string" } }, size: { type: "object", properties: { w: { type: "number" } } } } } };
    export default (input) => input;`);
  await ready(page, "form");
  // What the last tool was given stays until the person changes it; here it is replaced.
  await button(page, "JSON").click();
  await page.getByLabel("Input as JSON").fill('{"title": "x", "kind": "two"}');
  await button(page, "Form").click();
  const title = page.getByRole("textbox", { name: /^title/ });
  assert.equal(await title.inputValue(), "x");
  await page.getByText(/shorter than 2/).waitFor();
  await eventually(async () => assert.equal(await title.getAttribute("aria-invalid"), "true"));
  await title.fill("xyz");
  await page.getByRole("textbox", { name: "count" }).fill("7");
  await page.getByRole("checkbox", { name: "on" }).check();
  await page.getByRole("combobox", { name: /^kind/ }).selectOption({ label: "one" });
  await button(page, "Add item").click();
  await page.getByRole("textbox", { name: "1", exact: true }).fill("tag");
  await page.getByRole("textbox", { name: "w" }).fill("1.5");
  await button(page, "JSON").click();
  const expected = { title: "xyz", kind: "one", count: 7, on: true, tags: ["tag"], size: { w: 1.5 } };
  assert.deepEqual(JSON.parse(await page.getByLabel("Input as JSON").inputValue()), expected);
  await run(page, "Returned");
  await eventually(async () => assert.deepEqual(JSON.parse(await output(page).innerText()), expected));
  await page.getByLabel("Input as JSON").fill("{");
  await eventually(async () => assert.ok(await button(page, "Form").isDisabled()));
  await run(page, "Nothing was run");
});

test("artifacts stand on a stage where nothing runs, and can be taken out", async () => {
  const page = await visit();
  await paste(page, `export const tool = { name: "artist", wants: ["artifacts"] };
    export default () => {
      belljar.artifact("page.html", "text/html", "<h1>Staged</h1><script>document.title='ran'<\\/script><img src='https://example.invalid/x.png'>");
      belljar.artifact("data.bin", "application/octet-stream", "raw");
      return null;
    };`);
  await ready(page, "artist");
  await run(page, "Returned");
  await page.frameLocator("iframe[title='Artifact page.html']").getByRole("heading", { name: "Staged" }).waitFor();
  assert.ok(!server.requests.some((path) => path.includes("x.png")));
  await page.getByText("1 thing that would have loaded or led elsewhere was taken out.").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download data.bin").click()]);
  assert.equal(download.suggestedFilename(), "data.bin");
  assert.equal(await readFile(await download.path(), "utf8"), "raw");
  await button(page, "data.bin").click();
  await page.getByText("The stage does not show this kind of file").waitFor();
});

test("files go in, the tool sees those that are granted, and what it writes comes out", async () => {
  const page = await visit();
  await paste(page, keys("copier", ["files ./data as /data"], 'const text = await belljar.files.readText("/data/in.txt"); await belljar.files.write("/data/out.txt", text.toUpperCase()); return text.length;'));
  await ready(page, "copier");
  await page.getByLabel("Files for the folder").setInputFiles({ name: "in.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  const list = page.getByRole("list", { name: "Files in the folder" });
  await list.getByText("data/in.txt").waitFor();
  await run(page, "Denied");
  await page.getByRole("radio", { name: "Allow" }).check();
  await run(page, "Returned");
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download data/out.txt").click()]);
  assert.equal(await readFile(await download.path(), "utf8"), "HELLO");
  const [archive] = await Promise.all([page.waitForEvent("download"), button(page, "Download all").click()]);
  assert.equal((await readFile(await archive.path())).subarray(0, 4).toString("latin1"), "PK\u0003\u0004");
  await button(page, "Remove data/in.txt").click();
  await list.getByText("data/in.txt").waitFor({ state: "detached" });
});

test("a real folder takes the place of the one in memory, and stays what it is", async () => {
  const page = await visit();
  // The dialog is the system's, and is not for tests; what it returns is a handle of the same kind.
  await page.evaluate(async () => {
    const top = await navigator.storage.getDirectory();
    const folder = await top.getDirectoryHandle("holiday", { create: true });
    const file = await (await folder.getDirectoryHandle("data", { create: true })).getFileHandle("in.txt", { create: true });
    const stream = await file.createWritable();
    await stream.write("hello");
    await stream.close();
    window.asked = [];
    window.showDirectoryPicker = async ({ mode }) => (window.asked.push(mode), folder);
  });
  await paste(page, keys("copier", ["files ./data as /data"], 'const text = await belljar.files.readText("/data/in.txt"); await belljar.files.write("/data/out.txt", text.toUpperCase()); return text.length;'));
  await ready(page, "copier");
  await page.getByLabel("Files for the folder").setInputFiles({ name: "mine.txt", mimeType: "text/plain", buffer: Buffer.from("in memory") });
  const list = page.getByRole("list", { name: "Files in the folder" });
  await list.getByText("data/mine.txt").waitFor();
  await button(page, "Open a real folder\u2026").focus();
  await page.keyboard.press("Enter");
  await status(page, "Your folder \u201choliday\u201d is open, in place of the files in this page's memory. Your rules let the tool change nothing in it.");
  await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.textContent), "Close"));
  await list.getByText("data/in.txt").waitFor();
  assert.equal(await list.getByText("data/mine.txt").count(), 0);
  assert.equal(await list.getByRole("button").count(), 0, "no button touches a real file");
  // To open it granted nothing.
  await page.getByText("The tool sees none of this until you grant it.").waitFor();
  await run(page, "Denied");
  await page.getByRole("radio", { name: "Allow" }).check();
  await status(page, "What the tool writes is written there, on your disk, and is not undone.");
  await page.getByText("By your rules the tool sees data as /data.").waitFor();
  await run(page, "Returned");
  await list.getByText("data/out.txt").waitFor();
  const written = () => page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("holiday");
    return (await (await (await folder.getDirectoryHandle("data")).getFileHandle("out.txt")).getFile()).text();
  });
  assert.equal(await written(), "HELLO");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await button(page, "Close").click();
  await list.getByText("data/mine.txt").waitFor();
  assert.equal(await list.getByText("data/in.txt").count(), 0);
  assert.equal(await written(), "HELLO");
  await run(page, "Crashed");
  // With rules by which it writes, it is opened for writing.
  await button(page, "Open a real folder\u2026").click();
  await list.getByText("data/out.txt").waitFor();
  assert.deepEqual(await page.evaluate(() => window.asked), ["read", "readwrite"]);
  // Nothing of it is kept.
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage }))).includes("holiday"));
  await page.reload();
  await button(page, "Open a real folder\u2026").waitFor();
  assert.equal(await page.getByText("holiday").count(), 0);
});

test("the page asks for more than reading only when a rule needs it, and takes a no", async () => {
  const page = await visit();
  await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("shelf", { create: true });
    window.answer = "denied";
    window.asked = [];
    // As a browser's own handles of a disk: reading was granted with the dialog.
    let state = "prompt";
    folder.queryPermission = async ({ mode }) => (mode === "read" ? "granted" : state);
    folder.requestPermission = async ({ mode }) => (window.asked.push(mode), (state = window.answer));
    window.showDirectoryPicker = async () => folder;
  });
  await paste(page, keys("writer", ["files ./ as /data"], 'return (await belljar.files.list("/data")).length;'));
  await ready(page, "writer");
  await button(page, "Open a real folder\u2026").click();
  await status(page, "Your rules let the tool change nothing in it.");
  await page.getByRole("radio", { name: "Allow" }).check();
  await status(page, "The browser lets this page only read it, so what the tool writes will fail.");
  await run(page, "Returned");
  await page.getByText("The browser does not let this page write into shelf: what the tool writes will fail.").first().waitFor();
  await page.evaluate(() => (window.answer = "granted"));
  await button(page, "Let it be changed").click();
  await status(page, "What the tool writes is written there, on your disk, and is not undone.");
  assert.deepEqual(await page.evaluate(() => window.asked), ["readwrite", "readwrite"]);
});

test("a link opens the same tool elsewhere, runs nothing and grants nothing", async () => {
  const page = await visit();
  await paste(page, keys("shared", ["kv **"], 'return await belljar.kv.get("x");'));
  await ready(page, "shared");
  await page.getByRole("radio", { name: "Allow" }).check();
  await button(page, "JSON").click();
  await page.getByLabel("Input as JSON").fill('{"sample": 1}');
  await button(page, "Share").click();
  const url = await page.getByLabel("Link", { exact: true }).inputValue();
  const other = await visit({ hash: new URL(url).hash });
  await other.getByText("This tool came by a link.").waitFor();
  await other.getByText("Its identity matches the link").waitFor();
  assert.ok(await other.getByRole("radio", { name: "Deny" }).isChecked());
  await other.getByText("Nothing has run.").waitFor();
  await button(other, "JSON").click();
  assert.equal(await other.getByLabel("Input as JSON").inputValue(), '{"sample": 1}');
  await run(other, "Denied");
});

test("a link that lies about its tool is called out; a broken one is refused in words", async () => {
  const page = await visit();
  await editor(page).waitFor();
  const pack = (changes) => page.evaluate(async (changes) => {
    const shared = { version: 1, file: "a.ts", source: "export default () => 1;", input: "{}", wants: [], identity: "0".repeat(64), ...changes };
    const stream = new Blob([JSON.stringify(shared)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    return `#tool=${btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
  }, changes);
  // The person has work that is not saved; the address changes below it.
  await paste(page, 'export const tool = { name: "mine" };\nexport default () => "mine";\n');
  await ready(page, "mine");
  const lie = await pack({});
  await page.evaluate((hash) => { location.hash = hash; }, lie);
  await page.getByText("It does not match the link.").waitFor();
  await button(page, "Go back to it").click();
  await ready(page, "mine");
  await eventually(async () => assert.match(await editor(page).innerText(), /"mine"/));
  assert.equal(new URL(page.url()).hash, "");
  for (const [bad, words] of [[await pack({ allow: ["kv **"] }), /"allow" is not known/], ["#tool=%%%", /not base64url/], ["#tool=AAAA", /cannot be unpacked/]]) {
    await page.evaluate((hash) => { location.hash = hash; }, bad);
    await page.getByText(words).waitFor();
  }
  await eventually(async () => assert.match(await editor(page).innerText(), /"mine"/));
});

test("what a tool says is text, wherever it says it", async () => {
  const page = await visit();
  const evil = "<img src=x onerror=window.hit=1><script>window.hit=1</script>\u202e<svg onload=window.hit=1>";
  // Belljar itself refuses hidden characters in what a tool says of itself.
  const plain = evil.replace("\u202e", "");
  await paste(page, `export const tool = { name: "evil", description: ${JSON.stringify(plain)}, wants: [${JSON.stringify(`kv ${plain}`)}, "kv **"],
    input: { type: "object", properties: { a: { type: "string", title: ${JSON.stringify(plain)}, description: ${JSON.stringify(plain)} } } } };
    export default async () => {
      console.log(${JSON.stringify(evil)});
      await belljar.kv.get(${JSON.stringify(evil)}).catch(() => {});
      belljar.artifact("a.svg", "image/svg+xml", ${JSON.stringify(`<svg xmlns="http://www.w3.org/2000/svg" onload="parent.hit=1"><script>parent.hit=1</script></svg>`)});
      return { ${JSON.stringify(evil)}: ${JSON.stringify(evil)} };
    };`);
  await ready(page, "evil");
  await run(page, "Returned");
  for (const tab of ["Output", "Console", "Log", "Artifacts"]) await page.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
  await page.getByTitle("Artifact a.svg").waitFor();
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.locator("belljar-app img, belljar-app script, belljar-app svg[onload]").count(), 0);
});

test("the page's policy lets in no inline script, no eval, and no other host", async () => {
  const page = await visit();
  await status(page, READY);
  const seen = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.hit = 1";
    document.body.append(script);
    // In a task of its own: what a debugger evaluates may evaluate more.
    const evaluated = await new Promise((resolve) => setTimeout(() => { try { resolve((0, eval)("1")); } catch (error) { resolve(error.name); } }));
    const fetched = await fetch("https://example.invalid/").then(() => "sent", (error) => error.name);
    return [window.hit, evaluated, fetched];
  });
  assert.deepEqual(seen, [undefined, "EvalError", "TypeError"]);
  assert.ok(problems.length >= 2 && problems.every((problem) => /Content Security Policy|Fetch API cannot load/.test(problem)), problems.join("\n"));
  problems = [];
});

test("a draft outlives a reload; grants do not", async () => {
  const page = await visit();
  await paste(page, keys("draft", ["kv **"], "return 1;"));
  await ready(page, "draft");
  await page.getByRole("radio", { name: "Allow" }).check();
  await page.reload();
  await ready(page, "draft");
  assert.ok(await page.getByRole("radio", { name: "Deny" }).isChecked());
  assert.doesNotMatch(await page.evaluate(() => JSON.stringify(localStorage)), /allow/);
});

test("the policy can be edited as text, and its errors are the package's", async () => {
  const page = await visit();
  await paste(page, keys("texty", ["kv a"], 'return await belljar.kv.get("a") ?? null;'));
  await ready(page, "texty");
  await page.getByText("policy.toml", { exact: true }).click();
  const text = page.getByLabel("policy.toml");
  await text.fill('version = 1\n[kv]\nalow = ["a"]\n');
  await page.getByText(/did you mean "allow"/).waitFor();
  await run(page, "Nothing was run");
  await text.fill('version = 1\n[kv]\nallow = ["a"] # mine\n');
  await run(page, "Returned");
  await button(page, "Go back to the choices").click();
  await eventually(async () => assert.equal(await text.inputValue(), "version = 1\n"));
  await run(page, "Denied");
});

test("by keyboard alone: open an example, grant, run, read, stop", async () => {
  const page = await visit();
  await status(page, READY);
  const press = async (...all) => { for (const key of all) await page.keyboard.press(key); };
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
  const tabTo = async (name) => {
    for (let i = 0; i < 60; i++) {
      await press("Tab");
      if (name.test(await focused())) return;
    }
    assert.fail(`Tab never reaches ${name}`);
  };
  await press("Tab");
  assert.match(await focused(), /Skip to the tool/);
  await tabTo(/^Open$/);
  await press("Enter");
  await tabTo(/^log-report/);
  await press("Enter");
  await ready(page, "log-report");
  const radio = () => page.evaluate(() => document.activeElement?.getAttribute("value") === "deny" && document.activeElement.getAttribute("type") === "radio");
  for (let i = 0; i < 60 && !(await radio()); i++) await press("Tab");
  assert.ok(await radio(), "Tab reaches the wish, and goes through the editor");
  await press("ArrowRight", "ArrowRight");
  await eventually(async () => assert.ok(await page.getByRole("radio", { name: "Allow" }).isChecked()));
  await press("Control+Enter");
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  await tabTo(/^Output/);
  await press("ArrowRight", "ArrowRight", "ArrowRight");
  await page.getByRole("tab", { name: /^Log/, selected: true }).waitFor();
  await page.getByRole("list", { name: "Log entries" }).waitFor();
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, "solid", "focus can be seen");
});

test("a narrow screen has no horizontal scroll, in either colour", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const page = await visit({ viewport: { width: 390, height: 800 }, colorScheme });
    await status(page, READY);
    await paste(page, keys("narrow", ["http GET https://a-very-long-host-name-that-goes-on-and-on.example.com/with/a/long/path/**", "kv **"], `console.log("${"w".repeat(300)}"); throw new Error("${"m".repeat(300)}");`));
    await page.locator("belljar-grants .tool-name", { hasText: "narrow" }).waitFor({ state: "attached" });
    const fits = async (what) => {
      const [wide, inside] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= inside, `${what} is ${wide} wide in ${inside}`);
      const out = await page.evaluate(() => [...document.querySelectorAll("main *, header *")].filter((e) => !e.closest(".cm-editor, pre, .console, .timeline, .unseen") && e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 120)));
      assert.deepEqual(out, [], what);
    };
    await fits("source");
    await page.getByRole("tab", { name: /^Asks/ }).click();
    for (const summary of await page.locator("summary:visible").all()) await summary.click();
    await fits("asks");
    await button(page, "Run").click();
    await outcome(page).filter({ hasText: "Crashed" }).waitFor();
    for (const tab of ["Console", "Log", "Output"]) {
      await page.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
      await fits(tab);
    }
    const [ground, ink] = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color].map((c) => Number(/\d+/.exec(c)[0])));
    assert.ok(colorScheme === "dark" ? ground < 60 && ink > 180 : ground > 200 && ink < 80, `${colorScheme}: ${ground}, ${ink}`);
  }
  const page = await visit({ colorScheme: "light" });
  await page.getByLabel("Colours").selectOption("dark");
  await page.waitForFunction(() => Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)[0]) < 60);
});

test("every example compiles and returns with its sample input, once it has what it asks for", async () => {
  const page = await visit();
  const examples = JSON.parse(await readFile(`${dist}/examples.json`, "utf8"));
  assert.ok(examples.length >= 9);
  for (const { name } of examples) {
    await button(page, "Open").click();
    await page.getByRole("dialog", { name: "Open a tool" }).getByRole("button", { name: new RegExp(`^${name}\\b`) }).click();
    await ready(page, name);
    for (const radio of await page.getByRole("radio", { name: "Allow" }).all()) await radio.check();
    await run(page, "Returned").catch(async () => assert.fail(`${name}: ${await page.locator("belljar-outcome").innerText()}`));
  }
});

test("a .wasm file is opened, run, and not put into a link", async () => {
  const page = await visit();
  await status(page, READY);
  const examples = JSON.parse(await readFile(`${dist}/examples.json`, "utf8"));
  const { source } = examples.find(({ name }) => name === "adler32");
  const component = await page.evaluate(async (source) => {
    const { Belljar } = await import("./belljar/belljar.js");
    const jar = await Belljar.create();
    const tool = await jar.compile("adler32.wat", source);
    jar.close();
    return [...tool.component];
  }, source);
  await button(page, "Open").click();
  await page.getByLabel("A tool's file").setInputFiles({ name: "checksum.wasm", mimeType: "application/wasm", buffer: Buffer.from(component) });
  await ready(page, "adler32");
  await page.getByText("checksum.wasm is WebAssembly").waitFor();
  await page.getByRole("textbox", { name: /^text/ }).fill("Wikipedia");
  await run(page, "Returned");
  await eventually(async () => assert.deepEqual(JSON.parse(await output(page).innerText()), { adler32: 300286872 }));
  await button(page, "Share").click();
  await page.getByText("does not fit into a link").waitFor();
});

test("what cannot be fetched is said, and can be tried again", async () => {
  const context = await browser.newContext();
  contexts.push(context);
  const page = await context.newPage();
  await page.route("**/belljar_host_bg.wasm", (route) => route.abort());
  await page.goto(`${server.address}/index.html`);
  await page.getByText("Belljar cannot start.").waitFor();
  await page.unroute("**/belljar_host_bg.wasm");
  await button(page, "Try again").click();
  await status(page, READY);
  // A part that is needed later: the compiler of another language.
  await page.route("**/belljar_wasm*", (route) => route.abort());
  await button(page, "Open").click();
  await page.getByRole("dialog", { name: "Open a tool" }).getByRole("button", { name: /^adler32/ }).click();
  await page.getByText("Belljar cannot start.").waitFor();
  await page.unroute("**/belljar_wasm*");
  await button(page, "Try again").click();
  await ready(page, "adler32");
});

/** What a click saves, as bytes. */
async function saved(page, act) {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  return { name: download.suggestedFilename(), buffer: await readFile(await download.path()) };
}

/** Opens a file as the dialog "Open" does. */
async function openFile(page, name, buffer) {
  await button(page, "Open").first().click();
  await page.getByLabel("A tool's file, or a recorded run").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
}

test("a run is recorded, saved, opened again and replayed, and a changed recording says where it differs", async () => {
  const page = await visit();
  await paste(page, keys("recorded", ["kv read **", "kv write **"], 'await belljar.kv.set("a", "1"); console.log(Math.random()); return await belljar.kv.get("a");'));
  await ready(page, "recorded");
  for (const wish of await page.getByRole("radio", { name: "Allow" }).all()) await wish.check({ force: true });
  await run(page, "Returned");
  const { name, buffer } = await saved(page, () => button(page, "Save recording").click());
  assert.equal(name, "recorded.recording.tar");

  const other = await visit();
  await openFile(other, name, buffer);
  const banner = other.getByRole("region", { name: "Recorded run" });
  await banner.filter({ hasText: "recorded.recording.tar" }).waitFor();
  // Nothing is granted, and nothing has run.
  assert.equal(await other.locator("belljar-outcome .title").count(), 0);
  await button(banner, "Replay").click();
  await outcome(other).filter({ hasText: "Returned" }).waitFor();
  await other.getByText(/^Replayed: all \d+ entries are the recorded ones/).waitFor();
  await eventually(async () => assert.equal(await output(other).innerText(), '"1"'));

  // Somebody changes a result and what the log says of it: then the chain does not hold.
  const text = buffer.toString("latin1").replace('"bytes":1', '"bytes":2');
  await openFile(other, "changed.tar", Buffer.from(text, "latin1"));
  await other.getByRole("status").filter({ hasText: /changed\.tar cannot be opened: .*(entry|log)/ }).first().waitFor();
  await openFile(other, "short.tar", buffer.subarray(0, 600));
  await other.getByRole("status").filter({ hasText: /short\.tar cannot be opened/ }).first().waitFor();
});

test("a recording that may take more than the default limits is replayed after a person has said so", async () => {
  const page = await visit();
  await paste(page, 'export const tool = { name: "greedy" };\nexport default () => 7;\n');
  await ready(page, "greedy");
  await page.getByText("Limits", { exact: true }).click();
  await page.getByRole("textbox", { name: "Memory" }).fill("2 GiB");
  await run(page, "Returned");
  const { name, buffer } = await saved(page, () => button(page, "Save recording").click());
  const other = await visit();
  await openFile(other, name, buffer);
  const banner = other.getByRole("region", { name: "Recorded run" });
  await banner.getByText(/may take more .*memory 2147483648 instead of 67108864/).waitFor();
  assert.ok(await button(banner, "Replay").isDisabled());
  await banner.getByRole("checkbox", { name: /grant it/ }).check();
  await button(banner, "Replay").click();
  await other.getByText(/^Replayed: all \d+ entries are the recorded ones/).waitFor();
});

test("a tool's own question is answered with a text or a choice, and not by accident", async () => {
  const page = await visit();
  await paste(page, `export const tool = { name: "asker" };
export default async () => {
  const name = await belljar.ask("What is your <b>name</b>?\\nIn two lines.");
  const colour = await belljar.ask("Which colour?", { choices: ["red", "blue"] });
  const none = await belljar.ask("And now?").catch((error) => error.name);
  return { name, colour, none };
};`);
  await ready(page, "asker");
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", { name: "The tool asks you something" }).waitFor();
  assert.match(await dialog.innerText(), /What is your <b>name<\/b>\?\s+In two lines\./);
  assert.equal(await dialog.getByRole("button", { name: "Allow once" }).count(), 0);
  await dialog.getByLabel("Your answer").fill("Ada\nLovelace");
  await button(dialog, "Answer").click();
  await dialog.getByRole("radio", { name: "blue" }).waitFor();
  await button(dialog, "Answer").click();
  await dialog.getByText("Choose an answer first.").waitFor();
  // It stays while the page looks at the run again and again.
  await page.waitForTimeout(300);
  assert.ok(await dialog.getByText("Choose an answer first.").isVisible());
  await dialog.getByRole("radio", { name: "blue" }).check();
  await button(dialog, "Answer").click();
  await dialog.locator(".guest-box").filter({ hasText: "And now?" }).waitFor();
  await button(dialog, "Do not answer").click();
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  await eventually(async () => assert.deepEqual(JSON.parse(await output(page).innerText()), { name: "Ada\nLovelace", colour: "blue", none: "CapabilityDenied" }));
});

test("a run that asks is suspended, kept by the browser, and resumed once", async () => {
  const page = await visit();
  await paste(page, 'export const tool = { name: "waiter" };\nexport default async () => [Math.random() < 2, await belljar.ask("How many?")];');
  await ready(page, "waiter");
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog");
  await dialog.locator(".guest-box").filter({ hasText: "How many?" }).waitFor();
  await eventually(async () => assert.ok(await button(dialog, "Suspend").isEnabled()));
  await button(dialog, "Suspend").click();
  await outcome(page).filter({ hasText: "Suspended" }).waitFor();
  const shelf = (page) => page.getByRole("region", { name: "Runs that were suspended" });
  await shelf(page).getByRole("listitem").filter({ hasText: /waiter: .*How many\?/ }).waitFor();
  const band = (await page.locator("belljar-banner").boundingBox()).height;
  assert.ok(band <= 110, `the bands take ${band} px`);

  // It outlives the page, and another tab sees it, too.
  const second = await page.context().newPage();
  await second.goto(page.url());
  await page.reload();
  await shelf(second).getByRole("listitem").filter({ hasText: "waiter" }).waitFor();

  // As a file it is resumed in another browser.
  const { name, buffer } = await saved(page, () => button(shelf(page), "Save as a file: waiter").click());
  assert.equal(name, "waiter.waiting.tar");
  const resume = async (page, answer) => {
    const banner = page.getByRole("region", { name: "Recorded run" });
    await banner.filter({ hasText: "waits for a person" }).waitFor();
    assert.equal(await page.getByRole("dialog", { name: "The tool asks you something" }).count(), 0);
    await button(banner, "Resume it").click();
    if (answer === undefined) return;
    const again = page.getByRole("dialog");
    await again.getByLabel("Your answer").fill(answer);
    await button(again, "Answer").click();
    await outcome(page).filter({ hasText: "Returned" }).waitFor();
    await eventually(async () => assert.deepEqual(JSON.parse(await output(page).innerText()), [true, answer]));
  };
  const other = await visit();
  await openFile(other, name, buffer);
  await resume(other, "three");

  // Whoever resumes it and stops it, or closes the page, has not lost it.
  await button(shelf(second), "Open: waiter").click();
  await resume(second);
  await eventually(async () => assert.equal(await shelf(second).isVisible(), false));
  await eventually(async () => assert.ok(await button(second.getByRole("dialog"), "Stop the run").isEnabled()));
  const asked = second.waitForEvent("dialog");
  await second.close({ runBeforeUnload: true });
  const question = await asked;
  assert.equal(question.type(), "beforeunload");
  await question.dismiss();
  await button(second.getByRole("dialog"), "Stop the run").click();
  await shelf(second).getByRole("listitem").filter({ hasText: "waiter" }).waitFor();

  // Here it is resumed in one tab, and the other is told.
  await page.reload();
  await button(shelf(second), "Open: waiter").click();
  await second.getByRole("region", { name: "Recorded run" }).waitFor();
  await button(shelf(page), "Open: waiter").click();
  await resume(page, "four");
  await eventually(async () => assert.equal(await shelf(page).isVisible(), false));
  await resume(second);
  await second.locator("belljar-outcome").filter({ hasText: "not here any more" }).waitFor();

  // What is forgotten is asked for once more.
  await button(page, "Run").click();
  await eventually(async () => assert.ok(await button(page.getByRole("dialog"), "Suspend").isEnabled()));
  await button(page.getByRole("dialog"), "Suspend").click();
  page.once("dialog", (asked) => asked.dismiss());
  await button(shelf(page), "Forget: waiter").click();
  await shelf(page).getByRole("listitem").waitFor();
  page.once("dialog", (asked) => asked.accept());
  await button(shelf(page), "Forget: waiter").click();
  await eventually(async () => assert.equal(await shelf(page).isVisible(), false));
});

/** A link as anybody can make one. */
const link = (changes, more = "") =>
  `#tool=${Buffer.concat([deflateRawSync(Buffer.from(JSON.stringify({ version: 1, file: "a.ts", source: "export default () => 1;", input: "{}", wants: [], identity: "0".repeat(64), ...changes }))), Buffer.from(more)]).toString("base64url")}`;

test("a tool that takes all memory, or for ever, to compile is given up, and the page goes on", async () => {
  const doubling = (step) => `enum E{a0='xxxxxxxx',${Array.from({ length: 39 }, (_, i) => `a${i + 1}=${step(`a${i}`)}`).join()}}\nexport default (x: unknown) => x;\n`;
  const bombs = [doubling((a) => `${a}+${a}`), doubling((a) => `\`\${${a}}\${${a}}\``), `export default (x: unknown) => x;\nconst y = ${"(".repeat(20_000)}1${")".repeat(20_000)};\n`, `type T = ${"{a:".repeat(9_000)}1${"}".repeat(9_000)};\nexport default (x: T) => x;\n`];
  for (const source of bombs) {
    const page = await visit({ hash: link({ source }) });
    await page.getByText("This tool came by a link.").waitFor();
    let worst = 0;
    const end = Date.now() + 14_000;
    let words = "";
    while (Date.now() < end) {
      const began = Date.now();
      words = (await page.locator("header .status").textContent()) ?? "";
      worst = Math.max(worst, Date.now() - began);
      if (/Does not compile|Ready/.test(words)) break;
      await page.waitForTimeout(50);
    }
    assert.match(words, /Does not compile|Ready/, source.slice(0, 60));
    assert.ok(worst < 1_000, `the page's thread was held for ${worst} ms`);
    // It goes on.
    await paste(page, 'export const tool = { name: "after" };\nexport default (): number => 7;\n');
    await ready(page, "after");
    await run(page, "Returned");
    await page.context().close();
  }
});

test("what follows a link's packed data, and a name that cannot be seen, are refused", async () => {
  const page = await visit();
  await status(page, READY);
  for (const [hash, words] of [[link({}, "trailing"), /something follows|cannot be unpacked/], [link({ file: "a\u202ejs.ts" }), /characters that cannot be seen/], [link({ file: "a\u009b31m\u200b.ts" }), /characters that cannot be seen/]]) {
    await page.evaluate((hash) => { location.hash = hash; }, hash);
    await page.getByRole("status").filter({ hasText: words }).first().waitFor();
    const said = await page.evaluate(() => document.body.innerText + document.title + [...document.querySelectorAll("input, [title], [aria-label]")].map((e) => `${e.value} ${e.title} ${e.ariaLabel}`).join());
    assert.doesNotMatch(said, /[\u202e\u009b\u200b]/);
    for (const dismiss of await button(page, "Dismiss").all()) await dismiss.click();
  }
});

test("damaged entries of the browser's storage are shown as such, and can be removed", async () => {
  const page = await visit();
  await status(page, READY);
  await page.evaluate(async () => {
    const done = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
    const database = await done(indexedDB.open("belljar.shelf", 1));
    const stores = database.transaction(["runs", "bytes"], "readwrite");
    const bad = [null, 7, {}, { tool: 5, asks: [], at: "x", size: {} }, { tool: "t", at: 1, size: 1 }, { tool: "t\u202e", asks: "<img src=x onerror=alert(1)>", at: 1e99, size: -1 }];
    for (const entry of bad) await done(stores.objectStore("runs").add(entry));
    await done(stores.objectStore("runs").add({ tool: "by another key" }, "a text"));
    await done(stores.objectStore("runs").add({ tool: "good\u202e", asks: "How many?", at: 1, size: 3 }));
    database.close();
    localStorage.setItem("belljar.draft.x", '{"file":1}');
    localStorage.setItem("belljar.draft.y", "{");
    localStorage.setItem("belljar.aside", '[null,7,{"file":"a.ts"},{"file":"kept.ts","source":"export default () => 1;","input":"{}"}]');
  });
  await page.reload();
  await status(page, READY);
  const shelf = page.getByRole("region", { name: "Runs that were suspended" });
  await shelf.getByRole("listitem").filter({ hasText: /goodU\+202E: .*How many\?/ }).waitFor();
  await page.getByText("Your work on kept.ts was put aside.").waitFor();
  assert.equal(await shelf.getByText("An entry is damaged").count(), 7);
  for (let left = 7; left > 0; left--) {
    await shelf.getByRole("button", { name: "Remove the damaged entry" }).first().click();
    await eventually(async () => assert.equal(await shelf.getByText("An entry is damaged").count(), left - 1));
  }
  await page.reload();
  await shelf.getByRole("listitem").filter({ hasText: "How many?" }).waitFor();
  assert.equal(await shelf.getByText("An entry is damaged").count(), 0);
});

test("what a refused tool needs is granted where it is refused, though it declared nothing", async () => {
  const page = await visit();
  await paste(page, keys("bare", [], 'await belljar.kv.set("notes/all", "x"); await belljar.kv.set("notes/more", "y"); return await belljar.kv.get("notes/all");'));
  await ready(page, "bare");
  await run(page, "Denied");
  const offers = page.locator("belljar-outcome .offer");
  assert.deepEqual(await offers.locator("code").allInnerTexts(), ["kv set notes/all"]);
  await button(offers, "Ask me").click();
  const dialog = page.getByRole("dialog", { name: "The tool asks for permission" });
  const answer = async (word) => {
    await dialog.waitFor();
    await eventually(async () => assert.ok(await button(dialog, "Deny").isEnabled()));
    await button(dialog, word).click();
  };
  await answer("Allow once");
  // Step by step, each with its own click.
  await button(offers.filter({ hasText: "kv set notes/more" }), "Allow this and run again").click();
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await outcome(page).filter({ hasText: "Denied" }).waitFor();
  // A person's no is said, and nothing is offered against it.
  assert.doesNotMatch(await page.locator("belljar-outcome").innerText(), /nobody was there/);
  assert.equal(await offers.count(), 0);
  await button(page, "Run").click();
  await answer("Allow once");
  await button(offers.filter({ hasText: "kv get notes/all" }), "Allow this and run again").click();
  await answer("Allow once");
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  await eventually(async () => assert.equal(await output(page).innerText(), '"x"'));
});

test("a tool calls another one that a person has added, and gets what both policies give", async () => {
  const page = await visit();
  await paste(page, keys("caller", ["tools count", "kv kept"], 'return belljar.tools.call("count", { text: "a b c" });'));
  await ready(page, "caller");
  const tools = page.locator("belljar-tools");
  // It is open, because the tool asks for one.
  const count = "export default async ({ text }) => { const n = text.split(' ').length; await belljar.kv.set('kept', String(n)); return n; };";
  const buffer = (text) => Buffer.from(text);
  await page.getByLabel("Tools, and their policies").setInputFiles([
    { name: "count.ts", mimeType: "text/plain", buffer: buffer(count) },
    { name: "count.policy.toml", mimeType: "text/plain", buffer: buffer("version = 1\n[kv]\nallow = ['**']\n") },
  ]);
  await tools.getByRole("listitem").filter({ hasText: "count.ts" }).waitFor();
  assert.match(await page.getByLabel("Policy of count").inputValue(), /allow = \['\*\*'\]/);
  await run(page, "Denied");
  // The wishes in their order: the call is allowed, the key is not.
  await page.getByRole("radio", { name: "Allow" }).first().check();
  await run(page, "Denied");
  await page.locator("belljar-outcome").getByText(/count was refused kv set kept/).first().waitFor();
  // What the called tool asks is asked by it.
  await page.getByRole("radio", { name: "Ask" }).nth(1).check();
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("set kept").first().waitFor();
  await dialog.getByText("caller").first().waitFor();
  await eventually(async () => assert.ok(await button(dialog, "Allow once").isEnabled()));
  await button(dialog, "Allow once").click();
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  await eventually(async () => assert.equal(await output(page).innerText(), "3"));
  await page.getByRole("tab", { name: "Log" }).click();
  await page.getByText("run 1: kv: set kept").waitFor();
  await page.locator("belljar-log").getByText(/holds/i).first().waitFor();
  // A question about a call names the tool that was found, and its policy.
  await page.getByRole("radio", { name: "Ask" }).first().check();
  await button(page, "Run").click();
  await dialog.getByText("call count").first().waitFor();
  await dialog.getByText("Details").click();
  await dialog.getByText("Called tool", { exact: true }).waitFor();
  assert.equal(await dialog.locator(".digest:visible").count(), 4);
  await eventually(async () => assert.ok(await button(dialog, "Deny").isEnabled()));
  await button(dialog, "Deny").click();
  await outcome(page).filter({ hasText: "Denied" }).waitFor();
  // A policy that cannot be read is said, and nothing runs under it.
  await page.getByLabel("Policy of count").fill("version = 1\n[kv]\nallowed = []\n");
  await page.getByLabel("Policy of count").blur();
  await tools.getByRole("alert").filter({ hasText: "allowed" }).waitFor();
  await button(page, "Remove count").click();
  await tools.getByRole("listitem").waitFor({ state: "detached" });
  await run(page, /Crashed|Failed|Broke/i);
});

test("a request leaves with a secret that nobody sees, after it was asked about", async (t) => {
  const seen = [];
  const server = createServer((request, response) => {
    const allow = { "access-control-allow-origin": "*", "access-control-allow-headers": "*, authorization", "access-control-expose-headers": "*" };
    if (request.method === "OPTIONS") return response.writeHead(204, allow).end();
    seen.push({ url: request.url, ...request.headers });
    response.writeHead(200, allow).end(`hello ${request.headers.authorization}`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const origin = `http://127.0.0.1:${server.address().port}`;
  const page = await visit();
  await paste(page, keys("caller", [], `return (await fetch("${origin}/a?b=1", { headers: { "X-Own": "mine" } })).text();`));
  await ready(page, "caller");
  await page.getByText("policy.toml", { exact: true }).click();
  await page.getByLabel("policy.toml").fill(`version = 1\n[http]\nask = ["GET ${origin}/**"]\n[[secret]]\nname = "token"\nfor = "${origin}"\nin = "header authorization: Bearer {}"\n`);
  // Without its value nothing starts.
  await button(page, "Run").click();
  await page.locator("belljar-outcome pre.message").getByText("the policy's secret is not there: token").waitFor();
  await page.getByLabel("token").fill("canary-5e1f00d5");
  await button(page, "Keep for this tab").click();
  await page.getByText("token is kept.").waitFor();
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog", { name: "The tool asks for permission" });
  await dialog.getByText("x-own: mine").waitFor();
  assert.match(await dialog.innerText(), /With your secret\s+token/);
  await eventually(async () => assert.equal(await button(dialog, "Allow once").isEnabled(), true));
  await button(dialog, "Allow once").click();
  await eventually(async () => assert.equal(await output(page).innerText(), '"hello Bearer [secret token]"'));
  assert.equal(seen.length, 1);
  assert.equal(seen[0].authorization, "Bearer canary-5e1f00d5");
  assert.deepEqual([seen[0].origin, seen[0].cookie, seen[0].referer], ["null", undefined, undefined]);
  assert.doesNotMatch(await page.content(), /canary-5e1f00d5/);
  assert.doesNotMatch(JSON.stringify(await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }, location.href])), /canary-5e1f00d5/);
});

test("a question shows what would be written, cut, and whole when it is asked for", async () => {
  const page = await visit();
  const long = `line one\u202e\n${"x".repeat(2_000)}END`;
  await paste(page, keys("writer", ["kv **"], `await belljar.kv.set("a", ${JSON.stringify(long)}); await belljar.kv.set("b", new Uint8Array([255, 0, 1])).catch(() => 0); await belljar.kv.get("a"); return 1;`));
  await ready(page, "writer");
  await page.getByRole("radio", { name: "Ask" }).check();
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog", { name: "The tool asks for permission" });
  await dialog.waitFor();
  const box = dialog.getByLabel("What it would write, in its words");
  await eventually(async () => assert.match(await box.innerText(), /^line oneU\+202E\nxxx/));
  assert.doesNotMatch(await box.innerText(), /END/);
  await dialog.getByRole("button", { name: /^Show all [\d,]+ characters$/ }).click();
  await eventually(async () => assert.match(await box.innerText(), /xEND$/));
  // Hashes are there for who wants them.
  assert.equal(await dialog.locator(".digest:visible").count(), 0);
  await dialog.getByText("Details").click();
  assert.equal(await dialog.locator(".digest:visible").count(), 2);
  const described = await dialog.evaluate((element) => document.getElementById(element.getAttribute("aria-describedby"))?.innerText ?? "");
  assert.match(described, /set a/);
  await eventually(async () => assert.match(await outcome(page).innerText(), /^Waiting for your answer/));
  await button(dialog, "Allow this rule for the run").click();
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
});

test("a file is opened wherever it is dropped, and never written into the source", async () => {
  const page = await visit();
  await paste(page, 'export const tool = { name: "mine" };\nexport default () => 1;\n');
  await ready(page, "mine");
  const drop = (selector, name, text) => page.evaluate(([selector, name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    const target = document.querySelector(selector);
    const { x, y, width, height } = target.getBoundingClientRect();
    const place = { clientX: x + width / 2, clientY: y + Math.min(height / 2, 60), bubbles: true, cancelable: true, dataTransfer: data };
    target.dispatchEvent(new DragEvent("dragover", place));
    target.dispatchEvent(new DragEvent("drop", place));
  }, [selector, name, text]);
  for (const [name, words] of [["readme.md", "is no tool"], ["run.jsonl", "is no tool"], ["damaged.tar", "cannot be opened"]]) {
    await drop(".cm-content", name, "DROPPED TEXT");
    await page.getByRole("status").filter({ hasText: `${name} ${words}` }).first().waitFor();
    await page.waitForTimeout(100);
    assert.doesNotMatch(await editor(page).innerText(), /DROPPED/);
    await button(page, "Dismiss").click();
  }
  await drop("belljar-outcome", "dropped.ts", 'export const tool = { name: "dropped" };\nexport default () => 2;\n');
  await ready(page, "dropped");
  await page.getByText("Your work on mine.ts was put aside.").waitFor();
});

test("each tab has its own draft, and no work is lost", async () => {
  const page = await visit();
  const write = async (page, name) => {
    await paste(page, `export const tool = { name: "${name}" };\nexport default () => 1;\n`);
    await ready(page, name);
    await page.waitForTimeout(600);
  };
  await write(page, "one");
  const second = await page.context().newPage();
  watch(second);
  await second.goto(page.url());
  await status(second, READY);
  // The first tab is still open: its draft is its own.
  assert.doesNotMatch(await editor(second).innerText(), /"one"/);
  await write(second, "two");
  await page.reload();
  await ready(page, "one");
  await second.reload();
  await ready(second, "two");
  // One after the other: New, New, and all of it is still there.
  await button(page, "New").click();
  await write(page, "three");
  await button(page, "New").click();
  await page.getByText("Your work on three.ts was put aside, and 1 more under “Open”.").waitFor();
  await button(page, "Open").click();
  await page.getByRole("dialog", { name: "Open a tool" }).getByRole("button", { name: /^one\.ts/ }).click();
  await ready(page, "one");
  // A tab that was closed leaves its draft to the next one.
  await second.close();
  const third = await page.context().newPage();
  watch(third);
  await third.goto(page.url());
  await ready(third, "two");
});

test("two runs of the same thing are the same, but for their time and randomness", async () => {
  const page = await visit();
  await paste(page, 'export const tool = { name: "twice" };\nexport default () => { console.log("x"); return Math.random() < 2; };\n');
  await ready(page, "twice");
  await run(page, "Returned");
  await run(page, "Returned");
  await page.getByRole("tab", { name: /^Log/ }).click();
  const against = page.getByRole("combobox", { name: "Compare with" });
  await eventually(async () => assert.ok((await against.locator("option").count()) > 1));
  await against.selectOption({ index: 1 });
  await eventually(async () => assert.doesNotMatch(await page.locator("belljar-log").innerText(), /First difference/));
});

test("a text is answered with Ctrl+Enter, without a Tab before it", async () => {
  const page = await visit();
  await paste(page, 'export const tool = { name: "asker" };\nexport default async () => belljar.ask("Name?");\n');
  await ready(page, "asker");
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog", { name: "The tool asks you something" });
  await eventually(async () => assert.ok(await button(dialog, "Answer").isEnabled()));
  await page.keyboard.type("Ada");
  await page.keyboard.press("Control+Enter");
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
  await eventually(async () => assert.equal(await output(page).innerText(), '"Ada"'));
});

test("the file of a pasted tool gets the tool's name", async () => {
  const page = await visit();
  await paste(page, keys("csv-summary", [], "return 1;"));
  await ready(page, "csv-summary");
  await eventually(async () => assert.equal(await page.getByLabel("File name").inputValue(), "csv-summary.ts"));
  await page.getByText("Types are taken off, not checked").waitFor();
});

test("a run that was suspended with grants is resumed only after a person has granted them again", async () => {
  const page = await visit();
  await paste(page, keys("granted", ["kv **"], 'await belljar.kv.set("a", "1"); const name = await belljar.ask("Name?"); return [name, await belljar.kv.get("a")];'));
  await ready(page, "granted");
  await page.getByRole("radio", { name: "Allow" }).check();
  await button(page, "Run").click();
  const dialog = page.getByRole("dialog");
  await eventually(async () => assert.ok(await button(dialog, "Suspend").isEnabled()));
  await button(dialog, "Suspend").click();
  const shelf = page.getByRole("region", { name: "Runs that were suspended" });
  await button(shelf, "Open: granted").click();
  const banner = page.getByRole("region", { name: "Recorded run" });
  await banner.getByText("[kv] allow").waitFor();
  assert.ok(await button(banner, "Resume it").isDisabled());
  await banner.getByRole("checkbox", { name: /grant it/ }).check();
  await button(banner, "Resume it").click();
  await dialog.getByLabel("Your answer").fill("Ada");
  await eventually(async () => assert.ok(await button(dialog, "Answer").isEnabled()));
  await button(dialog, "Answer").click();
  await outcome(page).filter({ hasText: "Returned" }).waitFor();
});

test("opened as a file, the page says why it does not start", async () => {
  const context = await browser.newContext();
  contexts.push(context);
  const page = await context.newPage();
  await page.goto(new URL("../../www/dist/index.html", import.meta.url).href);
  await page.getByText(/a page that is opened as a file cannot load it/).waitFor();
  await eventually(async () => assert.equal(await page.locator(".starting").evaluate((p) => getComputedStyle(p).opacity), "1"));
});

test("another tool begins at the top of what it asks for", async () => {
  const page = await visit({ viewport: { width: 1400, height: 500 } });
  await status(page, READY);
  const asks = page.locator(".area.asks");
  await asks.evaluate((panel) => panel.scrollTo(0, 400));
  assert.ok((await asks.evaluate((panel) => panel.scrollTop)) > 0);
  await button(page, "New").click();
  await eventually(async () => assert.equal(await asks.evaluate((panel) => panel.scrollTop), 0));
});

test("a long log does not hold the page when its run ends", async () => {
  const page = await visit();
  await paste(page, 'export const tool = { name: "flood" };\nexport default () => { for (let i = 0; i < 60000; i++) console.log("line " + i); return 1; };\n');
  await ready(page, "flood");
  await page.getByText("Limits", { exact: true }).click();
  await page.getByRole("textbox", { name: "Fuel" }).fill("900 G");
  await page.getByRole("textbox", { name: "Time" }).fill("60 s");
  await page.getByRole("textbox", { name: "Console" }).fill("64 MiB");
  await status(page, READY);
  await page.evaluate(() => {
    window.tasks = [];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ startTime, duration }) => [startTime, duration]))).observe({ type: "longtask" });
    const title = () => document.querySelector("belljar-outcome .title")?.textContent ?? "";
    const watch = () => { if (/Returned/.test(title())) window.endedAt = performance.now(); else setTimeout(watch, 5); };
    watch();
  });
  await button(page, "Run").click();
  await page.waitForFunction(() => window.endedAt !== undefined, undefined, { timeout: 60_000 });
  await page.waitForTimeout(1_500);
  // Other work on the machine makes every task longer: the end is not longer than what there was before it.
  const { before, end } = await page.evaluate(() => {
    const at = window.endedAt;
    const longest = (tasks) => Math.max(50, ...tasks.map(([, duration]) => duration));
    return { before: longest(window.tasks.filter(([start, duration]) => start + duration < at - 400)), end: longest(window.tasks.filter(([start, duration]) => start + duration >= at - 400)) };
  });
  assert.ok(end < Math.max(400, 3 * before), `a task of ${end} ms at the end, ${before} ms before`);
});

test("a tool is run that was pasted a moment before, though the page gives its file a name", async () => {
  for (const pause of [0, 150, 240, 260, 300]) {
    const page = await visit();
    await paste(page, 'export const tool = { name: "another" };\nexport default () => "ran";\n');
    await page.waitForTimeout(pause);
    await button(page, "Run").click();
    await outcome(page).filter({ hasText: "Returned" }).waitFor();
    assert.match(await output(page).innerText(), /ran/);
  }
});
