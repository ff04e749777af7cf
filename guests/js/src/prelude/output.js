// Values as JSON: what JSON can carry, what is converted without loss, and an error with the path for the rest.
//
// JSON.stringify drops what it has no words for: a Set becomes {}, NaN becomes null, a function disappears. What leaves
// the tool (its output, values that it keeps, hands to other tools or to a person) must not be lost that way.

const stringify = JSON.stringify;
const { isArray, from } = Array;
const { isView } = ArrayBuffer;
const { getPrototypeOf, keys: keysOf } = Object;
const OBJECT = Object.prototype;
/** The level of a warning, for the console. */
const WARN = 3;
const ARRAY = Array.prototype;

/** Classes of the prelude whose instances hold what JSON cannot see, each with what to do instead. */
const opaque = new Map([
  [Promise, "it is a promise: is an `await` missing?"],
  [WeakMap, "a WeakMap cannot be listed: use a Map"],
  [WeakSet, "a WeakSet cannot be listed: use a Set"],
  [WeakRef, "a WeakRef holds no data: write the value itself"],
  [RegExp, "a regular expression is no data: write its `source`"],
  [Error, "an Error is no data: write its `message`, or throw it"],
  [ArrayBuffer, "bytes in an ArrayBuffer: write `new Uint8Array(buffer)` for an array of numbers, or hand them in with belljar.artifact"],
  [DataView, "bytes in a DataView: write `new Uint8Array(view.buffer)` for an array of numbers, or hand them in with belljar.artifact"],
]);
if (typeof SharedArrayBuffer === "function") opaque.set(SharedArrayBuffer, opaque.get(ArrayBuffer));
/** Says what to do with the instances of a class that JSON cannot carry. */
shared.opaque = (type, sentence) => void opaque.set(type, sentence);

/** `/items/3/when`, as a JSON pointer. */
const pointer = (path) => path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

class Walk {
  /** What it is that is written: "the output". */
  constructor(what) {
    this.what = what;
    this.path = [];
    this.above = [];
  }

  fail(depth, sentence) {
    const at = pointer(this.path.slice(0, depth));
    throw new TypeError(`${this.what}${at === "" ? "" : ` at ${at}`} cannot be written as JSON: ${sentence}`);
  }

  /** The value as JSON.stringify can write it without loss; the same value if it can already. */
  convert(value, depth) {
    switch (typeof value) {
      case "string":
      case "boolean":
      case "undefined":
        return value;
      case "number":
        if (value - value !== 0) {
          this.fail(depth, `JSON has no ${value}: ${value === value ? "write a finite number, or null or text" : "is a value missing in a calculation? Write null or text if it is meant"}`);
        }
        return value;
      case "bigint":
        this.fail(depth, "it is a BigInt: write String(value), or Number(value) if it is small enough");
      case "function":
        this.fail(depth, `it is a function${value.name ? ` (${value.name})` : ""}: is it to be called?`);
      case "symbol":
        this.fail(depth, `it is ${String(value)}: write its description`);
    }
    if (value === null) return null;
    const prototype = getPrototypeOf(value);
    if (prototype === ARRAY || isArray(value)) return this.list(value, depth);
    if (typeof value.toJSON === "function") return this.own(value, depth);
    if (prototype === OBJECT || prototype === null) {
      if (typeof value[Symbol.iterator] === "function") return this.iterate(value, depth);
      return this.members(value, depth);
    }
    return this.instance(value, depth);
  }

  enter(value, depth) {
    const { above } = this;
    above.length = depth;
    const at = above.indexOf(value);
    if (at >= 0) {
      const where = pointer(this.path.slice(0, at));
      this.fail(depth, `it contains itself: it is the value ${where === "" ? "that is written" : `at ${where}`}; write a name or a number in its place`);
    }
    above[depth] = value;
  }

  list(value, depth, owner = value) {
    this.enter(owner, depth);
    let copy;
    const { length } = value;
    for (let i = 0; i < length; i++) {
      const item = value[i];
      let made = item;
      const type = typeof item;
      if (type !== "string" && type !== "boolean" && item !== null && (type !== "number" || item - item !== 0)) {
        this.path[depth] = i;
        made = this.convert(item, depth + 1);
      }
      if (copy !== undefined) copy[i] = made;
      else if (made !== item) {
        copy = ARRAY.slice.call(value, 0, i);
        copy[i] = made;
      }
    }
    return copy ?? value;
  }

  members(value, depth) {
    this.enter(value, depth);
    let copy;
    for (const key of keysOf(value)) {
      const item = value[key];
      const type = typeof item;
      if (type === "string" || type === "boolean" || item === null || (type === "number" && item - item === 0)) continue;
      this.path[depth] = key;
      const made = this.convert(item, depth + 1);
      if (made === item) continue;
      if (copy === undefined) {
        copy = { __proto__: null };
        for (const other of keysOf(value)) copy[other] = value[other];
      }
      copy[key] = made;
    }
    return copy ?? value;
  }

  /** What its `toJSON` says. */
  own(value, depth) {
    if (value instanceof Date && !(value.getTime() === value.getTime())) {
      this.fail(depth, "it is an invalid Date: was its text not understood?");
    }
    this.enter(value, depth);
    const said = value.toJSON(depth === 0 ? "" : String(this.path[depth - 1]));
    // It may answer with itself, without its toJSON.
    if (said === value) {
      this.above.length = depth;
      return this.instance(value, depth);
    }
    return this.convert(said, depth);
  }

  iterate(value, depth) {
    return this.list(from(value), depth, value);
  }

  instance(value, depth) {
    for (const type of [Number, String, Boolean, BigInt, Symbol]) {
      if (value instanceof type) return this.convert(value.valueOf(), depth);
    }
    if (value instanceof Map) {
      this.enter(value, depth);
      const copy = { __proto__: null };
      for (const [key, item] of value) {
        if (typeof key !== "string") {
          this.fail(depth, `it is a Map whose key ${shared.inspect(key, 1)} is no text: write Object.fromEntries or [...map] as you mean it`);
        }
        this.path[depth] = key;
        copy[key] = this.convert(item, depth + 1);
      }
      return copy;
    }
    for (const [type, sentence] of opaque) if (value instanceof type) this.fail(depth, sentence);
    if (isView(value) || typeof value[Symbol.iterator] === "function") return this.iterate(value, depth);
    if (typeof value[Symbol.asyncIterator] === "function") {
      this.fail(depth, "it is an asynchronous iterator: collect its values with `for await` first");
    }
    if (typeof value.then === "function") this.fail(depth, opaque.get(Promise));
    const names = keysOf(value);
    if (names.length === 0) {
      const name = getPrototypeOf(value)?.constructor?.name;
      if (name) this.fail(depth, `it is ${/^[aeiou]/i.test(name) ? "an" : "a"} ${name} without members that JSON could carry: return a plain object, or give it a toJSON`);
    }
    return this.members(value, depth);
  }
}

/** JSON that every parser takes: lone surrogates become U+FFFD. Nothing for `undefined`. */
shared.json = (value, what) => {
  let json;
  try {
    json = stringify(new Walk(what).convert(value, 0));
  } catch (error) {
    if (!(error instanceof RangeError) || !/call stack/.test(error.message)) throw error;
    throw new RangeError(`${what} is nested too deeply to be written as JSON: return it as a flat list, with numbers that refer to each other`);
  }
  if (json === undefined || !json.includes("\\ud")) return json;
  const whole = json.replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, (found) => (found === "\\\\" ? found : "\ufffd"));
  if (whole !== json) {
    host.write(WARN, `${what} holds half of a character, which became \ufffd: a text was cut between the two code units of one; cut [...text] instead`);
  }
  return whole;
};

/** The output of a tool; no output is null. */
shared.stringify = (value) => shared.json(value, "the output") ?? "null";

/** What an asynchronous generator yields, as a list; other values as they are. */
shared.gather = (value) => {
  if (typeof value !== "object" || value === null) return value;
  if (typeof value[Symbol.asyncIterator] !== "function" || typeof value[Symbol.iterator] === "function" || typeof value.toJSON === "function") return value;
  return (async () => {
    const list = [];
    for await (const item of value) list.push(item);
    return list;
  })();
};
