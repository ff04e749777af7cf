// NET-16, NET-24: answers without end. Each is refused or bounded, and the run goes on.
export default async (base: string) => {
  const seen: string[] = [];
  for (const path of ["fields", "field", "body", "cut", "ok"]) {
    try {
      seen.push(`${path}: ${(await (await fetch(`${base}/${path}`)).text()).length}`);
    } catch (error) {
      seen.push(`${path}: ${(error as Error).name}`);
    }
  }
  return seen;
};
