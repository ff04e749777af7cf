export default async () => {
  const { kv } = belljar;
  await Promise.all([kv.set("notes/a", "text"), kv.set("notes/b", { x: 1 }), kv.set("notes/c", new Uint8Array([1, 2]))]);
  await kv.delete("notes/a");
  return [await kv.get("notes/a") ?? null, await kv.getJSON("notes/b"), [...(await kv.getBytes("notes/c"))], await kv.list("notes/")];
};
