"""Solves a sudoku; the puzzle is 81 characters, with 0 or . for empty cells."""

from typing import TypedDict

from belljar import ToolError

tool = {
    "input": {
        "type": "object",
        "properties": {"puzzle": {"type": "string", "pattern": "^[0-9.]{81}$"}},
        "required": ["puzzle"],
    },
}


class Solved(TypedDict):
    solution: str
    guesses: int


def peers(cell: int) -> set[int]:
    row, column = divmod(cell, 9)
    box = (row // 3) * 27 + (column // 3) * 3
    rows = {row * 9 + n for n in range(9)} | {column + 9 * n for n in range(9)}
    return (rows | {box + 9 * y + x for y in range(3) for x in range(3)}) - {cell}


PEERS = [peers(cell) for cell in range(81)]


def run(puzzle: str) -> Solved:
    cells = [0 if c == "." else int(c) for c in puzzle]

    def free(cell: int) -> list[int]:
        taken = {cells[peer] for peer in PEERS[cell]}
        return [digit for digit in range(1, 10) if digit not in taken]

    for cell, digit in enumerate(cells):
        if digit and digit not in free(cell):
            raise ToolError(f"the {digit} in cell {cell + 1} is not possible", code="contradiction")
    guesses = 0

    def solve() -> bool:
        nonlocal guesses
        empty = [(free(cell), cell) for cell, digit in enumerate(cells) if not digit]
        if not empty:
            return True
        options, best = min(empty, key=lambda item: len(item[0]))
        for digit in options:
            guesses += len(options) > 1
            cells[best] = digit
            if solve():
                return True
        cells[best] = 0
        return False

    if not solve():
        raise ToolError("the puzzle has no solution", code="unsolvable")
    return {"solution": "".join(map(str, cells)), "guesses": guesses}
