// Whether a key held what was expected is an answer about its value: who may not read it may not ask so either.
const rule = (change: Promise<boolean>) => change.catch((error: Error) => {
  if (!(error instanceof CapabilityDenied)) throw error;
  return error.rule;
});

export default async () => [
  await rule(belljar.kv.replace("counters/a", undefined, "1")),
  await rule(belljar.kv.replace("settings/a", undefined, "1")),
  await rule(belljar.kv.replace("both/a", "1", undefined)),
  await rule(belljar.kv.replace("secret/pin", "0000", "0000")),
  await rule(belljar.kv.replace("both/a", undefined, "1")),
];
