export default async (base: string) => {
  const send = async (method: string, body: BodyInit | undefined, headers: Record<string, string> = {}) => {
    const response = await fetch(`${base}/echo`, { method, headers, ...(body === undefined ? {} : { body }) });
    return { status: response.status, ...(await response.json()) };
  };
  return [
    await send("POST", JSON.stringify({ a: "é" }), { "Content-Type": "application/json", "X-Key": "  padded  ", Authorization: "Bearer t" }),
    await send("put", new Uint8Array([104, 105])),
    await send("PATCH", "plain"),
    await send("DELETE", undefined),
    await send("POST", new URLSearchParams({ a: "1 2", b: "ü" })),
  ];
};
