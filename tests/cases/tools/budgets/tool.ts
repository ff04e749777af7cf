export default async function run() {
  let loops = "";
  let keys = 0;
  try {
    await belljar.tools.call("loop", {});
  } catch (error) {
    loops = (error as Error).message.replace(/fuel of \d+/, "fuel of N");
  }
  // It may make 20 requests in all; 2 are made here before, so the called tool has a quarter of 18.
  try {
    await belljar.tools.call("keys", {});
  } catch (error) {
    keys = Number(/limit is (\d+) requests/.exec((error as Error).message)?.[1]) + 1;
  }
  await belljar.kv.set("a", "b");
  return { loops, keys, after: "ok" };
}
