// What a form makes of a request, and of what is written into it.

import assert from "node:assert/strict";
import test from "node:test";

import { bytesOf, changedOf, changes, draftOf, isOpaque } from "../src/state/edit.ts";

const encode = (text) => new TextEncoder().encode(text);
const asked = (changes = {}) => {
  const content = changes.content ?? encode("all");
  return { capability: "http", request: "POST https://a.example/b", headers: ["x-a", "1", "x-b", "two: 2"], editable: ["url", "headers", "content"], payload: content.length, edited: () => undefined, ...changes, content };
};

test("a request is the fields of a form, and a form that is left alone is that request", () => {
  assert.deepEqual(draftOf(asked()), { url: "https://a.example/b", headers: "x-a: 1\nx-b: two: 2", content: "all" });
  assert.deepEqual(changedOf(asked(), draftOf(asked())), { request: "POST https://a.example/b", headers: ["x-a", "1", "x-b", "two: 2"], text: "all" });
  assert.deepEqual(changes(asked(), changedOf(asked(), draftOf(asked()))), []);
  const bare = asked({ request: "GET https://a.example/b", headers: [], payload: 0, content: undefined });
  bare.content = undefined;
  assert.deepEqual(draftOf(bare), { url: "https://a.example/b", headers: "" });
  assert.deepEqual(changedOf(bare, draftOf(bare)), { request: "GET https://a.example/b" });
});

test("each part can be changed, and what was changed is said", () => {
  const draft = { url: " https://a.example/c ", headers: "\n X-New :  3 \n", content: "" };
  const changed = changedOf(asked(), draft);
  assert.deepEqual(changed, { request: "POST https://a.example/c", headers: ["X-New", "3"], text: "" });
  assert.deepEqual(changes(asked(), changed), ["url", "headers", "content"]);
  assert.deepEqual(changes(asked(), changedOf(asked(), { ...draftOf(asked()), headers: "" })), ["headers"]);
  assert.match(changedOf(asked(), { ...draftOf(asked()), headers: "nonsense" }), /“nonsense” is no header field/);
});

test("what a form does not keep to the byte stays as it is", () => {
  for (const content of [Uint8Array.of(255, 0, 200), encode("a\rb"), encode("a\r\nb\nc")]) {
    const request = asked({ content });
    assert.equal(draftOf(request).content, undefined);
    assert.ok(isOpaque(request));
    const changed = changedOf(request, { ...draftOf(request), headers: "" });
    assert.deepEqual(bytesOf(changed), content);
    assert.deepEqual(changes(request, changed), ["headers"]);
  }
  const lines = asked({ content: encode("\ufeffa\r\nb") });
  assert.equal(draftOf(lines).content, "\ufeffa\nb");
  assert.deepEqual(bytesOf(changedOf(lines, draftOf(lines))), lines.content);
  assert.equal(changedOf(lines, { ...draftOf(lines), content: "a\nc\n" }).text, "a\r\nc\r\n");
});

test("what can only be answered, or is not here whole, has no form", () => {
  assert.equal(draftOf(asked({ editable: undefined })), undefined);
  assert.equal(draftOf(asked({ edited: undefined })), undefined);
  assert.equal(draftOf(asked({ payload: 4 })), undefined);
  assert.deepEqual(draftOf(asked({ capability: "kv", request: "set k/a", headers: [], editable: ["content"] })), { content: "all" });
  assert.equal(draftOf(asked({ capability: "kv", request: "set k/a", headers: [], editable: ["content"], content: Uint8Array.of(255) })), undefined);
});
