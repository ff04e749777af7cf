//! JSON Schema: input is checked before a run, output after it.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;
use thiserror::Error;

/// How many violations are reported at most.
const REPORTED: usize = 8;

/// Steps back that matching a pattern may take (a fraction of a second); beyond them the text counts as unfit.
const BACKTRACKS: usize = 1_000_000;

/// Bytes of one compiled pattern.
const PATTERN_BYTES: usize = 1 << 20;

/// Levels of a value below which defaults are not filled in.
const DEPTH: usize = 64;

/// A schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SchemaError(String);

/// Where a value does not fit, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// A JSON Pointer; empty for the whole value.
    pub path: String,
    /// Why.
    pub message: String,
}

/// A compiled schema (JSON Schema 2020-12 unless it names another draft).
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    text: Value,
}

/// Nothing outside the schema is ever fetched.
struct Nowhere;

impl jsonschema::Retrieve for Nowhere {
    fn retrieve(&self, uri: &jsonschema::Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("it refers to {uri}; a tool's schema must be complete in itself").into())
    }
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    ///
    /// What is wrong with it; also when it refers to something outside itself, which is never fetched.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let patterns = PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS).size_limit(PATTERN_BYTES);
        let validator = jsonschema::options()
            .with_retriever(Nowhere)
            .with_pattern_options(patterns)
            .build(schema)
            .map_err(|e| SchemaError(short(e.to_string())))?;
        Ok(Schema { validator, text: schema.clone() })
    }

    /// Checks a value.
    ///
    /// # Errors
    ///
    /// The first eight violations.
    pub fn check(&self, value: &Value) -> Result<(), Vec<Violation>> {
        if self.validator.is_valid(value) {
            return Ok(());
        }
        Err(self
            .validator
            .iter_errors(value)
            .take(REPORTED)
            .map(|e| Violation { path: e.instance_path().to_string(), message: short(e.to_string()) })
            .collect())
    }

    /// Fills in the `default` of properties that are missing, in the value and below it. Returns whether any was.
    pub fn fill_defaults(&self, value: &mut Value) -> bool {
        fill(&self.text, value, 0)
    }
}

fn fill(schema: &Value, value: &mut Value, depth: usize) -> bool {
    if depth > DEPTH {
        return false;
    }
    let mut filled = false;
    match value {
        Value::Object(map) => {
            let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return false };
            for (name, property) in properties {
                match map.get_mut(name) {
                    Some(inner) => filled |= fill(property, inner, depth + 1),
                    None => {
                        if let Some(default) = property.get("default") {
                            let mut default = default.clone();
                            fill(property, &mut default, depth + 1);
                            map.insert(name.clone(), default);
                            filled = true;
                        }
                    }
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for item in items {
                    filled |= fill(schema, item, depth + 1);
                }
            }
        }
        _ => {}
    }
    filled
}

/// Values are quoted in messages; long ones are cut.
fn short(mut message: String) -> String {
    const MOST: usize = 300;
    if message.len() > MOST {
        message.truncate((0..=MOST).rev().find(|&i| message.is_char_boundary(i)).unwrap_or(0));
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn violations_say_where() {
        let schema = Schema::compile(&json!({
            "type": "object",
            "properties": { "items": { "type": "array", "items": { "type": "integer" } } },
            "required": ["text"],
        }))
        .unwrap();
        assert_eq!(schema.check(&json!({ "text": 1, "items": [1, 2] })), Ok(()));
        let violations = schema.check(&json!({ "items": [1, "two"] })).unwrap_err();
        assert!(violations.iter().any(|v| v.path == "/items/1"), "{violations:?}");
        assert!(violations.iter().any(|v| v.path.is_empty() && v.message.contains("text")), "{violations:?}");
        let many = schema.check(&json!({ "items": vec!["x"; 100] })).unwrap_err();
        assert_eq!(many.len(), REPORTED);
    }

    #[test]
    fn nothing_outside_a_schema_is_looked_at() {
        for elsewhere in ["https://example.com/schema.json", "file:///etc/passwd"] {
            let error = Schema::compile(&json!({ "$ref": elsewhere })).unwrap_err().to_string();
            assert!(error.contains("complete in itself"), "{error}");
        }
        assert!(Schema::compile(&json!({ "$ref": "other.json" })).is_err());
        let inside = json!({ "$defs": { "n": { "type": "integer" } }, "$ref": "#/$defs/n" });
        assert!(Schema::compile(&inside).unwrap().check(&json!("x")).is_err());
        assert!(Schema::compile(&json!({ "type": "strnig" })).is_err());
        assert!(Schema::compile(&json!({ "pattern": "(" })).is_err());
    }

    #[test]
    fn patterns_end() {
        let schema = Schema::compile(&json!({ "type": "string", "pattern": "^(?=a)(a|aa)+$" })).unwrap();
        let begun = std::time::Instant::now();
        let _ = schema.check(&json!(format!("{}b", "a".repeat(60))));
        assert!(begun.elapsed().as_secs() < 5);
        assert_eq!(schema.check(&json!("aaa")), Ok(()));
    }

    #[test]
    fn defaults_are_filled_in_at_every_level() {
        let schema = Schema::compile(&json!({
            "type": "object",
            "properties": {
                "top": { "type": "integer", "default": 5 },
                "style": { "default": {}, "properties": { "bold": { "default": false } } },
                "rows": { "items": { "properties": { "n": { "default": 0 } } } },
            },
        }))
        .unwrap();
        let mut value = json!({ "rows": [{}, { "n": 2 }] });
        assert!(schema.fill_defaults(&mut value));
        assert_eq!(value, json!({ "rows": [{ "n": 0 }, { "n": 2 }], "top": 5, "style": { "bold": false } }));
        assert!(!schema.fill_defaults(&mut value));
        assert!(!schema.fill_defaults(&mut json!([1])));
    }
}
