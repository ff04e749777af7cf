export default async () => {
  const url = new URL("../c?x=1#h", "https://Example.com:443/a/b/");
  url.searchParams.append("y", "ä b");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("abc")));
  return {
    url: url.href,
    digest: Array.from(digest.slice(0, 4), (b) => b.toString(16)).join(""),
    base64: [btoa("hello"), atob("aGVsbG8=")],
    clone: structuredClone(new Map([["d", new Date(0)]])).get("d").toISOString(),
    text: new TextDecoder().decode(new Uint8Array([0xe2, 0x82, 0xac])),
    uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
    headers: [...new Headers({ "X-B": "1", a: "2" })],
  };
};
