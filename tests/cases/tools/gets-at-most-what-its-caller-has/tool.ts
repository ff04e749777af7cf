export default async function run() {
  const kept = await belljar.tools.call("keep", { key: "notes/a" });
  let refused = "";
  try {
    await belljar.tools.call("keep", { key: "other/a" });
  } catch (error) {
    refused = (error as CapabilityDenied).rule;
  }
  return { kept, refused };
}
