// The reducer and what is computed from its state.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { compareLines } from "../src/state/compare.ts";
import { compose, deniedWishes, meet, policyText, ruleOf } from "../src/state/grants.ts";
import { set } from "../src/state/json.ts";
import { ASIDE, initial, KEPT } from "../src/state/model.ts";
import { elapsed, reduce } from "../src/state/reduce.ts";
import { begin, field, violations } from "../src/state/schema.ts";
import { announcement, fileFor, linkVerdict, relayCouldHelp, status } from "../src/state/select.ts";
import { WORDS } from "../src/state/rule.ts";
import { bytes, count, plainRule, takenOut } from "../src/state/words.ts";
import { shown, visible } from "../src/state/visible.ts";
import { draftOf, shelved } from "../src/state/stored.ts";

const about = (changes = {}) => ({
  name: "tool", description: "", wants: ["kv notes/**"], identity: "11".repeat(32), imports: [], form: "program", bytes: 10, ...changes,
});
const after = (state, ...actions) => actions.reduce(reduce, state);
const compiled = (state, changes) => reduce(state, { type: "compiled", revision: state.source.revision, about: about(changes), warnings: [] });
const opened = (changes = {}) => ({ type: "open", opened: { file: "a.ts", text: "1", origin: "own", ...changes } });
const entry = (n, kind = "request") => ({ entry: { kind, n } });

test("nothing is granted at first, and no wish grants itself", () => {
  const state = compiled(initial());
  assert.deepEqual(state.grants.wishes, {});
  assert.equal(policyText(state.grants), "version = 1\n");
});

test("choices become a policy, and denying takes them out again", () => {
  let state = after(compiled(initial()), { type: "grant", wish: "kv notes/**", effect: "ask" }, { type: "rule-add", effect: "deny", rule: "kv write notes/secret" }, { type: "limit", key: "fuel", value: "5 M" });
  assert.equal(compose(state.grants), 'version = 1\n\n[kv]\nask = ["notes/**"]\ndeny = ["write notes/secret"]\n\n[limits]\nfuel = "5 M"\n');
  state = after(state, { type: "grant", wish: "kv notes/**", effect: "deny" }, { type: "rule-remove", index: 0 }, { type: "limit", key: "fuel", value: " " });
  assert.equal(compose(state.grants), "version = 1\n");
});

test("a rule cannot break out of its string", () => {
  const state = reduce(initial(), { type: "rule-add", effect: "deny", rule: 'kv a"]\nallow = ["**' });
  assert.equal(compose(state.grants), 'version = 1\n\n[kv]\ndeny = ["a\\"]\\nallow = [\\"**"]\n');
});

test("a wish for files is granted with a folder", () => {
  const { grants } = reduce(initial(), { type: "wish-folder", wish: "files read /data/in", folder: "./mine" });
  assert.equal(ruleOf(grants, "files read /data/in"), "files read ./mine as /data/in");
  assert.equal(ruleOf(grants, "files read /other"), "files read ./other as /other");
  assert.equal(ruleOf(grants, "files read ./logs as /logs"), "files read ./logs as /logs");
  assert.equal(ruleOf(grants, "files list,stat /my data/**"), "files list,stat ./my data as /my data");
  assert.equal(ruleOf(grants, "files remove /data/old.csv"), "files remove ./old.csv as /data/old.csv");
  assert.equal(ruleOf(grants, "files * /d"), "files ./d as /d");
  assert.equal(ruleOf(grants, "files rw /d"), "files rw /d", "what is no word is Rust's to refuse");
  assert.equal(ruleOf(grants, "kv x"), "kv x");
});

test("the page knows the words that the policies' page names", () => {
  const table = readFileSync(`${process.env.BELLJAR_PKG}/../../docs/policy.md`, "utf8");
  for (const [section, words] of Object.entries(WORDS)) {
    const row = table.split("\n").find((line) => line.startsWith(`| \`${section}\` |`));
    const named = [...row.split("|")[2].matchAll(/`([a-z,-]+)`/g)].flatMap(([, found]) => found.split(","));
    assert.deepEqual([...new Set(named)].sort(), [...words].sort(), section);
  }
});

test("rules are said in plain words", () => {
  for (const [rule, plain] of [
    ["kv get notes/**", "Read its own keys that match notes/**"],
    ["kv set,delete **", "Write and delete all of its own keys"],
    ["kv notes/**", "Read and write its own keys that match notes/**"],
    ["files list,stat ./in as /in", "List and look at what is at ./in, which it sees as /in"],
    ["files ./in as /in", "Read and write what is at ./in, which it sees as /in"],
    ["http GET https://example.com/**", "GET requests over the network to https://example.com/**"],
    ["tools call sum", "Call the tool sum"],
    // No capability, whatever objects have of their own.
    ["constructor a b", "constructor a b"],
  ]) {
    assert.equal(plainRule(rule), plain);
  }
});

test("a policy as text replaces the choices until a person goes back", () => {
  const state = after(initial(), { type: "grant", wish: "kv a", effect: "allow" }, { type: "policy-text", text: "version = 1\n" });
  assert.equal(policyText(state.grants), "version = 1\n");
  assert.match(policyText(reduce(state, { type: "policy-text", text: undefined }).grants), /allow = \["a"\]/);
  // What says the same is no text of its own.
  assert.equal(reduce(state, { type: "policy-text", text: compose(state.grants) }).grants.text, undefined);
});

test("a changed tool keeps its grants only in the open, and new wishes start at deny", () => {
  let state = reduce(compiled(initial()), { type: "grant", wish: "kv notes/**", effect: "allow" });
  state = compiled(reduce(state, { type: "edit", text: "other" }), { identity: "22".repeat(32), wants: ["kv notes/**", "kv more/**"] });
  assert.deepEqual(state.grants.wishes, { "kv notes/**": "allow" });
  assert.deepEqual(state.grants.change, { from: "11".repeat(32), to: "22".repeat(32), kept: ["allow kv notes/**"] });
  // The same tool again is what was granted.
  const back = compiled(reduce(state, { type: "edit", text: "again" }));
  assert.equal(back.grants.change, undefined);
  assert.equal(reduce(state, { type: "change-seen" }).grants.change, undefined);
  assert.deepEqual(reduce(state, { type: "deny-all" }).grants.wishes, {});
});

test("another tool inherits nothing", () => {
  const granted = after(compiled(initial()), { type: "grant", wish: "kv notes/**", effect: "allow" }, { type: "rule-add", effect: "allow", rule: "kv x" });
  const other = compiled(reduce(granted, { type: "edit", text: "pasted" }), { name: "other", identity: "33".repeat(32) });
  assert.equal(policyText(other.grants), "version = 1\n");
  assert.deepEqual(other.grants.change?.kept, []);
  const text = compiled(reduce(reduce(granted, { type: "policy-text", text: "version = 1 # mine" }), { type: "edit", text: "pasted" }), { name: "other", identity: "33".repeat(32) });
  assert.equal(text.grants.text, undefined);
  assert.equal(policyText(reduce(granted, opened()).grants), "version = 1\n");
  assert.equal(meet({ wishes: {}, folders: {}, own: [], limits: {} }, about()).change, undefined);
});

test("a sample input goes with its tool; what a person wrote stays", () => {
  const input = { type: "object", properties: { n: { type: "integer", default: 4 } } };
  const pasted = compiled(reduce(initial(), { type: "edit", text: "pasted" }), { input });
  assert.equal(pasted.input.text, '{\n  "n": 4\n}');
  const example = compiled(initial(), { name: "greeting", input });
  assert.match(example.input.text, /Ada/);
  const other = reduce(example, { type: "edit", text: "pasted" });
  assert.equal(compiled(other, { name: "other", input }).input.text, '{\n  "n": 4\n}');
  assert.equal(compiled(reduce(other, { type: "input-text", text: "[1]" }), { name: "other", input }).input.text, "[1]");
  assert.match(compiled(other, { name: "greeting", input }).input.text, /Ada/);
});

test("opening something puts edited work aside, and it comes back", () => {
  let state = after(initial(), { type: "edit", text: "my work" }, { type: "input-text", text: '"mine"' }, opened({ text: "theirs", input: "{}" }));
  assert.equal(state.source.text, "theirs");
  assert.deepEqual(state.aside, [{ file: "greeting.ts", source: "my work", input: '"mine"' }]);
  state = reduce(state, { type: "restore", draft: state.aside[0] });
  assert.equal(state.source.text, "my work");
  assert.equal(state.input.text, '"mine"');
  assert.deepEqual(state.aside, []);
});

test("a link is compared by identity and wishes, and granted nothing", () => {
  const link = { identity: "11".repeat(32), wants: ["kv notes/**"] };
  const state = reduce(initial(), opened({ origin: "link", link }));
  assert.equal(linkVerdict(state)?.kind, "waiting");
  assert.equal(linkVerdict(compiled(state))?.kind, "matches");
  assert.equal(linkVerdict(compiled(state, { identity: "22".repeat(32) }))?.kind, "differs");
  assert.equal(linkVerdict(compiled(state, { wants: [] }))?.kind, "differs");
  assert.equal(linkVerdict(compiled(reduce(state, { type: "edit", text: "x" })))?.kind, "changed");
  assert.deepEqual(compiled(state).grants.wishes, {});
  assert.equal(compiled(state).run, undefined);
});

test("what was compiled from an older text is not heard", () => {
  const state = reduce(initial(), { type: "edit", text: "new" });
  assert.equal(reduce(state, { type: "compiled", revision: state.source.revision - 1, about: about(), warnings: [] }).tool.phase, "none");
});

test("a run's events count, its log is bounded, and waiting for people is not its time", () => {
  let state = after(initial(), { type: "run-started", number: 1, at: 0, file: "a.ts", tool: "", identity: "", revision: 1 });
  const start = { entry: { kind: "start", n: 0, limits: { fuel: 9, memory: 8, timeMs: 7, calls: 6 } } };
  state = reduce(state, { type: "run-events", number: 1, entries: [start, entry(1), entry(2, "console")], fuel: 5, pages: 2, now: 100 });
  assert.deepEqual(state.run.budget, { fuel: 9, memory: 8, timeMs: 7, calls: 6 });
  assert.deepEqual([state.run.calls, state.run.consoleCount, state.run.fuel, state.run.pages, state.run.phase], [1, 1, 5, 2, "running"]);
  state = reduce(state, { type: "asked", question: { ticket: 1, digest: "one" }, at: 150 });
  state = reduce(state, { type: "run-events", number: 1, entries: [], now: 900 });
  assert.equal(elapsed(state.run), 50);
  assert.equal(status(state), "Waiting for your answer");
  state = reduce(state, { type: "answer", question: "one", answer: { answer: "yes", scope: "request" }, at: 1_150 });
  state = reduce(state, { type: "run-events", number: 1, entries: [], now: 1_200 });
  assert.equal(elapsed(state.run), 100);
  state = reduce(state, { type: "run-events", number: 1, entries: Array.from({ length: KEPT + 10 }, (_, i) => entry(i)), now: 1_300 });
  assert.equal(state.run.entries.length, KEPT);
  assert.equal(state.run.entryCount, KEPT + 13);
  // Another run's events, or those after its end, are not heard.
  assert.equal(reduce(state, { type: "run-events", number: 2, entries: [entry(1)], now: 1 }), state);
  const report = { outcome: "returned", artifacts: [], usage: { fuel: 1, pages: 1, calls: 1 } };
  const ended = reduce(state, { type: "run-ended", number: 1, report, at: 1_400 });
  assert.equal(ended.run.phase, "ended");
  assert.equal(reduce(ended, { type: "run-events", number: 1, entries: [entry(1)], now: 1 }), ended);
});

test("a run that ends takes its questions with it", () => {
  let state = after(initial(), { type: "run-started", number: 1, at: 0, file: "a", tool: "", identity: "", revision: 1 }, { type: "asked", question: { ticket: 1, digest: "one" }, at: 1 }, { type: "asked", question: { ticket: 2, digest: "two" }, at: 2 });
  state = reduce(state, { type: "answer", question: "two", answer: { answer: "no" }, at: 3 });
  assert.deepEqual(state.questions.map(({ ticket }) => ticket), [1]);
  assert.deepEqual(reduce(state, { type: "run-failed", number: 1, kind: "host", message: "", at: 4 }).questions, []);
});

test("values are set by path, and __proto__ is a key like others", () => {
  assert.deepEqual(set({ a: [1, 2, 3] }, ["a", 1], undefined), { a: [1, 3] });
  assert.deepEqual(set({}, ["a", "b"], 1), { a: { b: 1 } });
  assert.deepEqual(set({ a: 1, b: 2 }, ["a"], undefined), { b: 2 });
  const value = set({}, ["__proto__", "polluted"], 1);
  assert.equal({}.polluted, undefined);
  assert.equal(JSON.stringify(value), '{"__proto__":{"polluted":1}}');
});

test("schemas begin with their defaults, follow references, and end", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "string" }, b: { type: "integer", default: 5 }, c: { enum: ["x", "y"] }, d: { $ref: "#/$defs/d" }, e: { type: "number" } },
    required: ["a", "c", "d"],
    $defs: { d: { type: "object", properties: { z: { type: "boolean" } }, required: ["z"] } },
  };
  assert.deepEqual(begin(schema, schema), { a: "", b: 5, c: "x", d: { z: false } });
  const endless = { $ref: "#" };
  assert.equal(field(endless, endless, "", true).kind, "json");
  const deep = { type: "object", properties: { self: { $ref: "#" } }, required: ["self"] };
  assert.ok(JSON.stringify(begin(deep, deep)).length < 200);
  assert.equal(field({ type: "string" }, {}, "markdown", true).kind, "text");
  assert.deepEqual([...violations("no:\n  /a/b: is wrong\n  the whole value: is bad")], [["/a/b", "is wrong"], ["", "is bad"]]);
});

test("hidden characters get names", () => {
  assert.equal(shown("a\u202eb\u200bc\u0007\nd"), "a[U+202E]b[U+200B]c[U+0007][\u23ce]d");
  assert.deepEqual(visible("a\nb", true), [{ text: "a\nb", marked: false }]);
  assert.equal(shown("\u{e0041}\ufeff\ud800"), "[U+E0041][U+FEFF][U+D800]");
  assert.equal(shown("Grüße 日本語 🔔"), "Grüße 日本語 🔔");
});

test("figures are for people", () => {
  assert.deepEqual([bytes(0), bytes(65_536), bytes(1_572_864), count(999), count(12_345), count(2_000_000_000)], ["0 B", "64 KiB", "1.5 MiB", "999", "12.3 k".replace(".3", ".35"), "2 G"]);
});

test("a count keeps the zeros that are its own", () => {
  const figures = { 0: "0", 200: "200", 9_999: "9999", 10_000: "10 k", 100_000: "100 k", 120_000: "120 k", 613_400: "613 k", 1_000_000: "1 M", 1_500_000: "1.5 M", 120e6: "120 M", 500e6: "500 M", 34_910e6: "34.91 G", 200e9: "200 G", 1e12: "1 T", 5e12: "5 T", 1_050_000: "1.05 M" };
  for (const [value, words] of Object.entries(figures)) assert.equal(count(Number(value)), words);
  // Read back, each is the number, within what is rounded.
  const sizes = { k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
  for (let value = 1; value < 1e15; value = Math.ceil(value * 1.37)) {
    const [, number, unit] = /^([\d.]+)(?: ([kMGT]))?$/.exec(count(value));
    assert.ok(Math.abs(Number(number) * (sizes[unit] ?? 1) - value) <= value / 100, `${value}: ${count(value)}`);
  }
});

test("what is put aside is a list: nothing is lost by opening something else twice", () => {
  let state = initial();
  for (let i = 0; i < ASIDE + 5; i++) state = after(state, { type: "edit", text: `work ${i}` }, opened({ text: "", file: "tool.ts" }));
  assert.deepEqual(state.aside.slice(0, 2).map(({ source }) => source), [`work ${ASIDE + 4}`, `work ${ASIDE + 3}`]);
  assert.equal(state.aside.length, ASIDE);
  // Opened again it is not there twice, and what stood in the editor takes its place.
  const [first] = state.aside;
  state = after(state, { type: "edit", text: "now" }, { type: "restore", draft: first });
  assert.equal(state.source.text, first.source);
  assert.equal(state.aside[0].source, "now");
  assert.equal(state.aside.filter(({ source }) => source === first.source).length, 0);
  assert.equal(reduce(state, { type: "forget", draft: state.aside[0] }).aside.length, state.aside.length - 1);
});

test("what a browser keeps is checked when it is read", () => {
  const good = { file: "a.ts", source: "1", input: "{}" };
  assert.deepEqual(draftOf({ ...good, more: 1 }), good);
  for (const bad of [null, 7, "x", [], {}, { ...good, file: "" }, { ...good, source: 1 }, { ...good, input: null }, { ...good, file: "f".repeat(2_000) }]) assert.equal(draftOf(bad), undefined);
  assert.deepEqual(shelved(3, { tool: "t", asks: "?", at: 1, size: 2, evil: 1 }), { id: 3, tool: "t", asks: "?", at: 1, size: 2 });
  const run = { tool: "t", asks: "?", at: 1, size: 2 };
  for (const bad of [undefined, null, 7, [], {}, { ...run, tool: 5 }, { ...run, tool: { toString: 1 } }, { ...run, asks: [] }, { ...run, asks: undefined }, { ...run, at: 1e99 }, { ...run, at: "x" }, { ...run, at: Number.NaN }, { ...run, size: -1 }, { ...run, size: {} }]) {
    assert.equal(shelved(1, bad).broken, true, JSON.stringify(bad));
  }
  assert.ok(shelved(1, { ...run, asks: "a".repeat(1e6) }).asks.length <= 1_000);
});

test("what would have let a refused request through is a wish of its capability", () => {
  const state = compiled(initial(), { wants: ["kv notes/**", "http GET https://a.example/**", "tools sum"] });
  assert.deepEqual(deniedWishes(state, "http"), ["http GET https://a.example/**"]);
  assert.deepEqual(deniedWishes(state, "tools"), ["tools sum"]);
  assert.deepEqual(deniedWishes(state, "kv"), ["kv notes/**"]);
});

test("a rule that mends a refusal replaces one about the same that asked", () => {
  let state = reduce(compiled(initial()), { type: "grant-and-run", effect: "ask", rule: "kv write a" });
  assert.equal(compose(state.grants), 'version = 1\n\n[kv]\nask = ["write a"]\n');
  state = reduce(state, { type: "grant-and-run", effect: "allow", rule: "kv write a" });
  assert.equal(compose(state.grants), 'version = 1\n\n[kv]\nallow = ["write a"]\n');
  state = reduce(state, { type: "grant-and-run", effect: "allow", rule: "kv notes/**", wish: "kv notes/**" });
  assert.deepEqual(state.grants.wishes, { "kv notes/**": "allow" });
});

test("the file of a pasted tool is named as the tool is, unless somebody named it", () => {
  const pasted = compiled(reduce(initial(), { type: "edit", text: "pasted" }), { name: "csv-summary" });
  assert.equal(fileFor(pasted), "csv-summary.ts");
  assert.equal(fileFor(compiled(reduce(pasted, { type: "rename", file: "csv-summary.ts", itself: true }), { name: "csv-summary" })), undefined);
  assert.equal(fileFor(compiled(reduce(pasted, { type: "rename", file: "mine.ts" }), { name: "csv-summary" })), undefined);
  assert.equal(fileFor(compiled(after(initial(), opened({ file: "theirs.ts", origin: "file" }), { type: "edit", text: "x" }), { name: "csv-summary" })), undefined);
  assert.equal(fileFor(compiled(initial(), { name: "other" })), undefined);
});

test("runs of the same thing are compared without their time and their randomness", () => {
  const line = (fields) => JSON.stringify(fields);
  assert.equal(compareLines(line({ at: "1", clock: "a", kind: "start", tool: "t" }), line({ at: "2", clock: "b", kind: "start", tool: "t" })), "free");
  assert.equal(compareLines(line({ kind: "seed", n: 1, seed: "00" }), line({ kind: "seed", n: 1, seed: "11" })), "free");
  assert.equal(compareLines(line({ kind: "start", tool: "t" }), line({ kind: "start", tool: "u" })), "differs");
  // Elsewhere such a field is the tool's.
  assert.equal(compareLines(line({ clock: "a", kind: "request" }), line({ clock: "b", kind: "request" })), "differs");
  assert.equal(compareLines(line({ kind: "console", seed: "a" }), line({ kind: "console", seed: "b" })), "differs");
  assert.equal(compareLines(line({ kind: "seed", seed: "00" }), line({ kind: "start", seed: "11" })), "differs");
});

test("the end of a run is said in words", () => {
  const run = (report) => ({ ...initial(), run: { phase: "ended", entries: [], report } });
  assert.equal(announcement(initial()), "");
  assert.equal(announcement(run({ outcome: "denied", artifacts: [], refusals: [{ capability: "kv", request: "get a", rule: "" }] })), "The run has ended: Denied. One request was refused.");
  assert.match(announcement({ ...initial(), run: { phase: "ended", entries: [], failure: { kind: "input", message: "no\nmore" } } }), /^Nothing was run\. no$/);
});

test("what is taken out of an artifact is said", () => {
  assert.equal(takenOut({ removed: 0 }), "");
  assert.equal(takenOut({ removed: 1 }), "1 thing that would have loaded or led elsewhere was taken out.");
  assert.equal(takenOut({ removed: 3 }), "3 things that would have loaded or led elsewhere were taken out.");
  assert.match(takenOut({ removed: 2, problem: "Only the beginning is shown." }), /^Only the beginning is shown\. 2 things/);
});

test("every character that cannot be seen gets a name: the same ones as in Rust", () => {
  const source = readFileSync(`${process.env.BELLJAR_PKG}/../../crates/belljar-text/src/table.rs`, "utf8");
  const number = (text) => Number.parseInt(text.replaceAll("_", ""), 16);
  const table = [...source.matchAll(/\(0x([0-9a-fA-F_]+),\s*0x([0-9a-fA-F_]+)\)/g)].map((match) => [number(match[1]), number(match[2])]);
  assert.ok(table.length > 20, "the table is read");
  let count = 0;
  for (let point = 0; point <= 0x10ffff; point++) {
    // Rust's texts have no halves of a character.
    const expected = (point >= 0xd800 && point <= 0xdfff) || table.some(([from, to]) => from <= point && point <= to);
    const isMarked = visible(`a${String.fromCodePoint(point)}b`).some(({ marked }) => marked);
    if (isMarked !== expected) assert.fail(`U+${point.toString(16)}: ${isMarked} here, ${expected} in Rust`);
    count += Number(isMarked);
  }
  assert.ok(count > 100_000);
});

test("a relay is off until a person switches it on, and offered where it could help", () => {
  const relay = { policy: ["[http] allow \"GET https://a.example/**\""], on: false };
  assert.equal(after(initial(), { type: "relay", on: true }).relay, undefined, "there is none to switch on");
  const found = after(initial(), { type: "relay-found", relay });
  assert.equal(after(found, { type: "relay", on: true }).relay.on, true);
  assert.equal(after(found, { type: "relay-and-run" }).relay.on, true);
  assert.deepEqual(after(found, { type: "relay-and-run" }, { type: "relay", on: false }).relay, relay);
  const ran = (result, capability = "http", kind = "run") => ({ kind, entries: [{ entry: { kind: "request", capability, ticket: 3 } }, { entry: { kind: "result", ticket: 3, result } }] });
  const helps = (run, by = relay) => relayCouldHelp({ ...initial(), relay: by, run });
  assert.equal(helps(ran("other")), true);
  for (const run of [ran("ok"), ran("denied"), ran("other", "kv"), ran("other", "http", "replay"), undefined]) assert.equal(helps(run), false);
  assert.equal(relayCouldHelp({ ...initial(), run: ran("other") }), false, "there is none");
  assert.equal(helps(ran("other"), { ...relay, on: true }), false);
});
