//! Where a host keeps the lines of a log, and why one is not kept.

use std::sync::{Arc, Mutex, PoisonError};

use belljar_abi::Ticket;
use serde::Serialize;
use thiserror::Error;

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

    /// Is shown the content of a result after the entry that names its hash, in the form of `belljar_abi::cell`.
    /// Whoever makes a recording keeps it; a log does not.
    fn keep(&mut self, ticket: Ticket, content: &[u8]) -> Result<(), LogError> {
        let _ = (ticket, content);
        Ok(())
    }

    /// Is shown a request about which a person is asked, whole, after the question's entry, which names its digest
    /// ([`crate::request_digest`]). Whoever makes a recording keeps it; a log does not.
    fn keep_request(&mut self, ticket: Ticket, request: &[u8]) -> Result<(), LogError> {
        let _ = (ticket, request);
        Ok(())
    }
}

/// The first entry of a replay that is not the recorded one.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[error("the replay diverges at entry {entry}:\n  recorded  {recorded}\n  now       {now}")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Divergence {
    /// The entry's number, its `n`.
    pub entry: u64,
    /// The recorded line.
    pub recorded: String,
    /// The line of the replay, or in brackets what the tool does instead of what led to the recorded one.
    pub now: String,
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
