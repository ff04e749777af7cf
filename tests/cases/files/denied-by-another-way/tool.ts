/** What is refused under one name is refused under another one of the same folder. */
export default async function run() {
  const seen: string[] = [];
  for (const path of ["/all/d/open", "/all/d/private/key", "/inner/key", "/all/d/private"]) {
    try {
      await (path.endsWith("private") ? belljar.files.list(path) : belljar.files.readText(path));
      seen.push("open");
    } catch (error) {
      seen.push((error as Error).name);
    }
  }
  return seen;
}
