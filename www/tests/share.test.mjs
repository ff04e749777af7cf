// Links: what goes in comes out, and nothing else gets in.

import assert from "node:assert/strict";
import test from "node:test";
import { deflateRawSync } from "node:zlib";

import { COMPRESSED, decode, encode, EXPANDED, PREFIX, REFUSE, ShareError } from "../src/share/codec.ts";

const shared = {
  version: 1,
  file: "tool.ts",
  source: "export default () => '\u{1f514} Glocke';\n",
  input: '{"name": "Ada"}',
  wants: ["kv notes/**"],
  identity: "ab".repeat(32),
};

const pack = (text) => PREFIX + deflateRawSync(Buffer.from(text)).toString("base64url");
const packed = (changes) => pack(JSON.stringify({ ...shared, ...changes }));
const refused = (fragment, pattern) => assert.rejects(decode(fragment), (error) => error instanceof ShareError && pattern.test(error.message));

test("a link comes back as it went in", async () => {
  const fragment = await encode(shared);
  assert.match(fragment, /^#tool=[A-Za-z0-9_-]+$/);
  assert.deepEqual(await decode(fragment), shared);
  assert.ok(Object.isFrozen(await decode(fragment)));
});

test("a link holds nothing but what it is for", async () => {
  const fragment = await encode({ ...shared, grants: ["kv **"], policy: "all" });
  assert.deepEqual(Object.keys(await decode(fragment)).sort(), Object.keys(shared).sort());
});

test("what is made by another deflate opens too", async () => {
  assert.deepEqual(await decode(packed({})), shared);
});

test("garbage is refused", async () => {
  await refused("", /no tool/);
  await refused("#other=abc", /no tool/);
  await refused(PREFIX, /base64url/);
  await refused(`${PREFIX}a+b/`, /base64url/);
  await refused(`${PREFIX}abcde`, /base64url/);
  await refused(`${PREFIX}%3Cscript%3E`, /base64url/);
  await refused(`${PREFIX}AAAAAAAA`, /unpacked/);
  await refused(pack("{"), /no JSON/);
  await refused(PREFIX + deflateRawSync(Buffer.from([0x22, 0xff, 0xfe, 0x22])).toString("base64url"), /no JSON/);
  const whole = packed({ source: "x = 1; // ".repeat(50) });
  await refused(whole.slice(0, whole.length - 8), /unpacked/);
});

test("every byte that is changed either opens as a sound link or is refused in words", async () => {
  const fragment = packed({});
  for (let i = PREFIX.length; i < fragment.length; i += 3) {
    const changed = `${fragment.slice(0, i)}${fragment[i] === "A" ? "B" : "A"}${fragment.slice(i + 1)}`;
    await decode(changed).then(
      (found) => assert.equal(found.version, 1),
      (error) => assert.ok(error instanceof ShareError, String(error)),
    );
  }
});

test("a bomb ends at the limit, before it is unpacked whole", async () => {
  const bomb = PREFIX + deflateRawSync(Buffer.alloc(400 * 1024 * 1024), { level: 9 }).toString("base64url");
  assert.ok(bomb.length < COMPRESSED);
  const before = process.memoryUsage().arrayBuffers;
  const started = performance.now();
  await refused(bomb, /more than it may/);
  assert.ok(performance.now() - started < 2_000);
  assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024);
  await refused(packed({ source: "x".repeat(EXPANDED) }), /more than it may/);
});

test("a link that is too long is not even decoded", async () => {
  await refused(PREFIX + "A".repeat(COMPRESSED + 1), /too long/);
});

test("unknown keys, __proto__ among them, are errors and change nothing", async () => {
  await refused(packed({ grants: ["kv **"] }), /"grants" is not known/);
  await refused(pack(JSON.stringify(shared).replace("{", '{"__proto__":{"polluted":1},')), /"__proto__" is not known/);
  await refused(pack(JSON.stringify(shared).replace("{", '{"constructor":{"prototype":{}},')), /not known/);
  assert.equal({}.polluted, undefined);
});

test("missing and wrong values are errors", async () => {
  await refused(pack("[]"), /no object/);
  await refused(pack("null"), /no object/);
  await refused(packed({ version: 2 }), /another version/);
  await refused(packed({ version: "1" }), /another version/);
  await refused(packed({ source: undefined }), /source is missing/);
  await refused(packed({ source: 1 }), /source is missing/);
  await refused(packed({ identity: "AB".repeat(32) }), /SHA-256/);
  await refused(packed({ file: "../../tool.ts" }), /name of a source/);
  await refused(packed({ file: "tool.wasm" }), /name of a source/);
  await refused(packed({ wants: {} }), /no list/);
  await refused(packed({ wants: [1] }), /no text/);
  await refused(packed({ wants: Array(65).fill("kv a") }), /no list/);
});

test("a link that is too large is not made", async () => {
  const noise = Array.from({ length: REFUSE }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join("");
  await assert.rejects(encode({ ...shared, source: noise }), /characters/);
});

test("a name with characters that cannot be seen is refused, and said", async () => {
  for (const name of ["a\u202ejs.ts", "a\u009b31m.ts", "a\u200b.ts", "\u2066a.ts", "a\u{e0041}.ts", "a\u2800.ts", "\u3164.ts", "a\u0000.ts", "a\ufe0f.ts", "a\u00ad.js"]) {
    await refused(packed({ file: name }), /characters that cannot be seen: .*\[U\+/);
  }
  assert.equal((await decode(packed({ file: "Grüße 日本.ts" }))).file, "Grüße 日本.ts");
});

test("nothing may follow what is packed", async () => {
  const bytes = deflateRawSync(Buffer.from(JSON.stringify(shared)));
  for (const more of ["trailing", "\0", "\u0003\0"]) {
    await refused(PREFIX + Buffer.concat([bytes, Buffer.from(more)]).toString("base64url"), /damaged/);
  }
  for (const level of [0, 1, 9]) assert.deepEqual(await decode(PREFIX + deflateRawSync(Buffer.from(JSON.stringify(shared)), { level }).toString("base64url")), shared);
});

// A link is the one thing of strangers that the page reads in TypeScript; what is read in Rust is fuzzed in tests/fuzz.
// `BELLJAR_LINKS=200000 BELLJAR_SEED=2` makes more and others.
test("links that are changed at random are refused in words, or open and come back the same", async () => {
  const links = Number(process.env.BELLJAR_LINKS ?? 1_000);
  let state = BigInt(process.env.BELLJAR_SEED ?? 1);
  const below = (most) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    return Number((state >> 33n) % BigInt(most));
  };
  const words = ['"', "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "null", "1", "1e999", '"__proto__":1,', '"version":1,', "\u202e", "\0", ".ts", "../", '"wants":[]', "\ufeff"];
  const change = (bytes) => {
    const at = below(bytes.length + 1);
    const part = bytes.subarray(at, at + below(12));
    const rest = bytes.subarray(at + part.length);
    const kinds = [() => [Buffer.from([below(256)])], () => [], () => [part, part], () => [Buffer.from(words[below(words.length)])], () => [part, Buffer.from(words[below(words.length)])]];
    return Buffer.concat([bytes.subarray(0, at), ...kinds[below(kinds.length)](), rest]);
  };
  let opened = 0;
  for (let i = 0; i < links; i++) {
    // Changed as text, as what is packed, or as the link.
    const where = below(4);
    let text = Buffer.from(JSON.stringify(shared));
    for (let n = below(3); where < 2 && n >= 0; n--) text = change(text);
    let packed = deflateRawSync(text, { level: below(10) });
    if (where === 2) packed = change(packed);
    let link = Buffer.from(PREFIX + packed.toString("base64url"));
    if (where === 3) link = change(link);
    const found = await decode(link.toString()).catch((error) => assert.ok(error instanceof ShareError, `${link}: ${error}`));
    if (found === undefined) continue;
    opened += 1;
    assert.deepEqual(Object.keys(found), Object.keys(shared));
    assert.deepEqual(await decode(await encode(found)), found, String(link));
  }
  assert.ok(opened > links / 50, `only ${opened} of ${links} opened`);
});
