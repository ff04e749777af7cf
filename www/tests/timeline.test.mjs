// The Log panel without a page: lines, the chain, what differs, and what actions make of the state.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { initSync, LogVerifier } from "../../web/pkg/host/belljar_host.js";
import { asked, canonical, chained, end, headOf, long, said, start, textOf } from "../../tests/browser/made-logs.mjs";
import { linesOf, linesOfRun, NoLog, read, verify } from "../src/effects/read-log.ts";
import { numberOf, of, textOf as member } from "../src/state/entry.ts";
import { compareLines, comparePairs } from "../src/state/compare.ts";
import { members } from "../src/state/line.ts";
import { initial } from "../src/state/model.ts";
import { reduce } from "../src/state/reduce.ts";
import { artifactOf, choices, filtered, heldLog, logOf, otherLog, related, THIS_RUN } from "../src/state/timeline.ts";

// The rules are the package's, and so is the code.
initSync({ module: readFileSync(`${process.env.BELLJAR_PKG}/host/belljar_host_bg.wasm`) });

const utf8 = (text) => new TextEncoder().encode(text);

test("a line is canonical to the letter, or it is not", () => {
  const good = [
    "{}", '{"a":1}', '{"a":{"b":"c"},"d":0}', '{"a":18446744073709551615}', '{"1":1,"10":1,"9":1}', '{"__proto__":1}', '{"a":"\\u0000\\u001f\\n\\"\\\\é€𝄞\u2028\u007f/"}',
    // UTF-16 order: a surrogate pair sorts before U+FFFF.
    '{"\u{1f600}":1,"\uffff":2}',
  ];
  const bad = [
    "", "1", '"a"', "[]", "{", "{}}", "{} ", '{"a":1,}', '{"a": 1}', '{"b":1,"a":1}', '{"a":1,"a":1}', '{"a":01}', '{"a":-1}', '{"a":1.5}', '{"a":1e3}', '{"a":18446744073709551616}',
    '{"a":true}', '{"a":null}', '{"a":[]}', '{"a":"\\u000a"}', '{"a":"\\u001F"}', '{"a":"\\u0041"}', '{"a":"\\/"}', '{"a":"\\ud800"}', '{"a":"\t"}', '{"a":"b}', '{a:1}', '{"10":1,"9":1,"1":1}',
    '{"a":'.repeat(128) + "1" + "}".repeat(128),
  ];
  for (const line of good) assert.notEqual(members(line), undefined, line);
  for (const line of bad) assert.equal(members(line), undefined, line);
  assert.deepEqual(members('{"a":"x","n":9007199254740993}'), [{ key: "a", raw: '"x"' }, { key: "n", raw: "9007199254740993" }]);
});

const lines = () => chained([start(), said("one"), ...asked(1, "set a"), end()]);
/** The same entry with another field, its hash not mended. */
const changed = (line, change) => canonical({ ...JSON.parse(line), ...change });
const with_ = (at, line) => lines().toSpliced(at, 1, line);

async function checked(bytes) {
  const found = linesOf(bytes);
  return verify(found, new LogVerifier(), () => true);
}

test("a log that holds is said to, with its head; what is torn and what has no end are told", async () => {
  assert.deepEqual(await checked(utf8(textOf(lines()))), { phase: "holds", head: headOf(lines()), ended: true, torn: 0 });
  assert.deepEqual(await checked(utf8(`${textOf(lines().slice(0, 3))}{"kind"`)), { phase: "holds", head: headOf(lines().slice(0, 3)), ended: false, torn: 7 });
  const many = long(2_000);
  assert.deepEqual(await verify(linesOfRun(many), new LogVerifier(), () => true), { phase: "holds", head: headOf(many), ended: true, torn: 0 });
});

const TAMPERED = [
  ["a changed word", with_(1, changed(lines()[1], { text: "two" })), 2, /not the entry after which entry 2/],
  ["a changed last entry holds by itself, but its number", with_(6, changed(lines()[6], { n: 7 })), 7, /numbered 7:/],
  ["a changed first prev", with_(0, changed(lines()[0], { prev: "1".repeat(64) })), 1, /not 64 zeros/],
  ["a missing entry", lines().toSpliced(2, 1), 3, /numbered 3:/],
  ["an entry twice", lines().toSpliced(2, 0, lines()[1]), 3, /numbered 1:/],
  ["a number that only JavaScript takes for the same", with_(1, lines()[1].replace('"n":1,', '"n":1.0,')), 2, /canonical/],
  ["two that changed places", lines().toSpliced(1, 2, lines()[2], lines()[1]), 2, /numbered 2:/],
  ["no start", chained([said("x"), end()]), 1, /kind "console" does not belong/],
  ["a second start", chained([start(), start(), end()]), 2, /kind "start" does not belong/],
  ["an entry after the end", chained([start(), end(), said("x")]), 3, /stands after the end/],
  ["a space", with_(1, lines()[1].replace('":', '": ')), 2, /canonical/],
  ["a key twice", with_(1, lines()[1].replace("{", '{"kind":"console",')), 2, /canonical/],
  ["no JSON", with_(2, "<script>alert(1)</script>"), 3, /not JSON/],
  ["a carriage return", with_(1, `${lines()[1]}\r`), 2, /canonical/],
  ["an empty line", with_(1, ""), 2, /not JSON/],
];

for (const [name, tampered, line, reason] of TAMPERED) {
  test(`the first entry that does not hold is named: ${name}`, async () => {
    const found = await checked(utf8(textOf(tampered)));
    assert.equal(found.phase, "broken");
    assert.equal(found.line, line);
    assert.match(found.reason, reason);
  });
}

test("bytes that are no text do not hold, and can be looked at", async () => {
  const bytes = Buffer.concat([utf8(`${lines()[0]}\n`), Buffer.from([0x7b, 0xff, 0x7d, 0x0a])]);
  const found = linesOf(new Uint8Array(bytes));
  const log = await read(found);
  assert.equal(log.lines[1], "{\ufffd}");
  assert.deepEqual(await verify(found, new LogVerifier(), () => true), { phase: "broken", line: 2, reason: "it is not UTF-8", torn: 0 });
});

test("what is no log is refused, with the line", async () => {
  const refused = async (bytes, why) => assert.rejects(async () => read(linesOf(bytes)), (error) => error instanceof NoLog && why.test(error.message));
  await refused(utf8(""), /empty/);
  await refused(utf8("{}"), /no whole line/);
  await refused(utf8("\ufeff{}\n"), /Line 1 is not a JSON object/);
  await refused(utf8("\u0089PNG\n\n"), /Line 1/);
  await refused(utf8("[]\n"), /Line 1/);
  await refused(utf8(`{}\n{"a":"${"x".repeat(4 << 20)}"}\n`), /Line 2 is longer than 4 MiB/);
  await refused(utf8(`{}\n${"x".repeat((4 << 20) + 1)}`), /Line 2 is longer than 4 MiB/);
  await refused(new Uint8Array(1_000_001).fill(0x0a), /more than 1,000,000 lines/);
});

test("host and moments may differ, the chain follows, and all else is a difference", () => {
  const [line] = chained([start()]);
  const cases = [
    [line, "same"],
    [changed(line, { host: "other", at: "later" }), "free"],
    [changed(line, { prev: "1".repeat(64) }), "same"],
    [changed(line, { host: "other", tool: "other" }), "differs"],
    [canonical({ ...JSON.parse(line), host: undefined }).replace('"host":undefined,', ""), "differs"],
    [changed(line, { limits: { ...JSON.parse(line).limits, at: "1" } }), "differs"],
    [line.replace('"fuel":2000000000', '"fuel":9007199254740992'), "differs"],
    ["not canonical", "differs"],
    [undefined, "differs"],
  ];
  for (const [other, expected] of cases) {
    assert.equal(compareLines(line, other), expected, other);
    assert.equal(compareLines(other, line), expected, other);
  }
  const [big, bigger] = ["9007199254740992", "9007199254740993"].map((fuel) => line.replace("2000000000", fuel));
  assert.equal(compareLines(big, bigger), "differs", "numbers are compared as they are written");
  const pairs = comparePairs('{"at":"1","prev":"p","x":1}', '{"at":"2","prev":"q","y":1}');
  assert.deepEqual(pairs.map(({ key, likeness }) => [key, likeness]), [["at", "free"], ["prev", "chain"], ["x", "differs"], ["y", "differs"]]);
});

// The reducer.

const after = (state, ...actions) => actions.reduce(reduce, state);
let ids = 0;
async function held(texts, changes = {}) {
  const { lines, tags, tickets, first } = await read(linesOfRun(texts));
  return { id: ++ids, name: `${ids}.jsonl`, lines, tags, tickets, first, check: { phase: "checking", done: 0 }, ...changes };
}
const readLog = (log, aside = false) => ({ type: "log-read", log, aside });
const runStarted = (number) => ({ type: "run-started", number, at: 0, file: "a.ts", tool: "", identity: "", revision: 1 });

test("an opened log is looked at, a second one can be set beside it, and closing goes back to the run", async () => {
  const [one, two] = [await held(lines()), await held(lines())];
  let state = after(initial(), readLog(one), readLog(two, true));
  assert.deepEqual([state.timeline.shown, state.timeline.against], [one.id, two.id]);
  assert.equal(otherLog(state), two);
  state = after(state, { type: "log-show", id: two.id });
  assert.equal(state.timeline.against, undefined, "a log is not compared with itself");
  state = after(state, { type: "log-against", id: one.id }, { type: "log-close", id: one.id });
  assert.deepEqual([state.timeline.shown, state.timeline.against], [two.id, undefined]);
  state = reduce(state, { type: "log-close", id: two.id });
  assert.deepEqual([state.timeline.shown, state.timeline.held], [THIS_RUN, []]);
  // With nothing to look at, what was meant for the side is what is looked at.
  assert.equal(after(initial(), readLog(await held(lines()), true)).timeline.against, undefined);
});

test("a run takes the panel back, and the logs of the last two runs are kept", async () => {
  let state = after(initial(), readLog(await held(lines())));
  const file = state.timeline.held[0];
  state = after(state, { type: "log-refused", message: "x was not opened." }, { type: "log-filter", filter: { kind: "request" } }, runStarted(1));
  assert.equal(state.timeline.problem, undefined);
  assert.equal(state.timeline.shown, THIS_RUN);
  assert.equal(state.timeline.filter.kind, "");
  assert.equal(logOf(state, THIS_RUN).lines.length, 0);
  state = after(state, { type: "run-events", number: 1, now: 1, entries: lines().map((line) => ({ line, entry: JSON.parse(line) })) });
  assert.deepEqual(logOf(state, THIS_RUN).lines, lines());
  assert.equal(heldLog(state, THIS_RUN), undefined, "it is not whole while it goes on");
  const runs = [];
  for (const number of [1, 2, 3]) {
    runs[number] = await held(lines(), { run: number });
    state = after(state, runStarted(number), readLog(runs[number]));
    assert.equal(heldLog(state, THIS_RUN), runs[number]);
  }
  assert.deepEqual(state.timeline.held, [file, runs[2], runs[3]]);
  // The run before can be compared with; it goes when it is too old.
  state = after(state, { type: "log-against", id: runs[2].id });
  assert.equal(otherLog(state), runs[2]);
  state = after(state, runStarted(4), readLog(await held(lines(), { run: 4 })));
  assert.equal(state.timeline.against, undefined);
});

test("filters let through what fits all of them, in either of two logs", async () => {
  const [one, two] = [await held(lines()), await held(chained([start(), ...asked(1, "x"), end({ result: "failed" })]))];
  const filter = (changes) => ({ kind: "", verdict: "", capability: "", ...changes });
  assert.equal(filtered(one, undefined, filter()), undefined);
  assert.deepEqual(filtered(one, undefined, filter({ kind: "request" })), [2]);
  assert.deepEqual(filtered(one, undefined, filter({ verdict: "ok" })), [5]);
  assert.deepEqual(filtered(one, undefined, filter({ capability: "kv" })), [2]);
  assert.deepEqual(filtered(one, undefined, filter({ capability: "kv", verdict: "deny" })), []);
  assert.deepEqual(filtered(one, two, filter({ kind: "request" })), [1, 2]);
  assert.deepEqual(choices(one, "verdict"), ["ask", "ok", "returned", "yes"]);
});

test("the search goes on and back, and round the ends", async () => {
  let state = after(initial(), readLog(await held(lines())), { type: "log-search", text: "a" });
  assert.equal(reduce(state, { type: "log-step", by: 1 }).timeline.at, undefined, "nothing is found yet");
  state = reduce(state, { type: "log-found", found: [1, 3, 6] });
  const places = [];
  for (const by of [1, 1, 1, 1, -1, -1]) {
    state = reduce(state, { type: "log-step", by });
    places.push(state.timeline.at);
  }
  assert.deepEqual(places, [1, 3, 6, 1, 6, 3]);
  assert.equal(reduce(state, { type: "log-search", text: "b" }).timeline.found, undefined);
});

test("the ways of a request lead to its entries, and through a filter", async () => {
  const log = await held(lines());
  assert.deepEqual(related(log, 2), [{ words: "Asked at 3", at: 3 }, { words: "Answered at 4", at: 4 }, { words: "Result at 5", at: 5 }]);
  assert.deepEqual(related(log, 5).map(({ at }) => at), [2, 3, 4]);
  assert.deepEqual(related(log, 1), []);
  let state = after(initial(), readLog(log), { type: "log-filter", filter: { kind: "request" } }, { type: "log-go", at: 2 });
  assert.equal(state.timeline.filter.kind, "request");
  state = reduce(state, { type: "log-go", at: 5 });
  assert.deepEqual([state.timeline.at, state.timeline.filter.kind], [5, ""]);
});

test("an artifact's entry leads to it only where it is there", async () => {
  const made = (what) => ({ kind: "artifact", bytes: 1, mediaType: "text/plain", sha256: "0", what });
  const log = await held(chained([start(), made("a"), said("x"), made("b"), end()]), { run: 1 });
  let state = after(initial(), runStarted(1), readLog(log));
  assert.equal(artifactOf(state, log, 3), undefined);
  state = { ...state, run: { ...state.run, report: { artifacts: [{ name: "a" }, { name: "b" }] } } };
  assert.deepEqual([1, 2, 3].map((at) => artifactOf(state, log, at)), [0, undefined, 1]);
  const file = await held(log.lines);
  assert.equal(artifactOf(after(state, readLog(file)), file, 3), undefined, "another log's artifacts are not here");
});

test("a difference takes the filter away and is gone to; another pair has none yet", async () => {
  const [one, two] = [await held(lines()), await held(lines())];
  let state = after(initial(), readLog(one), readLog(two, true), { type: "log-filter", filter: { kind: "end" } }, { type: "log-compared", comparison: { of: "x", at: 3, free: 1 } });
  assert.deepEqual([state.timeline.at, state.timeline.filter.kind, state.timeline.comparison.at], [3, "", 3]);
  state = reduce(state, { type: "log-against", id: undefined });
  assert.equal(state.timeline.comparison, undefined);
});

/** The log that an earlier Belljar wrote, which is kept. */
const version1 = readFileSync(`${process.env.BELLJAR_PKG}/../../tests/logs/version-1/log.jsonl`, "utf8").trimEnd().split("\n");

test("a log of version 1 holds, and its members are found by the names that they have now", async () => {
  assert.deepEqual(await checked(utf8(textOf(version1))), { phase: "holds", head: headOf(version1), ended: true, torn: 0 });
  const entries = version1.map((line) => JSON.parse(line));
  const one = (kind) => entries.find((entry) => entry.kind === kind);
  assert.equal(member(one("start"), "toolHash"), one("start")["tool-hash"]);
  assert.equal(member(one("start"), "policy"), one("start").terms);
  assert.equal(numberOf(of(one("start"), "limits"), "timeMs"), 10_000);
  assert.equal(member(one("answer"), "who"), "the person at the command line");
  assert.equal(member(one("artifact"), "mediaType"), "text/plain");
  assert.equal(numberOf(of(one("end"), "usage"), "consoleDropped"), 0);
  // What is not there, or is something else, is nothing.
  assert.equal(member(one("end"), "who"), "");
  assert.equal(numberOf(one("start"), "tool"), undefined);
  assert.equal(member(JSON.parse('{"__proto__":{"who":"x"}}'), "who"), "");
});
