export default async (base: string) => {
  const url = new URL(`${base}/items#part`);
  url.searchParams.set("page", "2");
  const response = await fetch(`${url.href.replace("#part", "")}&q=a b#part`, { headers: { Accept: "application/json" } });
  const { items } = await response.json();
  const { status, ok } = response;
  return { status, ok, total: response.headers.get("X-Total"), etag: response.headers.get("etag"), items, url: response.url, redirected: response.redirected };
};
