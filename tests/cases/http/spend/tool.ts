// Asks a model until its money is used up.
export default async (base: string) => {
  const seen: string[] = [];
  for (const question of ["short", "long", "silent", "short"]) {
    try {
      const response = await fetch(`${base}/chat?${question}`, { method: "POST", body: question });
      seen.push(await response.text());
    } catch (error) {
      const { name, message } = error as Error;
      seen.push(`${name}: ${message}`);
    }
  }
  try {
    await fetch(`${base}/models`);
  } catch (error) {
    seen.push((error as Error).message.replace(base, ""));
  }
  return seen;
};
