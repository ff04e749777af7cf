export default async (base: string) => {
  await fetch(`${base}/issues`);
  for (const title of ["first", "second"]) {
    await fetch(`${base}/issues`, { method: "POST", body: JSON.stringify({ title }) });
  }
};
