/** Counts the words of a text. */
export default function run({ text }: { text: string }): number {
  console.log(`counting ${JSON.stringify(text)}`);
  return text.split(/\s+/).filter(Boolean).length;
}
