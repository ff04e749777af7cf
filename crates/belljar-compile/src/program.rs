//! Programs for language engines.

pub use belljar_admit::Positions;

/// A language engine: a component that loads programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// QuickJS, for JavaScript, and TypeScript without its types.
    JavaScript,
    /// CPython.
    Python,
}

impl Engine {
    /// Its name, with the version of its behaviour. It is part of what identifies a program.
    pub fn name(self) -> &'static str {
        match self {
            Engine::JavaScript => "js/1",
            Engine::Python => "python/1",
        }
    }
}

/// A program for a language engine.
#[derive(Clone, Debug)]
pub struct Program {
    /// The engine that loads it.
    pub engine: Engine,
    /// The file as the author named it, for people.
    pub file: String,
    /// The file as the tool sees it in its stack traces: the same wherever the source is.
    pub module: String,
    /// What the engine loads: an ES module, or a module in Python.
    pub code: String,
    /// Where the code's lines come from.
    pub positions: Positions,
    /// The SHA-256 of what the author made: the canonical JSON (RFC 8785) of engine, language, name and source.
    pub identity: [u8; 32],
}

impl Program {
    /// What identifies the program of a source: nothing if the file is in no language that becomes a program, or not UTF-8.
    #[cfg(any(feature = "javascript", feature = "python"))]
    pub fn identity_of(file: &str, name: &str, source: &[u8]) -> Option<[u8; 32]> {
        let text = std::str::from_utf8(source).ok()?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (engine, language) = match crate::Language::of_path(file).ok()? {
            crate::Language::TypeScript => (Engine::JavaScript, "typescript"),
            crate::Language::JavaScript => (Engine::JavaScript, "javascript"),
            crate::Language::Python => (Engine::Python, "python"),
            _ => return None,
        };
        Some(identity(engine, language, name, text))
    }

    /// A stack trace in positions of the author's file.
    pub fn map_stack(&self, stack: &str) -> String {
        self.positions.map(stack, &self.module, &self.file)
    }
}

/// The SHA-256 of a program: of the canonical JSON of its engine, language, name and source.
#[cfg(any(feature = "javascript", feature = "python"))]
pub(crate) fn identity(engine: Engine, language: &str, name: &str, text: &str) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let made = serde_json::json!({ "engine": engine.name(), "language": language, "name": name, "program": text });
    Sha256::digest(made.to_string()).into()
}
