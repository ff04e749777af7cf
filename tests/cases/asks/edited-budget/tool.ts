// Buys twice.
export default async (base: string) => {
  const buy = async () => await (await fetch(`${base}/cheap`, { method: "POST", body: "x" })).text();
  return [await buy(), await buy()];
};
