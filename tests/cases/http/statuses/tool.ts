export default async (base: string) => {
  const seen: string[] = [];
  for (const path of ["busy", "busy", "nothing", "kept", "gone", "broken", "missing"]) {
    const response = await fetch(`${base}/${path}`);
    seen.push(`${response.status} ${response.ok} ${response.headers.get("retry-after")} ${await response.text()}`);
  }
  return seen;
};
