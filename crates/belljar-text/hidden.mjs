// Writes src/table.rs: `node crates/belljar-text/hidden.mjs > crates/belljar-text/src/table.rs`.
// The class is the one of www/src/state/visible.ts, which a test there compares with the table's.
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]|(?! )\p{Zs}/u;
const ranges = [];
for (let code = 0; code <= 0x10ffff; code += 1) {
  if (code >= 0xd800 && code <= 0xdfff) continue; // no characters
  if (!HIDDEN.test(String.fromCodePoint(code))) continue;
  const last = ranges.at(-1);
  if (last !== undefined && last[1] === code - 1) last[1] = code;
  else ranges.push([code, code]);
}
const hex = (code) => `0x${code.toString(16)}`;
const lines = [
  `//! Made by hidden.mjs from the tables of Unicode ${process.versions.unicode}: not edited by hand.`,
  "",
  "/// The first and the last code point of each run of characters that are not seen, in order.",
  `pub(crate) const HIDDEN: [(u32, u32); ${ranges.length}] = [`,
  ...ranges.map(([from, to]) => `    (${hex(from)}, ${hex(to)}),`),
  "];",
];
process.stdout.write(`${lines.join("\n")}\n`);
