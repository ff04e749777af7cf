//! What a host holds for a run between a request and the moment at which the tool takes its result.

use std::collections::HashMap;

use belljar_abi::{Failure, Response, Ticket};

use crate::limits;
use crate::capability::Answered;

/// The name of this budget in reports.
pub(super) const IN_FLIGHT: &str = "in-flight";

/// Bytes in flight, each way.
///
/// A request's payload counts from the request until its result is handed over: both moments are entries of the log, so that
/// a replay counts the same. A result counts from when it came until the tool takes it. When it comes is chance, but a result
/// that is refused for that is recorded as one that was refused.
#[derive(Debug, Default)]
pub(super) struct Flight {
    payloads: HashMap<Ticket, u64>,
    carried: u64,
    held: u64,
}

impl Flight {
    /// Whether a request with a payload of so many bytes fits.
    pub(super) fn carries(&self, bytes: usize) -> Result<(), Failure> {
        let after = self.carried.saturating_add(bytes as u64);
        if bytes > 0 && after > limits::IN_FLIGHT {
            return Err(limits::in_flight("requests that were not answered yet carry too much"));
        }
        Ok(())
    }

    /// A request begins.
    pub(super) fn begin(&mut self, ticket: Ticket, bytes: usize) {
        if bytes > 0 {
            self.payloads.insert(ticket, bytes as u64);
            self.carried += bytes as u64;
        }
    }

    /// Its result is handed over.
    pub(super) fn done(&mut self, ticket: Ticket) {
        self.carried -= self.payloads.remove(&ticket).unwrap_or(0);
    }

    /// A result has come: it is held, or there is no room for it.
    pub(super) fn holds(&mut self, response: Response) -> Result<Response, Failure> {
        let after = self.held.saturating_add(response.size());
        if response.size() > 0 && after > limits::IN_FLIGHT {
            return Err(limits::in_flight("results that were not taken yet are too large"));
        }
        self.held = after;
        Ok(response)
    }

    /// The tool has taken a result.
    pub(super) fn taken(&mut self, result: &Result<Response, Failure>) {
        let size = result.as_ref().map_or(0, Response::size);
        // Results out of a recording were not counted.
        self.held = self.held.saturating_sub(size);
    }
}
