//! A sudoku solver: the cell with the fewest candidates first.

use belljar::ToolError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Input {
    /// 81 characters, with 0 or . for empty cells.
    #[schemars(regex(pattern = r"^[0-9.]{81}$"))]
    puzzle: String,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    solution: String,
    guesses: u64,
}

/// The digits that rows, columns and boxes still lack, a bit each.
struct Board {
    cells: [u8; 81],
    rows: [u16; 9],
    columns: [u16; 9],
    boxes: [u16; 9],
    guesses: u64,
}

impl Board {
    fn free(&self, cell: usize) -> u16 {
        self.rows[cell / 9] & self.columns[cell % 9] & self.boxes[cell / 27 * 3 + cell % 9 / 3]
    }

    fn toggle(&mut self, cell: usize, digit: u8) {
        let bit = 1 << (digit - 1);
        self.rows[cell / 9] ^= bit;
        self.columns[cell % 9] ^= bit;
        self.boxes[cell / 27 * 3 + cell % 9 / 3] ^= bit;
    }

    fn solve(&mut self) -> bool {
        let empty = (0..81).filter(|&cell| self.cells[cell] == 0);
        let Some(cell) = empty.min_by_key(|&cell| self.free(cell).count_ones()) else { return true };
        let free = self.free(cell);
        for digit in (1..=9).filter(|digit| free & (1 << (digit - 1)) != 0) {
            if free.count_ones() > 1 {
                self.guesses += 1;
            }
            self.cells[cell] = digit;
            self.toggle(cell, digit);
            if self.solve() {
                return true;
            }
            self.toggle(cell, digit);
            self.cells[cell] = 0;
        }
        false
    }
}

/// Solves a sudoku.
#[belljar::tool(name = "sudoku")]
fn run(input: Input) -> Result<Output, ToolError> {
    let mut board = Board { cells: [0; 81], rows: [0x1ff; 9], columns: [0x1ff; 9], boxes: [0x1ff; 9], guesses: 0 };
    for (cell, digit) in input.puzzle.bytes().enumerate() {
        let digit = match digit {
            b'1'..=b'9' => digit - b'0',
            _ => continue,
        };
        if board.free(cell) & (1 << (digit - 1)) == 0 {
            let message = format!("the {digit} in cell {} is not possible", cell + 1);
            return Err(ToolError::new("contradiction", message));
        }
        board.cells[cell] = digit;
        board.toggle(cell, digit);
    }
    if !board.solve() {
        return Err(ToolError::new("unsolvable", "the puzzle has no solution"));
    }
    let solution = board.cells.iter().map(|digit| char::from(b'0' + digit)).collect();
    Ok(Output { solution, guesses: board.guesses })
}
