export default async (base: string) => {
  const seen: string[] = [];
  for (const [path, redirect] of [["start", "follow"], ["away", "follow"], ["start", "manual"]] as const) {
    try {
      const response = await fetch(`${base}/${path}`, { redirect });
      seen.push(`${response.status} ${response.redirected} ${response.url} ${await response.text()}`);
    } catch (error) {
      seen.push((error as Error).name);
    }
  }
  return seen;
};
