// NET-13, NET-14, NET-20: header fields that are not a tool's to give, in every spelling. What is sent is told.
const NAMES = `Host content-length Transfer-Encoding transfer_encoding Connection Keep-Alive Upgrade TE Trailer Expect Proxy-Authorization proxy-x
  Cookie cookie2 Set-Cookie Sec-Fetch-Site sec-x Origin Referer Date DNT Via Accept-Encoding accept-charset Access-Control-Request-Method
  X-HTTP-Method-Override x_http_method X-Method-Override X-Forwarded-For x_forwarded_host Forwarded X-Original-URL X-Rewrite-URL X-Real-IP
  HTTP2-Settings Early-Data :authority :path`.split(/\s+/);

export default async (base: string) => {
  const through: string[] = [];
  const send = async (name: string, value: string) => {
    try {
      const response = await fetch(`${base}/probe`, { headers: [[name, value]] });
      through.push(`${JSON.stringify(name)}: ${JSON.stringify(value)} ${response.status}`);
    } catch {
      // Refused, by the tool's own engine or by the host.
    }
  };
  for (const name of NAMES) await send(name, "x");
  for (const name of ["", " ", "a b", "a:", "a\r\nb", "a\0", "ä", "a\n"]) await send(name, "x");
  for (const value of ["a\r\nx-b: c", "a\nb", "a\0b", "\u{7f}", "中"]) await send("x-a", value);
  return through;
};
