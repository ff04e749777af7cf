//! A log without what differs from one machine, moment or build to the next.

use belljar::log::Entry;
use belljar_core::run_of;
use serde_json::Value;

/// Keys that are left out: the chain, moments, the host, hashes of what contains them, and measures
/// that change with the engine's build.
const UNSTABLE: [&str; 15] = [
    "admission",
    "at",
    "caller",
    "clock",
    "digest",
    "engine",
    "host",
    "limits",
    "log",
    "n",
    "policy",
    "prev",
    "toolHash",
    "usage",
    "version",
];

/// The entry in short form: its kind, then its stable keys in their order. Nothing for an entry that is
/// not worth comparing, such as the seed.
pub fn short(line: &str) -> Option<String> {
    let value: Value = serde_json::from_str(line).unwrap_or_default();
    let (text, members) = match (Entry::read(&value), value["kind"].as_str(), value.as_object()) {
        (Some(Entry::Seed { .. }), ..) => return None,
        (Some(_), Some(kind), Some(members)) => (kind, members),
        _ => return Some(format!("not a log entry: {line}")),
    };
    let mut text = text.to_owned();
    for (key, value) in members {
        if key != "kind" && !UNSTABLE.contains(&key.as_str()) {
            text.push_str(&format!(" {key}={value}"));
        }
    }
    Some(text)
}

/// The console's lines in a log, each as the tool wrote it; those of called runs stand behind.
pub fn console(log: &[String]) -> Vec<String> {
    let mut lines: Vec<&String> = log.iter().collect();
    lines.sort_by_key(|line| run_of(line));
    lines
        .into_iter()
        .filter_map(|line| match Entry::read(&serde_json::from_str(line).ok()?)? {
            Entry::Console { text, .. } => Some(text.into_owned()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_left_out() {
        let usage = r#"{"artifacts":0,"calls":0,"console":0,"consoleDropped":0,"fuel":7,"output":0,"pages":1}"#;
        let line = format!(
            r#"{{"at":"2026-01-01T00:00:00.000Z","kind":"end","n":3,"prev":"00","result":"returned","usage":{usage}}}"#
        );
        assert_eq!(short(&line).as_deref(), Some(r#"end result="returned""#));
        assert_eq!(short(&format!(r#"{{"kind":"seed","n":1,"prev":"00","seed":"{}"}}"#, "00".repeat(32))), None);
        let no_entry = r#"{"kind":"end","n":3}"#;
        assert_eq!(short(no_entry), Some(format!("not a log entry: {no_entry}")));
    }

    #[test]
    fn the_console_is_read_from_the_log() {
        let log = vec![r#"{"kind":"console","level":"log","n":2,"prev":"00","text":"hi"}"#.to_owned(), "{}".to_owned()];
        assert_eq!(console(&log), ["hi"]);
    }
}
