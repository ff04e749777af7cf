// The acts of the input, each with what it must come to: the same list that the implementations of the trait run in their tests.
const { kv } = belljar;

const content = ({ text, zeros }) => (zeros === undefined ? text : new Uint8Array(zeros));
const shown = (bytes) => (bytes.length > 100 ? `${bytes.length} bytes` : new TextDecoder().decode(bytes));

const acts = {
  get: async ({ key }) => {
    const value = await kv.getBytes(key);
    return value === undefined ? "(none)" : shown(value);
  },
  set: (step) => kv.set(step.key, content(step)),
  delete: ({ key }) => kv.delete(key),
  replace: (step) => kv.replace(step.key, step.expected, step.text === undefined && step.zeros === undefined ? undefined : content(step)),
  page: async ({ key, after, limit }) => (await kv.list(key, { after, limit })).join(", "),
  list: async ({ key }) => (await kv.list(key)).join(", "),
};

export default async (steps) => {
  const differences = [];
  for (const step of steps) {
    const got = await acts[step.act](step).then((is) => ({ is: String(is ?? "") }), (error) => ({ fails: `${error.code}: ${error.message}` }));
    if (got.is !== step.is || got.fails !== step.fails) differences.push({ step, got });
  }
  return differences;
};
