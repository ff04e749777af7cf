//! Drafts of JSON Schema.

use serde_json::Value;

/// Which rules a schema is read by. They differ in what a schema is called by, and in what stands beside `$ref`; what else
/// the drafts spell differently does not collide, and is read in any.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Draft 4: a schema is called by `id`.
    Four,
    /// Drafts 6 and 7.
    SixOrSeven,
    /// 2019-09 and 2020-12.
    Current,
}

impl Dialect {
    /// The keyword that says what a schema is called.
    pub(crate) fn id(self) -> &'static str {
        if self == Dialect::Four { "id" } else { "$id" }
    }

    /// Whether nothing beside a reference counts.
    pub(crate) fn refers_alone(self) -> bool {
        self != Dialect::Current
    }
}

/// The dialect that `$schema` names.
pub(crate) fn named(value: &Value) -> Result<Dialect, String> {
    let uri = value.as_str().unwrap_or_default();
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://")).unwrap_or_default();
    match rest.trim_end_matches('#').strip_prefix("json-schema.org/") {
        Some("draft-04/schema") => Ok(Dialect::Four),
        Some("draft-06/schema" | "draft-07/schema") => Ok(Dialect::SixOrSeven),
        Some("schema" | "draft/2019-09/schema" | "draft/2020-12/schema") => Ok(Dialect::Current),
        _ => Err(format!(
            "{} names no known dialect; \"https://json-schema.org/draft/2020-12/schema\" is expected, or one of the drafts 4 to 2019-09",
            crate::message::quote(value)
        )),
    }
}
