export default async function run() {
  try {
    return await belljar.tools.call("a", {});
  } catch (error) {
    throw new ToolError("circle", (error as Error).message);
  }
}
