//! Requests that are started, waited for together, and taken.

use std::time::Duration;

use crate::error::Failure;
use crate::world::belljar::tool::types::{self, Ticket};
use crate::world::belljar::tool::{clock, waiting};

/// A request that is under way. Start several before you wait for the first, and they run side by side.
#[must_use = "the response has to be taken: call `wait`"]
pub struct Started<T> {
    ticket: Ticket,
    take: fn(Ticket) -> Result<T, types::Failure>,
}

impl<T> std::fmt::Debug for Started<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Started").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

impl<T> Started<T> {
    pub(crate) fn new(ticket: Ticket, take: fn(Ticket) -> Result<T, types::Failure>) -> Self {
        Started { ticket, take }
    }

    /// Waits for the response.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn wait(self) -> Result<T, Failure> {
        waiting::wait(&[self.ticket], None);
        Ok((self.take)(self.ticket)?)
    }
}

/// Waits until one of the requests has its response, and returns its index; nothing if `most` passes before.
///
/// ```no_run
/// use belljar_guest::{kv, wait_any};
/// let mut started = vec![kv::start_get("a"), kv::start_get("b")];
/// if let Some(first) = wait_any(&started, None) {
///     let value = started.swap_remove(first).wait();
/// }
/// ```
pub fn wait_any<T>(requests: &[Started<T>], most: Option<Duration>) -> Option<usize> {
    if requests.is_empty() && most.is_none() {
        return None;
    }
    let until = most.map(|most| clock::now().saturating_add(u64::try_from(most.as_nanos()).unwrap_or(u64::MAX)));
    let tickets: Vec<Ticket> = requests.iter().map(|request| request.ticket).collect();
    let first = waiting::wait(&tickets, until)?;
    tickets.iter().position(|ticket| *ticket == first)
}
