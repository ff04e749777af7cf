export default async () => {
  // What cannot be shown to a person is refused before anybody is asked.
  for (const [question, choices] of [["", []], ["x".repeat(5000), []], ["Which?", ["a", "a"]], ["Which?", [" "]], ["Which?", Array.from({ length: 21 }, (_, n) => `${n}`)]]) {
    const error = await belljar.ask(question, { choices }).catch((error) => error);
    console.log(error.name, error.code);
  }
  return belljar.ask("Which colour?", { choices: ["red", "blue"] });
};
