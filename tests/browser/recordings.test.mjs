// Recordings go from one host to the other: what the page recorded the command line replays and resumes, and the other
// way round.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { serve, start } from "./chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The program `belljar`. */
const program = process.env.BELLJAR_PROGRAM ?? join(root, "target/release/belljar");

/** Asks ten times, and looks at everything that could betray that it was suspended between. */
const TOOL = `export const tool = { name: "asker" };
export default async () => {
  const seen = [Math.random(), Date.now()];
  for (let n = 0; n < 5; n++) {
    const said = await belljar.ask("What is number " + n + "?", n % 2 ? { choices: ["a", "b"] } : {});
    console.log(said, Math.random());
    const content = new TextEncoder().encode(said);
    await belljar.files.write("/out/" + n + ".txt", content).catch((error) => console.warn(error.name));
    seen.push(said, crypto.randomUUID(), Date.now());
  }
  belljar.artifact("seen.json", "application/json", new TextEncoder().encode(JSON.stringify(seen)));
  return seen;
};`;
const POLICY = `version = 1
[files]
ask = ["write out as /out"]
[random]
seed = 7
[clock]
frozen = "2026-01-01T00:00:00Z"
`;
const ANSWERS = ["one", "once", "a", "no", "zwei", "once", "b", "no", "", "once"];

let browser, server, page, folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "belljar-recordings-"));
  await writeFile(join(folder, "asker.ts"), TOOL);
  await writeFile(join(folder, "policy.toml"), POLICY);
  browser = await start();
  const plain = '<!doctype html><title>recordings</title><link rel="icon" href="data:,"><body></body>';
  server = await serve(join(root, "web/dist"), { "/": plain });
  page = await (await browser.newContext()).newPage();
  await page.goto(`${server.address}/`);
  await page.evaluate(async () => {
    const { Belljar, Folder } = await import("./belljar.js");
    const text = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const jar = await Belljar.create();
    // A refusal names who refused, and making text of it takes fuel.
    const who = { name: "the person at the command line", assurance: "command" };
    const folder = new Folder();
    folder.makeDirectory("out");
    const shown = ({ outcome, output, message, usage, log, artifacts, recording, divergence }) => ({
      outcome, output, message, fuel: usage.fuel, log: log.text, divergence,
      artifacts: artifacts.map(({ name, bytes }) => [name, text(bytes)]),
      recording: recording && text(recording),
    });
    /** Answers what is asked first, and suspends the run when it asks again; or answers everything. */
    const answering = (answers, first) => {
      let asked;
      const again = new Promise((resolve) => (asked = resolve));
      const onQuestion = (question) => {
        const answer = answers.shift();
        if (answer === undefined) {
          asked();
          return new Promise(() => {});
        }
        const words = { once: { answer: "yes", scope: "request" }, no: { answer: "no" } };
        return Promise.resolve(question.question === undefined ? words[answer] : { answer: "said", text: answer });
      };
      return { onQuestion, again };
    };
    window.run = async (tool, policy, answers) => {
      const { onQuestion, again } = answering(answers);
      const run = jar.run(await jar.compile("asker.ts", tool), {}, { policy, folder, record: true, onQuestion, who });
      const put = again.then(() => text(run.suspend()));
      const ended = await Promise.race([run.report, put.then(() => run.report)]);
      return { ...shown(ended), away: ended.outcome === "suspended" ? await put : undefined };
    };
    window.asks = async (policy, options) => {
      const onQuestion = async () => ({ answer: "yes", scope: "request" });
      const tool = await jar.compile("sets.js", 'export default async () => { await belljar.kv.set("a", "1"); return 1; }');
      return shown(await jar.run(tool, {}, { policy, onQuestion, ...options }).report);
    };
    window.resume = async (recording, answer) => {
      const { onQuestion, again } = answering([answer]);
      const open = await jar.open(bytes(recording));
      const run = open.resume({ folder, onQuestion, who, grant: { seen: open.asks.digest } });
      const put = again.then(() => text(run.suspend()));
      const ended = await run.report;
      return { ...shown(ended), away: ended.outcome === "suspended" ? await put : undefined };
    };
    /** What becomes of it under each of these grants; it is opened anew for each. */
    window.grants = async (recording, act, grants) => {
      const results = [];
      let asks;
      for (const grant of grants) {
        const open = await jar.open(bytes(recording));
        ({ asks } = open);
        try {
          const named = grant === "seen" ? { seen: asks.digest } : grant;
          results.push((await open[act]({ grant: named, folder }).report).outcome);
        } catch (error) {
          results.push(`${error.name}: ${error.message}`);
        }
      }
      return { asks, results };
    };
    window.replay = async (recording, replay, grant) => {
      try {
        return shown(await (await jar.open(bytes(recording))).replay({ replay, grant }).report);
      } catch (error) {
        return { outcome: error.name, message: error.message };
      }
    };
  });
});

after(async () => {
  await browser?.close();
  await server?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

function belljar(...words) {
  return spawnSync(program, words, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** A log without what must differ between hosts and moments; the digest of a question names the entry before it. */
const plain = (log) =>
  log.split("\n").filter((line) => line !== "").map((line) => {
    const { prev, digest, at, host, who, empty, message, ...entry } = JSON.parse(line);
    return entry;
  });

const straight = () => page.evaluate(([tool, policy, answers]) => window.run(tool, policy, answers), [TOOL, POLICY, [...ANSWERS]]);

test("a run that is suspended after each of ten questions, and resumed on the other host", async () => {
  const whole = await straight();
  assert.equal(whole.outcome, "returned", whole.message);
  const file = join(folder, "run.tar");
  await mkdir(join(folder, "out"));
  const begun = belljar("run", "asker.ts", "--input", "{}", "--policy", "policy.toml", "--suspend", "run.tar");
  assert.equal(begun.status, 75, begun.stderr);
  let last;
  for (const [number, answer] of ANSWERS.entries()) {
    const here = number % 2 === 0;
    if (here) {
      const away = (await readFile(file)).toString("base64");
      last = await page.evaluate(([recording, answer]) => window.resume(recording, answer), [away, answer]);
      if (last.away !== undefined) await writeFile(file, Buffer.from(last.away, "base64"));
    } else {
      const how = ["once", "no"].includes(answer) ? "--answer" : "--say";
      const done = belljar("resume", "run.tar", "--as-recorded", how, answer, "--log", "log.jsonl", "--record", "whole.tar", "--format", "json", "--artifacts", "made");
      assert.equal(done.status, number === ANSWERS.length - 1 ? 0 : 75, done.stderr);
      last = JSON.parse(done.stdout);
    }
    const ended = number === ANSWERS.length - 1;
    assert.equal(last.outcome, ended ? "returned" : "suspended", `${number}: ${last.message}`);
  }
  assert.deepEqual(last.output, JSON.parse(whole.output));
  assert.equal(last.usage.fuel, whole.fuel);
  assert.deepEqual(plain(await readFile(join(folder, "log.jsonl"), "utf8")), plain(whole.log));
  assert.equal((await readFile(join(folder, "made/seen.json"))).toString("base64"), whole.artifacts[0][1]);
  // What two hosts did in turn is one run for both.
  const recording = (await readFile(join(folder, "whole.tar"))).toString("base64");
  const replayed = await page.evaluate((recording) => window.replay(recording, false), recording);
  assert.equal(replayed.divergence, undefined);
  assert.equal(replayed.log, await readFile(join(folder, "log.jsonl"), "utf8"));
});

test("who answers, and who started a run, is what the page says of them", async () => {
  const asks = (more) => `version = 1\n[kv]\nask = ["**"]\n[ask]\n${more}\n`;
  const bob = { name: "Bob", identity: "bob" };
  for (const [more, options, outcome, said] of [
    ["", { who: { name: "c", assurance: "client" } }, "denied", /"answer":"nobody".*it takes an answer of level command at least/],
    ["", { who: { name: "c", assurance: "command" } }, "returned", /"assurance":"command"/],
    ["least = 'inbox'", { who: { name: "c", assurance: "command" } }, "denied", /it takes an answer of level inbox at least/],
    ["least = 'inbox'", { who: "Ann" }, "returned", /"least":"inbox"/],
    // What is no level is the least.
    ["", { who: { name: "c", assurance: "boss" } }, "denied", /this one is of level client/],
    ["four-eyes = true", { who: bob }, "denied", /it is not known who started this run/],
    ["four-eyes = true", { who: bob, startedBy: "bob" }, "denied", /bob started this run/],
    ["four-eyes = true", { who: bob, startedBy: "ann" }, "returned", /"startedBy":"ann"[^]*"identity":"bob"/],
  ]) {
    const ended = await page.evaluate(([policy, options]) => window.asks(policy, options), [asks(more), options]);
    assert.equal(ended.outcome, outcome, `${more} ${JSON.stringify(options)}: ${ended.message}`);
    assert.match(ended.log, said, more);
  }
});

test("the page's recording is replayed by the command line, and in the page with and without suspending guests", async () => {
  const run = await straight();
  await writeFile(join(folder, "page.tar"), Buffer.from(run.recording, "base64"));
  const replayed = belljar("replay", "page.tar", "--format", "json");
  assert.equal(replayed.status, 0, replayed.stderr);
  assert.equal(JSON.parse(replayed.stdout).usage.fuel, run.fuel);
  for (const again of [false, true]) {
    const here = await page.evaluate(([recording, again]) => window.replay(recording, again), [run.recording, again]);
    assert.equal(here.outcome, "returned", here.message);
    assert.deepEqual([here.log, here.fuel, here.output, here.artifacts], [run.log, run.fuel, run.output, run.artifacts]);
  }
});

test("a replay that goes another way stops at that entry, and a damaged recording says what is wrong", async () => {
  const run = await straight();
  const bytes = Buffer.from(run.recording, "base64");
  // Another answer than the one that was given.
  const at = bytes.indexOf("zwei");
  assert.ok(at > 0);
  const other = Buffer.from(bytes);
  other.write("drei", bytes.lastIndexOf("zwei"));
  const replay = (bytes) => page.evaluate((recording) => window.replay(recording, false), bytes.toString("base64"));
  const changed = await replay(other);
  assert.equal(changed.outcome, "ToolError");
  assert.match(changed.message, /results\/\d+|checksum|SHA-256/);
  // Another tool: its hash is not the recorded one.
  const tool = Buffer.from(bytes);
  tool.write("What is Number", bytes.indexOf("What is number", bytes.indexOf("tool/asker.ts")));
  assert.match((await replay(tool)).message, /tool was changed|cannot be replayed here/);
  assert.match((await replay(bytes.subarray(0, 700))).message, /recording/);
  assert.match((await replay(Buffer.from("no tar at all"))).message, /no recording/);
});

test("a recording grants nothing: it is resumed by who saw what it asks for, or gives the same policy", async () => {
  const away = await page.evaluate(([tool, policy]) => window.run(tool, policy, []).then((run) => run.away), [TOOL, POLICY]);
  const other = POLICY.replace("write out", "read,write out");
  const grants = [undefined, { policy: {} }, { policy: { toml: other } }, { seen: "0".repeat(64) }, { seen: "seven" }, "seen", { policy: { toml: POLICY } }];
  const { asks, results } = await page.evaluate(([away, grants]) => window.grants(away, "resume", grants), [away, grants]);
  assert.match(asks.digest, /^[0-9a-f]{64}$/);
  assert.ok(asks.sentences.some((sentence) => sentence.includes("/out")), asks.sentences.join("; "));
  assert.match(asks.toResume, /asks for another policy than the one that is given here/);
  assert.equal(asks.toReplay, undefined);
  const [nothing, empty, wider, unseen, none, ...granted] = results;
  for (const refused of [nothing, empty, wider]) assert.match(refused, /^ToolError: it asks for another policy/);
  assert.match(unseen, /^ToolError: it asks for something else than what was seen/);
  assert.match(none, /^ToolError: a digest is 64 hexadecimal digits/);
  // Granted, it goes on to the question that it was suspended with, which nobody answers here.
  assert.deepEqual(granted, ["denied", "denied"]);
});

test("a replay that may take more than the default limits needs a grant, too", async () => {
  const greedy = `${POLICY}[limits]\nmemory = "2 GiB"\nfuel = "900 G"\n`;
  const run = await page.evaluate(([tool, policy, answers]) => window.run(tool, policy, answers), [TOOL, greedy, [...ANSWERS]]);
  assert.equal(run.outcome, "returned", run.message);
  const grants = [undefined, { policy: { toml: POLICY } }, "seen", { policy: { toml: greedy } }];
  const { asks, results } = await page.evaluate(([run, grants]) => window.grants(run, "replay", grants), [run.recording, grants]);
  const beyond = /may take more than what a run gets that nobody gave anything: fuel 900000000000 instead of \d+, memory 2147483648 instead of \d+/;
  assert.match(asks.toReplay, beyond);
  assert.match(results[0], beyond);
  assert.match(results[1], /^ToolError: it asks for another policy/);
  assert.deepEqual(results.slice(2), ["returned", "returned"]);
});
