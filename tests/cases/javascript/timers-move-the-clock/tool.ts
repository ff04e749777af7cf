export default async () => {
  const seen: string[] = [];
  const start = Date.now();
  const id = setInterval(() => seen.push("tick"), 1000);
  await new Promise((resolve) => setTimeout(resolve, 3500));
  clearInterval(id);
  return [seen.length, Date.now() - start];
};
