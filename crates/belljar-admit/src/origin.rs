//! Where stack traces come from: a file, the module that its code was compiled to, and the positions in both.

use crate::positions::Positions;

/// A file that code was compiled from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The file as the tool sees it in its stack traces.
    pub module: String,
    /// The file for people; a component knows its own name for it only.
    pub file: String,
    /// Where the code's lines come from.
    pub positions: Positions,
}

impl Origin {
    /// A text, such as a stack trace, in positions of the author's file.
    pub fn map(&self, text: &str) -> String {
        self.positions.map(text, &self.module, &self.file)
    }
}
