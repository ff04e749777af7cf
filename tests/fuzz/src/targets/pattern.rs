//! A pattern of JSON Schema, which is the first line, and a text that it is matched with, which is the rest.
//!
//! The same pattern in a group, repeated once, or looked for ahead says the same. The work is counted: a match that takes
//! too long is given up and says so.

use belljar_schema::Schema;
use serde_json::json;

use super::lines;
use super::schema::gave_up;
use crate::Target;

pub(super) const TARGET: Target = Target { name: "pattern", check, words: WORDS, seeds: Vec::new, most: 512 };

const WORDS: &[&str] = &[
    "(?:",
    "(?=",
    "(?!",
    "(?<=",
    "(?<!",
    "(?<n>",
    "\\k<n>",
    "\\1",
    "\\b",
    "\\B",
    "^",
    "$",
    "|",
    ")",
    "(a|b)",
    "*",
    "+",
    "?",
    "*?",
    "{2}",
    "{1,3}",
    "{0,}",
    "{1000}",
    "[a-c]",
    "[^",
    "]",
    "[\\d-x]",
    "\\w",
    "\\S",
    ".",
    "\\u{1F600}",
    "\\ud83d\\ude00",
    "\\x61",
    "\\p{L}",
    "\\P{Lu}",
    "\\p{Script=Greek}",
    "\\cA",
    "\\0",
    "\\-",
    "\\/",
    "aaaaaaaa",
    "\u{e9}",
    "\u{1f600}",
    "\n",
    "\u{2028}",
];

/// What a pattern says of a text; nothing if the pattern is refused or the match is given up.
fn matches(pattern: &str, text: &str) -> Option<bool> {
    let schema = Schema::compile(&json!({ "pattern": pattern })).ok()?;
    match schema.check(&json!(text)) {
        Ok(()) => Some(true),
        Err(violations) => (!violations.iter().any(|v| gave_up(&v.message))).then_some(false),
    }
}

fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (pattern, text) = lines(text);
    let Some(found) = matches(pattern, text) else { return };
    for same in [
        format!("(?:{pattern})"),
        format!("(?:{pattern}){{1}}"),
        format!("(?={pattern})"),
        format!("(?:{pattern})|[]"),
        format!("(?!(?!{pattern}))"),
    ] {
        // A longer pattern may be too large, or too much work.
        let other = matches(&same, text);
        assert!(other.is_none_or(|other| other == found), "{pattern:?} says {found} of {text:?}, {same:?} does not");
    }
}
