// A list that would have to be cut is none: it says so.
export default async () => {
  for (let i = 0; i < 10_001; i += 73) {
    const keys = Array.from({ length: Math.min(73, 10_001 - i) }, (_, j) => `k/${String(i + j).padStart(5, "0")}`);
    await Promise.all(keys.map((key) => belljar.kv.set(key, "")));
  }
  const all = await belljar.kv.list("").catch((error) => error);
  const some = await belljar.kv.list("k/0");
  return [some.length, /there are more than \d+ keys/.exec(all.message)?.[0]];
};
