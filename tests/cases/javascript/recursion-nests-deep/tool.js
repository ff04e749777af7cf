// What recurs in tools, as deep as it should.
const sum = (n) => (n === 0 ? 0 : 1 + sum(n - 1));
const walk = (tree) => ({ v: tree.v, kids: tree.kids.map(walk) });
const count = (tree) => tree.kids.reduce((n, kid) => n + count(kid), 1);
const each = (tree, f) => { f(tree); tree.kids.forEach((kid) => each(kid, f)); };
const pages = async (n) => (n === 0 ? [] : [n, ...(await pages(n - 1))].slice(0, 2));
const all = async (n) => (n === 0 ? 0 : 1 + (await Promise.all([n - 1].map(all)))[0]);
class Node {
  constructor(n) { this.next = n > 0 ? new Node(n - 1) : null; }
  length() { return 1 + (this.next?.length() ?? 0); }
}
class Derived extends Node {}
class Inner extends Derived { constructor(n) { super(0); this.inner = n > 0 ? new Inner(n - 1) : null; } }
function applied(n, ...rest) { return n === 0 ? rest.length : applied.apply(this, [n - 1, ...rest]); }
function called(n) { return n === 0 ? this.name : called.call(this, n - 1); }
const spread = (n, ...rest) => (n === 0 ? rest.length : spread(...[n - 1, ...rest]));
const parity = { even: (n) => n === 0 || parity.odd(n - 1), odd: (n) => n !== 0 && parity.even(n - 1) };

export default async () => {
  let tree = { v: 0, kids: [] };
  for (let i = 0; i < 3000; i++) tree = { v: i, kids: [tree] };
  let seen = 0;
  each(tree, () => seen++);
  const nested = JSON.parse("[".repeat(5000) + "]".repeat(5000));
  let inner = new Inner(3000);
  let inners = 0;
  while (inner) { inner = inner.inner; inners++; }
  let json = {};
  for (let i = 0; i < 1500; i++) json = { json };
  return {
    plain: sum(10000), tree: count(walk(tree)), seen, pages: await pages(3000), all: await all(1000), list: new Node(10000).length(),
    inners, applied: applied(5000, 1, 2), called: called.call({ name: "x" }, 10000), spread: spread(5000, 1, 2, 3), even: parity.even(10000),
    nested: nested.length, json: JSON.stringify(json).length,
  };
};
