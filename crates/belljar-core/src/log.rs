//! The log of a run: canonical JSON lines, each with the SHA-256 of the one before.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use belljar_abi::Ticket;

use crate::entry::Entry;
use crate::limits;
use crate::recording::Recording;
use crate::run_path::RunPath;
use crate::sink::{Divergence, LogError, SharedSink};

/// The chain: what comes next and what it points back to.
pub(crate) struct Log {
    sink: SharedSink,
    run: RunPath,
    next: u64,
    head: [u8; 32],
    line: String,
    recorded: Option<Arc<Recording>>,
    divergence: Option<Box<Divergence>>,
    /// Why an entry could not be kept: part of it may be, so that nothing may come behind it.
    failed: Option<LogError>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Log {
    /// A log; with a recording, each line is compared with the recorded one before it is written.
    pub(crate) fn new(sink: SharedSink, run: RunPath, recorded: Option<Arc<Recording>>) -> Self {
        let line = String::with_capacity(512);
        Log { sink, run, next: 0, head: [0; 32], line, recorded, divergence: None, failed: None }
    }

    /// Notes that the replay goes another way than the recorded run.
    pub(crate) fn diverge(&mut self, now: &str) -> LogError {
        let recorded = self.recorded.as_ref().and_then(|recorded| recorded.line(self.next));
        let recorded = recorded.unwrap_or("(the recording ends here)").to_owned();
        let divergence = self.divergence.get_or_insert_with(|| {
            Box::new(Divergence { run: self.run.to_string(), entry: self.next, recorded, now: now.to_owned() })
        });
        LogError(divergence.to_string())
    }

    /// Nothing is compared any more: the run goes on by itself.
    pub(crate) fn go_on(&mut self) {
        self.recorded = None;
    }

    pub(crate) fn has_diverged(&self) -> bool {
        self.divergence.is_some()
    }

    pub(crate) fn take_divergence(&mut self) -> Option<Box<Divergence>> {
        self.divergence.take()
    }

    /// The sink that all runs of the tree share.
    pub(crate) fn sink(&self) -> SharedSink {
        self.sink.clone()
    }

    /// Shows the content of a result to whoever keeps it.
    pub(crate) fn keep(&mut self, ticket: Ticket, content: &[u8]) -> Result<(), LogError> {
        self.sink.get().keep(&self.run, ticket, content)
    }

    /// Shows a request about which a person is asked to whoever keeps it.
    pub(crate) fn keep_request(&mut self, ticket: Ticket, request: &[u8]) -> Result<(), LogError> {
        self.sink.get().keep_request(&self.run, ticket, request)
    }

    /// Shows a request as a person changed it to whoever keeps it.
    pub(crate) fn keep_edited(&mut self, ticket: Ticket, request: &[u8]) -> Result<(), LogError> {
        self.sink.get().keep_edited(&self.run, ticket, request)
    }

    /// Writes one entry.
    pub(crate) fn entry(&mut self, entry: &Entry<'_>) -> Result<(), LogError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.line.clear();
        entry.write(&mut self.line, &self.run, self.next, &self.head);
        if self.line.len() > limits::LOG_LINE {
            return Err(LogError(format!(
                "an entry of {} bytes; at most {} are allowed (is a rule or a name very long?)",
                self.line.len(),
                limits::LOG_LINE
            )));
        }
        if let Some(recorded) = &self.recorded
            && (self.divergence.is_some() || recorded.line(self.next) != Some(&self.line))
        {
            let line = self.line.clone();
            return Err(self.diverge(&line));
        }
        let head = Sha256::digest(self.line.as_bytes()).into();
        self.line.push('\n');
        if let Err(error) = self.sink.get().append(&self.line) {
            self.failed = Some(error.clone());
            return Err(error);
        }
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
