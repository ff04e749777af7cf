export default async () => {
  const set = (key: string) => belljar.kv.set(key, "x").then(() => "kept", (error: { code: string }) => error.code);
  const done = [await set("asked/a"), await set("asked/b")];
  return [...done, await belljar.kv.get("asked/a"), await belljar.kv.get("asked/b")];
};
