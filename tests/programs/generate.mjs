// Small programs, made at random from a seed: each is a function's body that returns what can be written as JSON. They use
// what ECMAScript says to the last bit, so that every engine must agree: no locales, no time zones, no messages of errors.

/** Numbers from a seed, the same everywhere (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return { below, of: (list) => list[below(list.length)] };
}

/** The program of a seed. */
export function program(seed) {
  const { below, of } = random(seed);
  const some = (n, make) => Array.from({ length: n }, make);
  const literal = JSON.stringify;

  // Expressions by the type of their value; `depth` bounds how they nest.
  const number = (depth = 2) => {
    const leaf = () => of([`(${below(20) - 5})`, String(below(100000) / 8), of(["0.1", "1e21", "(-0)", "(2**31)", "1/3", "NaN", "5e-324", "1e-7", "123456789.125", "Infinity", "0xff"]), "n", "m"]);
    if (depth <= 0) return leaf();
    const a = () => number(depth - 1);
    return of([
      leaf,
      () => `((${a()}) ${of(["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", ">>>"])} (${a()}))`,
      () => `Math.${of(["floor", "ceil", "round", "trunc", "abs", "sign", "sqrt", "fround", "clz32"])}(${a()})`,
      // Powers are exact where they are whole and small; else ECMAScript leaves the last digit open.
      () => `((${a()} & 31) ** (${a()} & 7))`,
      () => `Math.${of(["max", "min", "imul"])}(${a()}, ${a()})`,
      () => `${text(depth - 1)}.length`,
      () => `${text(depth - 1)}.indexOf(${text(0)})`,
      () => `${list(depth - 1)}.length`,
      () => `${list(depth - 1)}.reduce((x, y) => x + Number(y), ${leaf()})`,
      () => `parse${of(["Int", "Float"])}(${text(depth - 1)})`,
      () => `Number(${text(depth - 1)})`,
      () => `(${truth(depth - 1)} ? ${a()} : ${a()})`,
      () => `${list(depth - 1)}.${of(["indexOf", "lastIndexOf", "findIndex"])}(${of(["3", "(x) => x > 2", "n"])})`,
      () => `new Date(${below(2e9)} * 1000).getUTC${of(["Day", "Date", "Month", "FullYear", "Hours"])}()`,
      () => `new Set(${list(depth - 1)}).size`,
    ])();
  };
  const text = (depth = 2) => {
    const leaf = () => of([literal(of(["", "a", "abc", "Hello, World", "ÄÖ", "a-b-c", "  x ", "12px", "3.5", "😀é", "The quick brown fox", "\n\t"])), "s", "t"]);
    if (depth <= 0) return leaf();
    const a = () => text(depth - 1);
    return of([
      leaf,
      () => `(${a()} + ${of([a, () => number(depth - 1), () => truth(depth - 1)])()})`,
      () => `${a()}.${of(["toUpperCase()", "toLowerCase()", "trim()", "trimEnd()", "normalize('NFD')", "at(-1)?.toString() + ''", "concat('z')", "repeat(3)"])}`,
      () => `${a()}.${of(["slice", "substring", "substr"])}(${below(6) - 3}, ${below(8) - 2})`,
      () => `${a()}.pad${of(["Start", "End"])}(${below(12)}, ${literal(of(["", "-", "ab"]))})`,
      () => `${a()}.replace${of(["", "All"])}(${of(["'a'", "/[a-c]/g", "/(o)(.)?/g"])}, ${of(["'<$&>'", "(x, ...r) => r.length + x", "'$1$$'", "\"$'\""])})`,
      () => `${a()}.split(${of(["''", "'-'", "/[aeiou]/", "/(b)/", "' ', 2"])}).join(${literal(of(["", "|", ", "]))})`,
      () => `\`\${${a()}}:\${${number(depth - 1)}}\``,
      () => `String(${of([number, truth, list, object])(depth - 1)})`,
      () => `(${number(depth - 1)}).toString()`,
      // In other bases than ten, ECMAScript leaves the last digits open of what is no safe integer.
      () => `(Math.trunc(${number(depth - 1)}) % 1e9).toString(${of(["2", "16", "36"])})`,
      () => `(${number(depth - 1)}).to${of(["Fixed", "Precision", "Exponential"])}(${1 + below(8)})`,
      () => `JSON.stringify(${of([list, object, text])(depth - 1)}${of(["", "", ", null, 2"])})`,
      () => `(typeof ${of([number, text, truth, list])(depth - 1)})`,
      () => `[...${a()}].${of(["reverse", "sort", "toSorted"])}().join('')`,
      () => `encodeURIComponent(${a()})`,
      () => `(${a()}.match(${of(["/[a-z]+/gi", "/(?<first>.)(.)/", "/^\\s*/", "/\\d+/g", "/(?<=a)./u", "/\\p{Lu}/gu"])}) ?? []).join()`,
      () => `new Date(${below(2e9)} * 1000).toISOString()`,
      () => `Object.keys(${object(depth - 1)}).join()`,
    ])();
  };
  const truth = (depth = 2) => {
    if (depth <= 0) return of(["true", "false", "n > 3", "s === t"]);
    return of([
      () => `(${number(depth - 1)} ${of(["<", ">=", "===", "!=", "=="])} ${of([number, text])(depth - 1)})`,
      () => `(${text(depth - 1)} ${of(["<", "===", ">"])} ${text(depth - 1)})`,
      () => `!${of([number, text, truth, list])(depth - 1)}`,
      () => `(${truth(depth - 1)} ${of(["&&", "||"])} ${truth(depth - 1)})`,
      () => `${text(depth - 1)}.${of(["includes", "startsWith", "endsWith"])}(${text(0)})`,
      () => `${list(depth - 1)}.${of(["includes(3)", "some((x) => x > 2)", "every((x) => x != null)"])}`,
      () => `${of(["Number.isInteger", "isNaN", "Number.isSafeInteger", "Array.isArray"])}(${of([number, list])(depth - 1)})`,
      () => `/${of(["^a", "b$", "[^x]{2}", "\\\\bq", "(a|b)+c", "^$"])}/${of(["", "i", "u", "s"])}.test(${text(depth - 1)})`,
      () => `(${literal(of(["a", "b", "0"]))} in ${object(depth - 1)})`,
      () => `Object.is(${number(depth - 1)}, ${number(depth - 1)})`,
    ])();
  };
  const list = (depth = 2) => {
    const leaf = () => of([`[${some(below(6), () => below(9)).join(", ")}]`, "xs", "[1, , 3]", "[null, undefined, 0]"]);
    if (depth <= 0) return leaf();
    const a = () => list(depth - 1);
    const f = () => of([(x) => `${x} * 2`, (x) => `${x} > 2`, (x) => `String(${x})`, (x) => `[${x}, ${x}]`])("x");
    return of([
      leaf,
      () => `[${some(below(4), () => of([number, text, truth])(depth - 1)).join(", ")}]`,
      () => `${a()}.map((x, i) => ${of([f(), "i", "x + i"])})`,
      () => `${a()}.filter((x) => ${of(["x", "x > 2", "x != null", "x % 2"])})`,
      () => `${a()}.flatMap((x) => ${f()})`,
      () => `${a()}.slice(${below(5) - 2}${of(["", ", -1", ", 3"])})`,
      () => `${a()}.concat(${a()}, ${number(0)})`,
      () => `[...${a()}, ...${of([a, () => text(depth - 1)])()}]`,
      () => `${a()}.toSorted(${of(["", "(x, y) => y - x", "(x, y) => (String(x) < String(y) ? -1 : String(x) > String(y) ? 1 : 0)"])})`,
      () => `((l) => (l.splice(${below(4) - 1}, ${below(3)}${of(["", ", 'n'", ", 7, 8, 9"])}), l))([...${a()}])`,
      () => `((l) => (l.${of(["unshift(1, 2)", "shift()", "pop()", "push(5)", "fill(0, 1, 3)", "copyWithin(0, 1)", "reverse()", "sort()", "length = 2"])}, l))([...${a()}])`,
      () => `Array.from(${of([a, () => `{ length: ${below(5)} }`, () => text(depth - 1)])()}, (x, i) => x ?? i)`,
      () => `Object.entries(${object(depth - 1)})`,
      () => `${text(depth - 1)}.split('')`,
      () => `[...new Set(${a()})]`,
      () => `[...new Map(${a()}.map((x, i) => [x, i])).values()]`,
      () => `Array.from(${of(["Uint8Array", "Int16Array", "Float32Array", "Uint8ClampedArray"])}.from(${a()}, Number))`,
      () => `${a()}.${of(["with(0, 'w')", "toReversed()", "flat()", "toSpliced(1, 1)", "at(-1) === undefined ? [] : [1]"])}`,
      () => `(({ length, ...rest }) => Object.values(rest))(${a()})`,
    ])();
  };
  const object = (depth = 2) => {
    const leaf = () => of(["o", "{ a: 1, b: 'two' }", "{}", "{ 2: 'x', 1: 'y', z: null }"]);
    if (depth <= 0) return `(${leaf()})`;
    const any = () => of([number, text, truth, list, object])(depth - 1);
    return of([
      () => `(${leaf()})`,
      () => `({ a: ${any()}, [${text(0)}]: ${any()}, ...${object(depth - 1)} })`,
      () => `Object.assign({}, ${object(depth - 1)}, { c: ${any()} })`,
      () => `Object.fromEntries(${list(depth - 1)}.map((x, i) => ['k' + i, x]))`,
      () => `JSON.parse(JSON.stringify(${object(depth - 1)}))`,
      () => `structuredClone(${object(depth - 1)})`,
      () => `Object.groupBy?.(${list(depth - 1)}, (x) => typeof x) ?? {}`.replace(/^(.*)$/, "({ ...{} })"),
    ])();
  };
  const anything = () => of([number, text, truth, list, object])(2);

  // Statements; each adds to `out`.
  const name = (() => {
    let count = 0;
    return (prefix) => `${prefix}${count++}`;
  })();
  const statement = (depth = 2) => {
    const inner = () => some(1 + below(2), () => statement(depth - 1)).join("\n");
    const plain = () => `out.push(${anything()});`;
    if (depth <= 0) return plain();
    return of([
      plain,
      plain,
      () => `try { ${inner()} if (${truth()}) throw new ${of(["RangeError", "TypeError", "Error"])}(${text(1)}); ${inner()} } catch (e) { out.push(e instanceof Error ? e.name : "?"); } finally { out.push("f"); }`,
      () => `try { ${of(["null.x", "undefined()", "x.y.z", "[].reduce((a, b) => a)", "new Array(-1)", "'a'.repeat(-1)", "(1).toFixed(101)", "BigInt(1.5)", "1n + 1", "JSON.parse('{')", "Symbol() + ''", "decodeURIComponent('%')", "new (class { #a; static t(o) { return o.#a; } }).t({})", "const q = 1; q = 2", "Object.freeze([1]).push(2)", "null[Symbol.iterator]", "[...5]", "new Proxy({}, null)", "structuredClone(() => 1)", "'abc'.normalize('x')", "(function f() { f(); })()", "new RegExp('[')", "let r = {}; r.r = r; JSON.stringify(r)"])}; } catch (e) { out.push(e.name); }`,
      () => { const i = name("i"); return `for (let ${i} = 0; ${i} < ${1 + below(4)}; ${i}++) { if (${i} === ${below(4)}) ${of(["continue", "break", "n++"])}; ${inner()} }`; },
      () => { const x = name("x"); return `for (const ${x} of ${of([list, text])(1)}) { out.push(${x}); if (out.length > 60) break; }`; },
      () => { const k = name("k"); return `for (const ${k} in ${object(1)}) out.push(${k});`; },
      () => { const l = name("l"); return `${l}: for (const a of [1, 2, 3]) { for (const b of [1, 2, 3]) { if (a * b === ${below(7)}) ${of(["continue", "break"])} ${l}; out.push(a + b); } }`; },
      () => `switch (${number(1)}) { case ${below(5)}: out.push("c"); case ${5 + below(5)}: out.push("d"); break; default: out.push("e"); }`,
      () => { const f = name("f"); return `function ${f}(a, b = a + 1, ...r) { n += r.length; return a <= 0 ? [b, arguments.length, ...r] : ${f}(a - 1, ...r, b); }\nout.push(${f}(${below(5)}, ${number(1)}, 7));`; },
      () => { const f = name("f"); return `const ${f} = (a) => (a < 2 ? a : ${f}(a - 1) + ${f}(a - 2));\nout.push(${f}(${5 + below(8)}));`; },
      () => { const c = name("C"); return `class ${c} { #v = ${number(1)}; static count = 0; constructor(w) { ${c}.count++; this.w = w; } get v() { return this.#v; } set v(x) { this.#v = x; } *[Symbol.iterator]() { yield this.w; yield this.#v; } toString() { return "${c}:" + this.w; } static #p(x) { return x + 1; } static of(x) { return new this(${c}.#p(x)); } }\nclass ${c}B extends ${c} { extra = super.toString(); get v() { return [super.v]; } toJSON() { return { w: this.w, v: this.v }; } }\n{ const b = ${c}B.of(${number(1)}); b.v = 3; out.push([...b], \`\${b}\`, b, b.extra, ${c}.count, b instanceof ${c}, Object.keys(b)); }`; },
      () => { const g = name("g"); return `function* ${g}(a) { try { let i = 0; while (i < a) { const got = yield i++; if (got) i += got; } return "r"; } finally { out.push("end"); } }\n{ const it = ${g}(${1 + below(5)}); out.push(it.next(), it.next(${below(3)}), [...${g}(3)], ${of(["it.return(9)", "it.next()", "[...it]"])}); }`; },
      () => `{ const { a: p = ${number(1)}, ...q } = ${object(1)}; const [h, , j = "d", ...k] = ${list(1)}; out.push(p, q, h, j, k); }`,
      () => `{ const m = new Map(${list(1)}.map((x, i) => [x, i])); m.set("a", 1).delete(${below(3)}); out.push([...m], m.has("a"), m.size); }`,
      () => `{ const tag = (p, ...v) => p.raw.join("_") + v.join("+"); out.push(tag\`x\${${number(1)}}\\n\${${text(1)}}\`); }`,
      () => `{ const p = new Proxy(${object(1)}, { get: (t, k, r) => (typeof k === "string" ? k + ":" + String(Reflect.get(t, k, r)) : undefined), has: (t, k) => k !== "a" && Reflect.has(t, k) }); out.push(p.a, "a" in p, "b" in p, Object.keys(p)); }`,
      () => `{ let big = ${1 + below(1e9)}n ** ${below(6)}n; out.push(String(big * ${below(1e6)}n - 7n), String(BigInt.asUintN(${1 + below(64)}, big)), String(big >> ${below(20)}n), Number(big)); }`,
      () => `{ const fs = []; for (${of(["let", "var"])} i = 0; i < 3; i++) fs.push(() => i); out.push(fs.map((f) => f())); }`,
      () => `{ const ab = new ArrayBuffer(8); const dv = new DataView(ab); dv.set${of(["Float32", "Int16", "Uint32", "Float64"])}(0, ${number(1)}, ${of(["true", "false"])}); out.push([...new Uint8Array(ab)]); }`,
      () => `out.push(await Promise.${of(["all", "allSettled", "race", "any"])}([${text(1)}, Promise.resolve(${number(1)}), new Promise((r) => queueMicrotask(() => r("q")))]).catch((e) => e.name));`,
      () => `{ const order = []; const job = async (x, k) => { order.push("s" + x); for (let i = 0; i < k; i++) await null; order.push("e" + x); return x; }; const ps = [job(1, ${below(4)}), job(2, ${below(4)}), job(3, ${below(3)})]; Promise.resolve().then(() => order.push("t")); order.push("m"); out.push(await Promise.all(ps), order); }`,
      () => `{ async function* ag() { for (let i = 0; i < ${1 + below(4)}; i++) { await null; yield i; } } for await (const x of ag()) out.push(x); }`,
      () => `out.push(${list(1)}.sort(${of(["", "(a, b) => a - b", "(a, b) => b - a"])}).map(String));`,
      () => `{ const o1 = { get x() { return this.y ?? ${number(1)}; }, set x(v) { this.y = v; }, ["k" + 1]: 1, m() { return super.toString === Object.prototype.toString; } }; o1.x ${of(["=", "??=", "||=", "+="])} 5; delete o1.k1; out.push(o1, o1.m(), Object.getOwnPropertyDescriptor(o1, "x").set.name); }`,
      () => `{ const re = /${of(["(\\\\d+)-(?<w>\\\\w+)", "a(?=b)", "(?<!x)y", "[\\\\p{L}--[a-c]]", "(a)|(b)", "\\\\b\\\\w", "(?:ab){1,2}?", "(.)\\\\1"])}/${of(["g", "gd", "y", "gi"])}`.replace("[\\\\p{L}--[a-c]]", "[a-c]").replaceAll("\\\\", "\\") + `; const found = []; for (let i = 0; i < 5; i++) { const m = re.exec("12-ab 3-xyy aab abb"); if (!m) break; found.push(m.index, [...m], { ...m.groups }, re.lastIndex); if (!re.global && !re.sticky) break; } out.push(found); }`,
      () => `if (${truth()}) { ${inner()} } else { ${inner()} }`,
      () => `{ let i = ${below(5)}; do { i--; if (${truth(1)}) continue; out.push(i); } while (i > 0); }`,
      () => `{ const w = new WeakMap(); const key = {}; w.set(key, ${number(1)}); out.push(w.get(key), w.has({}), new WeakRef(key).deref() === key); }`,
      () => `{ const tree = (d) => (d ? { v: d, kids: [1, 2].map((k) => tree(d - k > 0 ? d - k : 0)) } : null); const sum = (x) => (x ? x.v + x.kids.reduce((a, y) => a + sum(y), 0) : 0); out.push(sum(tree(${1 + below(8)}))); }`,
      () => `{ const u = new URL("https://example.com/a/../b?x=${below(9)}#h"); u.searchParams.append("y", ${text(1)}); out.push(u.pathname, u.search, [...u.searchParams].length); }`,
      () => `out.push([...new TextEncoder().encode(${text(1)}.toWellFormed())].slice(0, 8), btoa("x" + ${below(1000)}));`,
    ])();
  };
  const statements = some(4 + below(5), () => statement()).join("\n");
  return `const out = []; let n = ${below(10)}, m = ${below(1000) / 4}; const s = ${literal(of(["abc", "Foo Bar", "x1y2"]))}, t = ${literal(of(["abc", "b", ""]))}; const xs = [${some(below(7), () => below(10)).join(", ")}]; const o = { a: ${below(5)}, b: [1, { c: "d" }], 0: "z" };
${statements}
return out;`;
}

/** A module whose default export runs the programs of these seeds: a line of JSON for each. */
export function module(seeds) {
  const functions = seeds.map((seed) => `async () => {\n${program(seed)}\n}`);
  return `const show = (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : Object.is(v, -0) ? "-0" : v === undefined ? "undefined" : typeof v === "bigint" ? v + "n" : v);
const programs = [\n${functions.join(",\n")}\n];
export default async () => {
  const lines = [];
  for (const program of programs) {
    try { lines.push(JSON.stringify(await program(), show)); } catch (e) { lines.push("threw " + e?.name); }
  }
  return lines;
};
`;
}
