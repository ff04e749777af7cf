/** Has words counted, all at once. */
export default async function run({ texts }: { texts: string[] }) {
  return Promise.all(texts.map((text) => belljar.tools.call("count", { text })));
}
