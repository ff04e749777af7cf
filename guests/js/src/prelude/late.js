// What few tools need is compiled when it is first asked for: Intl and its methods, and the web's larger classes.

const loaded = new Map();
/** What a late file returns. A file that could not be loaded (the stack was used up, say) is tried again. */
const load = (name) => {
  let found = loaded.get(name);
  if (found === undefined) loaded.set(name, (found = host.late(name)(host, shared)));
  return found;
};

/** A global that is there once it is read; a tool may put another in its place. */
const global = (name, get) => {
  const put = (value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: false,
    get: () => {
      const value = get();
      put(value);
      return value;
    },
    set: put,
  });
};

global("Intl", () => load("locale").Intl);
const TypedArray = Object.getPrototypeOf(Uint8Array);
for (const [type, names] of [
  [Number, ["toLocaleString"]], [BigInt, ["toLocaleString"]], [Array, ["toLocaleString"]], [TypedArray, ["toLocaleString"]],
  [Date, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]], [String, ["localeCompare", "toLocaleUpperCase", "toLocaleLowerCase"]],
]) {
  for (const name of names) {
    const key = `${type.name} ${name}`;
    const value = { [name](...values) { return load("locale").methods[key](this, ...values); } }[name];
    Object.defineProperty(type.prototype, name, { value, configurable: true, writable: true });
  }
}

for (const name of ["Event", "CustomEvent", "EventTarget", "AbortSignal", "AbortController", "Blob", "File", "FormData", "ReadableStream"]) {
  global(name, () => load("web")[name]);
}
/** The web's larger classes if a tool has asked for one; without that no value can be one of them. */
shared.web = () => loaded.get("web");
