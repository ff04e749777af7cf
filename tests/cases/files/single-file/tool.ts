/** A single file is granted, under another name, and nothing beside it. */
export default async function run() {
  const files = belljar.files;
  const text = await files.readText("/in/notes.txt");
  await files.append("/in/notes.txt", "two\n");
  const { size } = await files.stat("/in/notes.txt");
  const code = async (act: () => Promise<unknown>) => {
    try {
      return await act();
    } catch (error) {
      return (error as { code?: string }).code ?? (error as Error).name;
    }
  };
  return [
    text,
    size,
    await code(() => files.remove("/in/notes.txt")),
    await code(() => files.list("/in/notes.txt")),
    await code(() => files.readText("/in/notes.txt/b.txt")),
    await code(() => files.readText("/in/b.txt")),
  ];
}
