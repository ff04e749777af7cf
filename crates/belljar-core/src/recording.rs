//! A recording: one file with everything that a replay of a run needs.
//!
//! It holds the log, the input, the policy, the tool, and the contents of the results that the tool waited for, each
//! bound to its entry of the log by its SHA-256. `docs/log.md` specifies it.

pub(crate) mod error;
mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use belljar_abi::cell::{pack, unpack};
use belljar_abi::{Failure, Moment, Request, Response, Ticket};
use belljar_policy::{Assurance, Limits, Policy, Url};

use crate::answerer::Answerer;
use crate::capability::request_digest;
use crate::contract::{parse_hex, sha256};
use crate::daybook::Allowance;
use crate::edit::Edit;
use crate::entry;
use crate::limits;
use crate::outcome::Stop;
use crate::plan::Plan;
use crate::question::{Answer, CalledTool, Scope, question_digest};
use crate::run_path::RunPath;
use crate::signature::SignedHead;
use crate::standing::Standing;
use crate::terms::Terms;
use crate::verify::{run_of, walk};

use error::{VERSION, wrong};
use parts::{PLAN, SIGNATURE};

pub use error::RecordingError;
pub(crate) use parts::Beside;
pub use parts::{Call, Held, Parts};

/// An HTTP request in the words of a rule, and the SHA-256 of its body if it has one.
pub type HttpAsked = (String, Option<[u8; 32]>);

/// A recording whose log holds and whose contents are those that the log names.
#[derive(Debug)]
pub struct Recording {
    parts: Parts,
    plan: Option<Arc<Plan>>,
    /// The run's own log, where the whole log holds others, too.
    own: Option<String>,
    signed: Option<SignedHead>,
    pub(crate) start: Start,
    pub(crate) entries: Vec<Entry>,
    /// Tickets of questions that no answer is to.
    open: BTreeSet<Ticket>,
    /// What a person said to everything under a rule.
    standing: Standing,
    /// The runs of tools that were called.
    pub(crate) below: Arc<Below>,
}

/// The recorded runs of tools that were called.
#[derive(Debug, Default)]
pub(crate) struct Below {
    /// The whole log.
    log: String,
    runs: BTreeMap<RunPath, Arc<Recording>>,
}

impl Below {
    /// The recorded run of a call.
    pub(crate) fn run(&self, run: &RunPath) -> Option<&Arc<Recording>> {
        self.runs.get(run)
    }

    /// The lines of a run and of those below it, in the order in which they were written.
    pub(crate) fn lines(&self, run: &RunPath) -> impl Iterator<Item = &str> {
        let of = |line: &&str| run_of(line).is_some_and(|of| of == *run || of.is_below(run));
        self.log.lines().filter(of)
    }
}

/// What the log's first two entries say.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) admission: u64,
    pub(crate) at: Moment,
    pub(crate) engine: Option<[u8; 32]>,
    /// What was drawn of a day's money.
    pub(crate) allowance: Option<Allowance>,
    pub(crate) host: String,
    pub(crate) input: [u8; 32],
    pub(crate) policy: [u8; 32],
    pub(crate) plan: Option<[u8; 32]>,
    pub(crate) tool: String,
    pub(crate) tool_hash: [u8; 32],
    pub(crate) seed: [u8; 32],
    pub(crate) started_by: Option<String>,
}

/// An entry of a recorded log.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Where its line stands in the log, without its newline.
    line: Range<usize>,
    pub(crate) kind: Kind,
}

/// What a replay must know of an entry before it is written.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// It follows from what the tool does.
    Follows,
    /// A person answered.
    Answer { ticket: Ticket, answer: Answer, at: Moment, empty: u64 },
    /// A person was asked about a call of a tool, once it was known which tool that is.
    Found { ticket: Ticket, found: CalledTool, empty: u64 },
    /// A server redirected a request to a URL.
    Redirect { ticket: Ticket, status: u16, url: Url, empty: u64 },
    /// A result was handed over.
    Result { ticket: Ticket, at: Moment, empty: u64, called: Option<(entry::Usage, [u8; 32])> },
    /// The time of a wait came.
    Wait { at: Moment },
    /// The run ended; with a reason if it was not the tool's doing.
    End { at: Moment, stop: Option<Stop>, fuel: u64, pages: u64, console_dropped: u64 },
}

impl Recording {
    /// Bytes of a recording, at most.
    pub const MOST: usize = limits::RECORDING;

    /// What the run drew of a day's money, if its policy bounds money by day.
    pub fn allowance(&self) -> Option<&Allowance> {
        self.start.allowance.as_ref()
    }

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
        let mut readings: BTreeMap<RunPath, Reading> = BTreeMap::new();
        let summary = walk(parts.log.as_bytes(), None, |line, value| {
            let run = value["run"].as_str().and_then(|run| run.parse().ok()).unwrap_or_default();
            let contents = Contents::of(&parts, &run);
            readings.entry(run).or_default().line(contents, line, value);
        })?;
        let signed = parts.signature.as_deref().map(SignedHead::parse).transpose();
        let signed = signed.map_err(|error| wrong(SIGNATURE, format!("cannot be read: {error}")))?;
        if signed.is_some_and(|signed| (signed.head, signed.entries) != (summary.head, summary.entries)) {
            return Err(wrong(SIGNATURE, "is that of another log"));
        }
        if signed.is_some_and(|signed| signed.beside != parts.beside()) {
            return Err(wrong(SIGNATURE, "is not that of what stands beside the log"));
        }
        if summary.torn > 0 {
            return Err(wrong("log.jsonl", "ends in the middle of a line"));
        }
        let first = readings.remove(&RunPath::default()).unwrap_or_default();
        if let Some(run) = parts.calls.keys().find(|run| !readings.contains_key(run)) {
            return Err(wrong(&format!("calls/{run}/input.json"), "is of a run that the log does not have"));
        }
        let mut below = Below { log: String::new(), runs: BTreeMap::new() };
        let mut open = false;
        for (run, reading) in readings {
            let place = format!("calls/{run}/");
            let call = parts.calls.get(&run);
            let call = call.ok_or_else(|| wrong(&format!("{place}input.json"), "is missing"))?;
            let own = Parts {
                log: reading.text.clone(),
                input: call.input.clone(),
                policy: call.policy.clone(),
                file: call.file.clone(),
                tool: parts.tools.get(&call.tool).cloned().unwrap_or_default(),
                requests: call.requests.clone(),
                edited: call.edited.clone(),
                results: call.results.clone(),
                held: call.held.clone(),
                suspended: call.suspended,
                ..Parts::default()
            };
            let recording = reading.finish(own, &place, None, Arc::default())?;
            if recording.ended() == recording.suspended().is_some()
                || recording.suspended().is_some() && parts.suspended.is_none()
            {
                let reason =
                    "says of a called run that it goes on, and the log that it does not, or the other way round";
                // A run that was cut off has called runs that were.
                if recording.suspended().is_some() || parts.suspended.is_some() {
                    return Err(wrong("recording.json", reason));
                }
            }
            open |= !recording.ended() && !recording.open().is_empty();
            below.runs.insert(run, Arc::new(recording));
        }
        if !below.runs.is_empty() {
            below.log.clone_from(&parts.log);
        }
        if parts.suspended.is_some() && !open && first.open.is_empty() {
            return Err(wrong("log.jsonl", "has no open question, so this is no run that waits for a person"));
        }
        first.finish(parts, "", signed, Arc::new(below))
    }

    /// The recorded run of a call, if it is one of a run that nobody called.
    pub fn call(&self, run: &RunPath) -> Option<&Arc<Recording>> {
        self.below.run(run)
    }

    /// The recorded runs of tools that were called.
    pub fn calls(&self) -> impl Iterator<Item = (&RunPath, &Arc<Recording>)> {
        self.below.runs.iter()
    }

    /// The plan that a person approved before the run, if there is one.
    pub fn plan(&self) -> Option<&Arc<Plan>> {
        self.plan.as_ref()
    }

    /// What it was under, and is repeated or resumed under, if its policy is granted ([`crate::Asks`]).
    pub fn terms(&self, granted: Policy) -> Terms {
        Terms::from(granted).with_plan(self.plan.clone())
    }

    /// What servers answered, by the request in the words of a rule and the SHA-256 of its body: for rehearsals. What a redirect
    /// led to is the answer to the request before it.
    pub fn http_answers(&self) -> impl Iterator<Item = (HttpAsked, Result<Response, Failure>)> {
        let entries: Vec<_> = self
            .parts
            .log
            .lines()
            .filter_map(|line| Some((run_of(line)?, entry::Entry::read(&serde_json::from_str(line).ok()?)?)))
            .collect();
        // Of a request that a person changed, it is the answer to what was approved.
        let changed: BTreeMap<(RunPath, Ticket), HttpAsked> = entries
            .iter()
            .filter_map(|(run, entry)| match entry {
                entry::Entry::Answer { ticket, what: Some(what), sha256, .. } => {
                    Some(((run.clone(), *ticket), (what.to_string(), *sha256)))
                }
                _ => None,
            })
            .collect();
        let asked = entries.into_iter().filter_map(move |(run, entry)| match entry {
            entry::Entry::Request { capability, what, sha256, ticket, .. } if capability == "http" => {
                let changed = changed.get(&(run.clone(), ticket)).cloned();
                Some((changed.unwrap_or((what.into_owned(), sha256)), run, ticket))
            }
            _ => None,
        });
        asked.filter_map(move |(asked, run, ticket)| {
            let recording = if run.is_first() { self } else { &**self.call(&run)? };
            Some((asked, recording.result(ticket)?))
        })
    }

    /// What it is made of.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The signed head of its log, if there is one: it is one of this log and of what is kept beside it, but whether the
    /// signature is good is for [`SignedHead::check`] to say.
    pub fn signed(&self) -> Option<&SignedHead> {
        self.signed.as_ref()
    }

    /// How many entries its log has.
    pub fn entries(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The recorded line of an entry.
    pub(crate) fn line(&self, entry: u64) -> Option<&str> {
        let entry = self.entries.get(usize::try_from(entry).ok()?)?;
        self.own.as_ref().unwrap_or(&self.parts.log).get(entry.line.clone())
    }

    /// Milliseconds that are left of the time of a run that was suspended; nothing if it was not.
    pub fn suspended(&self) -> Option<u64> {
        self.parts.suspended
    }

    /// What a run that was suspended has left of its time: what the recording says, and at most what its policy grants.
    pub fn time_left(&self, limits: &Limits) -> Duration {
        Duration::from_millis(self.parts.suspended.unwrap_or_default()).min(limits.time)
    }

    /// The questions that no answer is to, by ticket.
    pub fn open(&self) -> &BTreeSet<Ticket> {
        &self.open
    }

    /// The questions that no answer is to, of all runs.
    pub fn open_questions(&self) -> BTreeSet<(RunPath, Ticket)> {
        let below = self.calls().flat_map(|(run, called)| called.open.iter().map(|ticket| (run.clone(), *ticket)));
        self.open.iter().map(|ticket| (RunPath::default(), *ticket)).chain(below).collect()
    }

    /// What a person said yes to for the whole run, in the words of rules, or until a moment of its clock: it holds on when the
    /// run is resumed.
    pub fn approved(&self) -> impl Iterator<Item = (&str, Option<Moment>)> {
        self.standing.approved()
    }

    /// The rules under which a person said no to everything: it holds on when the run is resumed.
    pub fn refused(&self) -> impl Iterator<Item = &str> {
        self.standing.refused()
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

    /// A request as a person changed it.
    pub(crate) fn edited(&self, ticket: Ticket) -> Option<Request> {
        unpack(self.parts.edited.get(&ticket)?).ok()
    }

    /// The result that was handed over for a ticket.
    pub(crate) fn result(&self, ticket: Ticket) -> Option<Result<Response, Failure>> {
        let content = self.parts.results.get(&ticket).or_else(|| self.parts.held.contents.get(&ticket))?;
        unpack::<Result<Response, Failure>>(content).ok()
    }
}

/// What is recorded beside the log of one run.
#[derive(Clone, Copy)]
struct Contents<'a> {
    requests: &'a BTreeMap<Ticket, Vec<u8>>,
    edited: &'a BTreeMap<Ticket, Vec<u8>>,
    results: &'a BTreeMap<Ticket, Vec<u8>>,
}

impl<'a> Contents<'a> {
    fn of(parts: &'a Parts, run: &RunPath) -> Self {
        static NONE: BTreeMap<Ticket, Vec<u8>> = BTreeMap::new();
        match parts.calls.get(run) {
            _ if run.is_first() => {
                Contents { requests: &parts.requests, edited: &parts.edited, results: &parts.results }
            }
            Some(call) => Contents { requests: &call.requests, edited: &call.edited, results: &call.results },
            None => Contents { requests: &NONE, edited: &NONE, results: &NONE },
        }
    }
}

/// The log of one run, as it is read.
#[derive(Default)]
struct Reading {
    /// Its lines; those of a run that nobody called stand in the whole log.
    text: String,
    start: Opening,
    entries: Vec<Entry>,
    asked: usize,
    edited: usize,
    named: usize,
    from: usize,
    open: BTreeSet<Ticket>,
    standing: Standing,
    rules: BTreeMap<Ticket, String>,
    problem: Option<RecordingError>,
    hops: BTreeSet<Ticket>,
}

impl Reading {
    /// Takes in a line, which holds.
    fn line(&mut self, contents: Contents<'_>, line: &str, value: &serde_json::Value) {
        let number = self.entries.len();
        self.text.push_str(line);
        self.text.push('\n');
        let to = self.from + line.len();
        let entry = entry::Entry::read(value);
        match &entry {
            Some(entry::Entry::Request { ticket, verdict, rule, .. }) if verdict == "ask" => {
                self.rules.insert(*ticket, rule.as_deref().unwrap_or_default().to_owned());
            }
            Some(entry::Entry::Redirect { ticket, verdict, rule, .. }) => {
                self.hops.insert(*ticket);
                if verdict == "ask" {
                    self.rules.insert(*ticket, rule.as_deref().unwrap_or_default().to_owned());
                }
            }
            // What a hop asks for follows from the request and from where it was redirected to.
            Some(question @ entry::Entry::Question { ticket, content, digest, .. }) if self.hops.contains(ticket) => {
                self.open.insert(*ticket);
                let prev = value["prev"].as_str().and_then(parse_hex).unwrap_or_default();
                if question_digest(&prev, &content.unwrap_or_default(), called(question).as_ref()) != *digest {
                    self.problem.get_or_insert_with(|| not_its_question(number));
                }
            }
            Some(question @ entry::Entry::Question { ticket, content, digest, .. }) => {
                self.open.insert(*ticket);
                self.asked += 1;
                let prev = value["prev"].as_str().and_then(parse_hex).unwrap_or_default();
                let expected = question_digest(&prev, &content.unwrap_or_default(), called(question).as_ref());
                let named = (*content, expected == *digest);
                let found = request(contents.requests, *ticket, number, named).err();
                self.problem = self.problem.take().or(found);
            }
            Some(answer @ entry::Entry::Answer { ticket, edited: digest, .. }) => {
                self.open.remove(ticket);
                if let Some(digest) = digest {
                    self.edited += 1;
                    let found = edited(contents.edited, *ticket, number, digest).err();
                    self.problem = self.problem.take().or(found);
                }
                if let Some(rule) = self.rules.get(ticket) {
                    self.standing.entered(rule, answer);
                }
            }
            Some(entry::Entry::Result { ticket, sha256, .. }) => {
                self.named += 1;
                let found = content(contents.results, *ticket, number, sha256).err();
                self.problem = self.problem.take().or(found);
            }
            _ => {}
        }
        self.start.read(number, entry.as_ref());
        match entry.as_ref().and_then(kind) {
            Some(kind) => self.entries.push(Entry { line: self.from..to, kind }),
            None => {
                let reason = format!("has no usable entry in line {}", number + 1);
                self.problem.get_or_insert_with(|| wrong("log.jsonl", reason));
            }
        }
        self.from = to + 1;
    }

    /// The recording of the run, whose parts stand at `place` in the archive.
    fn finish(
        self,
        parts: Parts,
        place: &str,
        signed: Option<SignedHead>,
        below: Arc<Below>,
    ) -> Result<Recording, RecordingError> {
        let start = self.start.finish()?;
        let plan =
            parts.plan.as_deref().map(Plan::parse).transpose().map_err(|error| wrong(PLAN, error.to_string()))?;
        if start.plan != plan.as_ref().map(Plan::digest) {
            return Err(wrong(PLAN, "is not the plan that the log's start names"));
        }
        if start.input != sha256(parts.input.as_bytes()) {
            return Err(wrong(&format!("{place}input.json"), "is not the input that the log's start names"));
        }
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if self.named != parts.results.len() {
            let reason = "holds contents that no entry of the log names, or one that two name";
            return Err(wrong(&format!("{place}results/"), reason));
        }
        if self.asked != parts.requests.len() {
            let reason = "holds requests that no question of the log names, or one that two name";
            return Err(wrong(&format!("{place}requests/"), reason));
        }
        if self.edited != parts.edited.len() {
            let reason = "holds changed requests that no answer of the log names, or one that two name";
            return Err(wrong(&format!("{place}edited/"), reason));
        }
        for (ticket, content) in &parts.held.contents {
            check_form(&format!("{place}held/{ticket}"), content)?;
        }
        let ended = matches!(self.entries.last(), Some(Entry { kind: Kind::End { .. }, .. }));
        if parts.suspended.is_some() && ended || parts.suspended.is_none() && !parts.held.contents.is_empty() {
            return Err(wrong(
                "recording.json",
                "says of a run that it was suspended, and the log that it was not, or the other way round",
            ));
        }
        let Reading { entries, open, standing, text, .. } = self;
        let own = (!below.runs.is_empty()).then_some(text);
        Ok(Recording { parts, plan: plan.map(Arc::new), own, signed, start, entries, open, standing, below })
    }
}

/// Takes in the log's first two entries.
#[derive(Default)]
struct Opening {
    version: bool,
    start: Option<Start>,
    seeded: bool,
}

impl Opening {
    fn read(&mut self, number: usize, entry: Option<&entry::Entry<'_>>) {
        match (number, entry, &mut self.start) {
            (
                0,
                Some(entry::Entry::Start {
                    version,
                    admission,
                    at,
                    engine,
                    hold,
                    host,
                    input,
                    limits,
                    plan,
                    policy,
                    started_by,
                    tool,
                    tool_hash,
                    ..
                }),
                _,
            ) => {
                self.version = *version == VERSION;
                self.start = Some(Start {
                    admission: *admission,
                    at: at.0,
                    engine: *engine,
                    allowance: hold
                        .as_deref()
                        .map(|hold| Allowance { hold: hold.to_owned(), amount: limits.spend.unwrap_or_default() }),
                    host: host.to_string(),
                    input: *input,
                    policy: *policy,
                    plan: *plan,
                    tool: tool.to_string(),
                    tool_hash: *tool_hash,
                    seed: [0; 32],
                    started_by: started_by.as_deref().map(str::to_owned),
                });
            }
            (1, Some(entry::Entry::Seed { seed }), Some(start)) => (start.seed, self.seeded) = (*seed, true),
            _ => {}
        }
    }

    fn finish(self) -> Result<Start, RecordingError> {
        if !self.version {
            return Err(wrong("log.jsonl", format!("is not of version {VERSION}, as its recording is")));
        }
        let start = self.start.filter(|_| self.seeded);
        start.ok_or_else(|| wrong("log.jsonl", "lacks what a replay needs in its first two entries, start and seed"))
    }
}

/// Whether the content of the result that this entry names is there, and is that.
fn content(
    results: &BTreeMap<Ticket, Vec<u8>>,
    ticket: Ticket,
    number: usize,
    named: &[u8; 32],
) -> Result<(), RecordingError> {
    let part = format!("results/{ticket}");
    let content = results.get(&ticket).ok_or_else(|| wrong(&part, "is missing"))?;
    if *named != sha256(content) {
        let reason = format!("is not the content that entry {number} of the log names by its SHA-256");
        return Err(wrong(&part, reason));
    }
    check_form(&part, content)
}

/// Whether the request that the question of this entry names is there, and is that; `named` is the request's digest, and
/// whether the question's own digest is what it must be.
fn request(
    requests: &BTreeMap<Ticket, Vec<u8>>,
    ticket: Ticket,
    number: usize,
    named: (Option<[u8; 32]>, bool),
) -> Result<(), RecordingError> {
    let part = format!("requests/{ticket}");
    let request = requests.get(&ticket).ok_or_else(|| wrong(&part, "is missing"))?;
    match named {
        (Some(content), true) if content == request_digest(request) => Ok(()),
        (_, true) => Err(wrong(&part, format!("is not the request whose digest entry {number} of the log names"))),
        (_, false) => Err(not_its_question(number)),
    }
}

/// Whether the changed request that the answer of this entry names is there, and is that, in the one form that it has.
fn edited(
    edited: &BTreeMap<Ticket, Vec<u8>>,
    ticket: Ticket,
    number: usize,
    named: &[u8; 32],
) -> Result<(), RecordingError> {
    let part = format!("edited/{ticket}");
    let request = edited.get(&ticket).ok_or_else(|| wrong(&part, "is missing"))?;
    if *named != request_digest(request) {
        return Err(wrong(&part, format!("is not the request whose digest entry {number} of the log names")));
    }
    let whole = unpack::<Request>(request).ok().and_then(|request| pack(&request).ok());
    if whole.as_ref() == Some(request) {
        Ok(())
    } else {
        Err(wrong(&part, "is not a request in the form of the Canonical ABI"))
    }
}

fn not_its_question(number: usize) -> RecordingError {
    wrong("log.jsonl", format!("has a digest in line {} that is not one of its question", number + 1))
}

/// A content is there in one form only, so that none can be larger in memory than it is here.
fn check_form(part: &str, content: &Vec<u8>) -> Result<(), RecordingError> {
    let whole = unpack::<Result<Response, Failure>>(content).ok().and_then(|response| pack(&response).ok());
    if whole.as_ref() == Some(content) {
        Ok(())
    } else {
        Err(wrong(part, "is not a result in the form of the Canonical ABI"))
    }
}

/// The tool that a question names which is about a call.
fn called(question: &entry::Entry<'_>) -> Option<CalledTool> {
    match *question {
        entry::Entry::Question { called_tool: Some(identity), called_policy: Some(policy), .. } => {
            Some(CalledTool { identity, policy })
        }
        _ => None,
    }
}

/// What a replay must know of it; nothing if it is none that a run writes.
fn kind(entry: &entry::Entry<'_>) -> Option<Kind> {
    Some(match entry {
        entry::Entry::Question { ticket, empty, .. } if let Some(found) = called(entry) => {
            Kind::Found { ticket: *ticket, found, empty: empty.unwrap_or(0) }
        }
        entry::Entry::Answer { answer, scope, who, why, ticket, at, empty, expires, assurance, identity, .. } => {
            let assurance = match assurance.as_deref().map(Assurance::of) {
                None => Assurance::Inbox,
                Some(known) => known?,
            };
            let identity = identity.as_deref().map(str::to_owned);
            let who = who.as_deref().map(|name| Answerer { name: name.to_owned(), assurance, identity });
            let expires = expires.map(|at| at.0);
            let answer = match (&**answer, scope.as_deref()) {
                ("yes", Some("request")) => Answer::Once { who: who? },
                ("yes", Some("rule")) => Answer::Rule { who: who?, expires },
                // What was approved is recorded beside the log.
                ("edited", None) => Answer::Edited { who: who?, edit: Edit::default() },
                // What was said is the result, which is recorded beside the log.
                ("said", None) => Answer::Said { who: who?, text: String::new() },
                ("no" | "declined", scope @ (None | Some("rule"))) => {
                    let scope = if scope.is_some() { Scope::Rule } else { Scope::Request };
                    Answer::No { who: who?, scope, why: why.as_deref().map(str::to_owned) }
                }
                ("expired", None) => Answer::Expired,
                ("nobody", None) => Answer::Nobody { why: why.as_deref()?.to_owned() },
                _ => return None,
            };
            Kind::Answer { ticket: *ticket, answer, at: at.0, empty: empty.unwrap_or(0) }
        }
        entry::Entry::Result { ticket, at, empty, log, usage, .. } => {
            Kind::Result { ticket: *ticket, at: at.0, empty: empty.unwrap_or(0), called: usage.zip(*log) }
        }
        entry::Entry::Redirect { ticket, status, what, empty, .. } => Kind::Redirect {
            ticket: *ticket,
            status: u16::try_from(*status).ok()?,
            url: what.split_once(' ').and_then(|(_, url)| Url::parse(url).ok())?,
            empty: empty.unwrap_or(0),
        },
        entry::Entry::Wait { at } => Kind::Wait { at: at.0 },
        entry::Entry::End { at, message, result, usage, .. } => {
            let stop = match &**result {
                "timed-out" => Some(Stop::Time),
                "cancelled" => Some(Stop::Cancelled),
                "host-failed" => Some(Stop::Host(message.as_deref().unwrap_or_default().to_owned())),
                _ => None,
            };
            let entry::Usage { fuel, pages, console_dropped, .. } = *usage;
            Kind::End { at: at.0, stop, fuel, pages, console_dropped }
        }
        _ => Kind::Follows,
    })
}
