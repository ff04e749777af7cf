//! Patterns: ECMAScript's regular expressions over Unicode characters, bounded in size and in time.
//!
//! A pattern is read as with the flag `u`, and looked for anywhere in a text. Beyond that flag's strict grammar it
//! may escape any punctuation (`\-`, `\_`, `\@`), write braces and closing brackets for themselves, and put a class
//! such as `\w` next to a hyphen in brackets: schemas in the wild do all of it, and it cannot be mistaken. What other
//! dialects mean otherwise (`\A`, `(?i)`, `(?P<name>…)`, `a++`) is refused with a sentence.

mod class;
mod parse;
mod program;
mod property;
mod run;

use crate::limits::FLAT_MEMORY;
use program::Program;

/// A compiled pattern.
pub(crate) struct Pattern {
    text: String,
    program: Program,
}

impl Pattern {
    /// Compiles a pattern; the error says what is wrong with it.
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        let parsed = parse::parse(text)?;
        Ok(Pattern { text: text.to_owned(), program: program::compile(&parsed)? })
    }

    /// The pattern as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Its number of instructions.
    pub(crate) fn size(&self) -> usize {
        self.program.instructions.len()
    }

    /// The steps that preparing to match a text of this length costs: its memory is cleared.
    pub(crate) fn preparation(&self, length: usize) -> u64 {
        let bits = self.program.memory(length).min(FLAT_MEMORY);
        (bits / 512 + self.program.slots / 8) as u64
    }

    /// Whether it matches anywhere in a text. Takes `steps`; `None` when they are used up.
    pub(crate) fn matches(&self, text: &str, steps: &mut u64) -> Option<bool> {
        run::search(&self.program, text, steps)
    }
}

#[cfg(test)]
mod tests;
