// A yes to all that one rule asks about is none to the other rule; a no to both of them stands.
export default async () => {
  const seen: string[] = [];
  await belljar.kv.set("a", "1");
  seen.push("set");
  if (await belljar.kv.replace("a", "1", "2")) seen.push("both once");
  for (let i = 0; i < 2; i++) {
    const refused = await belljar.kv.replace("a", "2", "3").catch((error) => error instanceof CapabilityDenied);
    if (refused !== true) throw new Error("it was not refused");
  }
  seen.push("not again");
  return seen;
};
