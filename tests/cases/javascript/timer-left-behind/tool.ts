export default async () => {
  setInterval(() => {}, 10);
  return Promise.race([1, new Promise((_, reject) => setTimeout(() => reject(new Error("too slow")), 60_000))]);
};
