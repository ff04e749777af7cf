/** Greets somebody, and remembers how often. */
export const tool = {
  name: "NAME",
  input: {
    type: "object",
    properties: { name: { type: "string", description: "Who is greeted." } },
    required: ["name"],
  },
  wants: ["kv greeted/**"],
};

export default async function run({ name }) {
  const key = `greeted/${name}`;
  const times = Number((await belljar.kv.get(key)) ?? 0) + 1;
  await belljar.kv.set(key, String(times));
  return { greeting: `Hello, ${name}!`, times };
}
