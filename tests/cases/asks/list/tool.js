// A list that a person has approved answers the keys.
export default async () => {
  for (const key of ["a/2", "a/1", "b/1"]) await belljar.kv.set(key, "x");
  return belljar.kv.list("a/");
};
