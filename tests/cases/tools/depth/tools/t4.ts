export default async function run() {
  try {
    return "t5 > " + (await belljar.tools.call("t5", {}));
  } catch (error) {
    return (error as CapabilityDenied).rule;
  }
}
