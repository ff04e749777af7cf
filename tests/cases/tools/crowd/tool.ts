/** Adds up what as many called tools return. */
export default async function run(most: number) {
  const all = Array.from({ length: most }, (_, n) => belljar.tools.call("count", { text: "word ".repeat(n + 1).trim() }));
  return (await Promise.all(all)).reduce((sum: number, words) => sum + (words as number), 0);
}
