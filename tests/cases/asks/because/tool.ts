export default async () => {
  const set = (key: string) => belljar.kv.set(key, "x").then(() => "kept", (error: Error) => error.message);
  return [await set("notes/a"), await set("notes/b"), await set("notes/c")];
};
