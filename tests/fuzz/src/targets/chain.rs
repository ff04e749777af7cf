//! Logs whose chain holds, whatever stands in their entries: so that changes get beyond the first hash.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A SHA-256 in hexadecimal digits.
pub(super) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Numbers the lines that are JSON objects, binds each to the one before, and writes it in canonical form. `mend` may change
/// an entry before that. Other lines stay as they are.
pub(super) fn chained(log: &str, mut mend: impl FnMut(&mut Value)) -> String {
    let (mut text, mut prev, mut n) = (String::new(), "0".repeat(64), 0);
    for line in log.lines() {
        let line = match serde_json::from_str::<Value>(line) {
            Ok(mut entry) if entry.is_object() => {
                mend(&mut entry);
                entry["n"] = n.into();
                entry["prev"] = prev.into();
                n += 1;
                sorted(entry).to_string()
            }
            _ => line.to_owned(),
        };
        prev = hash(line.as_bytes());
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The same value with the members of its objects in order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            members.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            Value::Object(members.into_iter().collect())
        }
        other => other,
    }
}
