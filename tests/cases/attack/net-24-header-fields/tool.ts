// Requests with more header fields than a map holds, with one name many times, and with fields that are too long.
export default async (base: string) => {
  const seen: string[] = [];
  const send = async (what: string, fields: [string, string][]) => {
    try {
      const response = await fetch(`${base}/probe`, { headers: fields });
      const { method, ...rest } = await response.json();
      seen.push(`${what}: ${response.status} ${method} ${JSON.stringify(rest).length} bytes`);
    } catch (error) {
      const { name, code } = error as Error & { code?: string };
      seen.push(`${what}: ${name} ${code}`);
    }
  };
  const many = (count: number): [string, string][] => Array.from({ length: count }, (_, n) => [`x-${n}`, "y"]);
  await send("few", many(20));
  await send("130 names", many(130));
  await send("40,000 names", many(40_000));
  await send("one name twice", [["x-a", "1"], ["x-a", "2"]]);
  await send("one name 40,000 times", Array.from({ length: 40_000 }, () => ["x-a", "y"]));
  await send("spelt in two ways", [["X-A", "1"], ["x-a", "2"]]);
  await send("a long value", [["x-a", "y".repeat(100_000)]]);
  await send("a long name", [["x".repeat(100_000), "y"]]);
  await send("after all that", [["x-1", "y"]]);
  return seen;
};
