export default async () => {
  try {
    await belljar.files.readText("/etc/passwd");
  } catch (e) {
    return [e instanceof CapabilityDenied, e.capability, e.request];
  }
};
