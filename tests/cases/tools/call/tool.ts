/** Has words counted. */
export default async function run({ texts }: { texts: string[] }) {
  const counts: number[] = [];
  for (const text of texts) counts.push(await belljar.tools.call("count", { text }));
  return counts;
}
