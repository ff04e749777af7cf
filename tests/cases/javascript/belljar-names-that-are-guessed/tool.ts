const t = async (f: () => unknown) => { try { return await f(); } catch (error: any) { return `${error.name}: ${error.message}`; } };
const any = belljar as any;
export default async () => [
  await t(() => any.files.writeText("/a", "b")), await t(() => any.kv.put("a", "b")), await t(() => any.http.get("https://x")), await t(() => any.nonsense()),
  "http" in any, typeof any.files.readText, String(any.kv), await any.kv === any.kv, await t(() => { any.kv.get = 1; }),
];
