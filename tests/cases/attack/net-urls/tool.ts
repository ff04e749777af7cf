// NET-07, NET-08, NET-09, NET-11, NET-12, NET-22: URLs that look like what is granted. What is not refused is told.
export default async (base: string) => {
  const { port } = new URL(base);
  const evil = `127.0.0.1:${port}`;
  const urls = `https://good.example@${evil}/ https://good.example:80\\@${evil}/ https://${evil}#@good.example/ https://${evil}?@good.example/
    https:\\\\${evil}/ https://good.example.evil.test/ https://evilgood.example/ https://x.good.example/ http://good.example/ https://good.example:8443/
    https://good.example.:444/ HTTP://good.example/ file:///etc/passwd ftp://good.example/ gopher://good.example/ data:text/plain,x
    blob:https://good.example/x ws://good.example/ wss://good.example/ javascript:alert(1) about:blank //good.example/ /granted
    https://gооd.example/ https://xn--gd-jbca.example/ https://good。evil.test/ https://${"a".repeat(64)}.example/ https://good_.example/
    https://good.example:0/ https://good.example:65536/ https://good.example/%2e%2e/other https://good.example/other https://good.example/granted/../other
    https://good.example/granted%2f..%2fother https://good.example//granted https://good.example/Granted https://good.example/granted/x
    https://api.wild.example.evil.test/ https://wild.example/ https://a.b.wild.example/`.split(/\s+/);
  const through: string[] = [];
  for (const url of [...urls, `https://good.example\t.evil.test/`, `https://evil\n.test/granted`, `${base}/probe`, ` ${base}/probe`]) {
    for (const method of url.startsWith(base) ? ["POST", "PROPFIND", "TRACE", "CONNECT", "G ET", "GET\r\nx: y", "get"] : ["GET"]) {
      try {
        through.push(`${method} ${url}: ${(await fetch(url, { method })).status}`);
      } catch (error) {
        if (!(error instanceof CapabilityDenied || error instanceof TypeError || (error as { code?: string }).code === "invalid")) through.push(`${method} ${url}: ${error}`);
      }
    }
  }
  return through;
};
