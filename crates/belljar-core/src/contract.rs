//! What a tool promises: its name, identity and schemas, made once and used by every run.

use belljar_admit::Manifest;
use belljar_admit::schema::{Schema, Violation};
use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::json;

/// A schema of a manifest is unusable.
#[derive(Clone, Debug, Error)]
#[error("the {which} schema of tool \"{tool}\" is not usable: {reason}")]
pub struct ContractError {
    which: &'static str,
    tool: String,
    reason: String,
}

/// The input does not fit. The run does not start.
#[derive(Clone, Debug, Error)]
pub enum InputError {
    /// It is no JSON.
    #[error("the input is not JSON: {message} (line {line}, column {column})")]
    NotJson {
        /// What is wrong.
        message: String,
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// It does not fit the tool's input schema.
    #[error("the input does not fit what {tool} takes:{}", list(.violations))]
    Schema {
        /// The tool's name.
        tool: String,
        /// Where and why, at most eight.
        violations: Vec<Violation>,
    },
}

/// Lower-case hexadecimal digits of some bytes.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    crate::line::push_hex(&mut text, bytes);
    text
}

/// The bytes of so many lower-case hexadecimal digits; nothing for any other text.
pub fn parse_hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(bytes)
}

pub(crate) fn list(violations: &[Violation]) -> String {
    violations.iter().fold(String::new(), |mut text, v| {
        let path = if v.path.is_empty() { "the whole value" } else { &v.path };
        text.push_str(&format!("\n  {path}: {}", v.message));
        text
    })
}

/// A tool's name, identity, engine and compiled schemas.
#[derive(Debug)]
pub struct Contract {
    pub(crate) name: String,
    pub(crate) identity: [u8; 32],
    pub(crate) engine: Option<[u8; 32]>,
    input: Option<Schema>,
    output: Option<Schema>,
}

impl Contract {
    /// Compiles the schemas of `manifest`. `identity` is the tool's SHA-256; `engine` that of the engine's
    /// component if the tool is a program.
    pub fn new(manifest: &Manifest, identity: [u8; 32], engine: Option<[u8; 32]>) -> Result<Self, ContractError> {
        let compile = |which, schema: &Option<Value>| match schema {
            None => Ok(None),
            Some(schema) => Schema::compile(schema).map(Some).map_err(|e| ContractError {
                which,
                tool: manifest.name.clone(),
                reason: e.to_string(),
            }),
        };
        Ok(Contract {
            name: manifest.name.clone(),
            identity,
            engine,
            input: compile("input", &manifest.input)?,
            output: compile("output", &manifest.output)?,
        })
    }

    /// A tool without schemas.
    pub fn plain(name: &str, identity: [u8; 32]) -> Self {
        Contract { name: name.into(), identity, engine: None, input: None, output: None }
    }

    /// The tool's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks an input against the schema and fills in the defaults that it declares. Returns the JSON text
    /// that the tool gets: the text as it came unless a default was filled in.
    pub fn accept_input(&self, text: &str) -> Result<String, InputError> {
        // What some editors and shells put before UTF-8.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let not_json = |e: serde_json::Error| InputError::NotJson {
            message: format!("{}{}", reason(&e), likely(text)),
            line: e.line(),
            column: e.column(),
        };
        let Some(schema) = &self.input else {
            json::check(text).map_err(not_json)?;
            return Ok(text.trim().to_owned());
        };
        let mut value: Value = serde_json::from_str(text).map_err(not_json)?;
        let unfit = |violations| InputError::Schema { tool: self.name.clone(), violations };
        let filled = schema.fill_defaults(&mut value).map_err(|violation| unfit(vec![violation]))?;
        schema.check(&value).map_err(unfit)?;
        Ok(if filled { value.to_string() } else { text.trim().to_owned() })
    }

    /// Checks an output: JSON, and fitting the schema. The error is for a person.
    pub(crate) fn check_output(&self, text: &str) -> Result<(), String> {
        let not_json = |e: serde_json::Error| {
            format!("the tool's output is not JSON: {} (line {}, column {})", reason(&e), e.line(), e.column())
        };
        let Some(schema) = &self.output else {
            return confident(json::confidence(text).map_err(not_json)?.as_ref());
        };
        let value: Value = serde_json::from_str(text).map_err(not_json)?;
        confident(value.get("confidence"))?;
        schema.check(&value).map_err(|violations| {
            format!("the tool's output does not fit what {} promises:{}", self.name, list(&violations))
        })
    }
}

/// Whether what an output states as its confidence is one, if it states any.
fn confident(stated: Option<&Value>) -> Result<(), String> {
    match stated {
        Some(stated) if !stated.as_f64().is_some_and(|c| (0.0..=1.0).contains(&c)) => {
            Err(format!("the tool's output states a confidence of {stated}; it must be a number from 0 to 1"))
        }
        _ => Ok(()),
    }
}

/// What is probably wrong with a text that is no JSON, as people and programs write it.
fn likely(text: &str) -> &'static str {
    let text = text.trim();
    let word = |word: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|found| found == word);
    let quotes = text.contains('"');
    if text.is_empty() {
        "; an input without anything in it is written {}"
    } else if text.starts_with('\'') && text.ends_with('\'') && text.len() > 1 {
        "; it stands in apostrophes, which this shell does not take away: write it in double quotes, with a backslash before \
         each double quote inside, or into a file"
    } else if text.contains('\'') && !quotes && text.starts_with(['{', '[']) {
        "; JSON has double quotes around texts and names, not apostrophes"
    } else if word("True") || word("False") || word("None") {
        "; JSON has true, false and null, in small letters"
    } else if word("NaN") || word("Infinity") || word("undefined") {
        "; JSON has no NaN, Infinity and undefined: write null, or a text"
    } else if !quotes && text.starts_with('{') {
        "; JSON has double quotes around texts and names, which some shells take away unless a backslash stands before each"
    } else if text.contains(",}")
        || text.contains(",]")
        || text.contains(", }")
        || text.contains(", ]")
        || text.contains(",\n}")
    {
        "; JSON has no comma behind the last item"
    } else if text.starts_with("//") || text.starts_with("/*") || text.starts_with('#') {
        "; JSON has no comments"
    } else if text.starts_with('<') {
        "; this looks like HTML or XML"
    } else {
        ""
    }
}

/// serde_json's message without its position, which is reported by itself.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
