//! Where a host keeps the lines of a log, and why one is not kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use belljar_abi::Ticket;
use belljar_policy::Policy;
use serde::Serialize;
use thiserror::Error;

use crate::run_path::RunPath;

/// The log could not be written, so nothing more may be done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the log could not be written: {0}")]
pub struct LogError(pub String);

/// Where a host keeps log lines.
///
/// An entry is written before the act that it describes: when `append` returns, the line must be where the
/// host promises to keep it; when it fails, the act is not permitted, the run ends, and nothing more is appended.
pub trait LogSink: Send {
    /// Keeps one line; `line` ends with a newline.
    fn append(&mut self, line: &str) -> Result<(), LogError>;

    /// Is shown the content of a result of a run after the entry that names its hash, in the form of `belljar_abi::cell`.
    /// Whoever makes a recording keeps it; a log does not.
    fn keep(&mut self, run: &RunPath, ticket: Ticket, content: &[u8]) -> Result<(), LogError> {
        let _ = (run, ticket, content);
        Ok(())
    }

    /// Is shown what a called run begins with, before its first entry. Whoever makes a recording keeps it; a log does not.
    fn keep_call(&mut self, run: &RunPath, called: &Called<'_>) -> Result<(), LogError> {
        let _ = (run, called);
        Ok(())
    }

    /// Is shown a request about which a person is asked, whole, after the question's entry, which names its digest
    /// ([`crate::request_digest`]). Whoever makes a recording keeps it; a log does not.
    fn keep_request(&mut self, run: &RunPath, ticket: Ticket, request: &[u8]) -> Result<(), LogError> {
        let _ = (run, ticket, request);
        Ok(())
    }

    /// Is shown a request as a person changed it, whole, after the answer's entry, which names its digest. Whoever makes a
    /// recording keeps it; a log does not.
    fn keep_edited(&mut self, run: &RunPath, ticket: Ticket, request: &[u8]) -> Result<(), LogError> {
        let _ = (run, ticket, request);
        Ok(())
    }
}

/// What a called run begins with.
#[derive(Clone, Copy, Debug)]
pub struct Called<'a> {
    /// The input, in the form that the tool gets.
    pub input: &'a str,
    /// The called tool's own policy.
    pub policy: &'a Policy,
    /// The tool's source or component, with its file's name; nothing if that is not known.
    pub origin: Option<(&'a str, &'a [u8])>,
}

/// The sink of all runs of a tree.
#[derive(Clone)]
pub(crate) struct SharedSink(Arc<Mutex<Box<dyn LogSink>>>);

impl SharedSink {
    pub(crate) fn new(sink: Box<dyn LogSink>) -> Self {
        SharedSink(Arc::new(Mutex::new(sink)))
    }

    /// The sink, for one line or one content.
    pub(crate) fn get(&self) -> MutexGuard<'_, Box<dyn LogSink>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first entry of a replay that is not the recorded one.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[error("the replay diverges at entry {entry}{}:\n  recorded  {recorded}\n  now       {now}", of_run(.run))]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Divergence {
    /// The called run that it is of, as [`RunPath`] writes it; nothing if it is the run itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub run: String,
    /// The entry's number, its `n`.
    pub entry: u64,
    /// The recorded line.
    pub recorded: String,
    /// The line of the replay, or in brackets what the tool does instead of what led to the recorded one.
    pub now: String,
}

/// Says which called run something is of.
pub(crate) fn of_run(run: &str) -> String {
    if run.is_empty() { String::new() } else { format!(" of the called run {run}") }
}

/// A log in memory, for tests, for the page, and for reports.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog(Arc<Mutex<String>>);

impl MemoryLog {
    /// Everything logged so far.
    pub fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LogSink for MemoryLog {
    fn append(&mut self, line: &str) -> Result<(), LogError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(line);
        Ok(())
    }
}
