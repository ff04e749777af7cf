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
    /// What identifies the program of a source: nothing if the file is in no language that becomes a program, or not UTF-8.
    #[cfg(feature = "javascript")]
    pub fn identity_of(file: &str, name: &str, source: &[u8]) -> Option<[u8; 32]> {
        let text = std::str::from_utf8(source).ok()?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let language = match crate::Language::of_path(file).ok()? {
            crate::Language::TypeScript => "typescript",
            crate::Language::JavaScript => "javascript",
            _ => return None,
        };
        Some(identity(language, name, text))
    }

    /// A stack trace in positions of the author's file.
    pub fn map_stack(&self, stack: &str) -> String {
        self.positions.map(stack, &self.module, &self.file)
    }
}

/// The SHA-256 of a program: of the canonical JSON of its engine, language, name and source.
#[cfg(feature = "javascript")]
pub(crate) fn identity(language: &str, name: &str, text: &str) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let made = serde_json::json!({ "engine": JS_ENGINE, "language": language, "name": name, "program": text });
    Sha256::digest(made.to_string()).into()
}
