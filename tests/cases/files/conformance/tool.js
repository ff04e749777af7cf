// The acts of the input, each with what it must come to: the same list that the implementations of the trait run in their tests.
const { files } = belljar;

const content = ({ text, zeros }) => (zeros === undefined ? text : new Uint8Array(zeros));
const entry = ({ name, kind, size }) => `${name} ${kind} ${size}`;
const shown = (bytes) => (bytes.length > 100 ? `${bytes.length} bytes` : new TextDecoder().decode(bytes));

const acts = {
  read: async ({ path, offset, length }) => shown(await files.readBytes(path, { offset, length })),
  stat: async ({ path }) => entry(await files.stat(path)),
  list: async ({ path }) => (await files.list(path)).map(entry).join(", "),
  page: async ({ path, after, limit }) => (await files.list(path, { after, limit })).map(entry).join(", "),
  create: (step) => files.write(step.path, content(step), { mode: "create" }),
  replace: (step) => files.write(step.path, content(step), { mode: "replace" }),
  append: (step) => files.write(step.path, content(step), { mode: "append" }),
  remove: ({ path }) => files.remove(path),
  "make-directory": ({ path }) => files.makeDirectory(path),
};

export default async (steps) => {
  const differences = [];
  for (const step of steps) {
    const got = await acts[step.act](step).then((is) => ({ is: is ?? "" }), (error) => ({ fails: `${error.code}: ${error.message}` }));
    if (got.is !== step.is || got.fails !== step.fails) differences.push({ step, got });
  }
  return differences;
};
