//! Programs for language engines.

pub use belljar_admit::Positions;

/// The engine that runs JavaScript programs, with the version of its behaviour.
pub const JS_ENGINE: &str = "js/1";

/// A program for the JavaScript engine.
#[derive(Clone, Debug)]
pub struct Program {
    /// The file as the author named it, for people.
    pub file: String,
    /// The file as the tool sees it in its stack traces: the same wherever the source is.
    pub module: String,
    /// The ES module to load.
    pub code: String,
    /// Where the code's lines come from.
    pub positions: Positions,
    /// The SHA-256 of what the author made: the canonical JSON (RFC 8785) of engine, language, name and source.
    pub identity: [u8; 32],
}

impl Program {
    /// A stack trace in positions of the author's file.
    pub fn map_stack(&self, stack: &str) -> String {
        self.positions.map(stack, &self.module, &self.file)
    }
}
