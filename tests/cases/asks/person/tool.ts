/** Two questions side by side, then one that is not answered. */
export default async () => {
  const [colour, name] = await Promise.all([
    belljar.ask("Which colour?", { choices: ["red", "blue"] }),
    belljar.ask("What shall it be called?"),
  ]);
  const last = await belljar.ask("Anything else?").catch((error) => error.name);
  return [colour, name, last];
};
