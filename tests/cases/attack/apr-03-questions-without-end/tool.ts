export default async () => {
  const seen = { kept: 0, denied: 0 };
  for (let n = 0; n < 100; n++) {
    await belljar.kv.set(`notes/${n}`, "x").then(() => seen.kept++, () => seen.denied++);
  }
  return seen;
};
