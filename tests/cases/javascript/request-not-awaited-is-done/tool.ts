export default function run() {
  const out: number[] = [];
  for (const n of [1, 2, 3]) belljar.kv.set("k" + n, String(n)).then(() => { out.push(n); return belljar.kv.set("after" + n, "x"); });
  return out;
}
