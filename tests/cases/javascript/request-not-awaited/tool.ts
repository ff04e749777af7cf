export default function run() {
  belljar.kv.set("a", "b");
  return "done";
}
