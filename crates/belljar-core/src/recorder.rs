//! Keeping everything of one run that its replay needs.

use std::sync::{Arc, Mutex, PoisonError};

use belljar_abi::Ticket;
use belljar_policy::Policy;
use thiserror::Error;

use crate::contract::sha256;
use crate::limits;
use crate::log::{LogError, LogSink};
use crate::recording::{Parts, Recording, RecordingError};
use crate::run::{Held, NotSuspendable, Run};
use crate::signature::SignedHead;

/// Signs a run that is put away: the head of its log, how many entries that has, and the hash of what is kept beside it.
pub type Sign<'a> = &'a dyn Fn([u8; 32], u64, [u8; 32]) -> SignedHead;

/// Why a run is not put away.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SuspendError {
    /// It cannot be put away now.
    #[error(transparent)]
    NotNow(#[from] NotSuspendable),
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
    kept: Arc<Mutex<Parts>>,
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
        Recorder { kept: Arc::new(Mutex::new(parts)) }
    }

    /// A recorder of a run that takes up, or repeats, a recorded one.
    pub fn again(recording: &Recording) -> Self {
        let Parts { input, policy, file, tool, .. } = recording.parts().clone();
        Self::of(Parts { input, policy, file, tool, ..Parts::default() })
    }

    /// The run's log, which this recorder follows: every line goes to `log` first.
    pub fn log(&self, log: Box<dyn LogSink>) -> Box<dyn LogSink> {
        let parts = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
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

    /// The recording of a run that waits for a person, to be taken up later. `left` is what is left of its time, in
    /// milliseconds; `sign` signs it, if it shall be signed.
    ///
    /// # Errors
    ///
    /// If it cannot be put away now, or is too large.
    pub fn suspended(&self, run: &Run, left: u64, sign: Option<Sign<'_>>) -> Result<Vec<u8>, SuspendError> {
        let Held { contents: held, order: held_order } = run.held()?;
        let mut parts = Parts { held, held_order, suspended: Some(left), ..self.parts() };
        let (head, entries) = run.log_head();
        if parts.log.lines().next_back().map(|line| sha256(line.as_bytes())) != Some(head) {
            return Err(SuspendError::OtherLog);
        }
        if let (Some(sign), Some(beside)) = (sign, parts.beside()) {
            parts.signature = Some(sign(head, entries, beside).to_text());
        }
        // Not through `Recording::new`, which would read the whole log at every question: the run itself wrote it.
        Ok(parts.pack()?)
    }

    fn parts(&self) -> Parts {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Following {
    log: Box<dyn LogSink>,
    kept: Arc<Mutex<Parts>>,
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
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).log.push_str(line);
        Ok(())
    }

    fn keep(&mut self, ticket: Ticket, content: &[u8]) -> Result<(), LogError> {
        // A block of the archive besides.
        self.reserve(content.len().saturating_add(1024))?;
        self.log.keep(ticket, content)?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).results.insert(ticket, content.to_vec());
        Ok(())
    }
}
