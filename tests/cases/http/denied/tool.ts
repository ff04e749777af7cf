// What is not granted is asked of nobody, however it is spelt.
export default async ([web, other]: string[]) => {
  const { host, port, pathname } = new URL(web!);
  const seen: string[] = [];
  for (const [method, url] of [
    ["GET", `${web}/open`],
    ["POST", `${web}/open`],
    ["GET", `${web}/shut`],
    ["GET", `${web}/x/../shut`],
    ["GET", `${web}/open/%2e%2e/shut`],
    ["GET", `${web}/%73hut`],
    ["GET", `${web}/open%2f..%2fshut`],
    ["GET", `${other}/open`],
    ["GET", `http://localhost:${port}${pathname}/open`],
    ["GET", `http://127.1:${port}${pathname}/shut`],
    ["GET", `http://2130706433:${port}${pathname}/shut`],
    ["GET", `http://[::ffff:127.0.0.1]:${port}${pathname}/open`],
    ["GET", `http://user:pass@${host}${pathname}/open`],
    ["GET", `https://${host}${pathname}/open`],
    ["GET", `file:///etc/passwd`],
    ["GET", `data:text/plain,x`],
    ["TRACE", `${web}/open`],
    ["CONNECT", `${web}/open`],
  ]) {
    try {
      const response = await fetch(url!, { method: method! });
      seen.push(`${method} ${url}: ${response.status} ${await response.text()}`);
    } catch (error) {
      seen.push(`${method} ${url}: ${(error as Error).name}`);
    }
  }
  return seen.map((line) => line.replaceAll(`:${port}`, ":PORT"));
};
