/** Counts the words of a text and lists the most frequent ones. */
export const tool = {
  name: "word-count",
  description: "Counts the words of a text and lists the most frequent ones.",
  input: {
    type: "object",
    properties: { text: { type: "string" }, top: { type: "integer", minimum: 1, default: 5 } },
    required: ["text"],
    additionalProperties: false,
  },
  output: {
    type: "object",
    properties: { words: { type: "integer" }, top: { type: "array", items: { type: "object" } } },
    required: ["words", "top"],
  },
  wants: [],
};

interface Input {
  text: string;
  top: number;
}

export default function run({ text, top }: Input) {
  const counts = new Map<string, number>();
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
  for (const word of words) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { words: words.length, top: ranked.slice(0, top).map(([word, count]) => ({ word, count })) };
}
