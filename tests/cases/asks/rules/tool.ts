export const tool = { wants: ["kv asked/**", "kv free"] };

/** Writes under a rule that asks: yes, no, yes, always; then nobody is asked any more. */
export default async function run() {
  const set = (name: string) => belljar.kv.set(`asked/${name}`, name).then(() => name, (error) => (error.name === "CapabilityDenied" ? "no" : error.name));
  const done: string[] = [];
  for (const name of ["a", "b", "c", "d", "e", "f"]) done.push(await set(name));
  await belljar.kv.set("free", "unasked");
  return done;
}
