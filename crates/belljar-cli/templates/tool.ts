/** Greets somebody, and remembers how often. */
export const tool = {
  name: "NAME",
  wants: ["kv greeted/**"],
};

interface Input {
  /** Who is greeted. */
  name: string;
}

export default async function run({ name }: Input): Promise<{ greeting: string; times: number }> {
  const key = `greeted/${name}`;
  const times = Number((await belljar.kv.get(key)) ?? 0) + 1;
  await belljar.kv.set(key, String(times));
  return { greeting: `Hello, ${name}!`, times };
}
