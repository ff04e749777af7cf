// Archives that other programs read.

import assert from "node:assert/strict";
import test from "node:test";

import { crc32, zip } from "../src/effects/zip.ts";

test("the checksum is that of the standard", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

test("an archive lists its files and holds them", () => {
  const archive = Buffer.from(zip([{ path: "a/ü.txt", bytes: new TextEncoder().encode("hello") }, { path: "b", bytes: new Uint8Array() }]));
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  assert.equal(archive.readUInt16LE(end + 10), 2);
  const directory = archive.readUInt32LE(end + 16);
  assert.equal(archive.readUInt32LE(directory), 0x02014b50);
  const length = archive.readUInt16LE(directory + 28);
  assert.equal(archive.toString("utf8", directory + 46, directory + 46 + length), "a/ü.txt");
  assert.equal(archive.readUInt32LE(directory + 42), 0);
  assert.equal(archive.readUInt32LE(0), 0x04034b50);
  assert.equal(archive.toString("utf8", 30 + length, 30 + length + 5), "hello");
});
