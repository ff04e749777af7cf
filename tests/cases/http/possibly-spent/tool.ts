// Sends what may have been carried out though it failed, and looks at what it is told.
export default async (base: string) => {
  const told: boolean[] = [];
  for (const path of ["cut", "long"]) {
    try {
      await (await fetch(`${base}/${path}`, { method: "POST", body: "once" })).text();
    } catch (error) {
      told.push((error as Error).message.endsWith("it may have been carried out, and paid for, so do not repeat it unless that does no harm"));
    }
  }
  return told;
};
