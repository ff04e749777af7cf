//! What a recording is made of, and its bytes.

use std::collections::BTreeMap;

use belljar_abi::Ticket;
use serde_json::{Value, json};

use super::error::{RecordingError, VERSION, wrong};
use crate::contract::{hex, sha256};
use crate::limits;
use crate::tar;

/// What goes into a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The log, JSON lines.
    pub log: String,
    /// The log's signed head, if it was signed: the text of a [`crate::SignedHead`].
    pub signature: Option<String>,
    /// The input's JSON text as the tool got it.
    pub input: String,
    /// The policy as `policy.toml`.
    pub policy: String,
    /// The tool's file as the run named it; it says what the bytes are and stands in stack traces.
    pub file: String,
    /// The tool: its source, or its component.
    pub tool: Vec<u8>,
    /// The requests about which a person was asked, by ticket: [`belljar_abi::Request`] in Canonical ABI form.
    pub requests: BTreeMap<Ticket, Vec<u8>>,
    /// The results that were waited for, by ticket: `Result<Response, Failure>` in Canonical ABI form.
    pub results: BTreeMap<Ticket, Vec<u8>>,
    /// Of a suspended run: the results that were not waited for yet.
    pub held: Held,
    /// Of a suspended run: milliseconds that are left of its time.
    pub suspended: Option<u64>,
}

impl Parts {
    /// The recording's bytes: the same for the same parts.
    ///
    /// # Errors
    ///
    /// If it were larger than recordings may be.
    pub fn pack(&self) -> Result<Vec<u8>, RecordingError> {
        let beside = Beside { held: &self.held, suspended: self.suspended };
        self.pack_beside(self.signature.as_deref(), &beside)
    }

    /// The same with another signature, and with something else beside the log.
    pub(crate) fn pack_beside(&self, signature: Option<&str>, beside: &Beside<'_>) -> Result<Vec<u8>, RecordingError> {
        let manifest = beside.manifest(&self.file);
        let tool = format!("tool/{}", part_name(&self.file));
        let mut parts =
            vec![("recording.json".to_owned(), manifest.as_bytes()), ("log.jsonl".to_owned(), self.log.as_bytes())];
        parts.extend(signature.map(|text| (SIGNATURE.to_owned(), text.as_bytes())));
        parts.extend([
            ("input.json".to_owned(), self.input.as_bytes()),
            ("policy.toml".to_owned(), self.policy.as_bytes()),
            (tool, self.tool.as_slice()),
        ]);
        for (folder, contents) in FOLDERS.into_iter().zip([&self.requests, &self.results, &beside.held.contents]) {
            parts.extend(contents.iter().map(|(ticket, bytes)| (format!("{folder}/{ticket}"), bytes.as_slice())));
        }
        let size = tar::size(parts.iter().map(|(_, bytes)| bytes.len()));
        if size > limits::RECORDING {
            return Err(RecordingError::TooLarge(size));
        }
        Ok(tar::pack(parts.into_iter()))
    }

    /// Of a suspended run: the SHA-256 of what its log does not say, for its signature.
    pub fn beside(&self) -> Option<[u8; 32]> {
        self.suspended?;
        Some(Beside { held: &self.held, suspended: self.suspended }.digest(&self.file))
    }

    /// Reads a recording's parts. What the log says of them is for [`crate::Recording::new`] to check.
    ///
    /// # Errors
    ///
    /// What is wrong with the archive.
    pub fn unpack(bytes: &[u8]) -> Result<Self, RecordingError> {
        if bytes.len() > limits::RECORDING {
            return Err(RecordingError::TooLarge(bytes.len()));
        }
        let mut parts = tar::unpack(bytes)?.into_iter().peekable();
        let text = |part: &str, bytes: &[u8]| {
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| wrong(part, "is not UTF-8"))
        };
        let said = text("recording.json", take(&mut parts, "recording.json")?)?;
        let value: Value =
            serde_json::from_str(&said).map_err(|e| wrong("recording.json", format!("is not JSON: {e}")))?;
        match value["recording"].as_u64() {
            Some(VERSION) => {}
            Some(version @ 1..VERSION) => return Err(RecordingError::Earlier(version)),
            _ => {
                return Err(wrong("recording.json", format!("is of a version unknown here, where {VERSION} is known")));
            }
        }
        let file = value["file"].as_str().ok_or_else(|| wrong("recording.json", "does not name the tool's file"))?;
        let suspended = value["timeLeftMs"].as_u64();
        let held_order: Vec<Ticket> = match value.get("heldOrder") {
            Some(order) => serde_json::from_value(order.clone())
                .map_err(|_| wrong("recording.json", "has an order that is no list of tickets"))?,
            None => Vec::new(),
        };
        let order = Held { order: held_order.clone(), contents: BTreeMap::new() };
        if said != (Beside { held: &order, suspended }).manifest(file) {
            return Err(wrong("recording.json", "is not in the form that Belljar writes"));
        }
        let log = text("log.jsonl", take(&mut parts, "log.jsonl")?)?;
        let signature = parts.next_if(|(name, _)| *name == SIGNATURE);
        let signature = signature.map(|(name, bytes)| text(name, bytes)).transpose()?;
        let input = text("input.json", take(&mut parts, "input.json")?)?;
        let policy = text("policy.toml", take(&mut parts, "policy.toml")?)?;
        let expected = format!("tool/{}", part_name(file));
        let tool = take(&mut parts, &expected)?.to_vec();
        let (mut requests, mut results, mut held) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (name, bytes) in parts {
            let (folder, contents) = match name.split_once('/') {
                Some(("requests", _)) if results.is_empty() && held.is_empty() => ("requests", &mut requests),
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
        let mut sorted = held_order.clone();
        sorted.sort_unstable();
        if !held_order.is_empty() && (sorted == held_order || !held.keys().eq(&sorted)) {
            return Err(wrong("recording.json", "has an order that is not one of the results in held/"));
        }
        let file = file.to_owned();
        let held = Held { contents: held, order: held_order };
        Ok(Parts { log, signature, input, policy, file, tool, requests, results, held, suspended })
    }
}

/// The next part, which must be the expected one.
fn take<'a>(parts: &mut impl Iterator<Item = (&'a str, &'a [u8])>, expected: &str) -> Result<&'a [u8], RecordingError> {
    match parts.next() {
        Some((name, bytes)) if name == expected => Ok(bytes),
        Some((name, _)) => Err(wrong(name, format!("stands where {expected:?} belongs"))),
        None => Err(wrong(expected, "is missing")),
    }
}

/// The folders of parts that are named by tickets, in their order.
const FOLDERS: [&str; 3] = ["requests", "results", "held"];

/// The part with the log's signed head.
pub(super) const SIGNATURE: &str = "log.jsonl.sig";

/// What must be kept beside the log of a run that is suspended: the results that the tool has not waited for yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Each in the form of `result<response, failure>`.
    pub contents: BTreeMap<Ticket, Vec<u8>>,
    /// Their tickets in the order in which they came; empty if that is the order of the tickets.
    pub order: Vec<Ticket>,
}

/// What a recording says that its log does not.
pub(crate) struct Beside<'a> {
    pub(crate) held: &'a Held,
    pub(crate) suspended: Option<u64>,
}

impl Beside<'_> {
    /// The part that says what this is.
    fn manifest(&self, file: &str) -> String {
        let mut manifest = match &*self.held.order {
            [] => json!({"file": file, "recording": VERSION}),
            order => json!({"file": file, "heldOrder": order, "recording": VERSION}),
        };
        if let Some(left) = self.suspended {
            manifest["timeLeftMs"] = left.into();
        }
        format!("{manifest}\n")
    }

    /// Its SHA-256, for a signature.
    pub(crate) fn digest(&self, file: &str) -> [u8; 32] {
        let mut text = self.manifest(file);
        for (ticket, content) in &self.held.contents {
            text.push_str(&format!("{ticket} {}\n", hex(&sha256(content))));
        }
        sha256(text.as_bytes())
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
