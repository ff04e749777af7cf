//! A log without what differs from one machine, moment or build to the next.

use serde_json::Value;

/// Keys that are left out: the chain, moments, the host, hashes of what contains them, and measures
/// that change with the engine's build.
const UNSTABLE: [&str; 13] = [
    "admission",
    "at",
    "clock",
    "digest",
    "engine",
    "host",
    "limits",
    "n",
    "prev",
    "terms",
    "tool-hash",
    "usage",
    "version",
];

/// The entry in short form: its kind, then its stable keys in their order. Nothing for an entry that is
/// not worth comparing, such as the seed.
pub fn short(line: &str) -> Option<String> {
    let Ok(Value::Object(entry)) = serde_json::from_str(line) else {
        return Some(format!("not a log entry: {line}"));
    };
    let kind = entry.get("kind").and_then(Value::as_str).unwrap_or("(no kind)").to_owned();
    if kind == "seed" {
        return None;
    }
    let mut text = kind;
    for (key, value) in &entry {
        if key != "kind" && !UNSTABLE.contains(&key.as_str()) {
            text.push_str(&format!(" {key}={value}"));
        }
    }
    Some(text)
}

/// The console's lines in a log, each as the tool wrote it.
pub fn console(log: &[String]) -> Vec<String> {
    log.iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|entry| entry["kind"] == "console")
        .filter_map(|entry| entry["text"].as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_left_out() {
        let line =
            r#"{"at":"2026-01-01T00:00:00Z","kind":"end","n":3,"prev":"00","result":"returned","usage":{"fuel":7}}"#;
        assert_eq!(short(line).as_deref(), Some(r#"end result="returned""#));
        assert_eq!(short(r#"{"kind":"seed","n":1,"prev":"00","seed":"00"}"#), None);
    }

    #[test]
    fn the_console_is_read_from_the_log() {
        let log = vec![r#"{"kind":"console","level":"log","n":2,"prev":"00","text":"hi"}"#.to_owned(), "{}".to_owned()];
        assert_eq!(console(&log), ["hi"]);
    }
}
