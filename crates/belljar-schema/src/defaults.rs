//! Defaults: what a property is when the value leaves it out.

use serde_json::Value;

use crate::limits::DEFAULTS_DEPTH;

/// Fills in the `default` of properties that are missing, in the value and below it. Returns whether any was.
pub(crate) fn fill(schema: &Value, value: &mut Value, depth: usize) -> bool {
    if depth > DEFAULTS_DEPTH {
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
