//! Defaults: what a property is when the value leaves it out.
//!
//! What is put in is counted before it is put in: the items of a default can have defaults, which are put in once for
//! each of them.

use serde_json::Value;

use crate::Violation;
use crate::limits::{DEFAULTS_BYTES, DEFAULTS_DEPTH, DEFAULTS_STEPS};

/// Fills in the `default` of properties that are missing, in the value and below it. Returns whether any was.
pub(crate) fn fill(schema: &Value, value: &mut Value) -> Result<bool, Violation> {
    let mut filling = Filling { bytes: DEFAULTS_BYTES, steps: DEFAULTS_STEPS };
    filling.fill(schema, value, 0).map_err(|TooMuch(what)| Violation {
        path: String::new(),
        message: format!("the schema's defaults add more than {what} to it; that is the most"),
    })
}

struct Filling {
    bytes: usize,
    steps: usize,
}

/// What there is too much of.
struct TooMuch(String);

impl Filling {
    fn fill(&mut self, schema: &Value, value: &mut Value, depth: usize) -> Result<bool, TooMuch> {
        self.step()?;
        if depth > DEFAULTS_DEPTH {
            return Ok(false);
        }
        let mut filled = false;
        match value {
            Value::Object(map) => {
                let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Ok(false) };
                for (name, property) in properties {
                    self.step()?;
                    match map.get_mut(name) {
                        Some(inner) => filled |= self.fill(property, inner, depth + 1)?,
                        None => {
                            let Some(default) = property.get("default") else { continue };
                            self.pay(name.len() + 4)?;
                            self.pay_for(default)?;
                            let mut default = default.clone();
                            self.fill(property, &mut default, depth + 1)?;
                            map.insert(name.clone(), default);
                            filled = true;
                        }
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = schema.get("items") {
                    for item in items {
                        filled |= self.fill(schema, item, depth + 1)?;
                    }
                }
            }
            _ => {}
        }
        Ok(filled)
    }

    fn step(&mut self) -> Result<(), TooMuch> {
        self.steps = self.steps.checked_sub(1).ok_or_else(|| TooMuch(format!("{DEFAULTS_STEPS} steps of work")))?;
        Ok(())
    }

    fn pay(&mut self, bytes: usize) -> Result<(), TooMuch> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or_else(|| TooMuch(format!("{DEFAULTS_BYTES} bytes")))?;
        Ok(())
    }

    /// Pays for a value's JSON text, at least, stopping where it cannot.
    fn pay_for(&mut self, value: &Value) -> Result<(), TooMuch> {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => self.pay(4),
            Value::String(text) => self.pay(text.len() + 2),
            Value::Array(items) => {
                self.pay(2 + items.len())?;
                items.iter().try_for_each(|item| self.pay_for(item))
            }
            Value::Object(map) => {
                self.pay(2)?;
                map.iter().try_for_each(|(name, member)| {
                    self.pay(name.len() + 4)?;
                    self.pay_for(member)
                })
            }
        }
    }
}
