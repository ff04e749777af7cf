// Sends requests and looks at the key that a server got with each.
export default async (base: string) => {
  const key = async (method: string, path: string): Promise<string> => {
    const got = await (await fetch(base + path, { method })).json();
    return got["idempotency-key"] ?? got.headers?.["idempotency-key"] ?? "none";
  };
  const keys = [await key("POST", "/echo"), await key("POST", "/echo"), await key("PUT", "/asked")];
  const seen: unknown[] = keys.map((key, at) => /^[0-9a-f]{64}$/.test(key) && keys.indexOf(key) === at);
  seen.push(await key("GET", "/echo"));
  try {
    await fetch(`${base}/echo`, { method: "POST", headers: { "idempotency-key": "mine" } });
  } catch (error) {
    seen.push((error as Error).message.replace(base, ""));
  }
  return seen;
};
