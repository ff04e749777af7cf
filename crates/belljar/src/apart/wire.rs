//! What the two processes say to each other: a head in JSON and a body in bytes, each after its length.

use std::io::Read;

use belljar_compile::{Compiled, Diagnostic, Form, Positions, Program};
use belljar_core::Contract;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::limits;
use crate::prepared::Facts;

/// What is to be compiled. The bytes are the body.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum Job {
    /// A source file.
    Source { file: String },
    /// A component, to machine code.
    Component,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) enum Answer {
    /// A program; its code is the body.
    Program { manifest: belljar_admit::Manifest, module: String, positions: Option<Vec<u32>>, warnings: Vec<Remark> },
    /// A component, which is the body.
    Component { manifest: belljar_admit::Manifest, warnings: Vec<Remark> },
    /// Machine code, which is the body.
    Code(Facts),
    /// The source is wrong.
    Wrong(Remark),
    /// Admission refuses it.
    Refused(String),
    /// The compiler failed.
    Failed(String),
}

/// A diagnostic.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remark {
    file: String,
    place: Option<(usize, usize, String)>,
    message: String,
}

impl From<Diagnostic> for Remark {
    fn from(Diagnostic { file, place, message }: Diagnostic) -> Self {
        Remark { file, place, message }
    }
}

impl From<Remark> for Diagnostic {
    fn from(Remark { file, place, message }: Remark) -> Self {
        Diagnostic { file, place, message }
    }
}

/// A message's beginning, to be followed by its body.
pub(crate) fn begin(head: &impl Serialize, body: usize) -> Result<Vec<u8>, serde_json::Error> {
    let head = serde_json::to_vec(head)?;
    let mut message = Vec::with_capacity(head.len() + 16);
    message.extend_from_slice(&(head.len() as u64).to_le_bytes());
    message.extend_from_slice(&(body as u64).to_le_bytes());
    message.extend_from_slice(&head);
    Ok(message)
}

/// Reads a whole message, and nothing behind it. Nothing is reserved before it is there.
pub(crate) fn read<T: DeserializeOwned>(mut from: impl Read) -> Option<(T, Vec<u8>)> {
    let mut lengths = [[0; 8]; 2];
    for length in &mut lengths {
        from.read_exact(length).ok()?;
    }
    let [head, body] = lengths.map(u64::from_le_bytes);
    if head > limits::ANSWER_HEAD || body > limits::ANSWER_BODY {
        return None;
    }
    let mut part = |length: u64| {
        let mut bytes = Vec::new();
        (&mut from).take(length).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 == length).then_some(bytes)
    };
    let (head, body) = (part(head)?, part(body)?);
    Some((serde_json::from_slice(&head).ok()?, body))
}

/// What a compiler made, as an answer and its body.
pub(crate) fn answer(compiled: Compiled) -> (Answer, Vec<u8>) {
    let Compiled { manifest, form, warnings } = compiled;
    let warnings = warnings.into_iter().map(Remark::from).collect();
    match form {
        Form::Component(component) => (Answer::Component { manifest, warnings }, component),
        Form::Program(Program { module, code, positions, .. }) => {
            let positions = positions.flat();
            (Answer::Program { manifest, module, positions, warnings }, code.into_bytes())
        }
    }
}

/// What a compiler made, out of an answer that may be anybody's: the manifest is checked with its schemas, and what
/// identifies the program is computed anew from the source.
pub(crate) fn compiled(answer: Answer, body: Vec<u8>, file: &str, source: &[u8]) -> Option<Compiled> {
    match answer {
        Answer::Program { manifest, module, positions, warnings } => {
            manifest.check().ok()?;
            let code = String::from_utf8(body).ok()?;
            let program = Program {
                engine: belljar_compile::Engine::JavaScript,
                identity: Program::identity_of(file, &manifest.name, source)?,
                file: file.to_owned(),
                module,
                code,
                positions: Positions::of_flat(positions.as_deref()),
            };
            // A name like a file's, which stands in stack traces.
            if program.module.len() > 80 || !program.module.starts_with(manifest.name.as_str()) {
                return None;
            }
            Contract::new(&manifest, program.identity, None).ok()?;
            let warnings = warnings.into_iter().map(Diagnostic::from).collect();
            Some(Compiled { manifest, form: Form::Program(program), warnings })
        }
        Answer::Component { manifest, warnings } => {
            manifest.check().ok()?;
            let warnings = warnings.into_iter().map(Diagnostic::from).collect();
            Some(Compiled { manifest, form: Form::Component(body), warnings })
        }
        _ => None,
    }
}
