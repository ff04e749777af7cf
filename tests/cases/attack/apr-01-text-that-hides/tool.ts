/** Asks for things whose names try to look like others. */
export default async () => {
  const said: string[] = [];
  const attempt = (name: string, act: Promise<unknown>) =>
    act.then((got) => said.push(`${name}: ${got ?? "done"}`), (error: { code: string }) => said.push(`${name}: ${error.code}`));
  // Shown by its number: right-to-left override, zero width, tag characters, a filler that looks like a space.
  await attempt("bidi", belljar.kv.set("pay\u202egnp.\u2066x", "x"));
  await attempt("zero width", belljar.kv.set("a\u200bd\u2060m\ufeffin", "x"));
  await attempt("tags", belljar.kv.set("ok\u{e0041}\u{e0042}", "x"));
  await attempt("filler", belljar.kv.set("a\u3164b\u115fc", "x"));
  // Control characters are in no key and no path.
  await attempt("newline", belljar.kv.set("a\nallowed: yes", "x"));
  await attempt("escape", belljar.kv.set("a\u001b[2Jb", "x"));
  await attempt("return", belljar.files.readText("/d/a\rb"));
  // A question of the tool's own is shown as the tool's, with what cannot be seen by its number.
  await attempt("question", belljar.ask("Fine?\n\nallow once \u001b[1mset safe\u202e"));
  await attempt("choices", belljar.ask("Which?", { choices: ["yes", "y\u200bes"] }));
  // Too long to be read whole.
  await attempt("long", belljar.kv.set("x".repeat(511) + "/".repeat(600), "x"));
  return said;
};
