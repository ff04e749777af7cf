//! A recording: one file with everything that a replay of a run needs.
//!
//! It holds the log, the input, the policy, the tool, and the contents of the results that the tool waited for, each
//! bound to its entry of the log by its SHA-256. `docs/log.md` specifies it.

use std::collections::BTreeMap;

use belljar_abi::cell::{self, pack, unpack};
use belljar_abi::{Failure, Moment, Ticket};
use serde_json::{Value, json};
use thiserror::Error;

use crate::clock::parse_moment;
use crate::contract::{hex, sha256};
use crate::limits;
use crate::outcome::Stop;
use crate::remote;
use crate::request::Response;
use crate::run::Answer;
use crate::tar;
use crate::verify::{Broken, verify};

/// Why something is no recording.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordingError {
    /// It is too large to be read, or to be made.
    #[error("a recording has at most {most} bytes, not {0}", most = limits::RECORDING)]
    TooLarge(usize),
    /// It is not the archive that Belljar writes.
    #[error("this is no recording of Belljar, or a damaged one: at byte {at}, {reason}")]
    Container {
        /// The byte.
        at: usize,
        /// Why.
        reason: String,
    },
    /// A part is missing, does not belong there, or is not what it should be.
    #[error("the recording's part {part:?} {reason}")]
    Part {
        /// The part's name in the archive.
        part: String,
        /// Why.
        reason: String,
    },
    /// Its log does not hold.
    #[error("the recording's log: {0}")]
    Log(#[from] Broken),
}

fn wrong(part: &str, reason: impl Into<String>) -> RecordingError {
    RecordingError::Part { part: part.into(), reason: reason.into() }
}

/// What goes into a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The log, JSON lines.
    pub log: String,
    /// The input's JSON text as the tool got it.
    pub input: String,
    /// The policy as `policy.toml`.
    pub policy: String,
    /// The tool's file as the run named it; it says what the bytes are and stands in stack traces.
    pub file: String,
    /// The tool: its source, or its component.
    pub tool: Vec<u8>,
    /// The results that were waited for, by ticket: [`cell::Response`] in Canonical ABI form.
    pub results: BTreeMap<Ticket, Vec<u8>>,
    /// Of a run that was put away: the results that were not waited for yet, in the same form.
    pub held: BTreeMap<Ticket, Vec<u8>>,
    /// Of a run that was put away: milliseconds that are left of its time.
    pub suspended: Option<u64>,
}

impl Parts {
    /// The recording's bytes: the same for the same parts.
    ///
    /// # Errors
    ///
    /// If it were larger than recordings may be.
    pub fn pack(&self) -> Result<Vec<u8>, RecordingError> {
        let mut manifest = json!({"file": self.file, "recording": 1});
        if let Some(left) = self.suspended {
            manifest["time-left-ms"] = left.into();
        }
        let manifest = format!("{manifest}\n");
        let tool = format!("tool/{}", part_name(&self.file));
        let mut parts = vec![
            ("recording.json".to_owned(), manifest.as_bytes()),
            ("log.jsonl".to_owned(), self.log.as_bytes()),
            ("input.json".to_owned(), self.input.as_bytes()),
            ("policy.toml".to_owned(), self.policy.as_bytes()),
            (tool, self.tool.as_slice()),
        ];
        for (folder, contents) in [("results", &self.results), ("held", &self.held)] {
            parts.extend(contents.iter().map(|(ticket, bytes)| (format!("{folder}/{ticket}"), bytes.as_slice())));
        }
        let size = parts.iter().map(|(_, bytes)| bytes.len() + 1024).sum();
        if size > limits::RECORDING {
            return Err(RecordingError::TooLarge(size));
        }
        Ok(tar::pack(parts.into_iter()))
    }

    /// Reads a recording's parts. What the log says of them is for [`Recording::new`] to check.
    ///
    /// # Errors
    ///
    /// What is wrong with the archive.
    pub fn unpack(bytes: &[u8]) -> Result<Self, RecordingError> {
        if bytes.len() > limits::RECORDING {
            return Err(RecordingError::TooLarge(bytes.len()));
        }
        let mut parts = tar::unpack(bytes)?.into_iter();
        let text = |part: &str, bytes: &[u8]| {
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| wrong(part, "is not UTF-8"))
        };
        let mut take = |expected: &'static str| match parts.next() {
            Some((name, bytes)) if name == expected => Ok(bytes),
            Some((name, _)) => Err(wrong(name, format!("stands where {expected:?} belongs"))),
            None => Err(wrong(expected, "is missing")),
        };
        let manifest = text("recording.json", take("recording.json")?)?;
        let manifest: Value =
            serde_json::from_str(&manifest).map_err(|e| wrong("recording.json", format!("is not JSON: {e}")))?;
        if manifest["recording"].as_u64() != Some(1) {
            return Err(wrong("recording.json", "is of a version that this Belljar does not know: it knows version 1"));
        }
        let file = manifest["file"].as_str().ok_or_else(|| wrong("recording.json", "does not name the tool's file"))?;
        let log = text("log.jsonl", take("log.jsonl")?)?;
        let input = text("input.json", take("input.json")?)?;
        let policy = text("policy.toml", take("policy.toml")?)?;
        let expected = format!("tool/{}", part_name(file));
        let tool = match parts.next() {
            Some((name, bytes)) if name == expected => bytes.to_vec(),
            Some((name, _)) => return Err(wrong(name, format!("stands where {expected:?} belongs"))),
            None => return Err(wrong(&expected, "is missing")),
        };
        let (mut results, mut held) = (BTreeMap::new(), BTreeMap::new());
        for (name, bytes) in parts {
            let (folder, contents) = match name.split_once('/') {
                Some(("results", _)) if held.is_empty() => ("results", &mut results),
                Some(("held", _)) => ("held", &mut held),
                _ => return Err(wrong(name, "does not belong in a recording, or not there")),
            };
            let number = name.get(folder.len() + 1..).and_then(|number| number.parse::<Ticket>().ok());
            let ticket = number
                .filter(|ticket| name == format!("{folder}/{ticket}"))
                .ok_or_else(|| wrong(name, "does not belong in a recording"))?;
            if contents.last_key_value().is_some_and(|(last, _)| *last >= ticket) {
                return Err(wrong(name, "is there twice, or out of order"));
            }
            contents.insert(ticket, bytes.to_vec());
        }
        let suspended = match &manifest["time-left-ms"] {
            Value::Null => None,
            left => Some(left.as_u64().ok_or_else(|| wrong("recording.json", "has a time-left-ms that is no number"))?),
        };
        Ok(Parts { log, input, policy, file: file.to_owned(), tool, results, held, suspended })
    }
}

/// A part's name for a file: its last segment, with what every system takes.
fn part_name(file: &str) -> String {
    let last = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let plain: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' }).collect();
    let start = plain.len().saturating_sub(tar::NAME - "tool/".len());
    format!("{:_<1}", &plain[start..])
}

/// A recording whose log holds and whose contents are those that the log names.
#[derive(Debug)]
pub struct Recording {
    parts: Parts,
    pub(crate) start: Start,
    pub(crate) entries: Vec<Entry>,
}

/// What the log's first two entries say.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) admission: u64,
    pub(crate) at: Moment,
    pub(crate) engine: Option<String>,
    pub(crate) host: String,
    pub(crate) input: String,
    pub(crate) terms: String,
    pub(crate) tool: String,
    pub(crate) tool_hash: String,
    pub(crate) seed: [u8; 32],
}

/// An entry of a recorded log.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The line, without its newline.
    pub(crate) line: String,
    pub(crate) kind: Kind,
}

/// What a replay must know of an entry before it is written.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// It follows from what the tool does.
    Follows,
    /// A person answered.
    Answer { ticket: Ticket, answer: Answer, at: Moment, empty: u64 },
    /// A result was handed over.
    Result { ticket: Ticket, at: Moment, empty: u64 },
    /// The time of a wait came.
    Wait { at: Moment },
    /// The run ended; with a reason if it was not the tool's doing.
    End { at: Moment, stop: Option<Stop>, fuel: u64, pages: u64, console_dropped: u64 },
}

impl Recording {
    /// Reads a recording and checks everything that can be checked without running it.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordingError> {
        Self::new(Parts::unpack(bytes)?)
    }

    /// Checks the parts against each other.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn new(parts: Parts) -> Result<Self, RecordingError> {
        let summary = verify(parts.log.as_bytes())?;
        if summary.torn > 0 {
            return Err(wrong("log.jsonl", "ends in the middle of a line"));
        }
        let bad =
            |number: usize, what: &str| wrong("log.jsonl", format!("has no usable {what} in line {}", number + 1));
        let mut values = Vec::new();
        for (number, line) in parts.log.lines().enumerate() {
            values.push(serde_json::from_str::<Value>(line).map_err(|_| bad(number, "JSON"))?);
        }
        let start = start(&values)?;
        if start.input != hex(&sha256(parts.input.as_bytes())) {
            return Err(wrong("input.json", "is not the input that the log's start names"));
        }
        let mut entries = Vec::new();
        let mut named = 0;
        for (number, (line, value)) in parts.log.lines().zip(&values).enumerate() {
            let kind = kind(value).ok_or_else(|| bad(number, "entry"))?;
            if let Kind::Result { ticket, .. } = kind {
                let part = format!("results/{ticket}");
                let content = parts.results.get(&ticket).ok_or_else(|| wrong(&part, "is missing"))?;
                if value["sha256"].as_str() != Some(&hex(&sha256(content))) {
                    let reason = format!("is not the content that entry {number} of the log names by its SHA-256");
                    return Err(wrong(&part, reason));
                }
                check_form(&part, content)?;
                named += 1;
            }
            entries.push(Entry { line: line.to_owned(), kind });
        }
        if named != parts.results.len() {
            return Err(wrong("results/", "holds contents that no entry of the log names, or one that two name"));
        }
        for (ticket, content) in &parts.held {
            check_form(&format!("held/{ticket}"), content)?;
        }
        let ended = matches!(entries.last(), Some(Entry { kind: Kind::End { .. }, .. }));
        if parts.suspended.is_some() && ended || parts.suspended.is_none() && !parts.held.is_empty() {
            return Err(wrong(
                "recording.json",
                "says of a run that it was put away, and the log that it was not, or the other way round",
            ));
        }
        Ok(Recording { parts, start, entries })
    }

    /// What it is made of.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// How many entries its log has.
    pub fn entries(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Milliseconds that are left of the time of a run that was put away; nothing if it was not.
    pub fn suspended(&self) -> Option<u64> {
        self.parts.suspended
    }

    /// The fuel at which the recorded run was ended from outside, if it was.
    pub fn ended_from_outside(&self) -> Option<u64> {
        match self.entries.last() {
            Some(Entry { kind: Kind::End { stop: Some(_), fuel, .. }, .. }) => Some(*fuel),
            _ => None,
        }
    }

    /// Whether its log has an end entry.
    pub fn ended(&self) -> bool {
        matches!(self.entries.last(), Some(Entry { kind: Kind::End { .. }, .. }))
    }

    /// The result that was handed over for a ticket.
    pub(crate) fn result(&self, ticket: Ticket) -> Option<Result<Response, Failure>> {
        let content = self.parts.results.get(&ticket).or_else(|| self.parts.held.get(&ticket))?;
        unpack::<cell::Response>(content).ok().map(remote::result_of)
    }
}

/// A content is there in one form only, so that none can be larger in memory than it is here.
fn check_form(part: &str, content: &Vec<u8>) -> Result<(), RecordingError> {
    let whole = unpack::<cell::Response>(content).ok().and_then(|response| pack(&response).ok());
    if whole.as_ref() == Some(content) {
        Ok(())
    } else {
        Err(wrong(part, "is not a result in the form of the Canonical ABI"))
    }
}

fn start(values: &[Value]) -> Result<Start, RecordingError> {
    let missing = || wrong("log.jsonl", "lacks what a replay needs in its first two entries, start and seed");
    let [first, second, ..] = values else { return Err(missing()) };
    if first["version"].as_u64() != Some(1) {
        return Err(wrong("log.jsonl", "is of a version that this Belljar does not know: it knows version 1"));
    }
    let text = |key: &str| first[key].as_str().map(str::to_owned).ok_or_else(missing);
    let digits =
        second["seed"].as_str().filter(|digits| digits.len() == 64 && digits.is_ascii()).ok_or_else(missing)?;
    let mut seed = [0; 32];
    for (at, byte) in seed.iter_mut().enumerate() {
        let pair = digits.get(at * 2..at * 2 + 2).ok_or_else(missing)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| missing())?;
    }
    Ok(Start {
        admission: first["admission"].as_u64().ok_or_else(missing)?,
        at: first["at"].as_str().and_then(parse_moment).ok_or_else(missing)?,
        engine: first["engine"].as_str().map(str::to_owned),
        host: text("host")?,
        input: text("input")?,
        terms: text("terms")?,
        tool: text("tool")?,
        tool_hash: text("tool-hash")?,
        seed,
    })
}

fn kind(entry: &Value) -> Option<Kind> {
    let at = || entry["at"].as_str().and_then(parse_moment);
    let ticket = || entry["ticket"].as_u64().and_then(|n| Ticket::try_from(n).ok());
    let empty = entry["empty"].as_u64().unwrap_or(0);
    Some(match entry["kind"].as_str()? {
        "answer" => {
            let who = entry["by"].as_str()?.to_owned();
            let answer = match (entry["answer"].as_str()?, entry["scope"].as_str()?) {
                ("yes", "once") => Answer::Once { who },
                ("yes", "rule") => Answer::Rule { who },
                // What was said is the result, which is recorded beside the log.
                ("said", "once") => Answer::Said { who, text: String::new() },
                ("no", _) => Answer::No { who },
                ("nobody", _) => Answer::Nobody { why: who },
                _ => return None,
            };
            Kind::Answer { ticket: ticket()?, answer, at: at()?, empty }
        }
        "result" => Kind::Result { ticket: ticket()?, at: at()?, empty },
        "wait" => Kind::Wait { at: at()? },
        "end" => {
            let message = entry["message"].as_str().unwrap_or_default();
            let stop = match entry["result"].as_str()? {
                "timed-out" => Some(Stop::Time),
                "cancelled" => Some(Stop::Cancelled),
                "host-failed" => Some(Stop::Host(message.to_owned())),
                _ => None,
            };
            let used = |key: &str| entry["usage"][key].as_u64();
            let (fuel, pages, console_dropped) = (used("fuel")?, used("pages")?, used("console-dropped")?);
            Kind::End { at: at()?, stop, fuel, pages, console_dropped }
        }
        _ => Kind::Follows,
    })
}
