/** A path in a granted folder may be allowed more than the folder. */
export default async function run() {
  const write = (path: string) => belljar.files.write(path, "new").then(() => "written", String);
  return [await belljar.files.readText("/data/a.txt"), await write("/data/a.txt"), await write("/data/b.txt")];
}
