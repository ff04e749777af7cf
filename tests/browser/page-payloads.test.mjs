// What a tool says is text, wherever the page shows it: 200 payloads as description, wishes, output, console lines,
// errors, names and contents of artifacts, and keys that a person is asked about. None runs, none loads anything.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { eventually, serve, start } from "./chromium.mjs";
import { payloads } from "./payloads.mjs";

const dist = fileURLToPath(new URL("../../www/dist", import.meta.url));
let server, browser, texts;

before(async () => {
  const headers = JSON.parse(await readFile(`${dist}/headers.json`, "utf8"));
  server = await serve(dist, { "/pwned": "reached" }, headers);
  browser = await start();
  texts = payloads(server.address);
  assert.ok(texts.length >= 200);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A page with this tool in the editor. */
async function open(source) {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(server.address);
  const editor = page.getByRole("textbox", { name: "Source of the tool" });
  await editor.waitFor();
  await editor.focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(source);
  return page;
}

async function run(page, ending) {
  const button = page.getByRole("button", { name: "Run", exact: true });
  await button.click();
  try {
    await page.locator("belljar-outcome .title").filter({ hasText: ending }).waitFor();
  } catch (error) {
    throw new Error(`${error.message}\nthe page says: ${await page.locator("body").innerText()}`.slice(0, 4000));
  }
}

/** Nothing ran in any frame, nothing was asked of the server, and the page is where it was. */
async function unharmed(page) {
  await page.waitForTimeout(300);
  for (const frame of page.frames()) assert.equal(await frame.evaluate(() => self.pwned), undefined);
  assert.deepEqual(server.requests.filter((path) => path.startsWith("/pwned")), []);
  assert.equal(page.url(), `${server.address}/`);
  await page.close();
}

const source = (body, more = "") => `export const tool = { name: "hostile"${more} };\nconst texts = ${JSON.stringify(texts)};\n${body}\n`;

test("as output and on the console", async () => {
  const page = await open(source("export default () => { texts.forEach((text) => console.log(text)); return texts; };"));
  await run(page, "Returned");
  // They were really shown: the page's text has them.
  await eventually(async () => assert.ok((await page.getByLabel("The tool's answer").innerText()).includes("onerror")));
  await page.getByRole("tab", { name: /^Console/ }).click();
  const lines = page.getByRole("list", { name: "Console" }).getByRole("listitem");
  await lines.nth(texts.length - 1).waitFor();
  await eventually(async () => assert.equal(await lines.count(), texts.length));
  await page.getByRole("tab", { name: /^Log/ }).click();
  await eventually(async () => assert.match(await page.getByRole("list", { name: "Log entries" }).innerText(), /<script>/));
  await unharmed(page);
});

test("as description, wishes and an error with its code", async () => {
  const plain = texts.map((text) => text.replace(/[\0-\x1f]/g, " "));
  const wants = plain.slice(0, 60).map((text) => `kv read ${text}`);
  const more = `, description: ${JSON.stringify(plain.join(" ").slice(0, 4000))}, wants: ${JSON.stringify(wants)}`;
  const page = await open(source("export default () => { throw new ToolError(texts[30], texts.join('\\n')); };", more));
  await page.locator("belljar-grants .tool-name", { hasText: "hostile" }).waitFor();
  await run(page, "Failed");
  await eventually(async () => assert.match(await page.locator("belljar-outcome").innerText(), /<script>/));
  await unharmed(page);
});

test("as an uncaught exception and its stack", async () => {
  const body = "const named = { [texts[0]]() { throw new Error(texts.slice(0, 40).join('\\n')); } };\nexport default () => named[texts[0]]();";
  const page = await open(source(body));
  await run(page, "Crashed");
  await eventually(async () => assert.match(await page.locator("belljar-outcome").innerText(), /<script>/));
  await unharmed(page);
});

test("as artifacts that are looked at one by one", async () => {
  const body = `export default () => {
    texts.slice(0, 210).filter((_, n) => n % 9 === 0).forEach((text, n) => {
      belljar.artifact(n + ".html", "text/html", new TextEncoder().encode(text));
      belljar.artifact(n + ".svg", "image/svg+xml", new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg'>" + text + "</svg>"));
    });
    return 1;
  };`;
  const page = await open(source(body));
  await run(page, "Returned");
  await page.getByRole("tab", { name: /^Artifacts/ }).click();
  const shown = page.locator("iframe[title^='Artifact']");
  await shown.first().waitFor();
  const names = page.locator("belljar-artifacts .artifact-name");
  for (let at = 0; at < (await names.count()); at++) {
    await names.nth(at).click();
    await page.waitForTimeout(30);
  }
  await eventually(async () => assert.ok((await shown.count()) > 0));
  await unharmed(page);
});

test("as the key that a person is asked about", async () => {
  const body = "export default async () => { for (const text of texts.filter((text) => !/[\\0-\\x1f]/.test(text)).slice(0, 12)) await belljar.kv.get(text).catch(() => {}); return 1; };";
  const page = await open(source(body, ', wants: ["kv read **"]'));
  await page.locator("belljar-grants .tool-name", { hasText: "hostile" }).waitFor();
  await page.getByRole("radio", { name: "Ask" }).first().check({ force: true });
  await page.getByRole("button", { name: "Run", exact: true }).click();
  for (let at = 0; at < 12; at++) {
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await eventually(async () => assert.match(await dialog.innerText(), /</));
    await page.waitForTimeout(550);
    await dialog.getByRole("button", { name: "Deny", exact: true }).click();
  }
  await page.locator("belljar-outcome .title").filter({ hasText: "Returned" }).waitFor();
  await unharmed(page);
});
