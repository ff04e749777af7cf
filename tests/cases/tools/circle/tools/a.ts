export default async function run() {
  try {
    return await belljar.tools.call("b", {});
  } catch (error) {
    return (error as Error).message;
  }
}
