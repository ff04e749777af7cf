export default async (base: string) => {
  const seen: string[] = [];
  for (const path of ["cut", "large", "small"]) {
    try {
      seen.push(await (await fetch(`${base}/${path}`)).text());
    } catch (error) {
      const { name, code } = error as Error & { code: string };
      seen.push(`${name} ${code}`);
    }
  }
  return seen;
};
