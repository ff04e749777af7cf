// Of several changes that expect the same, one wins; who loses looks again.
const { kv } = belljar;

async function count(): Promise<void> {
  for (;;) {
    const before = await kv.get("count");
    if (await kv.replace("count", before, String(Number(before ?? 0) + 1))) return;
  }
}

export default async () => {
  const won = await Promise.all(["a", "b", "c"].map((who) => kv.replace("lock", undefined, who)));
  await kv.delete("lock");
  await Promise.all(Array.from({ length: 10 }, count));
  await count();
  await kv.setJSON("note", { lines: ["milk"] });
  const gone = [
    await kv.replace("note", { lines: [] }, undefined),
    await kv.replace("note", await kv.getJSON("note"), undefined),
    await kv.replace("note", undefined, undefined),
    await kv.replace("note", "milk", undefined),
  ];
  return { won, count: await kv.get("count"), gone };
};
