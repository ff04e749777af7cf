/** Lists a folder and reads what is in it. */
export default async function run() {
  const { files } = belljar;
  const names = (await files.list("/data")).map(({ name }) => name);
  const read = names.map((name) => files.readText(`/data/${name}`).catch((error: { code: string }) => error.code));
  return [names, await Promise.all(read)];
}
