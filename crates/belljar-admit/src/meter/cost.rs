//! What operators cost: wasmtime's default weights.

use wasmparser::Operator as O;

/// A bulk operator of at most this many bytes or elements, known when it is rewritten, is not worth a check.
pub(super) const SMALL: u32 = 128;

/// What an operator costs besides its length.
pub(super) fn flat(op: &O<'_>) -> u64 {
    match op {
        O::Nop | O::Drop | O::Block { .. } | O::Loop { .. } | O::Unreachable | O::Return | O::Else | O::End => 0,
        _ => 1,
    }
}

/// The part of a bulk operator's cost that depends on how much it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// It is no bulk operator.
    None,
    /// The operator before it is a constant: bytes or elements.
    Known(u32),
    /// Known only when it runs; it is on top of the stack then.
    Dynamic,
}

/// Tells the length of each operator; it looks at one operator after the other.
#[derive(Default)]
pub(super) struct Lengths {
    constant: Option<u32>,
}

impl Lengths {
    pub(super) fn of(&mut self, op: &O<'_>) -> Length {
        let constant = self.constant.take();
        match op {
            O::I32Const { value } => {
                self.constant = Some(value.cast_unsigned());
                Length::None
            }
            O::MemoryCopy { .. }
            | O::MemoryFill { .. }
            | O::MemoryInit { .. }
            | O::TableCopy { .. }
            | O::TableFill { .. }
            | O::TableInit { .. }
            | O::TableGrow { .. } => constant.map_or(Length::Dynamic, Length::Known),
            _ => Length::None,
        }
    }
}
