export default async function run() {
  const said: string[] = [];
  for (const [name, input] of [["nobody", {}], ["typo", {}], ["strict", { n: "one" }], ["throws", {}], ["fails", {}], ["refused", {}], ["UPPER", {}]] as const) {
    try {
      await belljar.tools.call(name, input);
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      said.push(`${code}: ${message.split("\n")[0]}`);
    }
  }
  return said;
}
