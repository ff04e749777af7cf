const WAYS = ["..", "/..", "/data/..", "/data/../outside", "/data/./../outside", "/data//..//outside", "/data/x/../../outside", "/../outside", "../outside",
  "outside", "/outside", "/", "", ".", "/.", "/data/..\\outside", "\\data\\..\\outside", "C:\\outside", "C:/outside", "/C:/outside", "//server/outside",
  "\\\\server\\outside", "file:///outside", "/data/%2e%2e/outside", "/data/..%2foutside", "/data/%2e%2e%2foutside", "/data/..\0/outside", "/data\0/../outside",
  "/data/.. /outside", "/data/... /outside", "/data/..;/outside", "/data/\u2024\u2024/outside", "/data/\uff0e\uff0e/outside", "/data/..\u2215outside",
  "/data/~/outside", "~/outside", "/data2/outside", "/dat", "/DATA/outside", "/data/" + "../".repeat(40) + "etc", "/data/" + "x/".repeat(3000), "/data/" + "x".repeat(300),
  "/proc/self", "/proc/self/root", "/proc/self/cwd", "/proc/self/fd/0", "/dev", "/dev/fd/0", "/dev/stdin", "/etc", "/data/proc/self", "NUL", "/data/NUL", "/data/in.txt:stream"];
const ENDS = ["", "/", "/.", "/out.txt", "/out.txt/", "/in.txt/..", "/../top.txt", "/passwd", "/environ"];

/** Tries every way with every end, and tells what came of those that led anywhere. */
export default async function run() {
  const { files } = belljar;
  const through = [await files.readText("/data/in.txt")];
  const attempt = async (what: string, act: () => Promise<unknown>) => {
    try {
      through.push(`${what}: ${JSON.stringify(await act())}`);
    } catch (error) {
      if (!["invalid", "denied", "not-found"].includes((error as { code: string }).code)) through.push(`${what}: ${error}`);
    }
  };
  for (const way of WAYS) {
    for (const end of ENDS) {
      const path = way + end;
      // What is granted is no way out.
      if (path.startsWith("/data/in.txt:")) continue;
      await attempt(`read ${path}`, () => files.readText(path));
      await attempt(`stat ${path}`, () => files.stat(path));
      await attempt(`list ${path}`, () => files.list(path));
    }
    await attempt(`write ${way}`, () => files.write(`${way}/new`, "x"));
    await attempt(`make ${way}`, () => files.makeDirectory(`${way}/new`));
    await attempt(`remove ${way}`, () => files.remove(`${way}/out.txt`));
  }
  return through;
}
