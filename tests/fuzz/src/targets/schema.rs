//! A JSON Schema, which is the first line, and a value, which is the rest.
//!
//! A schema that is compiled gives one verdict, which the same schema within `allOf`, `anyOf`, `oneOf` or twice within
//! `not` gives as well. What defaults were filled into has none left to fill in.

use belljar_schema::{Schema, Violation};
use serde_json::{Value, json};

use super::lines;
use crate::Target;

pub(super) const TARGET: Target = Target { name: "schema", check, words: WORDS, seeds: Vec::new, most: 4 << 10 };

const WORDS: &[&str] = &[
    "{\"type\":\"object\"}",
    "\"type\":\"integer\"",
    "\"type\":[\"array\",\"null\"]",
    "\"enum\":[1,\"a\"]",
    "\"const\":1.0",
    "\"minimum\":0",
    "\"exclusiveMaximum\":1e2",
    "\"multipleOf\":0.1",
    "\"minLength\":1",
    "\"pattern\":\"^a+$\"",
    "\"uniqueItems\":true",
    "\"items\":{}",
    "\"prefixItems\":[{}]",
    "\"contains\":{}",
    "\"minContains\":0",
    "\"maxContains\":1",
    "\"properties\":{\"a\":{}}",
    "\"patternProperties\":{\"a\":false}",
    "\"additionalProperties\":false",
    "\"propertyNames\":{}",
    "\"required\":[\"a\"]",
    "\"dependentRequired\":{\"a\":[\"b\"]}",
    "\"dependentSchemas\":{\"a\":{}}",
    "\"allOf\":[{}]",
    "\"anyOf\":[{}]",
    "\"oneOf\":[true,{}]",
    "\"not\":{}",
    "\"if\":{}",
    "\"then\":{}",
    "\"else\":{}",
    "\"unevaluatedItems\":false",
    "\"unevaluatedProperties\":false",
    "\"$defs\":{\"a\":{}}",
    "\"$ref\":\"#/$defs/a\"",
    "\"$ref\":\"#\"",
    "\"$anchor\":\"a\"",
    "\"default\":{}",
    "\"nullable\":true",
    "\"format\":\"date\"",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    "{\"a\":1}",
    "\"a\"",
    "1.0",
    "1e-7",
    "18446744073709551616",
    ",",
    ":",
    "\n",
    "\\u0000",
    "\u{e9}",
    "\"$schema\":\"http://json-schema.org/draft-07/schema#\"",
    "\"$schema\":\"http://json-schema.org/draft-04/schema#\"",
];

fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (schema, value) = lines(text);
    let Ok(text) = serde_json::from_str::<Value>(schema) else { return };
    let schema = match Schema::compile(&text) {
        Ok(schema) => schema,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let Ok(mut value) = serde_json::from_str::<Value>(value) else { return };
    let found = schema.check(&value);
    assert_eq!(schema.check(&value), found, "it is judged in two ways");
    if let Err(violations) = &found {
        assert!(!violations.is_empty() && violations.len() <= 8, "{violations:?}");
        for violation in violations {
            assert!(value.pointer(&violation.path).is_some(), "{} is no place in it", violation.path);
        }
    }
    if !is_given_up(&found) {
        within(&text, &value, found.is_ok());
    }
    if schema.fill_defaults(&mut value) == Ok(true) {
        assert_eq!(schema.fill_defaults(&mut value), Ok(false), "defaults are filled in twice: {value}");
    }
}

/// Judges by schemas that say the same in other words.
fn within(text: &Value, value: &Value, fits: bool) {
    // What stands elsewhere is referred to in other words.
    if ["$ref", "$id", "\"id\"", "$anchor", "$schema"].iter().any(|word| text.to_string().contains(word)) {
        return;
    }
    for (same, turned) in [
        (json!({ "allOf": [text, true] }), false),
        (json!({ "anyOf": [false, text] }), false),
        (json!({ "oneOf": [text, false] }), false),
        (json!({ "not": { "not": text } }), false),
        (json!({ "if": text, "then": true, "else": false }), false),
        (json!({ "$ref": "#/$defs/a", "$defs": { "a": text } }), false),
        (json!({ "not": text }), true),
    ] {
        let Ok(schema) = Schema::compile(&same) else { continue };
        let found = schema.check(value);
        assert!(is_given_up(&found) || found.is_ok() != (fits == turned), "{same}\nsays {found:?} of {value}");
    }
}

/// Whether a check was given up: then it says nothing about the value.
fn is_given_up(found: &Result<(), Vec<Violation>>) -> bool {
    found.as_ref().is_err_and(|violations| violations.iter().any(|violation| gave_up(&violation.message)))
}

/// Whether a violation says that a check took too much.
pub(super) fn gave_up(message: &str) -> bool {
    ["to be checked", "too long to be matched", "levels deep"].iter().any(|part| message.contains(part))
}
