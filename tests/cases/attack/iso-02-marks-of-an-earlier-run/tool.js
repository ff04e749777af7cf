let count = 0;
const kept = [];

// Leaves marks wherever a run can, and tells those that are there already.
export default async () => {
  const run = Number((await belljar.kv.get("runs")) ?? 0) + 1;
  await belljar.kv.set("runs", String(run));
  const marks = {
    variable: () => count++ > 0,
    array: () => kept.push(1) > 1,
    global: () => Object.hasOwn(globalThis, "mark") || ((globalThis.mark = true), false),
    prototype: () => Object.hasOwn(Object.prototype, "trace") || ((Object.prototype.trace = true), false),
    function: () => Object.hasOwn(JSON.parse, "mark") || ((JSON.parse.mark = true), false),
    symbol: () => Symbol.for("mark") in Array.prototype || ((Array.prototype[Symbol.for("mark")] = true), false),
    builtin: () => Math.max(1) === 7 || ((Math.max = () => 7), false),
    capability: () => { try { return Object.hasOwn(belljar, "mark") || ((belljar.mark = true), false); } catch { return false; } },
    regexp: () => RegExp.$1 === "mark" || (/(mark)/.test("mark"), false),
  };
  const found = Object.keys(marks).filter((name) => marks[name]() === true);
  return { run, found };
};
