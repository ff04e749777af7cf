const t = async (f: () => unknown) => { try { await f(); return "done"; } catch (error: any) { return error.message; } };
export default async () => [
  await t(() => belljar.kv.get({} as any)), await t(() => belljar.kv.set(undefined as any, "x")), await t(() => belljar.files.readText(null as any)),
  await t(() => belljar.ask(["a"] as any)), await t(() => belljar.artifact(undefined as any, "text/plain", "x")), await t(() => belljar.artifact("a.txt", "hello" as any, undefined as any)),
  await t(() => belljar.files.write("/a", "b", { append: true } as any)), await t(() => belljar.files.readBytes("/a", { offset: -1 })), await t(() => belljar.kv.setJSON("k", undefined)),
  await t(() => belljar.kv.set("k", undefined as any)),
];
