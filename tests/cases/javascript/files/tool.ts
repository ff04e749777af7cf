export default async () => {
  const { files } = belljar;
  await files.write("/data/new.txt", "one\n");
  await files.append("/data/new.txt", "two\n");
  const missing = await files.readText("/data/nothing").catch((e) => e.code);
  return [await files.readText("/data/new.txt"), await files.exists("/data/x"), (await files.stat("/data/new.txt")).size, missing];
};
