// What a tool keeps is bounded over all its runs. What takes no more room than before is always kept.
const { kv } = belljar;
const refused = (act: Promise<unknown>) => act.then(() => "kept", (error) => (error instanceof BudgetExhausted ? error.message : String(error)));

export default async () => {
  for (const key of ["a", "b", "c"]) await kv.set(key, "12345");
  const seen = [
    await refused(kv.set("d", "")),
    await refused(kv.set("a", "12345678")),
    await refused(kv.replace("a", "12345", "12345678")),
  ];
  // What was refused changed nothing.
  seen.push((await kv.get("a")) ?? "gone");
  await kv.set("a", "1234567");
  await kv.set("a", "12345");
  await kv.delete("a");
  // It is given back once, and not for a key that is not there.
  await kv.delete("a");
  await kv.delete("none");
  seen.push(await refused(kv.set("d", "12345678")));
  await kv.set("d", "12345");
  seen.push(await refused(kv.replace("a", undefined, "")));
  await kv.replace("d", "12345", undefined);
  // A name counts in bytes of UTF-8.
  seen.push(await refused(kv.set("ä", "1234567")), await refused(kv.set("ä", "123456")));
  await kv.delete("ä");
  // Of two that fit one by one, one is kept.
  const both = await Promise.all([refused(kv.set("x", "1234")), refused(kv.set("y", "1234"))]);
  seen.push(...both, (await kv.list()).join());
  await kv.delete("x");
  return seen;
};
