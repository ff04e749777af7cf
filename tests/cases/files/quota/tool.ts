// What a run writes is bounded; what was refused or failed does not count.
const { files } = belljar;
const told = (act: Promise<unknown>) => act.then(() => "written", (error) => error.message);

export default async () => {
  await files.write("/d/a.txt", "123456");
  const seen = [
    await told(files.write("/d/c.txt", "12345")),
    await told(files.write("/d/a.txt", "1234", { mode: "create" })),
  ];
  await files.append("/d/b.txt", "1234");
  seen.push(await told(files.append("/d/b.txt", "5")));
  seen.push(await told(files.write("/d/e.txt", "")));
  return seen;
};
