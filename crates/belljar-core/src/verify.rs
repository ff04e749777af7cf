//! Checks a log: every line canonical JSON, every `prev` the hash of the line before, every entry in its place.

use std::collections::{BTreeMap, VecDeque};
use std::io::BufRead;

use belljar_abi::Ticket;
use serde_json::Value;
use thiserror::Error;

use crate::contract::{hex, sha256};
use crate::entry;
use crate::limits;
use crate::run_path::RunPath;

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
    /// How many runs of called tools there are. Each has a chain of its own, whose entries are not counted above.
    pub calls: usize,
}

/// The first entry of a log that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("entry {entry} of {} does not hold: {reason}", of(.run, *.entry))]
pub struct Broken {
    /// The called run that it is of; the first run if no tool was called.
    pub run: RunPath,
    /// Its place, counted from 0, as `n` should say.
    pub entry: u64,
    /// Why.
    pub reason: String,
}

/// Whose entry it is.
fn of(run: &RunPath, entry: u64) -> String {
    if run.is_first() { format!("the log (line {})", entry + 1) } else { format!("the called run {run}") }
}

/// What is known of a log from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The SHA-256 of its last line.
    pub head: [u8; 32],
    /// How many entries it had then, if that is known, too.
    pub entries: Option<u64>,
}

/// Reads a log to its end and names the first entry that does not hold.
///
/// # Errors
///
/// That entry, and why.
pub fn verify(log: impl BufRead) -> Result<Summary, Broken> {
    walk(log, None, |_, _| {})
}

/// The same for a log whose head is known: it must be this one, and all of it.
///
/// # Errors
///
/// The first entry that does not hold, or is missing, and why.
pub fn verify_against(log: impl BufRead, anchor: &Anchor) -> Result<Summary, Broken> {
    let summary = walk(log, Some(anchor), |_, _| {})?;
    let here = format!("its {} entries hold, but its head is {}", summary.entries, hex(&summary.head));
    let broken =
        |entry: u64, what: &str| Err(Broken { run: RunPath::default(), entry, reason: format!("{what}: {here}") });
    let last = summary.entries - 1;
    match anchor.entries {
        Some(known) if summary.entries < known => {
            broken(summary.entries, &format!("it is missing, as is all up to the entry {} that is known", known - 1))
        }
        Some(known) if summary.entries > known => broken(known, "it was added after the head was taken"),
        _ if summary.head == anchor.head => Ok(summary),
        None if !summary.ended => broken(
            summary.entries,
            &format!("this is not all of the log whose head is {}, or another", hex(&anchor.head)),
        ),
        _ => broken(last, &format!("it is not the one whose hash is the head {}", hex(&anchor.head))),
    }
}

/// Reads a log to its end and shows `each` entry, as a line and as a value, once it holds.
pub(crate) fn walk(
    log: impl BufRead,
    anchor: Option<&Anchor>,
    mut each: impl FnMut(&str, &Value),
) -> Result<Summary, Broken> {
    let mut lines = Lines { log, line: Vec::new() };
    let mut verifier = Verifier::default();
    loop {
        match lines.next() {
            Ok(Next::Line) => {
                if let Some((text, value)) = verifier.line(&lines.line)? {
                    each(text, &value);
                }
            }
            Ok(Next::End) => return verifier.finish(0, anchor),
            Ok(Next::Torn(bytes)) => return verifier.finish(bytes, anchor),
            Err(reason) => return Err(verifier.unreadable(reason)),
        }
    }
}

/// The chain of one run.
#[derive(Clone, Debug, Default)]
struct Chain {
    summary: Summary,
    /// The hashes of the entries with calls of other tools, by ticket.
    called: BTreeMap<Ticket, [u8; 32]>,
    /// An entry, with its hash, that does not follow from the one before: what comes next tells which of the two is wrong.
    seam: Option<[u8; 32]>,
}

/// Checks a log that comes line by line.
#[derive(Clone, Debug, Default)]
pub struct Verifier {
    first: Chain,
    /// The chains of called runs.
    calls: BTreeMap<RunPath, Chain>,
}

impl Verifier {
    /// How many entries of the run hold so far, those of called runs not counted.
    pub fn entries(&self) -> u64 {
        self.first.summary.entries
    }

    /// The next line, without its newline: its text and its value, if it holds.
    ///
    /// # Errors
    ///
    /// The first entry that does not hold; nothing more may be asked then.
    pub fn line<'a>(&mut self, line: &'a [u8]) -> Result<Option<(&'a str, Value)>, Broken> {
        let run = std::str::from_utf8(line).ok().and_then(run_of).unwrap_or_default();
        let found = self.line_of(&run, line);
        found.map_err(|broken| Broken { run, ..broken })
    }

    fn chain(&self, run: &RunPath) -> Option<&Chain> {
        if run.is_first() { Some(&self.first) } else { self.calls.get(run) }
    }

    fn line_of<'a>(&mut self, run: &RunPath, line: &'a [u8]) -> Result<Option<(&'a str, Value)>, Broken> {
        let entry = self.chain(run).map_or(0, |chain| chain.summary.entries);
        let broken = |reason: String| Err(Broken { run: run.clone(), entry, reason });
        let held = match run.caller() {
            None => self.first.line(line)?,
            Some((above, ticket)) => {
                let called = self.chain(&above).and_then(|chain| chain.called.get(&ticket)).copied();
                let Some(called) = called else {
                    return broken(format!("it is of a run that no entry before calls: {run}"));
                };
                if self.first.summary.ended {
                    return broken("it stands after the end".into());
                }
                if self.calls.len() >= limits::CALLED_RUNS && !self.calls.contains_key(run) {
                    return broken(format!("more than {} runs are called", limits::CALLED_RUNS));
                }
                let held = self.calls.entry(run.clone()).or_default().line(line)?;
                if entry == 0
                    && let Some((_, value)) = &held
                    && value["caller"].as_str() != Some(&hex(&called))
                {
                    return broken("its \"caller\" is not the hash of the entry that calls it".into());
                }
                held
            }
        };
        let Some((text, value)) = held else { return Ok(None) };
        match value["run"].as_str() {
            said if said.unwrap_or_default() != run.to_string() => {
                return broken("its \"run\" is not one that calls can make".into());
            }
            _ => {}
        }
        let ticket = value["ticket"].as_u64().and_then(|ticket| Ticket::try_from(ticket).ok());
        match (value["kind"].as_str(), ticket) {
            (Some("request"), Some(ticket)) if value["capability"] == "tools" => {
                let chain = if run.is_first() { Some(&mut self.first) } else { self.calls.get_mut(run) };
                if let Some(chain) = chain {
                    chain.called.insert(ticket, chain.summary.head);
                }
            }
            (Some("result"), Some(ticket)) => {
                let called = self.calls.get(&run.of_call(ticket));
                let head = called.filter(|called| called.summary.ended).map(|called| hex(&called.summary.head));
                if value["log"].as_str() != head.as_deref() {
                    return broken(match called {
                        None => "it names the log of a run that is not there".into(),
                        Some(called) if !called.summary.ended => "the run that it is the result of has no end".into(),
                        Some(_) => "its \"log\" is not the head of the log of the run that it is the result of".into(),
                    });
                }
            }
            (Some("end"), _) => {
                let open = self.calls.iter().find(|(called, chain)| called.is_below(run) && !chain.summary.ended);
                if let Some((called, _)) = open {
                    return broken(format!("the called run {called} has not ended before it"));
                }
            }
            _ => {}
        }
        Ok(Some((text, value)))
    }

    /// What cannot be read comes next.
    fn unreadable(&self, reason: String) -> Broken {
        self.first.unreadable(reason)
    }

    /// The log ends here, with so many bytes of a line that is torn.
    ///
    /// # Errors
    ///
    /// The entry that does not hold, or that there is none.
    pub fn finish(self, torn: usize, anchor: Option<&Anchor>) -> Result<Summary, Broken> {
        let calls = self.calls.len();
        for (run, chain) in self.calls {
            chain.finish(0, None).map_err(|broken| Broken { run, ..broken })?;
        }
        let summary = self.first.finish(torn, anchor)?;
        Ok(Summary { calls, ..summary })
    }
}

/// Whether a line is one of a called run.
pub(crate) fn is_called(line: &str) -> bool {
    // Quotation marks within texts are escaped.
    line.contains("\"run\":\"")
}

/// Which run a line is of; nothing if it says that in no form that a run has.
pub fn run_of(line: &str) -> Option<RunPath> {
    let Some((_, rest)) = line.split_once("\"run\":\"") else { return Some(RunPath::default()) };
    rest.split_once('"')?.0.parse().ok().filter(|run: &RunPath| !run.is_first())
}

/// Lines of several runs in the order that another log has. What that does not have stands at the end.
pub fn in_order_of(log: &str, lines: &str) -> String {
    let mut runs: BTreeMap<RunPath, VecDeque<&str>> = BTreeMap::new();
    for line in lines.lines() {
        runs.entry(run_of(line).unwrap_or_default()).or_default().push_back(line);
    }
    let mut text = String::with_capacity(lines.len());
    let mut add = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    for line in log.lines() {
        let run = run_of(line).unwrap_or_default();
        if let Some(line) = runs.get_mut(&run).and_then(VecDeque::pop_front) {
            add(line);
        }
    }
    runs.into_values().flatten().for_each(add);
    text
}

impl Chain {
    /// The next line, without its newline: its text and its value, if it holds.
    fn line<'a>(&mut self, line: &'a [u8]) -> Result<Option<(&'a str, Value)>, Broken> {
        let entry = self.summary.entries;
        if let Some(hash) = &self.seam {
            let next = std::str::from_utf8(line).ok().and_then(|text| parse(text).ok());
            return Err(seam(entry, next.map(|next| next["prev"].as_str() == Some(&hex(hash)))));
        }
        let broken = |reason: String| Broken { run: RunPath::default(), entry, reason };
        if line.len() > limits::LOG_LINE {
            return Err(broken(format!("it is longer than {} bytes, which no entry is", limits::LOG_LINE)));
        }
        if self.summary.ended {
            return Err(broken("it stands after the end".into()));
        }
        let text = std::str::from_utf8(line).map_err(|_| broken("it is not UTF-8".into()))?;
        let value = parse(text).map_err(broken)?;
        if value["n"].as_u64() != Some(entry) {
            let n = &value["n"];
            return Err(broken(format!("it is numbered {n}: an entry is missing, repeated, or out of its place")));
        }
        let hash = sha256(line);
        if value["prev"].as_str() != Some(&hex(&self.summary.head)) {
            self.seam = Some(hash);
            return Ok(None);
        }
        let kind = value["kind"].as_str().unwrap_or_default();
        if (kind == "start") != (entry == 0) {
            return Err(broken(format!("an entry of kind {kind:?} does not belong here")));
        }
        if entry == 0 && !value["version"].as_u64().is_some_and(|version| entry::KNOWN.contains(&version)) {
            let (version, known) = (&value["version"], entry::KNOWN);
            let (first, last) = (known.start(), known.end());
            return Err(broken(format!("its version is {version}; this Belljar knows versions {first} to {last}")));
        }
        self.summary.ended = kind == "end";
        self.summary.head = hash;
        self.summary.entries += 1;
        Ok(Some((text, value)))
    }

    /// What cannot be read comes next.
    fn unreadable(&self, reason: String) -> Broken {
        let entry = self.summary.entries;
        if self.seam.is_some() { seam(entry, None) } else { Broken { run: RunPath::default(), entry, reason } }
    }

    /// The chain ends here, with so many bytes of a line that is torn.
    fn finish(self, torn: usize, anchor: Option<&Anchor>) -> Result<Summary, Broken> {
        let entry = self.summary.entries;
        if let Some(hash) = self.seam {
            return Err(seam(entry, anchor.map(|anchor| anchor.head == hash)));
        }
        if entry == 0 {
            return Err(Broken { run: RunPath::default(), entry, reason: "there is no entry".into() });
        }
        Ok(Summary { torn, ..self.summary })
    }
}

/// Entry `entry` does not follow from the one before: says which of the two is the wrong one.
///
/// What comes after an entry vouches for it: if the next entry, or the head that is known, names this one by its hash,
/// this one is as it was written, and the one before is not.
fn seam(entry: u64, vouched: Option<bool>) -> Broken {
    let prev = "its \"prev\" is not the hash of the entry before";
    let Some(before) = entry.checked_sub(1) else {
        return Broken {
            run: RunPath::default(),
            entry,
            reason: "its \"prev\" is not 64 zeros, which the first entry has".into(),
        };
    };
    match vouched {
        Some(false) => Broken {
            run: RunPath::default(),
            entry,
            reason: format!("{prev}, nor is its own hash what follows: it was changed"),
        },
        Some(true) => Broken {
            run: RunPath::default(),
            entry: before,
            reason: format!(
                "it is not the entry after which entry {entry} and what follows were written: it was changed"
            ),
        },
        None => Broken {
            run: RunPath::default(),
            entry: before,
            reason: format!(
                "its hash is not what entry {entry}, the last, has as \"prev\": one of the two was changed"
            ),
        },
    }
}

/// The lines of a log, of which none is held that is longer than it can be.
struct Lines<R> {
    log: R,
    line: Vec<u8>,
}

enum Next {
    Line,
    Torn(usize),
    End,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Next, String> {
        self.line.clear();
        let most = limits::LOG_LINE as u64 + 1;
        let read = std::io::Read::take(&mut self.log, most).read_until(b'\n', &mut self.line);
        let read = read.map_err(|e| format!("it could not be read: {e}"))?;
        if self.line.pop_if(|byte| *byte == b'\n').is_some() {
            return Ok(Next::Line);
        }
        match read {
            0 => Ok(Next::End),
            _ if read as u64 == most => Err(format!("it is longer than {} bytes, which no entry is", limits::LOG_LINE)),
            _ => Ok(Next::Torn(read)),
        }
    }
}

/// An entry: a JSON object in canonical form.
fn parse(text: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("it is not JSON: {e}"))?;
    let mut form = String::with_capacity(text.len());
    if !value.is_object() || !canonical(&value, &mut form) || form != text {
        return Err("it is not an object in canonical form (RFC 8785)".into());
    }
    Ok(value)
}

/// Writes the canonical form of a log entry, which holds objects, strings and whole numbers only.
fn canonical(value: &Value, form: &mut String) -> bool {
    match value {
        Value::String(text) => {
            crate::line::string(form, text);
            true
        }
        // Larger ones are not the same number everywhere.
        Value::Number(number) => number.as_u64().filter(|n| *n <= 1 << 53).is_some_and(|n| {
            form.push_str(&n.to_string());
            true
        }),
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            for (at, (key, value)) in keys.into_iter().enumerate() {
                form.push(if at == 0 { '{' } else { ',' });
                crate::line::string(form, key);
                form.push(':');
                if !canonical(value, form) {
                    return false;
                }
            }
            form.push_str(if map.is_empty() { "{}" } else { "}" });
            true
        }
        Value::Array(items) => {
            form.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    form.push(',');
                }
                if !canonical(item, form) {
                    return false;
                }
            }
            form.push(']');
            true
        }
        _ => false,
    }
}
