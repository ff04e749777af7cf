/** Has words counted. */
export default async function run({ texts }: { texts: string[] }) {
  const first = await belljar.tools.call("count", { text: "a b" });
  const all = await Promise.all(texts.map((text) => belljar.tools.call("count", { text })));
  return { first, all };
}
