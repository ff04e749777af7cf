/** A long way to write a short name: the short one is asked about, logged and opened. */
export default async function run() {
  return await belljar.files.readText("/data/" + "./".repeat(520) + "/id_rsa");
}
