export default () => ({
  set: new Set(["a", new Map([["k", new Date(0)]])]),
  map: new Map<string, unknown>([["__proto__", 1], ["n", [new Set([1])]]]),
  bytes: new Uint8Array([1, 2]),
  yielded: (function* () { yield 1; yield new Set([2]); })(),
  url: new URL("https://example.com/?a=1"),
  query: new URLSearchParams("a=1&b=2"),
  boxed: [Object(1), Object("x"), Object(true)],
  said: { toJSON: () => new Map([["x", 1]]) },
  nothing: undefined,
  list: [undefined, , 3],
  twice: [[1], [1]].map((x, _, all) => all[0]),
});
