/** A list that a person allowed names what the person was asked about. */
export default async function run() {
  for (const key of ["notes/a", "notes/b", "open/c", "secret/d"]) await belljar.kv.set(key, "x");
  return [await belljar.kv.list("notes/"), await belljar.kv.list("")];
}
