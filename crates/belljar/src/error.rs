//! What can go wrong outside of a run.

use std::path::PathBuf;

use thiserror::Error;

/// Belljar itself could not do something. Runs do not end with it; they end with a report.
#[derive(Debug, Error)]
pub enum Error {
    /// wasmtime could not be set up, or refused what admission had accepted.
    #[error("the WebAssembly engine failed: {0}")]
    Engine(String),
    /// A file or directory could not be used.
    #[error("{what} {path}: {source}", path = .path.display())]
    Io {
        /// What was attempted, such as "cannot read".
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A store of Belljar's own could not be used.
    #[error("the {what} failed: {why}")]
    Kv {
        /// Which: "key-value store" or "ledger of money".
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The directory or file of such a store could not be used.
    #[error("cannot use the {what} {path}: {source}", path = .path.display())]
    Store {
        /// Which.
        what: &'static str,
        /// The directory or file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(String),
    /// A file holds no private key of Ed25519.
    #[error("{path} holds no private key of Ed25519: make one with `belljar log keygen FILE`", path = .0.display())]
    Key(PathBuf),
    /// The tool is not one that Belljar runs.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Why a tool could not be loaded. All of these are the tool's or its author's to mend.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is no such file, or it cannot be read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The path is neither a source file, nor wasm, nor a Cargo package.
    #[error("{path} is not a tool: {hint}", path = .path.display())]
    NotATool {
        /// The path.
        path: PathBuf,
        /// What would be one.
        hint: String,
    },
    /// It does not compile.
    #[error(transparent)]
    Compile(#[from] belljar_compile::CompileError),
    /// cargo does not build it.
    #[error("{path} is not built: {message}", path = .path.display())]
    Build {
        /// The file or the package's folder.
        path: PathBuf,
        /// What cargo said.
        message: String,
    },
    /// Admission refused it.
    #[error("{file} is refused: {refusal}")]
    Refused {
        /// The tool.
        file: String,
        /// Why.
        refusal: belljar_admit::Refusal,
    },
    /// Admission refused it, in the process that compiles.
    #[error("{file} is refused: {why}")]
    RefusedApart {
        /// The tool.
        file: String,
        /// Why.
        why: String,
    },
    /// Compiling it takes more than it may, or a place that is not there.
    #[error("{file} is not compiled: {why}")]
    NotCompiled {
        /// The tool.
        file: String,
        /// Which limit, and how to raise it.
        why: String,
    },
    /// Its schemas are unusable.
    #[error(transparent)]
    Contract(#[from] belljar_core::ContractError),
    /// Its top level throws, or exceeds a limit.
    #[error("{name} cannot be loaded: {message}")]
    Unloadable {
        /// The tool.
        name: String,
        /// What was thrown, or which limit.
        message: String,
    },
    /// The engine that it needs is not there.
    #[error("the Python engine is missing: {why}")]
    NoEngine {
        /// What is wrong, and how to mend it.
        why: String,
    },
    /// Its own `describe` failed.
    #[error("the tool could not describe itself: {0}")]
    Describe(String),
    /// Belljar itself failed.
    #[error("{0}")]
    Host(String),
}

impl LoadError {
    /// The exit code of the command line: 1 if Belljar failed, else 2, for the tool is not usable as it is.
    pub fn exit_code(&self) -> u8 {
        if matches!(self, LoadError::Host(_)) { 1 } else { 2 }
    }
}
