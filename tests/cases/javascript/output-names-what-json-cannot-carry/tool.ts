class Hidden { #secret = 1; get secret() { return this.#secret; } }
const circular: any = { list: [] };
circular.list.push({ up: circular });
const set = new Set<unknown>();
set.add([set]);
const values: Record<string, unknown> = {
  function: { a: [1, { "b/c": () => 1 }] },
  symbol: [Symbol("s")],
  nan: { mean: 0 / 0 },
  infinity: [1, -Infinity],
  boxedNan: [Object(NaN)],
  bigint: { n: 1n },
  bigints: new BigInt64Array(1),
  floats: new Float64Array([1, NaN]),
  promise: { later: Promise.resolve(1) },
  thenable: { later: Object.create({ then() {} }) },
  weak: [new WeakMap(), new WeakSet()],
  date: { when: new Date("nonsense") },
  circular,
  set,
  map: { counts: new Map([[1, 2]]) },
  mapItem: new Map([["a", new Map([["b", NaN]])]]),
  error: { ok: false, error: new TypeError("x") },
  pattern: { pattern: /x/ },
  buffer: { bytes: new ArrayBuffer(2) },
  view: new DataView(new ArrayBuffer(2)),
  hidden: { hidden: new Hidden() },
  nested: new Map([["x", new Set([() => 1])]]),
  later: { list: (async function* () {})() },
};
export default async () => {
  const said: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    said[name] = await belljar.kv.setJSON("k", value).then(() => "kept", (error) => `${error.name}: ${error.message}`);
  }
  console.log(JSON.stringify(said));
  const wrong: string[] = Object.entries(said).filter(([, text]) => !/^TypeError: the value for the key k( at \/\S*)? cannot be written as JSON: ./.test(text)).map(([name, text]) => `${name}: ${text}`);
  if (wrong.length > 0) throw new Error(wrong.join("; "));
  return { said: [said.function, said.circular, said.mapItem, said.date], value: values.hidden };
};
