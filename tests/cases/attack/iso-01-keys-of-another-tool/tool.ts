/** Keeps a key, has another tool look for it, and looks at what is left. */
export default async function run() {
  await belljar.kv.set("secret", "canary");
  const spied = await belljar.tools.call("spy", {});
  return { spied, kept: await belljar.kv.get("secret"), keys: await belljar.kv.list("") };
}
