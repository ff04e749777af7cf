// A part of a list is full, or it is the last one: keys that the tool may not list take no room.
const { kv } = belljar;

export default async () => {
  for (let i = 0; i < 30; i++) await kv.set(`k/${String(i).padStart(2, "0")}`, "");
  const all = await kv.list("k/");
  const parts: string[][] = [];
  for (let after: string | undefined = ""; after !== undefined; ) {
    const part: string[] = await kv.list("k/", { after, limit: 10 });
    parts.push(part);
    after = part.length === 10 ? part.at(-1) : undefined;
  }
  const failing = async (given: any) => kv.list("k/", given).catch((error) => error.code ?? error.name);
  return {
    all: all.length,
    parts: parts.map((part) => part.length),
    same: JSON.stringify(parts.flat()) === JSON.stringify(all),
    odd: await kv.list("k/", { limit: 2 }),
    errors: [await failing({ limit: 0 }), await failing({ limit: 10_001 }), await failing({ cursor: "a" })],
  };
};
