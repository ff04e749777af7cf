//! Log lines of errors, grouped by what they have in common.

use std::collections::BTreeMap;

use belljar::{ToolError, files};
use regex_lite::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Input {
    /// The folder with the log files, as the policy names it.
    folder: String,
    /// How many kinds to list.
    #[serde(default = "five")]
    top: usize,
}

fn five() -> usize {
    5
}

#[derive(Serialize, JsonSchema)]
struct Output {
    files: usize,
    lines: usize,
    errors: usize,
    top: Vec<Kind>,
}

/// Errors that differ in numbers, addresses and quoted texts only.
#[derive(Serialize, JsonSchema)]
struct Kind {
    pattern: String,
    count: usize,
    /// The first one, as it stands in the log.
    example: String,
}

/// Finds the most frequent kinds of error in the log files of a folder.
#[belljar::tool(wants = ["files read ./logs as /logs"])]
fn run(input: Input) -> Result<Output, ToolError> {
    let error = Regex::new(r"(?i)\b(error|fatal|panic(ked)?|exception)\b")?;
    let varying = Regex::new(r#""[^"]*"|'[^']*'|\b0x[0-9a-fA-F]+\b|\b[0-9a-f]{8,}\b|\d+"#)?;
    let stamp = Regex::new(r"^\[?\d{4}-\d\d-\d\d[T ][\d:.,]+(Z|[+-]\d\d:?\d\d)?\]?\s*")?;

    let mut output = Output { files: 0, lines: 0, errors: 0, top: Vec::new() };
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    let entries = files::list(&input.folder)?;
    let logs: Vec<String> = entries
        .into_iter()
        .filter(|entry| entry.kind == files::Kind::File && entry.name.ends_with(".log"))
        .map(|entry| format!("{}/{}", input.folder, entry.name))
        .collect();
    // All of them are read side by side.
    let started: Vec<_> = logs.iter().map(|path| files::start_read(path)).collect();
    for reading in started {
        let text = reading.wait()?;
        output.files += 1;
        for line in String::from_utf8_lossy(&text).lines() {
            output.lines += 1;
            if !error.is_match(line) {
                continue;
            }
            output.errors += 1;
            let pattern = varying.replace_all(&stamp.replace(line, ""), "…").into_owned();
            let kind = kinds.entry(pattern.clone());
            kind.or_insert_with(|| Kind { pattern, count: 0, example: line.to_owned() }).count += 1;
        }
    }
    output.top = kinds.into_values().collect();
    output.top.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.pattern.cmp(&b.pattern)));
    output.top.truncate(input.top);
    Ok(output)
}
