export default async function run() {
  const results: string[] = [];
  for (const key of ["notes/a", "notes/b"]) {
    try {
      results.push(await belljar.tools.call("write", { key }));
    } catch (error) {
      results.push((error as { code: string }).code);
    }
  }
  return results;
}
