const NAMES = ["pay\u202egnp.exe", "zero\u200bwidth", "tag\u{e0041}", "line\nbreak", "screen\u001b[2J", "bell\u0007", "next\u0085line", "nul\0"];

/** Writes files whose names try to look like others, and lists them. */
export default async function run() {
  const { files } = belljar;
  const code = (act: Promise<unknown>) => act.then((got) => String(got ?? "done"), (error: { code: string }) => error.code);
  const seen: unknown[] = [];
  for (const name of NAMES) seen.push([await code(files.write(`/data/${name}`, "x")), await code(files.readText(`/data/${name}`))]);
  seen.push((await files.list("/data")).map(({ name }) => name));
  return seen;
}
