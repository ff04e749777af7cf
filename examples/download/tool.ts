/** Downloads a file, checks its SHA-256, and keeps it as an artifact. */
export const tool = {
  name: "download",
  description: "Downloads a file, checks its SHA-256, and keeps it as an artifact.",
  wants: ["http GET https://files.example/**"],
};

interface Input {
  url: string;
  /** What the file's SHA-256 must be, in hexadecimal. */
  sha256: string;
}

export default async function download({ url, sha256 }: Input) {
  const response = await fetch(url);
  if (!response.ok) throw new ToolError("not-there", `${response.url} answered ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256.toLowerCase()) throw new ToolError("changed", `${response.url} has the SHA-256 ${found}`);
  const name = new URL(response.url).pathname.split("/").pop() || "file";
  belljar.artifact(name, response.headers.get("Content-Type") ?? "application/octet-stream", bytes);
  return { name, bytes: bytes.length, redirected: response.redirected };
}
