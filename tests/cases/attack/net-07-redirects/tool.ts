// Follows each redirect, with a header field and a body, and tells what came back.
export default async (base: string) => {
  const port = /:\d+/g;
  const seen: string[] = [];
  for (const [method, path] of [["GET", "loop"], ["GET", "file"], ["GET", "ftp"], ["GET", "data"], ["GET", "user"], ["GET", "machine"], ["GET", "metadata"],
    ["GET", "other"], ["POST", "away"], ["POST", "away-303"], ["POST", "stay"]] as const) {
    try {
      const response = await fetch(`${base}/${path}`, {
        method,
        headers: { authorization: "Bearer canary", "x-own": "1" },
        ...(method === "POST" ? { body: "canary" } : {}),
      });
      seen.push(`${method} ${path}: ${response.status} ${await response.text()}`);
    } catch (error) {
      const { name, message } = error as Error;
      seen.push(`${method} ${path}: ${name}: ${message}`.replaceAll(base, "").replace(port, ""));
    }
  }
  return seen;
};
