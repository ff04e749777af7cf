export default () => {
  const bytes = new Uint8Array(100000).fill(7);
  const list = [];
  list.push(...bytes);
  const counted = (...all) => all.length;
  const queue = [];
  for (let i = 0; i < 10000; i++) queue.unshift(i, -i);
  const cut = Array.from({ length: 20000 }, (_, i) => i);
  for (let i = 0; i < 10000; i++) cut.splice(1, 1);
  for (let i = 0; i < 5000; i++) cut.shift();
  const sorted = Array.from({ length: 20000 }, (_, i) => ({ k: (i * 7919) % 20011 })).sort((a, b) => a.k - b.k);
  const frozen = [];
  for (const change of [(l) => l.splice(0, 1), (l) => l.unshift(1)]) {
    try { change(Object.freeze([1, 2])); } catch (e) { frozen.push(e.name); }
  }
  const holes = [1, , 3];
  holes.splice(0, 1);
  return {
    pushed: list.length, max: Math.max(...bytes), counted: counted(...list), applied: Math.min.apply(null, list),
    text: String.fromCharCode(...bytes).length, queue: [queue.length, queue[0], queue[1], queue[19999]], cut: [cut.length, cut[0]],
    sorted: sorted.every((x, i) => i === 0 || sorted[i - 1].k <= x.k), frozen, hole: 0 in holes,
  };
};
