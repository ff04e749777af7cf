export default async () => {
  const set = () => belljar.kv.set("notes/a", "x").then(() => "kept", (error: { code: string }) => error.code);
  return [await set(), await set()];
};
