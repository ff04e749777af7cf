/** Asks for five things at once, and tells which were done. */
export default async () => {
  const names = ["a/1", "b/1", "a/2", "c/1", "b/2"];
  const set = (key: string) => belljar.kv.set(key, key).then(() => "kept", (error: { code: string }) => error.code);
  const done = await Promise.all(names.map(set));
  return { ...Object.fromEntries(names.map((name, at) => [name, done[at]])), keys: await belljar.kv.list("") };
};
