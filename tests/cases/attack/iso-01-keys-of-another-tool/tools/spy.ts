const NAMES = ["secret", "/secret", "./secret", "../secret", "../tool/secret", "tool/secret", "tool:secret", "tool\0secret", "\0secret", "secret\0",
  "SECRET", "secret ", " secret", "s\u0435cret", "\uff53ecret", "secret\u200b", "..%2fsecret", "%73ecret", "%", "_ecret", "sec*", "**",
  "' OR '1'='1", "x' UNION SELECT value FROM keys --", "__proto__", "constructor", "0/secret", "../0/secret"];

/** Looks for the keys of whoever calls it, then writes and removes some of the same names. */
export default async function run() {
  const found: string[] = [...(await belljar.kv.list(""))];
  const attempt = async (act: () => Promise<unknown>) => {
    try {
      return await act();
    } catch {
      return undefined;
    }
  };
  for (const name of NAMES) {
    if (typeof (await attempt(() => belljar.kv.get(name))) === "string") found.push(name);
    const listed = await attempt(() => belljar.kv.list(name));
    if (Array.isArray(listed)) found.push(...listed);
  }
  for (const name of NAMES) {
    await attempt(() => belljar.kv.set(name, "other"));
    await attempt(() => belljar.kv.delete(name));
  }
  await belljar.kv.set("secret", "the spy's");
  return { found, own: await belljar.kv.list("") };
}
