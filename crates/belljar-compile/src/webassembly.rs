//! WebAssembly, text or binary: a core module, or a command of WASI, becomes a component of the world, a component is taken as it is.

use belljar_admit::{Manifest, WorldKind};

use crate::{CompileError, Compiled, Form, Source, name, utf8, wasi};

/// A module or component in text.
pub(crate) fn text(source: &Source<'_>) -> Result<Compiled, CompileError> {
    let text = utf8(source.file, source.bytes)?;
    let parse = || {
        let buffer = wast::parser::ParseBuffer::new(text)?;
        wast::parser::parse::<wast::Wat<'_>>(&buffer)?.encode()
    };
    let bytes = parse().map_err(|error| {
        let (line, column) = error.span().linecol_in(text);
        CompileError::at(source.file, text, line + 1, column + 1, error.message())
    })?;
    binary(source, &bytes)
}

/// A module's or component's bytes.
pub(crate) fn binary(source: &Source<'_>, bytes: &[u8]) -> Result<Compiled, CompileError> {
    let fail = |message: String| CompileError::plain(source.file, message);
    let component = match bytes.get(4..8) {
        _ if !bytes.starts_with(b"\0asm") => {
            return Err(fail(format!("this is not WebAssembly: {}", kind(bytes))));
        }
        Some([1, 0, 0, 0]) if wasi::is_program(bytes) => command(source, bytes)?,
        Some([1, 0, 0, 0]) => belljar_admit::wrap(bytes, WorldKind::Tool, None).map_err(|e| fail(e.to_string()))?,
        _ => bytes.to_vec(),
    };
    let manifest = Manifest { name: name(source.file), ..Manifest::default() };
    Ok(Compiled { manifest, form: Form::Component(component), warnings: Vec::new() })
}

/// A command of WASI preview 1.
fn command(source: &Source<'_>, bytes: &[u8]) -> Result<Vec<u8>, CompileError> {
    let fail = |why: &dyn std::fmt::Display| {
        CompileError::plain(
            source.file,
            format!("this is a program for WASI preview 1, and cannot be made a tool: {why}"),
        )
    };
    let joined = wasi::join(bytes, &name(source.file)).map_err(|error| fail(&error))?;
    belljar_admit::wrap(&joined, WorldKind::Tool, None).map_err(|error| fail(&error))
}

/// What a file is that is called WebAssembly and is not, by how it begins.
fn kind(bytes: &[u8]) -> &'static str {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let text = std::str::from_utf8(bytes.get(..4096).unwrap_or(bytes));
    // A character may stand across the end of what is looked at.
    let text = match text {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            bytes.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok())
        }
        Err(_) => None,
    };
    let text = text.filter(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()));
    let start = text.map(|text| text.trim_start_matches('\u{feff}').trim_start()).unwrap_or_default();
    if bytes.is_empty() {
        "the file is empty"
    } else if begins(&[0x1f, 0x8b]) {
        "it is compressed by gzip: unpack it with `gunzip`"
    } else if begins(b"PK\x03\x04") {
        "it is a zip archive: unpack it, and name the .wasm file in it"
    } else if begins(&[0x28, 0xb5, 0x2f, 0xfd]) || begins(b"BZh") || begins(&[0xfd, b'7', b'z', b'X', b'Z']) {
        "it is compressed: unpack it first"
    } else if bytes.get(257..262) == Some(b"ustar") {
        "it is a tar archive: unpack it, and name the .wasm file in it"
    } else if begins(b"\x7fELF") {
        "it is a program or library for Linux (ELF): compile for a target of WebAssembly, such as wasm32-unknown-unknown"
    } else if begins(&[0xca, 0xfe, 0xba, 0xbe]) {
        "it is a class file of Java, or a program for macOS: compile for a target of WebAssembly"
    } else if begins(b"MZ") {
        "it is a program for Windows: compile for a target of WebAssembly, such as wasm32-unknown-unknown"
    } else if [[0xcf, 0xfa, 0xed, 0xfe], [0xce, 0xfa, 0xed, 0xfe]].iter().any(|magic| begins(magic)) {
        "it is a program for macOS: compile for a target of WebAssembly, such as wasm32-unknown-unknown"
    } else if begins(b"BC\xc0\xde") {
        "it is LLVM's bitcode: link it to WebAssembly"
    } else if begins(b"!<arch>") {
        "it is an archive of object files: link them to one module"
    } else if start.starts_with("version https://git-lfs") {
        "it is a pointer of Git LFS: fetch the file itself with `git lfs pull`"
    } else if start.starts_with('<') {
        "it is HTML or XML, as servers send where the file is not: download it again"
    } else if start.starts_with("(module") || start.starts_with("(component") || start.starts_with(";;") {
        "it is WebAssembly in text: name the file .wat"
    } else if start.starts_with("AGFzb") {
        "it is written in base64: decode it first (`base64 -d`)"
    } else if text
        .is_some_and(|text| ["export ", "function", "const ", "import "].iter().any(|word| text.contains(word)))
    {
        "it looks like JavaScript: name the file .js, or .ts if it has types"
    } else if text.is_some() {
        "it is text"
    } else {
        "it does not start with \"\\0asm\""
    }
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn what_is_no_webassembly_is_named() {
        let mut tar = vec![0; 600];
        tar[257..262].copy_from_slice(b"ustar");
        for (bytes, expected) in [
            (&b""[..], "empty"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (b"PK\x03\x04...", "zip"),
            (b"\x7fELF\x02", "ELF"),
            (b"\xca\xfe\xba\xbe\0\0", "Java"),
            (b"MZ\x90\0", "Windows"),
            (&tar, "tar"),
            (b"export default function run() {}", "JavaScript"),
            (b"\n(module)", ".wat"),
            (b"<!doctype html>", "HTML"),
            (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
            (b"AGFzbQEAAAA=", "base64"),
            (b"hello", "it is text"),
            (b"\x01\x02\xff", "does not start"),
        ] {
            assert!(kind(bytes).contains(expected), "{bytes:?}: {}", kind(bytes));
        }
    }
}
