//! Python: a program of its engine as it is written.
//!
//! Its syntax and its manifest are read by the engine itself, which has CPython's own parser. What is made here knows the tool's name
//! only, out of the file's; a host completes it with [`describe`] and [`described`].

use belljar_admit::Manifest;
use serde_json::Value;

use crate::program::identity;
use crate::{CompileError, Compiled, Diagnostic, Engine, Form, Positions, Program, Source};

/// The program that describes programs: a module of the engine.
const DESCRIBER: &str = "from _manifest import run\n";

/// The farthest column that a message names.
const COLUMNS: usize = 10_000;

/// A program without its manifest.
pub(crate) fn compile(source: &Source<'_>) -> Result<Compiled, CompileError> {
    let text = crate::source_text(source.file, source.bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(at) = text.find('\0') {
        return Err(CompileError::plain(source.file, format!("it holds a zero byte (at byte {at}): a source is text")));
    }
    let manifest = Manifest { name: crate::name(source.file), ..Manifest::default() };
    let program = program(source.file, &manifest.name, text);
    Ok(Compiled { manifest, form: Form::Program(program), warnings: Vec::new() })
}

fn program(file: &str, name: &str, text: &str) -> Program {
    Program {
        engine: Engine::Python,
        file: file.to_owned(),
        module: format!("{name}.py"),
        code: text.to_owned(),
        positions: Positions::same(),
        identity: identity(Engine::Python, "python", name, text),
    }
}

/// What describes a program in Python: a program for the same engine, and its input as JSON.
pub fn describe(program: &Program) -> (&'static str, String) {
    (DESCRIBER, serde_json::json!({ "file": program.module, "program": program.code }).to_string())
}

/// What the describing program says of a place in the source: `message`, `line` and `column`.
fn remark(program: &Program, said: &Value) -> CompileError {
    let number =
        |key: &str| said.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok()).unwrap_or(1);
    let message = said.get("message").and_then(Value::as_str).unwrap_or("it cannot be read").to_owned();
    let line = number("line").clamp(1, program.code.lines().count().max(1));
    CompileError::at(&program.file, &program.code, line, number("column").clamp(1, COLUMNS), message)
}

/// A program with the manifest that the describing program answered. The manifest's own name is part of the program's identity.
///
/// # Errors
///
/// What is wrong with the source, and where.
pub fn described(program: Program, answer: &str) -> Result<Compiled, CompileError> {
    let unusable = |error: &dyn std::fmt::Display| {
        CompileError::plain(&program.file, format!("its manifest cannot be used: {error}"))
    };
    let mut answer: Value = serde_json::from_str(answer).map_err(|error| unusable(&error))?;
    if let Some(error) = answer.get("error") {
        return Err(remark(&program, error));
    }
    let warnings = answer.get("warnings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let warnings: Vec<Diagnostic> = warnings.iter().map(|said| remark(&program, said).0).collect();
    let mut manifest = match answer.get_mut("manifest").map(Value::take) {
        Some(Value::Object(manifest)) => manifest,
        _ => return Err(unusable(&"the engine gave none")),
    };
    manifest.entry("name").or_insert_with(|| crate::name(&program.file).into());
    let manifest = Manifest::parse(&Value::Object(manifest).to_string())
        .map_err(|error| CompileError::plain(&program.file, format!("`tool`: {error}")))?;
    let program = self::program(&program.file, &manifest.name, &program.code);
    Ok(Compiled { manifest, form: Form::Program(program), warnings })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(text: &str) -> Program {
        let compiled = compile(&Source { file: "x/My Tool.py", bytes: text.as_bytes() }).unwrap();
        assert_eq!(compiled.manifest.name, "my-tool");
        match compiled.form {
            Form::Program(program) => program,
            Form::Component(_) => panic!("a component"),
        }
    }

    #[test]
    fn the_name_of_the_manifest_is_the_programs() {
        let program = tool("def run(input): pass\n");
        assert_eq!(program.module, "my-tool.py");
        let before = program.identity;
        let compiled = described(program.clone(), r#"{"manifest":{"name":"other"}}"#).unwrap();
        let Form::Program(other) = compiled.form else { panic!("a component") };
        assert_eq!((other.module.as_str(), compiled.manifest.name.as_str()), ("other.py", "other"));
        assert_ne!(other.identity, before);
        let unnamed = described(program, r#"{"manifest":{"description":"d"}}"#).unwrap();
        assert_eq!(unnamed.manifest.name, "my-tool");
    }

    #[test]
    fn an_error_has_its_place() {
        let wrong = described(tool("def run(:\n"), r#"{"error":{"message":"invalid syntax","line":1,"column":9}}"#);
        assert_eq!(wrong.unwrap_err().to_string(), "x/My Tool.py:1:9: invalid syntax\n1 | def run(:\n  |         ^");
        for answer in ["", "[]", r#"{"manifest":{"name":"A"}}"#, r#"{"manifest":{"wants":1}}"#] {
            assert!(described(tool(""), answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(compile(&Source { file: "a.py", bytes: b"\xff" }).is_err());
        assert!(compile(&Source { file: "a.py", bytes: b"a = 1\0" }).is_err());
    }
}
