export default async function run({ key }: { key: string }) {
  await belljar.kv.set(key, "x");
  return "yes";
}
