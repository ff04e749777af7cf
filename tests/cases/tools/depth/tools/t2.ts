export default async function run() {
  try {
    return "t3 > " + (await belljar.tools.call("t3", {}));
  } catch (error) {
    return (error as CapabilityDenied).rule;
  }
}
