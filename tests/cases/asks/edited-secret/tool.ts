// Sends to one origin, to another one, and to the first again.
export default async ([web, other]: string[]) => {
  const seen: unknown[] = [];
  for (const base of [web, other, web]) {
    const response = await fetch(`${base}/echo`, { method: "POST", body: JSON.stringify({ key: "", n: base === web }) });
    seen.push([response.url === `${web}/echo`, response.headers.get("belljar-edited"), await response.json()]);
  }
  return seen;
};
