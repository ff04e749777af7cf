//! Compares what was seen with what the case expects.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::case::{After, Case, Exits, Expect};
use crate::host::Observed;
use crate::short_log;

/// Whether expected files are compared or written anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A difference is a failure.
    Compare,
    /// `BELLJAR_UPDATE=1`: the expected files become what was seen.
    Update,
}

/// All differences, each in a sentence; none means that the case passes.
///
/// `files` is the case's folder of files after the last run.
pub fn check(case: &Case, seen: &Observed, files: &Path, mode: Mode) -> Vec<String> {
    let mut check = Check { folder: &case.folder, mode, differences: Vec::new() };
    let expect = &case.file.expect;
    check.exit(&expect.exit, seen);
    check.output(expect, seen);
    for text in expect.message_contains.all() {
        check.require(seen.message.contains(text), || format!("the message lacks {text:?}; it is {:?}", seen.message));
    }
    if let Some(code) = &expect.code {
        check.require(seen.code == *code, || format!("the code is {:?}, expected {code:?}", seen.code));
    }
    for text in expect.stack_contains.all() {
        check.require(seen.stack.contains(text), || format!("the stack lacks {text:?}; it is {:?}", seen.stack));
    }
    check.log(expect, seen);
    if let Some(lines) = &expect.console {
        let console = short_log::console(&seen.log);
        check.require(console == *lines, || format!("the console is {console:?}, expected {lines:?}"));
    }
    check.artifacts(expect, seen);
    check.files(expect, files);
    if let Some(fuel) = expect.fuel {
        check.require(seen.fuel == Some(fuel), || format!("the fuel is {:?}, expected {fuel}", seen.fuel));
    }
    check.differences
}

/// What must hold after every run, whatever the case expects.
pub fn sound(seen: &Observed) -> Vec<String> {
    let mut problems = Vec::new();
    if seen.log.is_empty() {
        // A run that gets none of a day's money does not start.
        let without_money = seen.exit == 6 && seen.message.starts_with("per-day: ");
        if matches!(seen.exit, 0 | 3 | 5 | 6 | 124 | 130) && !without_money {
            problems.push(format!("exit {} without a log", seen.exit));
        }
        return problems;
    }
    let mut text = seen.log.join("\n");
    text.push('\n');
    match belljar_core::verify(text.as_bytes()) {
        Ok(summary) if !summary.ended => problems.push("the log has no end entry".to_owned()),
        Ok(_) => {}
        Err(broken) => problems.push(broken.to_string()),
    }
    if seen.exit != 0 && seen.message.is_empty() {
        problems.push(format!("exit {} without a message", seen.exit));
    }
    if (seen.exit == 0) != seen.output.is_some() {
        problems.push(format!("exit {} with output {:?}", seen.exit, seen.output));
    }
    problems
}

/// Letters or digits of a secret that stand nowhere by chance: not in a digest, not in a port.
const TELLING: usize = 8;

/// No secret is in anything that is seen of a run.
pub fn keeps(secrets: &BTreeMap<String, String>, seen: &Observed) -> Vec<String> {
    let texts = [seen.output.as_deref().unwrap_or_default(), &seen.message, &seen.code, &seen.stack];
    let mut all = texts.concat().into_bytes();
    all.extend(seen.log.iter().flat_map(|line| line.bytes()));
    all.extend(seen.artifacts.values().chain(&seen.recording).flatten());
    let holds = |text: &str| all.windows(text.len().max(1)).any(|part| part == text.as_bytes());
    // Whatever became of the characters that encodings change.
    let told = secrets.iter().filter_map(|(name, value)| {
        let runs = value.split(|c: char| !c.is_ascii_alphanumeric());
        let run = runs.max_by_key(|run| run.len()).unwrap_or(value);
        if run.len() < TELLING {
            return Some(format!(
                "the secret {name} has no {TELLING} letters or digits in a row, and others may stand there by chance"
            ));
        }
        holds(run).then(|| format!("the secret {name} is in what is seen of the run"))
    });
    told.collect()
}

struct Check<'a> {
    folder: &'a Path,
    mode: Mode,
    differences: Vec<String>,
}

impl Check<'_> {
    fn require(&mut self, holds: bool, difference: impl FnOnce() -> String) {
        if !holds {
            self.differences.push(difference());
        }
    }

    fn exit(&mut self, expected: &Exits, seen: &Observed) {
        self.require(expected.contains(seen.exit), || {
            let said =
                if seen.message.is_empty() { String::new() } else { format!("; the message is {:?}", seen.message) };
            format!("the exit code is {}, expected {expected}{said}", seen.exit)
        });
    }

    fn output(&mut self, expect: &Expect, seen: &Observed) {
        if let Some(text) = &expect.output_text {
            self.require(seen.output.as_ref() == Some(text), || {
                format!("the output is {:?}, expected {text:?}", seen.output)
            });
        }
        let Some(file) = &expect.output else { return };
        let Some(output) = &seen.output else {
            self.differences.push(format!("there is no output; {file} expects one"));
            return;
        };
        let Ok(found) = serde_json::from_str::<Value>(output) else {
            self.differences.push(format!("the output is not JSON: {output:?}"));
            return;
        };
        let same = |text: &[u8]| serde_json::from_slice::<Value>(text).is_ok_and(|expected| expected == found);
        self.file(file, &format!("{found:#}\n").into_bytes(), same);
    }

    fn log(&mut self, expect: &Expect, seen: &Observed) {
        for text in expect.log_contains.all() {
            let found = seen.log.iter().any(|line| line.contains(text));
            self.require(found, || format!("no entry of the log contains {text:?}:\n{}", seen.log.join("\n")));
        }
        if let Some(file) = &expect.log {
            let mut short: String =
                seen.log.iter().filter_map(|line| short_log::short(line)).collect::<Vec<_>>().join("\n");
            short.push('\n');
            self.file(file, short.as_bytes(), |text| text == short.as_bytes());
        }
    }

    fn artifacts(&mut self, expect: &Expect, seen: &Observed) {
        let Some(expected) = &expect.artifacts else { return };
        for name in seen.artifacts.keys() {
            self.require(expected.contains_key(name), || format!("there is an artifact {name:?} that is not expected"));
        }
        for (name, file) in expected {
            match seen.artifacts.get(name) {
                Some(bytes) => self.file(file, bytes, |text| text == bytes.as_slice()),
                None => self.differences.push(format!("the artifact {name:?} is missing")),
            }
        }
    }

    fn files(&mut self, expect: &Expect, files: &Path) {
        for (path, after) in &expect.files_after {
            let found = fs::read(files.join(path));
            match after {
                After::Text(text) => self.require(found.as_ref().is_ok_and(|bytes| bytes == text.as_bytes()), || {
                    let found = found.as_ref().map(|bytes| String::from_utf8_lossy(bytes));
                    format!("afterwards {path} is {found:?}, expected {text:?}")
                }),
                After::Exists(exists) => self.require(found.is_ok() == *exists, || {
                    format!("afterwards {path} {}", if *exists { "is missing" } else { "exists" })
                }),
            }
        }
    }

    /// Compares with an expected file, or writes it.
    fn file(&mut self, file: &str, found: &[u8], same: impl FnOnce(&[u8]) -> bool) {
        let path = self.folder.join(file);
        let expected = fs::read(&path);
        if expected.as_ref().is_ok_and(|bytes| same(bytes)) {
            return;
        }
        match self.mode {
            Mode::Update => {
                let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, found));
                if let Err(error) = written {
                    self.differences.push(format!("{file} cannot be written: {error}"));
                }
            }
            Mode::Compare => self.differences.push(match expected {
                Ok(bytes) => difference(file, &bytes, found),
                Err(error) => format!("{file} cannot be read: {error}; BELLJAR_UPDATE=1 writes it"),
            }),
        }
    }
}

/// The first line that differs.
fn difference(file: &str, expected: &[u8], found: &[u8]) -> String {
    let (expected, found) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(found));
    let mut expected_lines = expected.lines();
    let mut found_lines = found.lines();
    let mut number = 0;
    loop {
        number += 1;
        match (expected_lines.next(), found_lines.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return format!("{file} differs in its line ends only"),
            (a, b) => {
                let show = |line: Option<&str>| line.map_or("(the end)".to_owned(), str::to_owned);
                return format!("line {number} differs from {file}:\n  expected {}\n  found    {}", show(a), show(b));
            }
        }
    }
}
