//! The log of a run: canonical JSON lines, each with the SHA-256 of the one before.

use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::line::Object;

/// The log could not be written, so nothing more may be done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the log could not be written: {0}")]
pub struct LogError(pub String);

/// Where a host keeps log lines.
///
/// An entry is written before the act that it describes: when `append` returns, the line must be where the
/// host promises to keep it; when it fails, the act is not permitted and the run ends.
pub trait LogSink: Send {
    /// Keeps one line; `line` ends with a newline.
    fn append(&mut self, line: &str) -> Result<(), LogError>;
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

/// The chain: what comes next and what it points back to.
pub(crate) struct Log {
    sink: Box<dyn LogSink>,
    next: u64,
    head: [u8; 32],
    line: String,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Log {
    pub(crate) fn new(sink: Box<dyn LogSink>) -> Self {
        Log { sink, next: 0, head: [0; 32], line: String::with_capacity(512) }
    }

    /// Writes one entry. `before` fills the keys that sort before "kind"; `between` those between "kind" and
    /// "prev" (other than "n"); `after` those after "prev".
    pub(crate) fn entry(
        &mut self,
        kind: &str,
        before: impl FnOnce(&mut Object<'_>),
        between: impl FnOnce(&mut Object<'_>),
        after: impl FnOnce(&mut Object<'_>),
    ) -> Result<(), LogError> {
        self.line.clear();
        let mut object = Object::new(&mut self.line);
        before(&mut object);
        object.text("kind", kind);
        between(&mut object);
        object.count("n", self.next);
        object.hash("prev", &self.head);
        after(&mut object);
        object.end();
        let head = Sha256::digest(self.line.as_bytes()).into();
        self.line.push('\n');
        self.sink.append(&self.line)?;
        self.head = head;
        self.next += 1;
        Ok(())
    }

    /// SHA-256 of the last line, without its newline.
    pub(crate) fn head(&self) -> [u8; 32] {
        self.head
    }

    /// How many entries there are.
    pub(crate) fn count(&self) -> u64 {
        self.next
    }
}
