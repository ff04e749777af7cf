// Approved once: the keys under that rule, once; what another rule denies stays out.
export default async () => {
  for (const key of ["a/2", "a/1", "a/secret"]) await belljar.kv.set(key, "x");
  const keys = await belljar.kv.list("a/");
  return [keys, await belljar.kv.get("a/1").catch((error) => error.name)];
};
