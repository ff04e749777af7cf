//! Keeping everything of one run that its replay needs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use belljar_abi::Ticket;
use belljar_policy::Policy;
use thiserror::Error;

use crate::contract::sha256;
use crate::limits;
use crate::plan::Plan;
use crate::recording::{Beside, Call, Held, Parts, Recording, RecordingError};
use crate::run::{NotSuspendable, Run};
use crate::run_path::RunPath;
use crate::signature::SignedHead;
use crate::sink::{Called, LogError, LogSink};
use crate::verify::is_called;

/// Signs a run that is suspended: the head of its log, how many entries that has, and the hash of what is kept beside it.
pub type Sign<'a> = &'a dyn Fn([u8; 32], u64, [u8; 32]) -> SignedHead;

/// Why a run is not suspended.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SuspendError {
    /// It cannot be suspended now.
    #[error(transparent)]
    NotNow(#[from] NotSuspendable),
    /// The tool computes.
    #[error("a run can be suspended while its tool waits, and it does not wait now")]
    Computes,
    /// The recorder is not the one that its log goes through.
    #[error("the run's log does not go through this recorder")]
    OtherLog,
    /// It is too large.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

/// Keeps everything of one run that its replay needs. It holds it in memory until the run has ended: a recording is
/// for handing a run around; what survives the end of the process is the log.
#[derive(Clone, Debug)]
pub struct Recorder {
    kept: Arc<Mutex<Recorded>>,
}

/// What was recorded so far.
#[derive(Debug, Default)]
struct Recorded {
    parts: Parts,
    /// Bytes of the log that were handed out as new.
    seen: usize,
    /// The tickets of the results that were not, and of the requests about which a person was asked.
    unseen: Vec<(RunPath, Ticket)>,
    unseen_requests: Vec<(RunPath, Ticket)>,
    /// And of those that a person changed.
    unseen_edited: Vec<(RunPath, Ticket)>,
}

/// What is new in the recording of a run that waits for a person, since it was kept last: whoever keeps it adds this to what
/// there is, and the cost is that of what is new.
#[derive(Debug)]
pub struct Increment<'a> {
    parts: &'a Parts,
    tail: Tail,
    seen: usize,
    unseen: &'a [(RunPath, Ticket)],
    unseen_requests: &'a [(RunPath, Ticket)],
    unseen_edited: &'a [(RunPath, Ticket)],
}

/// What is kept beside the log, and takes the place of what was kept there before.
#[derive(Debug)]
struct Tail {
    held: Held,
    left: u64,
    /// Of the called runs: what they hold, and what is left of their time.
    below: BTreeMap<RunPath, (Held, u64)>,
    signature: Option<SignedHead>,
}

impl<'a> Increment<'a> {
    /// Whether nothing was kept before: then the input, the policy and the tool are new, too.
    pub fn is_first(&self) -> bool {
        self.seen == 0
    }

    /// The lines that were added to the log.
    pub fn log(&self) -> &'a str {
        self.parts.log.get(self.seen..).unwrap_or_default()
    }

    /// The results that tools have waited for since, by run and ticket.
    pub fn results(&self) -> impl Iterator<Item = (&'a RunPath, Ticket, &'a [u8])> + use<'a> {
        let parts = self.parts;
        self.unseen.iter().filter_map(move |(run, ticket)| {
            let results = if run.is_first() { &parts.results } else { &parts.calls.get(run)?.results };
            Some((run, *ticket, results.get(ticket)?.as_slice()))
        })
    }

    /// The requests about which a person was asked since, by run and ticket.
    pub fn requests(&self) -> impl Iterator<Item = (&'a RunPath, Ticket, &'a [u8])> + use<'a> {
        let parts = self.parts;
        self.unseen_requests.iter().filter_map(move |(run, ticket)| {
            let requests = if run.is_first() { &parts.requests } else { &parts.calls.get(run)?.requests };
            Some((run, *ticket, requests.get(ticket)?.as_slice()))
        })
    }

    /// The requests as a person changed them since, by run and ticket.
    pub fn edited(&self) -> impl Iterator<Item = (&'a RunPath, Ticket, &'a [u8])> + use<'a> {
        let parts = self.parts;
        self.unseen_edited.iter().filter_map(move |(run, ticket)| {
            let edited = if run.is_first() { &parts.edited } else { &parts.calls.get(run)?.edited };
            Some((run, *ticket, edited.get(ticket)?.as_slice()))
        })
    }

    /// The called runs, with what they began with.
    pub fn calls(&self) -> &'a BTreeMap<RunPath, Call> {
        &self.parts.calls
    }

    /// What the called runs that go on hold, with the milliseconds that are left of their time.
    pub fn held_below(&self) -> &BTreeMap<RunPath, (Held, u64)> {
        &self.tail.below
    }

    /// The results that it has not waited for yet: these, and no others that were kept.
    pub fn held(&self) -> &Held {
        &self.tail.held
    }

    /// Milliseconds that are left of the run's time.
    pub fn time_left(&self) -> u64 {
        self.tail.left
    }

    /// The signed head of the log, if the run is signed.
    pub fn signature(&self) -> Option<&SignedHead> {
        self.tail.signature.as_ref()
    }

    /// The whole recording, for whoever keeps it in one piece: its cost is that of all of it.
    ///
    /// # Errors
    ///
    /// If it is too large.
    pub fn whole(&self) -> Result<Vec<u8>, RecordingError> {
        let Tail { held, left, below, signature } = &self.tail;
        let signature = signature.as_ref().map(SignedHead::to_text);
        self.parts.pack_beside(signature.as_deref(), &Beside { held, suspended: Some(*left), below: lent(below) })
    }
}

impl Recorder {
    /// A recorder of a run on this input, in the form that the tool gets, under this policy. `file` names the tool's source
    /// or component, and its ending says which.
    ///
    /// # Errors
    ///
    /// If the policy cannot be written down.
    pub fn new(input: &str, policy: &Policy, file: String, tool: Vec<u8>) -> Result<Self, RecordingError> {
        let text = policy_text(policy)?;
        Ok(Self::of(Parts { input: input.to_owned(), policy: text, file, tool, ..Parts::default() }))
    }

    /// The same for a run under a plan.
    #[must_use]
    pub fn under(self, plan: Option<&Plan>) -> Self {
        self.recorded().parts.plan = plan.map(Plan::to_text);
        self
    }

    fn of(parts: Parts) -> Self {
        Recorder { kept: Arc::new(Mutex::new(Recorded { parts, ..Recorded::default() })) }
    }

    /// A recorder of a run that resumes, or repeats, a recorded one.
    pub fn again(recording: &Recording) -> Self {
        let Parts { input, policy, plan, file, tool, tools, mut calls, .. } = recording.parts().clone();
        let (mut unseen, mut unseen_requests, mut unseen_edited) = (Vec::new(), Vec::new(), Vec::new());
        for (run, call) in &mut calls {
            (call.held, call.suspended) = Default::default();
            if recording.call(run).is_some_and(|recorded| recorded.ended()) {
                unseen.extend(call.results.keys().map(|ticket| (run.clone(), *ticket)));
                unseen_requests.extend(call.requests.keys().map(|ticket| (run.clone(), *ticket)));
                unseen_edited.extend(call.edited.keys().map(|ticket| (run.clone(), *ticket)));
            } else {
                // What it came to is written anew.
                (call.results, call.requests, call.edited) = Default::default();
            }
        }
        let parts = Parts { input, policy, plan, file, tool, tools, calls, ..Parts::default() };
        let recorded = Recorded { parts, seen: 0, unseen, unseen_requests, unseen_edited };
        Recorder { kept: Arc::new(Mutex::new(recorded)) }
    }

    /// The run's log, which this recorder follows: every line goes to `log` first.
    pub fn log(&self, log: Box<dyn LogSink>) -> Box<dyn LogSink> {
        let parts = &self.recorded().parts;
        let bytes = parts.input.len() + parts.policy.len() + parts.tool.len();
        Box::new(Following { log, kept: self.kept.clone(), bytes })
    }

    /// The recording, after the run has ended.
    ///
    /// # Errors
    ///
    /// If it is too large, or the run did not even start.
    pub fn finish(&self) -> Result<Vec<u8>, RecordingError> {
        Recording::new(self.parts())?.parts().pack()
    }

    /// [`Recorder::finish`] with the log's head signed.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn finish_signed(&self, signed: &SignedHead) -> Result<Vec<u8>, RecordingError> {
        let signature = Some(signed.to_text());
        Recording::new(Parts { signature, ..self.parts() })?.parts().pack()
    }

    /// The recording of a run that waits for a person, to be resumed later. `left` is what is left of its time, in
    /// milliseconds; `sign` signs it, if it shall be signed.
    ///
    /// # Errors
    ///
    /// If it cannot be suspended now, or is too large.
    pub(crate) fn suspended(&self, run: &Run, left: u64, sign: Option<Sign<'_>>) -> Result<Vec<u8>, SuspendError> {
        let recorded = self.recorded();
        let tail = recorded.tail(run, left, sign)?;
        let parts = &recorded.parts;
        let new = Increment { parts, tail, seen: 0, unseen: &[], unseen_requests: &[], unseen_edited: &[] };
        Ok(new.whole()?)
    }

    /// Hands out what is new of a run that waits for a person since this was done last. `keep` says whether it has kept it.
    ///
    /// # Errors
    ///
    /// If the run cannot be suspended now.
    pub(crate) fn keep<T, E>(
        &self,
        run: &Run,
        left: u64,
        sign: Option<Sign<'_>>,
        keep: impl FnOnce(&Increment<'_>) -> Result<T, E>,
    ) -> Result<Result<T, E>, SuspendError> {
        let mut recorded = self.recorded();
        let tail = recorded.tail(run, left, sign)?;
        let Recorded { parts, seen, unseen, unseen_requests, unseen_edited } = &*recorded;
        let kept = keep(&Increment { parts, tail, seen: *seen, unseen, unseen_requests, unseen_edited });
        if kept.is_ok() {
            recorded.seen = recorded.parts.log.len();
            recorded.unseen.clear();
            recorded.unseen_requests.clear();
            recorded.unseen_edited.clear();
        }
        Ok(kept)
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts(&self) -> Parts {
        self.recorded().parts.clone()
    }
}

/// A policy as a file.
fn policy_text(policy: &Policy) -> Result<String, RecordingError> {
    let text = policy.to_toml();
    // What is read again must be what the run was under.
    match Policy::parse(&text) {
        Ok(again) if again.digest() == policy.digest() => Ok(text),
        _ => Err(RecordingError::Policy),
    }
}

impl Recorded {
    /// What is kept beside the log of a run that waits for a person.
    fn tail(&self, run: &Run, left: u64, sign: Option<Sign<'_>>) -> Result<Tail, SuspendError> {
        let held = run.held()?;
        let (head, entries) = run.log_head();
        let below = run.held_below()?;
        // The last line of the run alone is read: at each question the whole log would be too much.
        let last = self.parts.log.lines().rev().find(|line| !is_called(line));
        if last.map(|line| sha256(line.as_bytes())) != Some(head) {
            return Err(SuspendError::OtherLog);
        }
        let beside = || Beside { held: &held, suspended: Some(left), below: lent(&below) };
        let signature = sign.map(|sign| sign(head, entries, self.parts.digest_beside(&beside())));
        Ok(Tail { held, left, below, signature })
    }
}

/// What called runs hold, as it is written.
fn lent(below: &BTreeMap<RunPath, (Held, u64)>) -> BTreeMap<&RunPath, (&Held, u64)> {
    below.iter().map(|(run, (held, left))| (run, (held, *left))).collect()
}

struct Following {
    log: Box<dyn LogSink>,
    kept: Arc<Mutex<Recorded>>,
    bytes: usize,
}

impl Following {
    /// Refuses what a recording could not hold, before it is kept or done.
    fn reserve(&mut self, bytes: usize) -> Result<(), LogError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > limits::RECORDING {
            let most = limits::RECORDING;
            return Err(LogError(format!("a recording has at most {most} bytes: run it without recording it")));
        }
        Ok(())
    }
}

impl LogSink for Following {
    fn append(&mut self, line: &str) -> Result<(), LogError> {
        self.reserve(line.len())?;
        self.log.append(line)?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).parts.log.push_str(line);
        Ok(())
    }

    fn keep(&mut self, run: &RunPath, ticket: Ticket, content: &[u8]) -> Result<(), LogError> {
        // A block of the archive besides.
        self.reserve(content.len().saturating_add(1024))?;
        self.log.keep(run, ticket, content)?;
        let mut recorded = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(results) = recorded.parts.results_of(run) {
            results.insert(ticket, content.to_vec());
            recorded.unseen.push((run.clone(), ticket));
        }
        Ok(())
    }

    fn keep_request(&mut self, run: &RunPath, ticket: Ticket, request: &[u8]) -> Result<(), LogError> {
        self.reserve(request.len().saturating_add(1024))?;
        self.log.keep_request(run, ticket, request)?;
        let mut recorded = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(requests) = recorded.parts.requests_of(run) {
            requests.insert(ticket, request.to_vec());
            recorded.unseen_requests.push((run.clone(), ticket));
        }
        Ok(())
    }

    fn keep_edited(&mut self, run: &RunPath, ticket: Ticket, request: &[u8]) -> Result<(), LogError> {
        self.reserve(request.len().saturating_add(1024))?;
        self.log.keep_edited(run, ticket, request)?;
        let mut recorded = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(edited) = recorded.parts.edited_of(run) {
            edited.insert(ticket, request.to_vec());
            recorded.unseen_edited.push((run.clone(), ticket));
        }
        Ok(())
    }

    fn keep_call(&mut self, run: &RunPath, called: &Called<'_>) -> Result<(), LogError> {
        let unknown = || {
            LogError(format!("the source of the called tool of run {run} is not known: run it without recording it"))
        };
        let (file, tool) = called.origin.ok_or_else(unknown)?;
        let policy = policy_text(called.policy).map_err(|error| LogError(error.to_string()))?;
        let hash = sha256(tool);
        let is_known = self.kept.lock().unwrap_or_else(PoisonError::into_inner).parts.tools.contains_key(&hash);
        let bytes = if is_known { 0 } else { tool.len() };
        self.reserve(bytes.saturating_add(called.input.len()).saturating_add(policy.len()).saturating_add(4096))?;
        self.log.keep_call(run, called)?;
        let mut recorded = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        recorded.parts.tools.entry(hash).or_insert_with(|| tool.to_vec());
        let call =
            Call { file: file.to_owned(), tool: hash, input: called.input.to_owned(), policy, ..Call::default() };
        recorded.parts.calls.insert(run.clone(), call);
        Ok(())
    }
}
