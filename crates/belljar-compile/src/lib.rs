//! What an author writes becomes a component of Belljar's world.
//!
//! JavaScript and TypeScript become programs for the JavaScript engine, Python one for its own engine, WebAssembly text a component, and so does a command of WASI
//! preview 1; other core modules and components are taken as they are. It does no I/O and runs nothing.
//!
//! ```
//! use belljar_compile::{Form, Source, compile};
//!
//! let text = br#"(module (memory (export "memory") 1)
//!   (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
//!   (func (export "run") (param i32 i32) (result i32) unreachable))"#;
//! let compiled = compile(&Source { file: "my tool.wat", bytes: text })?;
//! assert_eq!(compiled.manifest.name, "my-tool");
//! let Form::Component(bytes) = compiled.form else { panic!() };
//! assert!(bytes.starts_with(b"\0asm"));
//! # Ok::<(), belljar_compile::CompileError>(())
//! ```
#![forbid(unsafe_code)]

mod diagnostic;
#[cfg(feature = "javascript")]
mod javascript;
mod language;
mod light;
mod program;
#[cfg(feature = "python")]
mod python;
#[cfg(feature = "rust")]
mod rust;
#[cfg(feature = "wasm")]
mod wasi;
#[cfg(feature = "wasm")]
mod webassembly;

pub use diagnostic::{CompileError, Diagnostic};
pub use language::Language;
pub use light::is_light;
pub use program::{Engine, Positions, Program};
#[cfg(feature = "python")]
pub use python::{describe as describe_python, described as described_python};
#[cfg(feature = "rust")]
pub use rust::{check_rust, rust_with_console};
#[cfg(feature = "wasm")]
pub use wasi::wasi_imports;

pub use belljar_admit::Manifest;

/// A source file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its name, which decides its language and stands in messages.
    pub file: &'a str,
    /// Its contents.
    pub bytes: &'a [u8],
}

/// A compiled tool.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What the tool says of itself; a component's own manifest takes its place.
    pub manifest: Manifest,
    /// What is run.
    pub form: Form,
    /// What the author may want to know.
    pub warnings: Vec<Diagnostic>,
}

/// What a tool is made of.
#[derive(Clone, Debug)]
pub enum Form {
    /// A component of the world.
    Component(Vec<u8>),
    /// A program for a language engine.
    Program(Program),
}

/// Compiles a source file.
///
/// # Errors
///
/// What is wrong with the source, with file, line and column where there is one.
pub fn compile(source: &Source<'_>) -> Result<Compiled, CompileError> {
    let fail = |message: String| CompileError::plain(source.file, message);
    match Language::of_path(source.file).map_err(fail)? {
        #[cfg(feature = "javascript")]
        language @ Language::JavaScript => javascript::compile(source, language),
        #[cfg(feature = "typescript")]
        language @ Language::TypeScript => javascript::compile(source, language),
        #[cfg(feature = "python")]
        Language::Python => python::compile(source),
        #[cfg(feature = "wasm")]
        Language::Wat => webassembly::text(source),
        #[cfg(feature = "wasm")]
        Language::Wasm => webassembly::binary(source, source.bytes),
        #[cfg(not(feature = "python"))]
        Language::Python => Err(fail(
            "Python is not run here yet: run the tool with the program belljar, or write it in TypeScript".into(),
        )),
        #[cfg(not(all(feature = "python", feature = "typescript", feature = "wasm")))]
        language => Err(fail(format!("this build of the compiler does not have {language:?}"))),
    }
}

/// Bytes of a source in a programming language: more than any tool that a person could review.
#[cfg(any(feature = "javascript", feature = "python", feature = "rust"))]
const SOURCE_BYTES: usize = 512 << 10;

/// A source's text, if it is one and not too long.
#[cfg(any(feature = "javascript", feature = "python", feature = "rust"))]
fn source_text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, CompileError> {
    if bytes.len() > SOURCE_BYTES {
        let message = format!("it has {} bytes; at most {SOURCE_BYTES} are compiled", bytes.len());
        return Err(CompileError::plain(file, message));
    }
    utf8(file, bytes)
}

fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, CompileError> {
    std::str::from_utf8(bytes).map_err(|e| {
        CompileError::plain(file, format!("the file is not UTF-8 (at byte {}): save it as UTF-8", e.valid_up_to()))
    })
}

/// A tool's name from its file's: lower case, everything else a hyphen.
pub fn name(file: &str) -> String {
    let stem = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let mut name = String::new();
    for c in stem.chars().take(64) {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => name.push(c),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    match name.trim_end_matches('-') {
        "" => "tool".into(),
        name => name.into(),
    }
}
