//! Checks a log: every line canonical JSON, every `prev` the hash of the line before, every entry in its place.

use std::io::BufRead;

use serde_json::Value;
use thiserror::Error;

use crate::contract::{hex, sha256};

/// What a log that holds says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many entries there are.
    pub entries: u64,
    /// Whether the last one is the end entry; if not, the run was cut off or the log was shortened.
    pub ended: bool,
    /// SHA-256 of the last line: who knows it from elsewhere can tell a shortened log.
    pub head: [u8; 32],
    /// How many bytes after the last whole line were left out: a line torn by a crash.
    pub torn: usize,
}

/// The first entry of a log that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line} of the log does not hold: {reason}")]
pub struct Broken {
    /// The line, counted from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// Reads a log to its end and names the first entry that does not hold.
pub fn verify(mut log: impl BufRead) -> Result<Summary, Broken> {
    let mut summary = Summary::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let number = summary.entries + 1;
        let broken = |reason: String| Broken { line: number, reason };
        let read = log.read_until(b'\n', &mut line).map_err(|e| broken(format!("it could not be read: {e}")))?;
        if read == 0 {
            break;
        }
        if line.pop_if(|b| *b == b'\n').is_none() {
            summary.torn = read;
            break;
        }
        if summary.ended {
            return Err(broken("there is an entry after the end".into()));
        }
        let text = std::str::from_utf8(&line).map_err(|_| broken("it is not UTF-8".into()))?;
        let value: Value = serde_json::from_str(text).map_err(|e| broken(format!("it is not JSON: {e}")))?;
        if canonical(&value).as_deref() != Some(text) {
            return Err(broken("it is not in canonical form (RFC 8785)".into()));
        }
        if value["n"].as_u64() != Some(summary.entries) {
            return Err(broken(format!(
                "it is numbered {}, not {}: an entry is missing, repeated or out of order",
                value["n"], summary.entries
            )));
        }
        if value["prev"].as_str() != Some(&hex(&summary.head)) {
            return Err(broken("its \"prev\" is not the hash of the line before: one of the two was changed".into()));
        }
        let kind = value["kind"].as_str().unwrap_or_default();
        if (kind == "start") != (summary.entries == 0) {
            return Err(broken(format!("an entry of kind {kind:?} does not belong here")));
        }
        summary.ended = kind == "end";
        summary.head = sha256(&line);
        summary.entries += 1;
    }
    if summary.entries == 0 {
        return Err(Broken { line: 1, reason: "there is no entry".into() });
    }
    Ok(summary)
}

/// The canonical form of a log entry, which holds objects, strings and whole numbers only.
fn canonical(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => serde_json::to_string(text).ok(),
        Value::Number(number) => number.as_u64().map(|n| n.to_string()),
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            let fields: Option<Vec<_>> = keys
                .into_iter()
                .map(|(key, value)| Some(format!("{}:{}", serde_json::to_string(key).ok()?, canonical(value)?)))
                .collect();
            Some(format!("{{{}}}", fields?.join(",")))
        }
        _ => None,
    }
}
