export default async function run() {
  try {
    return "t1 > " + (await belljar.tools.call("t1", {}));
  } catch (error) {
    return (error as CapabilityDenied).rule;
  }
}
