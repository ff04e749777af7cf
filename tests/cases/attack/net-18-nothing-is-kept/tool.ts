// An answer that asks to be remembered, and what the next requests bring.
export default async (base: string) => {
  const first = await fetch(`${base}/first`, { headers: { "x-own": "1" } });
  const echo = await (await fetch(`${base}/echo`, { headers: { "x-own": "2" } })).json();
  const again = await (await fetch(`${base}/first`)).text();
  return [await first.text(), echo, again];
};
