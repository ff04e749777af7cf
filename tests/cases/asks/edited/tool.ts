// Sends the same three times, and says what came of it.
export default async (base: string) => {
  const seen: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    const headers = { "x-own": "1", "x-gone": "1", "content-type": "text/plain" };
    const response = await fetch(`${base}/notes`, { method: "POST", headers, body: "all of it" });
    seen.push([response.url.replace(base, ""), response.headers.get("belljar-edited"), await response.json()]);
  }
  return seen;
};
