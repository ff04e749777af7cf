/** Writes where only reading is granted, in every way that there is; then copies to where writing is. */
export default async function run() {
  const { files } = belljar;
  const code = (act: Promise<unknown>) => act.then((got) => String(got ?? "done"), (error: { code: string }) => error.code);
  const seen = [
    await code(files.write("/data/a.txt", "x")),
    await code(files.write("/data/a.txt", "", { mode: "replace" })),
    await code(files.write("/data/a.txt", "x", { mode: "create" })),
    await code(files.write("/data/new.txt", "x", { mode: "create" })),
    await code(files.append("/data/a.txt", "x")),
    await code(files.append("/data/a.txt", "")),
    await code(files.remove("/data/a.txt")),
    await code(files.remove("/data/folder")),
    await code(files.makeDirectory("/data/new")),
  ];
  // There are no links and no moves: a copy is another file.
  await files.write("/out/a.txt", await files.readText("/data/a.txt"));
  seen.push(await files.readText("/out/a.txt"));
  await files.append("/out/a.txt", "more");
  seen.push(await files.readText("/data/a.txt"));
  return seen;
}
