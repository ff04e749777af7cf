/** Counts how often it ran, in a key of its own, and keeps a note of the last visitor. */
export const tool = {
  name: "visits",
  description: "Counts how often it ran, in keys that it keeps in this browser. It asks before it reads or writes them.",
  input: {
    type: "object",
    properties: { visitor: { type: "string", default: "somebody" }, mood: { enum: ["calm", "curious", "wary"], default: "curious" } },
  },
  output: {
    type: "object",
    properties: { visits: { type: "integer" }, before: { type: ["string", "null"] } },
    required: ["visits"],
  },
  wants: ["kv read visits/**", "kv write visits/**"],
};

export default async function run({ visitor, mood }: { visitor: string; mood: string }) {
  const visits = Number((await belljar.kv.get("visits/count")) ?? "0") + 1;
  const before = await belljar.kv.get("visits/last");
  await belljar.kv.set("visits/count", String(visits));
  await belljar.kv.set("visits/last", `${visitor}, ${mood}`);
  console.log(`visit ${visits}`);
  return { visits, before: before ?? null, confidence: 1 };
}
