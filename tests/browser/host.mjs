// The browser as a host of the case harness: reads trials from standard input, a JSON object a line, runs each in a page
// in Chromium, and writes what was seen, a JSON object a line.

import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { serve, start } from "./chromium.mjs";

const dist = fileURLToPath(new URL("../../web/dist", import.meta.url));
const page_ = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>cases</title><script type="module">
import { Belljar, Folder, Policy } from "./belljar.js";
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const text = (bytes) => { let all = ""; for (let i = 0; i < bytes.length; i += 32768) all += String.fromCharCode(...bytes.subarray(i, i + 32768)); return btoa(all); };
const jar = await Belljar.create();
window.make = async (trial) => {
  try {
    const tool = await jar.compile(trial.file, bytes(trial.tool));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await jar.standalone(tool)));
    return { identity: tool.about.identity, standalone: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") };
  } catch (error) {
    return { exit: 1, message: error.message };
  }
};
window.replayed = async (trial) => {
  try {
    const recording = await jar.open(bytes(trial.recording));
    const report = await recording.replay({ replay: trial.replay, grant: { seen: recording.asks.digest } }).report;
    if (report.divergence) return { exit: 1, message: "entry " + report.divergence.entry + " differs: recorded " + report.divergence.recorded + ", now " + report.divergence.now };
    return seen(report);
  } catch (error) {
    return { exit: 1, message: error.message };
  }
};
const seen = (report) => ({
  exit: report.exitCode, output: report.output ?? null, message: report.message, code: report.code, stack: report.stack,
  log: report.log.text.split("\\n").filter((line) => line !== ""), fuel: report.usage.fuel,
  artifacts: Object.fromEntries(report.artifacts.map((a) => [a.name, text(a.bytes)])),
  recording: report.recording ? text(report.recording) : null,
});
window.trial = async (trial) => {
  const unstarted = (exit, error) => ({ exit, message: error.message });
  let policy;
  try { policy = new Policy({ toml: trial.policy }); } catch (error) { return unstarted(2, error); }
  let tool;
  try { tool = trial.component ? await jar.load(trial.file, bytes(trial.tool)) : await jar.compile(trial.file, bytes(trial.tool)); } catch (error) { return unstarted(error.name === "Error" ? 1 : 2, error); }
  const tools = {};
  // A tool that cannot be compiled is one that cannot be called.
  for (const [name, t] of Object.entries(trial.tools)) {
    try {
      tools[name] = { tool: t.component ? await jar.load(t.file, bytes(t.tool)) : await jar.compile(t.file, bytes(t.tool)), policy: { toml: t.policy } };
    } catch (error) {
      Object.defineProperty(tools, name, { enumerable: true, get() { throw error; } });
    }
  }
  let input;
  try { input = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes(trial.input)); } catch { return unstarted(2, new Error("the input is not UTF-8")); }
  const folder = new Folder();
  for (const [path, content] of Object.entries(trial.files)) {
    if (content === null) folder.makeDirectory(path); else folder.put(path, bytes(content));
  }
  const onQuestion = trial.answers.length === 0 ? undefined : async () => {
    if (trial.answers.length === 0) throw new Error("the case has no more answers");
    const word = trial.answers.shift();
    if (word === "no") return { answer: "no" };
    if (word === "silence") return new Promise(() => {});
    if (word === "never") return { answer: "no", scope: "rule" };
    if (word.because !== undefined) return { answer: "no", why: word.because };
    if (word["never-because"] !== undefined) return { answer: "no", scope: "rule", why: word["never-because"] };
    if (word.edited !== undefined) return { answer: "edited", request: word.edited };
    if (word === "late") return { answer: "yes", scope: "rule", expires: "1970-01-01T00:00:01Z" };
    return word.said === undefined ? { answer: "yes", scope: word === "rule" ? "rule" : "request" } : { answer: "said", text: word.said };
  };
  try {
    const namespace = trial.state + " " + tool.about.identity;
    const options = { policy, folder, namespace, replay: trial.replay, record: true, onQuestion, who: "the case's person", secrets: trial.secrets, tools };
    const report = await jar.run(tool, input, options).report;
    const after = {};
    for (const path of folder.list()) after[path] = text(folder.get(path));
    return { ...seen(report), files: after };
  } catch (error) {
    return unstarted(["InputError", "PolicyError"].includes(error.name) ? 2 : 1, error);
  }
};
window.isReady = true;
</script>`;

const server = await serve(dist, { "/": page_ });
const browser = await start();
const context = await browser.newContext();
const problems = [];

async function open() {
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    // What the browser says of a request that it does not carry out is no error of the page's.
    const isOfRequest = /^(Access to fetch at|Failed to load resource)/.test(message.text());
    if (message.type() === "error" && !isOfRequest) problems.push(message.text());
  });
  await page.goto(server.address);
  await page.waitForFunction(() => window.isReady, undefined, { timeout: 60_000 }).catch((error) => {
    throw new Error(`the page does not start: ${problems.join("; ") || error.message}`);
  });
  return page;
}

const page = await open();
process.stdout.write('{"ready":true}\n');
for await (const line of createInterface({ input: process.stdin })) {
  const trial = JSON.parse(line);
  const answer = page
    .evaluate((trial) => (trial.make ? window.make(trial) : trial.recording ? window.replayed(trial) : window.trial(trial)), trial)
    .catch((error) => ({ exit: 1, message: `the page broke: ${error.message}` }))
    .then((seen) => process.stdout.write(`${JSON.stringify({ id: trial.id, ...seen, problems: problems.splice(0) })}\n`));
  void answer;
}
await browser.close();
await server.stop();
