/** Makes, parses and writes JSON, as agents' tools do. */
export default function run(rounds) {
  const items = Array.from({ length: 400 }, (_, n) => ({ id: n, name: `item ${n}`, tags: ["a", "b", "c"], score: n / 7, ok: n % 2 === 0 }));
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    const parsed = JSON.parse(JSON.stringify(items));
    for (const { score, tags } of parsed) sum += score + tags.length;
  }
  return Math.round(sum);
}
