//! JSON Schema: input is checked before a run, output after it.

use jsonschema::Validator;
use serde_json::Value;
use thiserror::Error;

/// How many violations are reported at most.
const REPORTED: usize = 8;

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
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let validator =
            jsonschema::options().with_retriever(Nowhere).build(schema).map_err(|e| SchemaError(e.to_string()))?;
        Ok(Schema { validator, text: schema.clone() })
    }

    /// Checks a value; the error holds the first eight violations.
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
    if depth > 64 {
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
                            map.insert(name.clone(), default.clone());
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
