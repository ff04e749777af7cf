export default async () => {
  const inner = new RangeError("row 17: price is not a number");
  try {
    await Promise.any([Promise.reject(new Error("mirror A: 503", { cause: inner })), Promise.reject("mirror B")]);
  } catch (error) {
    const circular = new Error("outer", { cause: error });
    (error as Error).cause = circular;
    throw circular;
  }
};
