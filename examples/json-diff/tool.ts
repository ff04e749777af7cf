/** Lists the differences between two JSON values as JSON Patch operations (RFC 6902). */
export const tool = {
  name: "json-diff",
  description: "Lists the differences between two JSON values as JSON Patch operations (RFC 6902).",
  input: { type: "object", properties: { before: {}, after: {} }, required: ["before", "after"] },
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
enum Kind {
  Add = "add",
  Remove = "remove",
  Replace = "replace",
}
interface Operation {
  op: Kind;
  path: string;
  value?: Json;
}

const pointer = (path: string, key: string | number) => `${path}/${String(key).replace(/~/g, "~0").replace(/\//g, "~1")}`;
const isObject = (value: Json): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function* differences(before: Json, after: Json, path = ""): Generator<Operation> {
  if (isObject(before) && isObject(after)) {
    for (const key of Object.keys(before)) {
      if (!(key in after)) yield { op: Kind.Remove, path: pointer(path, key) };
    }
    for (const [key, value] of Object.entries(after)) {
      if (key in before) yield* differences(before[key], value, pointer(path, key));
      else yield { op: Kind.Add, path: pointer(path, key), value };
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    const common = Math.min(before.length, after.length);
    for (let i = 0; i < common; i++) yield* differences(before[i], after[i], pointer(path, i));
    for (let i = before.length - 1; i >= common; i--) yield { op: Kind.Remove, path: pointer(path, i) };
    for (let i = common; i < after.length; i++) yield { op: Kind.Add, path: `${path}/-`, value: after[i] };
  } else if (before !== after) {
    yield { op: Kind.Replace, path, value: after };
  }
}

export default ({ before, after }: { before: Json; after: Json }) => {
  const patch = [...differences(before, after)];
  return { equal: patch.length === 0, patch };
};
