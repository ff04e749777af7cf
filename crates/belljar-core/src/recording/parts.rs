//! What a recording is made of, and its bytes.

use std::collections::BTreeMap;

use belljar_abi::Ticket;
use serde_json::{Map, Value, json};

use super::error::{RecordingError, VERSION, wrong};
use crate::contract::{hex, parse_hex, sha256};
use crate::limits;
use crate::run_path::RunPath;
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
    /// The plan that a person approved beforehand, if there is one: the text of a [`crate::Plan`].
    pub plan: Option<String>,
    /// The tool's file as the run named it; it says what the bytes are and stands in stack traces.
    pub file: String,
    /// The tool: its source, or its component.
    pub tool: Vec<u8>,
    /// The requests about which a person was asked, by ticket: [`belljar_abi::Request`] in Canonical ABI form.
    pub requests: BTreeMap<Ticket, Vec<u8>>,
    /// The requests as a person changed them, by ticket, in the same form.
    pub edited: BTreeMap<Ticket, Vec<u8>>,
    /// The results that were waited for, by ticket: `Result<Response, Failure>` in Canonical ABI form.
    pub results: BTreeMap<Ticket, Vec<u8>>,
    /// Of a suspended run: the results that were not waited for yet.
    pub held: Held,
    /// Of a suspended run: milliseconds that are left of its time.
    pub suspended: Option<u64>,
    /// The runs of tools that were called.
    pub calls: BTreeMap<RunPath, Call>,
    /// Their sources or components, by SHA-256.
    pub tools: BTreeMap<[u8; 32], Vec<u8>>,
}

/// What is recorded of a called run besides its log, which is part of the whole log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The tool's file, as [`Parts::file`].
    pub file: String,
    /// SHA-256 of the tool's source or component: where it stands in [`Parts::tools`].
    pub tool: [u8; 32],
    /// The input's JSON text as the tool got it.
    pub input: String,
    /// The tool's own policy as `policy.toml`: it ran under the meet of this one and its caller's.
    pub policy: String,
    /// The requests about which a person was asked, by ticket.
    pub requests: BTreeMap<Ticket, Vec<u8>>,
    /// The requests as a person changed them, by ticket.
    pub edited: BTreeMap<Ticket, Vec<u8>>,
    /// The results that were waited for, by ticket.
    pub results: BTreeMap<Ticket, Vec<u8>>,
    /// Of a run that goes on when it is resumed: the results that were not waited for yet.
    pub held: Held,
    /// Of a run that goes on when it is resumed: milliseconds that are left of its time.
    pub suspended: Option<u64>,
}

impl Parts {
    /// The results of a run; nothing if it is not recorded.
    pub(crate) fn results_of(&mut self, run: &RunPath) -> Option<&mut BTreeMap<Ticket, Vec<u8>>> {
        if run.is_first() { Some(&mut self.results) } else { self.calls.get_mut(run).map(|call| &mut call.results) }
    }

    /// The requests of a run about which a person was asked; nothing if it is not recorded.
    pub(crate) fn requests_of(&mut self, run: &RunPath) -> Option<&mut BTreeMap<Ticket, Vec<u8>>> {
        if run.is_first() { Some(&mut self.requests) } else { self.calls.get_mut(run).map(|call| &mut call.requests) }
    }

    /// The changed requests of a run; nothing if it is not recorded.
    pub(crate) fn edited_of(&mut self, run: &RunPath) -> Option<&mut BTreeMap<Ticket, Vec<u8>>> {
        if run.is_first() { Some(&mut self.edited) } else { self.calls.get_mut(run).map(|call| &mut call.edited) }
    }

    /// What stands beside the log.
    fn as_beside(&self) -> Beside<'_> {
        let below = self.calls.iter().filter_map(|(run, call)| Some((run, (&call.held, call.suspended?))));
        Beside { held: &self.held, suspended: self.suspended, below: below.collect() }
    }

    /// The recording's bytes: the same for the same parts.
    ///
    /// # Errors
    ///
    /// If it were larger than recordings may be.
    pub fn pack(&self) -> Result<Vec<u8>, RecordingError> {
        self.pack_beside(self.signature.as_deref(), &self.as_beside())
    }

    /// The same with another signature, and with something else beside the log.
    pub(crate) fn pack_beside(&self, signature: Option<&str>, beside: &Beside<'_>) -> Result<Vec<u8>, RecordingError> {
        let manifest = self.manifest(beside);
        let tool = format!("tool/{}", part_name(&self.file));
        let mut parts =
            vec![("recording.json".to_owned(), manifest.as_bytes()), ("log.jsonl".to_owned(), self.log.as_bytes())];
        parts.extend(signature.map(|text| (SIGNATURE.to_owned(), text.as_bytes())));
        parts.extend([
            ("input.json".to_owned(), self.input.as_bytes()),
            ("policy.toml".to_owned(), self.policy.as_bytes()),
        ]);
        parts.extend(self.plan.as_ref().map(|plan| (PLAN.to_owned(), plan.as_bytes())));
        parts.push((tool, self.tool.as_slice()));
        for (folder, contents) in
            FOLDERS.into_iter().zip([&self.requests, &self.edited, &self.results, &beside.held.contents])
        {
            parts.extend(contents.iter().map(|(ticket, bytes)| (format!("{folder}/{ticket}"), bytes.as_slice())));
        }
        parts.extend(self.tools.iter().map(|(hash, bytes)| (format!("tools/{}", hex(hash)), bytes.as_slice())));
        let none = BTreeMap::new();
        for (run, call) in &self.calls {
            parts.push((format!("calls/{run}/input.json"), call.input.as_bytes()));
            parts.push((format!("calls/{run}/policy.toml"), call.policy.as_bytes()));
            let held = beside.below.get(run).map_or(&none, |(held, _)| &held.contents);
            for (folder, contents) in FOLDERS.into_iter().zip([&call.requests, &call.edited, &call.results, held]) {
                let named = |(ticket, bytes)| (format!("calls/{run}/{folder}/{ticket}"), Vec::as_slice(bytes));
                parts.extend(contents.iter().map(named));
            }
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
        Some(self.digest_beside(&self.as_beside()))
    }

    /// The part that says what this is.
    fn manifest(&self, beside: &Beside<'_>) -> String {
        let mut manifest = Map::new();
        if !self.calls.is_empty() {
            let said = |(run, call): (&RunPath, &Call)| {
                let mut said = Map::new();
                said.insert("file".into(), call.file.as_str().into());
                let below = beside.below.get(run);
                if let Some((held, _)) = below {
                    held.say(&mut said);
                }
                if let Some((_, left)) = below {
                    said.insert("timeLeftMs".into(), (*left).into());
                }
                said.insert("tool".into(), hex(&call.tool).into());
                (run.to_string(), Value::Object(said))
            };
            manifest.insert("calls".into(), Value::Object(self.calls.iter().map(said).collect()));
        }
        manifest.insert("file".into(), self.file.as_str().into());
        beside.held.say(&mut manifest);
        manifest.insert("recording".into(), VERSION.into());
        if let Some(left) = beside.suspended {
            manifest.insert("timeLeftMs".into(), left.into());
        }
        format!("{}\n", Value::Object(manifest))
    }

    /// The SHA-256 of what stands beside the log of a suspended run, for a signature.
    pub(crate) fn digest_beside(&self, beside: &Beside<'_>) -> [u8; 32] {
        let mut text = self.manifest(beside);
        for (ticket, content) in &beside.held.contents {
            text.push_str(&format!("{ticket} {}\n", hex(&sha256(content))));
        }
        for (run, call) in &self.calls {
            for of in [&call.input, &call.policy] {
                text.push_str(&format!("{run} {}\n", hex(&sha256(of.as_bytes()))));
            }
            // What has happened in a called run that goes on stands in no entry of its caller yet.
            if let Some((held, _)) = beside.below.get(run) {
                let mark = format!("\"run\":\"{run}\"");
                let last = self.log.lines().rev().find(|line| line.contains(&mark)).unwrap_or_default();
                text.push_str(&format!("{run} {}\n", hex(&sha256(last.as_bytes()))));
                for (ticket, content) in &held.contents {
                    text.push_str(&format!("{run} {ticket} {}\n", hex(&sha256(content))));
                }
            }
        }
        sha256(text.as_bytes())
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
        let mut made = Parts { file: file.to_owned(), ..Parts::default() };
        (made.held, made.suspended) = beside_of(&value)?;
        for (run, call) in value["calls"].as_object().into_iter().flatten() {
            let no = || wrong("recording.json", format!("does not say of the called run {run:?} what it must"));
            let path: RunPath = run.parse().map_err(|_| no())?;
            let file = call["file"].as_str().ok_or_else(no)?.to_owned();
            let tool = call["tool"].as_str().and_then(parse_hex).ok_or_else(no)?;
            let (held, suspended) = beside_of(call)?;
            made.calls.insert(path, Call { file, tool, held, suspended, ..Call::default() });
        }
        if said != made.manifest(&made.as_beside()) {
            return Err(wrong("recording.json", "is not in the form that Belljar writes"));
        }
        made.log = text("log.jsonl", take(&mut parts, "log.jsonl")?)?;
        let signature = parts.next_if(|(name, _)| *name == SIGNATURE);
        made.signature = signature.map(|(name, bytes)| text(name, bytes)).transpose()?;
        made.input = text("input.json", take(&mut parts, "input.json")?)?;
        made.policy = text("policy.toml", take(&mut parts, "policy.toml")?)?;
        let plan = parts.next_if(|(name, _)| *name == PLAN);
        made.plan = plan.map(|(name, bytes)| text(name, bytes)).transpose()?;
        let expected = format!("tool/{}", part_name(file));
        made.tool = take(&mut parts, &expected)?.to_vec();
        let of_run = [&mut made.requests, &mut made.edited, &mut made.results, &mut made.held.contents];
        contents(&mut parts, "", of_run)?;
        check_order(&made.held)?;
        while let Some((name, bytes)) = parts.next_if(|(name, _)| name.starts_with("tools/")) {
            let hash = name.strip_prefix("tools/").and_then(parse_hex).ok_or_else(|| wrong(name, OTHER))?;
            if sha256(bytes) != hash || made.tools.last_key_value().is_some_and(|(last, _)| *last >= hash) {
                return Err(wrong(name, "is not what its name says, is there twice, or out of order"));
            }
            made.tools.insert(hash, bytes.to_vec());
        }
        for (run, call) in &mut made.calls {
            let (input, policy) = (format!("calls/{run}/input.json"), format!("calls/{run}/policy.toml"));
            call.input = text(&input, take(&mut parts, &input)?)?;
            call.policy = text(&policy, take(&mut parts, &policy)?)?;
            let of_run = [&mut call.requests, &mut call.edited, &mut call.results, &mut call.held.contents];
            contents(&mut parts, &format!("calls/{run}/"), of_run)?;
            check_order(&call.held)?;
            if !made.tools.contains_key(&call.tool) {
                return Err(wrong(&format!("tools/{}", hex(&call.tool)), "is missing"));
            }
        }
        if let Some((name, _)) = parts.next() {
            return Err(wrong(name, OTHER));
        }
        let named = |hash: &[u8; 32]| made.calls.values().any(|call| call.tool == *hash);
        match made.tools.keys().find(|hash| !named(hash)) {
            Some(hash) => Err(wrong(&format!("tools/{}", hex(hash)), "is a tool that no run called")),
            None => Ok(made),
        }
    }
}

const OTHER: &str = "does not belong in a recording, or not there";

/// What is said of a run that is suspended: of what it holds, and what is left of its time.
fn beside_of(said: &Value) -> Result<(Held, Option<u64>), RecordingError> {
    let order = match said.get("heldOrder") {
        Some(order) => serde_json::from_value(order.clone())
            .map_err(|_| wrong("recording.json", "has an order that is no list of tickets"))?,
        None => Vec::new(),
    };
    let held = Held { order, empty: said["heldEmpty"].as_u64().unwrap_or(0), contents: BTreeMap::new() };
    Ok((held, said["timeLeftMs"].as_u64()))
}

/// The contents of a run, which stand in [`FOLDERS`] below `before`.
fn contents<'a>(
    parts: &mut std::iter::Peekable<impl Iterator<Item = (&'a str, &'a [u8])>>,
    before: &str,
    into: [&mut BTreeMap<Ticket, Vec<u8>>; 4],
) -> Result<(), RecordingError> {
    for (folder, contents) in FOLDERS.into_iter().zip(into) {
        let within = format!("{before}{folder}/");
        while let Some((name, bytes)) = parts.next_if(|(name, _)| name.starts_with(&within)) {
            let ticket = name.strip_prefix(&within).and_then(|number| number.parse::<Ticket>().ok());
            let ticket = ticket.filter(|ticket| name == format!("{within}{ticket}"));
            let ticket = ticket.ok_or_else(|| wrong(name, "does not belong in a recording"))?;
            if contents.last_key_value().is_some_and(|(last, _)| *last >= ticket) {
                return Err(wrong(name, "is there twice, or out of order"));
            }
            contents.insert(ticket, bytes.to_vec());
        }
    }
    Ok(())
}

fn check_order(held: &Held) -> Result<(), RecordingError> {
    let mut sorted = held.order.clone();
    sorted.sort_unstable();
    if !held.order.is_empty() && (sorted == held.order || !held.contents.keys().eq(&sorted)) {
        return Err(wrong("recording.json", "has an order that is not one of the results in held/"));
    }
    Ok(())
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
const FOLDERS: [&str; 4] = ["requests", "edited", "results", "held"];

/// The part with the plan.
pub(super) const PLAN: &str = "plan.json";

/// The part with the log's signed head.
pub(super) const SIGNATURE: &str = "log.jsonl.sig";

/// What must be kept beside the log of a run that is suspended: the results that the tool has not waited for yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Each in the form of `result<response, failure>`.
    pub contents: BTreeMap<Ticket, Vec<u8>>,
    /// Their tickets in the order in which they came; empty if that is the order of the tickets.
    pub order: Vec<Ticket>,
    /// How many waits had come back empty-handed since the log's last entry.
    pub empty: u64,
}

impl Held {
    /// Says of it what its contents do not.
    fn say(&self, said: &mut Map<String, Value>) {
        if self.empty > 0 {
            said.insert("heldEmpty".into(), self.empty.into());
        }
        if !self.order.is_empty() {
            said.insert("heldOrder".into(), json!(self.order));
        }
    }
}

/// What a recording says that its log does not.
pub(crate) struct Beside<'a> {
    pub(crate) held: &'a Held,
    pub(crate) suspended: Option<u64>,
    /// Of the called runs that go on when it is resumed: what they hold, and milliseconds that are left of their time.
    pub(crate) below: BTreeMap<&'a RunPath, (&'a Held, u64)>,
}

/// A part's name for a file: its last segment, with what every system takes.
fn part_name(file: &str) -> String {
    let last = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let plain: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' }).collect();
    let start = plain.len().saturating_sub(tar::NAME - "tool/".len());
    format!("{:_<1}", &plain[start..])
}
