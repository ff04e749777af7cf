export default async function run() {
  try {
    return "t2 > " + (await belljar.tools.call("t2", {}));
  } catch (error) {
    return (error as CapabilityDenied).rule;
  }
}
