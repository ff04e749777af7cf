// Sends three requests; what is refused is said.
export default async ([web, other]: string[]) => {
  const seen: string[] = [];
  for (const path of ["notes", "table", "notes"]) {
    try {
      seen.push((await fetch(`${web}/${path}`, { method: "POST", body: "x" })).status.toString());
    } catch (error) {
      seen.push((error as Error).message.replaceAll(web, "").replaceAll(other, ""));
    }
  }
  return seen;
};
