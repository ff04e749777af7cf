export default async function run() {
  for (let n = 0; n < 10; n++) await belljar.kv.set(`k${n}`, "v");
}
