/** Solves a sudoku; the puzzle is 81 characters, with 0 or . for empty cells. */
export const tool = {
  name: "sudoku",
  input: { type: "object", properties: { puzzle: { type: "string", pattern: "^[0-9.]{81}$" } }, required: ["puzzle"] },
  output: { type: "object", properties: { solution: { type: "string" }, guesses: { type: "integer" } }, required: ["solution"] },
};

const ALL = 0x1ff;
const count = (bits: number): number => (bits === 0 ? 0 : 1 + count(bits & (bits - 1)));

export default function run({ puzzle }: { puzzle: string }) {
  const cells = Array.from(puzzle, (c) => (c === "." ? 0 : Number(c)));
  const rows = new Uint16Array(9).fill(ALL);
  const columns = new Uint16Array(9).fill(ALL);
  const boxes = new Uint16Array(9).fill(ALL);
  const box = (i: number) => Math.floor(i / 27) * 3 + Math.floor((i % 9) / 3);
  const free = (i: number) => rows[Math.floor(i / 9)] & columns[i % 9] & boxes[box(i)];
  const toggle = (i: number, digit: number) => {
    const bit = 1 << (digit - 1);
    rows[Math.floor(i / 9)] ^= bit;
    columns[i % 9] ^= bit;
    boxes[box(i)] ^= bit;
  };
  cells.forEach((digit, i) => {
    if (digit === 0) return;
    if (!(free(i) & (1 << (digit - 1)))) throw new ToolError("contradiction", `the ${digit} in cell ${i + 1} is not possible`);
    toggle(i, digit);
  });

  let guesses = 0;
  const solve = (): boolean => {
    let best = -1;
    let options = 10;
    for (let i = 0; i < 81; i++) {
      if (cells[i] !== 0) continue;
      const n = count(free(i));
      if (n < options) [best, options] = [i, n];
    }
    if (best < 0) return true;
    for (let digit = 1; digit <= 9; digit++) {
      if (!(free(best) & (1 << (digit - 1)))) continue;
      if (options > 1) guesses++;
      cells[best] = digit;
      toggle(best, digit);
      if (solve()) return true;
      toggle(best, digit);
      cells[best] = 0;
    }
    return false;
  };
  if (!solve()) throw new ToolError("unsolvable", "the puzzle has no solution");
  return { solution: cells.join(""), guesses };
}
