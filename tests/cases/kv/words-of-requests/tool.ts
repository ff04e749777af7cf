/** Rules are made of the words of requests, and a refusal can be pasted as a rule. */
export default async function run() {
  const said = (act: Promise<unknown>, word: (value: unknown) => unknown) => act.then(word, (error: Error) => error.message);
  return [
    await said(belljar.kv.set("notes/a", "x"), () => "set"),
    await said(belljar.kv.get("notes/a"), (value) => `get ${value}`),
    await said(belljar.kv.list("notes/"), () => "list"),
    await said(belljar.kv.delete("notes/a"), () => "deleted"),
    await said(belljar.kv.get("it's *"), () => "got"),
    await said(belljar.kv.set("5*5", "x").then(() => belljar.kv.get("5*5")), (value) => value),
  ];
}
