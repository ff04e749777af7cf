// Endless recursion, through all that calls back: each ends in a RangeError that the tool catches, at the same depth on every
// host, and the tool goes on.
const ways = {
  plain: (d) => { const f = () => { d.n++; return 1 + f(); }; f(); },
  method: (d) => { const o = { f() { d.n++; return 1 + this.f(); } }; o.f(); },
  constructor: (d) => { class A { constructor() { d.n++; this.x = new A(); } } new A(); },
  derived: (d) => { class B { constructor() { d.n++; this.x = new A(); } } class A extends B {} new A(); },
  map: (d) => { const f = () => { d.n++; return [1].map(f); }; f(); },
  find: (d) => { const f = () => { d.n++; return [1].find(f); }; f(); },
  sort: (d) => { const f = () => { d.n++; [1, 2].sort(f); return 0; }; f(); },
  replace: (d) => { const f = () => { d.n++; return "a".replace(/a/, f); }; f(); },
  async: (d) => { const f = async () => { d.n++; await f(); }; return f(); },
  all: (d) => { const f = async () => { d.n++; await Promise.all([1].map(f)); }; return f(); },
  generator: (d) => { function* f() { d.n++; yield* f(); } f().next(); },
  getter: (d) => { const o = { get x() { d.n++; return this.x; } }; return o.x; },
  setter: (d) => { const o = { set x(v) { d.n++; this.x = v; } }; o.x = 1; },
  proxy: (d) => { const p = new Proxy({}, { get(t, k, r) { d.n++; return r[k]; } }); return p.x; },
  toString: (d) => { const o = { toString() { d.n++; return `${o}`; } }; return `${o}`; },
  toJSON: (d) => { const o = { toJSON() { d.n++; return JSON.stringify(o); } }; JSON.stringify(o); },
  call: (d) => { function f() { d.n++; f.call(null); } f(); },
  bind: (d) => { const f = () => { d.n++; g(); }; const g = f.bind(null); g(); },
  reflect: (d) => { const f = () => { d.n++; Reflect.apply(f, null, []); }; f(); },
  handler: (d) => { const f = () => { d.n++; try { f(); } finally { d.handled = (d.handled ?? 0) + 1; } }; f(); },
  stringify: (d) => { let o = {}; for (let i = 0; i < 100000; i++) o = { o }; JSON.stringify(o); },
  join: (d) => { let o = []; for (let i = 0; i < 100000; i++) o = [o]; String(o); },
  flat: (d) => { let o = []; for (let i = 0; i < 100000; i++) o = [o]; o.flat(Infinity); },
};
const floors = { plain: 10000, method: 10000, constructor: 10000, derived: 10000, map: 5000, async: 3000, all: 1000, call: 10000, handler: 10000 };

export default async () => {
  const out = {};
  for (const [way, run] of Object.entries(ways)) {
    const depth = { n: 0 };
    try {
      await run(depth);
      out[way] = "did not end";
    } catch (e) {
      if (!(e instanceof RangeError) || e.message !== "Maximum call stack size exceeded") throw e;
      if (depth.n > 0 && depth.n < (floors[way] ?? 190)) out[way] = depth.n;
      // Seen by the fuel and this sum: the depth is the same everywhere.
      out.depths = (out.depths ?? 0) + depth.n;
    }
  }
  delete out.depths;
  return out;
};
