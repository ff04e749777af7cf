//! What a run has used of its budgets. Budgets only fall.

use crate::at_once::Budgets;
use crate::limits;

#[derive(Debug)]
pub(crate) struct Ledger {
    budgets: Budgets,
    pub(crate) calls: u64,
    pub(crate) console: u64,
    pub(crate) console_dropped: u64,
    pub(crate) artifacts: u64,
    /// The first budget that refused something, for the outcome.
    pub(crate) exhausted: Option<&'static str>,
}

impl Ledger {
    pub(crate) fn new(budgets: Budgets) -> Self {
        Ledger { budgets, calls: 0, console: 0, console_dropped: 0, artifacts: 0, exhausted: None }
    }

    /// Reserves one call.
    pub(crate) fn call(&mut self) -> Result<(), String> {
        self.calls += 1;
        if self.calls > self.budgets.calls {
            self.exhausted.get_or_insert("calls");
            return Err(format!("calls: the limit is {} requests in one run", self.budgets.calls));
        }
        Ok(())
    }

    /// Whether the guest goes on asking though its budget for calls is used up.
    pub(crate) fn storms(&self) -> bool {
        self.calls > self.budgets.calls + limits::CALLS_GRACE
    }

    /// Reserves console text; what does not fit is dropped and counted.
    pub(crate) fn line(&mut self, bytes: usize) -> bool {
        let after = self.console.saturating_add(bytes as u64);
        if self.console_dropped > 0 || after > self.budgets.console {
            self.console_dropped += 1;
            return false;
        }
        self.console = after;
        true
    }

    /// Reserves bytes for an artifact.
    pub(crate) fn artifact(&mut self, bytes: usize) -> Result<(), String> {
        let after = self.artifacts.saturating_add(bytes as u64);
        if after > self.budgets.artifacts {
            self.exhausted.get_or_insert("artifacts");
            return Err(format!("artifacts: the limit is {} bytes in one run", self.budgets.artifacts));
        }
        self.artifacts = after;
        Ok(())
    }
}
