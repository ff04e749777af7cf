//! What a run has used of its budgets. Budgets only fall.

use belljar_policy::Limits;

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) calls: u64,
    pub(crate) console: u64,
    pub(crate) console_dropped: u64,
    pub(crate) artifacts: u64,
    /// The first budget that refused something, for the outcome.
    pub(crate) exhausted: Option<&'static str>,
}

impl Ledger {
    /// Reserves one call.
    pub(crate) fn call(&mut self, limits: &Limits) -> Result<(), String> {
        self.calls += 1;
        if self.calls > limits.calls {
            self.exhausted.get_or_insert("calls");
            return Err(format!("calls: the limit is {} requests in one run", limits.calls));
        }
        Ok(())
    }

    /// Reserves console text; what does not fit is dropped and counted.
    pub(crate) fn line(&mut self, bytes: usize, limits: &Limits) -> bool {
        let after = self.console.saturating_add(bytes as u64);
        if self.console_dropped > 0 || after > limits.log {
            self.console_dropped += 1;
            return false;
        }
        self.console = after;
        true
    }

    /// Reserves bytes for an artifact.
    pub(crate) fn artifact(&mut self, bytes: usize, limits: &Limits) -> Result<(), String> {
        let after = self.artifacts.saturating_add(bytes as u64);
        if after > limits.artifacts {
            self.exhausted.get_or_insert("artifacts");
            return Err(format!("artifacts: the limit is {} bytes in one run", limits.artifacts));
        }
        self.artifacts = after;
        Ok(())
    }
}
