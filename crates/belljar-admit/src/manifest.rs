//! What a tool says of itself: its name, what it is for, its schemas, its wishes. Claims, never grants.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// Characters of a name.
const NAME: usize = 64;
/// Bytes of a description.
const DESCRIPTION: usize = 4 << 10;
/// Bytes of a schema as JSON.
const SCHEMA: usize = 64 << 10;
/// How many wishes, and bytes of each.
const WANTS: (usize, usize) = (64, 1 << 10);

/// The component's custom section that holds the manifest.
#[cfg(feature = "admit")]
pub(crate) const SECTION: &str = "belljar:manifest";

/// A tool's manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// 1 to 64 lower-case letters, digits, `-`, `_` or `.`, starting with a letter or digit.
    pub name: String,
    /// What it does, in a sentence.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// JSON Schema of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// What it asks for, in the words of policy rules.
    #[serde(default)]
    pub wants: Vec<String>,
}

/// Why a manifest is unusable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {reason}")]
pub struct ManifestError {
    /// Which field.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Manifest {
    /// Reads and checks a manifest as JSON text.
    ///
    /// # Errors
    ///
    /// The field that is unusable, and why.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Manifest = serde_json::from_str(text)
            .map_err(|e| ManifestError { field: "the manifest", reason: format!("not a manifest: {e}") })?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Checks names, sizes and characters.
    ///
    /// # Errors
    ///
    /// The first field that is unusable, and why.
    pub fn check(&self) -> Result<(), ManifestError> {
        let fail = |field, reason: String| Err(ManifestError { field, reason });
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if self.name.is_empty()
            || self.name.len() > NAME
            || !self.name.starts_with(plain)
            || !self.name.chars().all(|c| plain(c) || matches!(c, '-' | '_' | '.'))
        {
            return fail(
                "name",
                format!(
                    "{:?} must be 1 to {NAME} lower-case letters, digits, '-', '_' or '.', and start with a letter or digit",
                    self.name
                ),
            );
        }
        if self.description.len() > DESCRIPTION {
            return fail("description", format!("at most {DESCRIPTION} bytes, not {}", self.description.len()));
        }
        if let Some(c) = invisible(&self.description) {
            return fail("description", format!("it holds the invisible character U+{:04X}", u32::from(c)));
        }
        for (field, schema) in [("input", &self.input), ("output", &self.output)] {
            if let Some(schema) = schema {
                let size = schema.to_string().len();
                if size > SCHEMA {
                    return fail(field, format!("a schema of at most {SCHEMA} bytes, not {size}"));
                }
                if !schema.is_object() && !schema.is_boolean() {
                    return fail(field, "a JSON Schema is an object".into());
                }
                if let Some(c) = invisible_within(schema) {
                    return fail(field, format!("it holds the invisible character U+{:04X}", u32::from(c)));
                }
            }
        }
        if self.wants.len() > WANTS.0 {
            return fail("wants", format!("at most {} wishes, not {}", WANTS.0, self.wants.len()));
        }
        for want in &self.wants {
            if want.len() > WANTS.1 || want.contains(['\n', '\t']) || invisible(want).is_some() {
                return fail(
                    "wants",
                    format!("a wish is one line of at most {} bytes without invisible characters", WANTS.1),
                );
            }
        }
        Ok(())
    }
}

/// The first character that does not show itself, or that changes how other text is shown.
fn invisible(text: &str) -> Option<char> {
    text.chars().find(|&c| belljar_text::is_hidden(c) && !harmless(c))
}

/// What ordinary descriptions hold: line breaks and tabs, wide, narrow and non-breaking spaces, and what emoji and Indic
/// scripts are joined and chosen with.
fn harmless(c: char) -> bool {
    matches!(
        c,
        '\n' | '\t' | '\u{a0}' | '\u{2000}'
            ..='\u{200a}' | '\u{200c}' | '\u{200d}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{fe0e}' | '\u{fe0f}'
    )
}

/// The same in all keys and texts of a schema, which people and models read too.
fn invisible_within(value: &Value) -> Option<char> {
    match value {
        Value::String(text) => invisible(text),
        Value::Array(items) => items.iter().find_map(invisible_within),
        Value::Object(map) => map.iter().find_map(|(key, value)| invisible(key).or_else(|| invisible_within(value))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_strictly() {
        let good =
            r#"{"name":"word-count","description":"Counts 👨‍👩‍👧.","input":{"type":"object"},"wants":["kv read **"]}"#;
        let manifest = Manifest::parse(good).unwrap();
        assert_eq!(Manifest::parse(&serde_json::to_string(&manifest).unwrap()).unwrap(), manifest);
        let long = format!(r#"{{"name":"{}"}}"#, "a".repeat(65));
        for (text, field) in [
            (r#"{"name":"a","colour":"red"}"#, "the manifest"),
            (r#"{"name":"a","name":"b"}"#, "the manifest"),
            (r#"{"description":"nameless"}"#, "the manifest"),
            ("[]", "the manifest"),
            (r#"{"name":""}"#, "name"),
            (r#"{"name":"-a"}"#, "name"),
            (r#"{"name":"A"}"#, "name"),
            (&long, "name"),
            ("{\"name\":\"a\",\"description\":\"pay\u{202e}fdp\"}", "description"),
            (r#"{"name":"a","description":"\u001b[2J"}"#, "description"),
            (r#"{"name":"a","input":[]}"#, "input"),
            (r#"{"name":"a","output":{"title":"\u200b"}}"#, "output"),
            (r#"{"name":"a","wants":["a\nb"]}"#, "wants"),
        ] {
            assert_eq!(Manifest::parse(text).unwrap_err().field, field, "{text}");
        }
    }
}
