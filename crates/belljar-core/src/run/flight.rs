//! What a host holds for a run between the moment at which a result comes and the one at which the tool takes it.

use belljar_abi::{Failure, Response};

use crate::capability::Answered;
use crate::limits;

/// Bytes of results that a host holds until the tool takes them.
///
/// When a result comes is chance, so what is refused here is recorded as a result that was refused. What requests carry is a
/// budget of the ledger: that counts from the request until its result is handed over, both of which are entries of the log.
#[derive(Debug, Default)]
pub(super) struct Flight {
    held: u64,
}

impl Flight {
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
