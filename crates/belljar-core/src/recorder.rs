//! Keeping everything of one run that its replay needs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use belljar_abi::Ticket;
use belljar_policy::Policy;
use thiserror::Error;

use crate::contract::sha256;
use crate::limits;
use crate::recording::{Beside, Held, Parts, Recording, RecordingError};
use crate::run::{NotSuspendable, Run};
use crate::signature::SignedHead;
use crate::sink::{LogError, LogSink};

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
    unseen: Vec<Ticket>,
    unseen_requests: Vec<Ticket>,
}

/// What is new in the recording of a run that waits for a person, since it was kept last: whoever keeps it adds this to what
/// there is, and the cost is that of what is new.
#[derive(Debug)]
pub struct Increment<'a> {
    parts: &'a Parts,
    tail: Tail,
    seen: usize,
    unseen: &'a [Ticket],
    unseen_requests: &'a [Ticket],
}

/// What is kept beside the log, and takes the place of what was kept there before.
#[derive(Debug)]
struct Tail {
    held: Held,
    left: u64,
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

    /// The results that the tool has waited for since, by ticket.
    pub fn results(&self) -> impl Iterator<Item = (Ticket, &'a [u8])> + use<'a> {
        let parts = self.parts;
        self.unseen.iter().filter_map(move |ticket| Some((*ticket, parts.results.get(ticket)?.as_slice())))
    }

    /// The requests about which a person was asked since, by ticket.
    pub fn requests(&self) -> impl Iterator<Item = (Ticket, &'a [u8])> + use<'a> {
        let parts = self.parts;
        self.unseen_requests.iter().filter_map(move |ticket| Some((*ticket, parts.requests.get(ticket)?.as_slice())))
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
        let Tail { held, left, signature } = &self.tail;
        let signature = signature.as_ref().map(SignedHead::to_text);
        self.parts.pack_beside(signature.as_deref(), &Beside { held, suspended: Some(*left) })
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
        let text = policy.to_toml();
        // What is read again must be what the run was under.
        if Policy::parse(&text).ok().is_none_or(|again| again.digest() != policy.digest()) {
            return Err(RecordingError::Policy);
        }
        Ok(Self::of(Parts { input: input.to_owned(), policy: text, file, tool, ..Parts::default() }))
    }

    fn of(parts: Parts) -> Self {
        Recorder { kept: Arc::new(Mutex::new(Recorded { parts, ..Recorded::default() })) }
    }

    /// A recorder of a run that resumes, or repeats, a recorded one.
    pub fn again(recording: &Recording) -> Self {
        let Parts { input, policy, file, tool, .. } = recording.parts().clone();
        Self::of(Parts { input, policy, file, tool, ..Parts::default() })
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
        Ok(Increment { parts: &recorded.parts, tail, seen: 0, unseen: &[], unseen_requests: &[] }.whole()?)
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
        let Recorded { parts, seen, unseen, unseen_requests } = &*recorded;
        let kept = keep(&Increment { parts, tail, seen: *seen, unseen, unseen_requests });
        if kept.is_ok() {
            recorded.seen = recorded.parts.log.len();
            recorded.unseen.clear();
            recorded.unseen_requests.clear();
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

impl Recorded {
    /// What is kept beside the log of a run that waits for a person.
    fn tail(&self, run: &Run, left: u64, sign: Option<Sign<'_>>) -> Result<Tail, SuspendError> {
        let held = run.held()?;
        let (head, entries) = run.log_head();
        // The last line alone is read: at each question the whole log would be too much.
        if self.parts.log.lines().next_back().map(|line| sha256(line.as_bytes())) != Some(head) {
            return Err(SuspendError::OtherLog);
        }
        let signature = sign
            .map(|sign| sign(head, entries, Beside { held: &held, suspended: Some(left) }.digest(&self.parts.file)));
        Ok(Tail { held, left, signature })
    }
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

    fn keep(&mut self, ticket: Ticket, content: &[u8]) -> Result<(), LogError> {
        // A block of the archive besides.
        self.reserve(content.len().saturating_add(1024))?;
        self.log.keep(ticket, content)?;
        let mut recorded = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        recorded.parts.results.insert(ticket, content.to_vec());
        recorded.unseen.push(ticket);
        Ok(())
    }

    fn keep_request(&mut self, ticket: Ticket, request: &[u8]) -> Result<(), LogError> {
        self.reserve(request.len().saturating_add(1024))?;
        self.log.keep_request(ticket, request)?;
        let mut recorded = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        recorded.parts.requests.insert(ticket, request.to_vec());
        recorded.unseen_requests.push(ticket);
        Ok(())
    }
}
