// A list that would have to be cut is none: it says so.
export default async () => {
  const sets = [];
  for (let i = 0; i < 10_001; i += 1) sets.push(belljar.kv.set(`k/${String(i).padStart(5, "0")}`, ""));
  await Promise.all(sets);
  const all = await belljar.kv.list("").catch((error) => error);
  const some = await belljar.kv.list("k/0");
  return [some.length, /there are more than \d+ keys/.exec(all.message)?.[0]];
};
