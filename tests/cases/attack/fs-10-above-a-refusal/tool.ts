/** Removes what is refused by way of what is above it, and what is beside it. */
export default async function run() {
  const { files } = belljar;
  const code = (act: Promise<unknown>) => act.then(() => "done", (error: { code: string }) => error.code);
  const seen: Record<string, string> = {};
  for (const path of ["/data/a/keep/key", "/data/a/keep", "/data/a/keep/", "/data/a", "/data/a/.", "/data", "/data/a/other", "/data/a", "/data/b/other", "/data/b"]) {
    seen[`${Object.keys(seen).length} remove ${path}`] = await code(files.remove(path));
  }
  seen["a file in place of the folder"] = await code(files.write("/data/a", "x"));
  seen["a folder in place of the folder"] = await code(files.makeDirectory("/data/a/keep"));
  seen["the refused file"] = await files.readText("/data/a/keep/key");
  return seen;
}
