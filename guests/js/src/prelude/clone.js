// structuredClone, as the HTML standard has it, for what exists here.

const refuse = (value) => {
  throw new DOMException(`${shared.inspect(value)} cannot be cloned`, "DataCloneError");
};

const clone = (value, seen) => {
  if (typeof value === "symbol" || typeof value === "function") refuse(value);
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const keep = (copy) => {
    seen.set(value, copy);
    return copy;
  };
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (value instanceof DataView) return keep(new DataView(clone(value.buffer, seen), value.byteOffset, value.byteLength));
  if (ArrayBuffer.isView(value)) {
    return keep(new value.constructor(clone(value.buffer, seen), value.byteOffset, value.length));
  }
  for (const type of [Boolean, Number, String, BigInt]) {
    if (value instanceof type) return keep(Object(value.valueOf()));
  }
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, item] of [...value]) copy.set(clone(key, seen), clone(item, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of [...value]) copy.add(clone(item, seen));
    return copy;
  }
  if (value instanceof Error) {
    const types = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
    const copy = keep(new (types[value.name] ?? Error)(value.message));
    copy.stack = value.stack;
    if ("cause" in value) copy.cause = clone(value.cause, seen);
    return copy;
  }
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) refuse(value);
  const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
  for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
  return copy;
};

shared.define({
  structuredClone: (value, options) => {
    const handed = Array.from(options?.transfer ?? []);
    if (handed.some((item, i) => !(item instanceof ArrayBuffer) || item.detached || handed.indexOf(item) !== i)) {
      throw new DOMException("only ArrayBuffers can be transferred, each once", "DataCloneError");
    }
    const copy = clone(value, new Map());
    // What was handed over is gone from the one who gave it.
    for (const buffer of handed) buffer.transfer();
    return copy;
  },
});
