export default async (base: string) => {
  const seen: string[] = [];
  for (const [url, version] of [["items?page=1", "2-1"], ["items?page=1&sort=a", "2-"], ["items", "2-1"], ["items?page=1&page=2", "2-1"], ["items?page=1&admin=", "2-1"], ["items?p%61ge=1", "3-1"], ["items?page=13", "2-1"]]) {
    try {
      const response = await fetch(`${base}/${url}`, { headers: { "X-Version": version! } });
      seen.push(`${url}: ${await response.text()}`);
    } catch (error) {
      seen.push(`${url}: ${(error as Error).message.replaceAll(base, "")}`);
    }
  }
  const rates = await fetch(`${base}/rates?x`, { method: "POST", body: "?" });
  return [...seen, rates.status, rates.headers.get("x-mock"), await rates.json(), rates.url === `${base}/rates?x`];
};
