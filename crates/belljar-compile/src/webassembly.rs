//! WebAssembly, text or binary: a core module becomes a component of the world, a component is taken as it is.

use belljar_admit::{Manifest, WorldKind};

use crate::{CompileError, Compiled, Form, Source, name, utf8};

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
            return Err(fail("this is not WebAssembly: it does not start with \"\\0asm\"".into()));
        }
        Some([1, 0, 0, 0]) => belljar_admit::wrap(bytes, WorldKind::Tool, None).map_err(|e| fail(e.to_string()))?,
        _ => bytes.to_vec(),
    };
    let manifest = Manifest { name: name(source.file), ..Manifest::default() };
    Ok(Compiled { manifest, form: Form::Component(component), warnings: Vec::new() })
}
