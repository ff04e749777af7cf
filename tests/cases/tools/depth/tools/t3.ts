export default async function run() {
  try {
    return "t4 > " + (await belljar.tools.call("t4", {}));
  } catch (error) {
    return (error as CapabilityDenied).rule;
  }
}
