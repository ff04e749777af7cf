export default async () => {
  const slow = new Promise((r) => setTimeout(r, 20, "slow"));
  const failing = Promise.reject(new Error("caught after a timer"));
  const first = await slow;
  return [first, await failing.catch((error) => error.message)];
};
