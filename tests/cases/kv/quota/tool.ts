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
  await kv.set("a", "1234567");
  await kv.set("a", "12345");
  await kv.delete("a");
  await kv.set("d", "12345");
  seen.push(await refused(kv.replace("a", undefined, "")));
  await kv.delete("d");
  return seen;
};
