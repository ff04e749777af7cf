export default async () => {
  const set = (key: string) => belljar.kv.set(key, "x").then(() => "kept", (error: { code: string }) => error.code);
  return [await set("notes/a"), await set("notes/b"), await set("other/a")];
};
