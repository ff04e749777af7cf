/** An answer that is none of the choices, and a permission where a text was asked for. */
export default async () => {
  const asked = async (...question) => belljar.ask(...question).catch((error) => `${error.name}: ${error.message}`);
  return [await asked("Which colour?", { choices: ["red", "blue"] }), await asked("What shall it be called?")];
};
