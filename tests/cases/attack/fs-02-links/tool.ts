const LINKS = ["out", "out/out.txt", "out/new", "file", "absolute", "absolute/passwd", "passwd", "self", "self/x", "one", "two", "up", "up/outside/out.txt", "here",
  "here/in.txt", "here/here/here/in.txt", "dangling", "root", "root/etc/passwd", "fd", "environ", "zero", "random", "tty", "pipe", "chain0", "chain39", "chain45"];

/** Follows every link in every way, and tells what led anywhere. */
export default async function run() {
  const { files } = belljar;
  const through = [await files.readText("/data/in.txt")];
  const attempt = async (what: string, act: () => Promise<unknown>) => {
    try {
      through.push(`${what}: ${JSON.stringify(await act())}`);
    } catch (error) {
      const { code } = error as { code: string };
      if (!["invalid", "denied", "not-found", "other"].includes(code)) through.push(`${what}: ${code}: ${error}`);
    }
  };
  for (const link of LINKS) {
    for (const path of [`/data/${link}`, `/data/${link}/`, `/data/${link}/.`]) {
      await attempt(`read ${path}`, () => files.readText(path, { length: 16 } as never));
      await attempt(`list ${path}`, () => files.list(path));
      await attempt(`replace ${path}`, () => files.write(path, "x"));
      await attempt(`create ${path}`, () => files.write(path, "x", { mode: "create" }));
      await attempt(`append ${path}`, () => files.append(path, "x"));
    }
    await attempt(`make ${link}`, () => files.makeDirectory(`/data/${link}/new`));
    await attempt(`remove ${link}`, () => files.remove(`/data/${link}/out.txt`));
  }
  return through;
}
