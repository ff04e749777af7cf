// NET-01, NET-02, NET-03, NET-04, NET-10: this machine and private networks, in every spelling. What is not refused is told.
export default async (base: string) => {
  const port = new URL(base).port;
  const hosts = `127.1 127.0.1 2130706433 0x7f.1 0x7f000001 0177.0.0.1 017700000001 0 0.0.0.0 [::] [::1] [0:0:0:0:0:0:0:1] localhost localhost.
    LOCALHOST a.localhost ip6-localhost.localhost ①②⑦.⓪.⓪.① １２７．０．０．１ 127。0。0。1 127.0.0.1. 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254
    192.168.0.1 100.64.0.1 169.254.1.1 0.1.2.3 192.0.0.1 192.0.0.192 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 [fc00::1] [fd00::1]
    [fe80::1] [ff02::1] [2001:db8::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::1] [2002:7f00:1::]
    [2001::1] 169.254.169.254 [fd00:ec2::254] 100.100.100.200 168.63.129.16 metadata.google.internal printer.local`.split(/\s+/);
  const through: string[] = [];
  let tried = 0;
  for (const host of hosts) {
    for (const url of [`http://${host}:${port}/probe`, `https://${host}/probe`, `http://${host}/probe`, `http://u:p@${host}:${port}/probe`]) {
      tried++;
      try {
        through.push(`${url}: ${(await fetch(url)).status}`);
      } catch (error) {
        if (!(error instanceof CapabilityDenied || error instanceof TypeError || (error as { code?: string }).code === "invalid")) through.push(`${url}: ${error}`);
      }
    }
  }
  return { tried, through };
};
