//! JSON Schema for tools: their input is checked before a run, their output after it.
//!
//! A schema and a value come from an agent, and the check runs in a page as well as on a server. So this validator is
//! small, strict and bounded. It understands JSON Schema 2020-12, and what drafts 4 to 2019-09 spell differently:
//! `items` with an array and `additionalItems`, `definitions`, `dependencies`, `exclusiveMinimum: true`. A schema
//! that it would have to guess about is refused by [`Schema::compile`] with a sentence that says where: a keyword of
//! the wrong shape, a reference to elsewhere, a pattern that is no ECMAScript. Every check ends within a fixed number
//! of steps; a value that would take more counts as unfit, and the violation says so.
//!
//! What it is not: it fetches nothing; `format`, `contentEncoding` and unknown keywords annotate and are not checked.
//! These are refused: `$dynamicRef`, `$recursiveRef`, an `$id` (in draft 4 an `id`) below the whole, a `$ref` to another
//! document, and a `$schema` with vocabularies of its own. `tests/suite.txt` lists what that means for each schema of
//! JSON Schema's official test suite.
//!
//! ```
//! use belljar_schema::Schema;
//! use serde_json::json;
//!
//! # fn main() -> Result<(), belljar_schema::SchemaError> {
//! let schema = Schema::compile(&json!({
//!     "type": "object",
//!     "properties": { "text": { "type": "string", "pattern": "^\\w+$" }, "times": { "type": "integer", "default": 1 } },
//!     "required": ["text"],
//! }))?;
//! let mut value = json!({ "text": "hello" });
//! assert_eq!(schema.fill_defaults(&mut value), Ok(true));
//! assert_eq!(schema.check(&value), Ok(()));
//!
//! let violations = schema.check(&json!({ "text": "hello", "times": "two" })).unwrap_err();
//! assert_eq!(violations[0].path, "/times");
//! assert_eq!(violations[0].message, "\"two\" is not of type \"integer\"");
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod check;
mod compile;
mod defaults;
mod dialect;
mod equal;
mod evaluated;
mod explain;
mod keywords;
mod limits;
mod message;
mod node;
mod number;
mod pattern;
mod place;
mod reference;

use std::fmt;

use serde_json::Value;
use thiserror::Error;

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
pub struct Schema {
    nodes: Vec<node::Node>,
    text: Value,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where, as a JSON Pointer; also when it refers to something outside itself, which is
    /// never fetched.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        Ok(Schema { nodes: compile::compile(schema)?, text: schema.clone() })
    }

    /// Checks a value.
    ///
    /// # Errors
    ///
    /// The first eight violations. One of the whole value says when the check was given up because it took too much.
    pub fn check(&self, value: &Value) -> Result<(), Vec<Violation>> {
        let violations = check::check(&self.nodes, value);
        if violations.is_empty() { Ok(()) } else { Err(violations) }
    }

    /// Fills in the `default` of properties that are missing, in the value and below it. Returns whether any was.
    ///
    /// # Errors
    ///
    /// The defaults would add more than a megabyte, or take too much work. Some of them are filled in then.
    pub fn fill_defaults(&self, value: &mut Value) -> Result<bool, Violation> {
        defaults::fill(&self.text, value)
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("text", &self.text).finish_non_exhaustive()
    }
}
