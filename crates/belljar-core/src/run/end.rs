//! The end of a run: its last entry and its report.

use belljar_abi::{FaultKind, Moment, Ticket};
use belljar_policy::limits::MOST_MONEY;

use super::cut;
use super::state::{Run, Spent, State};
use crate::contract::{Contract, sha256};
use crate::entry::{At, Entry, Usage};
use crate::ledger::{ASIDE, Budget};
use crate::limits;
use crate::outcome::{Exit, Outcome, Report, Stop, Trap};

impl Run {
    /// What was used of a budget for HTTP, if there were requests.
    fn http_used(&self, budget: Budget) -> Option<u64> {
        let ledger = &self.at_once.ledger;
        (ledger.used(Budget::HttpRequests) > 0).then(|| ledger.used(budget))
    }

    /// Money that is reserved for requests that certainly were not sent. What came of requests counts where it stays the same: in a run
    /// that has ended chance decides which results there were.
    fn unsent(&self, goes_on: bool) -> u64 {
        let of = |(ticket, state): (Ticket, &State)| {
            let result = match state {
                State::Asked(_) => None,
                State::Completed(_, result) if goes_on => Some(result),
                _ => return None,
            };
            Some(self.bills.get(&ticket)?.unsent(result))
        };
        (1..).zip(&self.tickets).filter_map(of).fold(0, u64::saturating_add)
    }

    /// Writes the end entry and returns the report.
    pub fn end(mut self, contract: &Contract, mut exit: Exit, spent: Spent, mut now: Moment) -> Report {
        let (ledger, is_bounded) = (&self.at_once.ledger, self.terms.policy().limits.spend.is_some());
        // What has ended counts with all that is reserved, but for what a person was still asked about. A run is suspended where nothing
        // of it is under way, and goes on.
        let goes_on = matches!(exit, Exit::Stopped(Stop::Suspended));
        let unsent = self.unsent(goes_on);
        let under_way = if goes_on { 0 } else { ledger.reserved(Budget::Spend).saturating_sub(unsent) };
        let mut usage = Usage {
            artifacts: ledger.used(Budget::Artifacts),
            calls: ledger.used(Budget::Calls),
            console: ledger.used(Budget::Console),
            console_dropped: ledger.console_dropped,
            files_bytes: Some(ledger.used(Budget::FilesBytes)).filter(|bytes| *bytes > 0),
            fuel: spent.fuel,
            http_bytes: self.http_used(Budget::HttpBytes),
            http_requests: self.http_used(Budget::HttpRequests),
            pages: spent.pages,
            output: 0,
            possibly_spent: is_bounded
                .then(|| self.possibly.saturating_add(under_way).min(MOST_MONEY))
                .filter(|possibly| *possibly > 0),
            spent: is_bounded.then(|| ledger.used(Budget::Spend).saturating_sub(unsent).min(MOST_MONEY)),
        };
        self.replayed_end(&mut now, &mut exit, &mut usage);
        let limits = &self.terms.policy().limits;
        let mut report = Report {
            outcome: Outcome::Returned,
            output: None,
            message: String::new(),
            code: String::new(),
            stack: String::new(),
            budget: None,
            refusals: std::mem::take(&mut self.refusals),
            edited: std::mem::take(&mut self.edits),
            artifacts: Vec::new(),
            questions: self.questions,
            usage,
            log_head: [0; 32],
            log_entries: 0,
            ended: false,
            divergence: None,
        };
        let exhausted = |report: &mut Report, budget: &str, message: String| {
            report.outcome = Outcome::Exhausted;
            report.budget = Some(budget.into());
            report.message = message;
        };
        match exit {
            Exit::Returned(text) if text.len() as u64 > limits.output => {
                let message = too_large(text.len() as u64, limits.output);
                exhausted(&mut report, "output", message);
            }
            Exit::TooLarge(size) => exhausted(&mut report, "output", too_large(size, limits.output)),
            Exit::Returned(text) => match contract.check_output(&text) {
                Ok(()) => {
                    report.usage.output = text.len() as u64;
                    report.output = Some(text);
                }
                Err(message) => {
                    report.outcome = Outcome::Crashed;
                    report.message = message;
                }
            },
            Exit::Fault(fault) => {
                report.outcome = match fault.kind {
                    FaultKind::Failed => Outcome::Failed,
                    FaultKind::Denied if self.refused => Outcome::Denied,
                    FaultKind::Exhausted if self.at_once.ledger.exhausted.is_some() || fault.code == "memory" => {
                        report.budget = Some(self.at_once.ledger.exhausted.unwrap_or("memory").into());
                        Outcome::Exhausted
                    }
                    _ => Outcome::Crashed,
                };
                (report.message, report.code, report.stack) = (fault.message, fault.code, fault.stack);
                for text in [&mut report.message, &mut report.code, &mut report.stack] {
                    limits::shorten(text, limits::FAULT_TEXT);
                }
            }
            Exit::Trap(trap) => {
                report.outcome = Outcome::Crashed;
                report.message = match self.last_error.take() {
                    // Rust's words, in one line.
                    Some(text) if trap == Trap::Unreachable && text.starts_with("panic at ") => {
                        format!("a {}", text.replacen(":\n", ": ", 1))
                    }
                    _ => trap.words().to_owned(),
                };
                limits::shorten(&mut report.message, limits::FAULT_TEXT);
            }
            Exit::Stopped(stop) => match &stop {
                Stop::Fuel => exhausted(
                    &mut report,
                    "fuel",
                    format!(
                        "the tool used up its fuel of {} (limits.fuel, --fuel){}",
                        limits.fuel,
                        if self.at_once.has_aside() { ASIDE } else { "" }
                    ),
                ),
                Stop::Calls => exhausted(
                    &mut report,
                    "calls",
                    format!("the tool made more than its {} requests (limits.calls) and went on asking", limits.calls),
                ),
                Stop::Time => {
                    report.outcome = Outcome::TimedOut;
                    report.message = format!(
                        "the tool ran longer than its time of {} (limits.time, --time)",
                        humantime::format_duration(limits.time)
                    );
                }
                Stop::Cancelled => {
                    report.outcome = Outcome::Cancelled;
                    report.message = stop.to_string();
                }
                Stop::Suspended => {
                    report.outcome = Outcome::Suspended;
                    report.message = stop.to_string();
                }
                Stop::Log(_) | Stop::Host(_) => {
                    report.outcome = Outcome::HostFailed;
                    report.message = stop.to_string();
                }
                Stop::Stack => {
                    report.outcome = Outcome::Crashed;
                    report.message = "the tool's calls nest too deeply (endless recursion?)".into();
                }
                Stop::Abi(_) | Stop::Protocol(_) | Stop::Ended(_) => {
                    report.outcome = Outcome::Crashed;
                    report.message = stop.to_string();
                }
            },
        }
        if report.outcome == Outcome::Crashed && spent.memory_refused {
            let crash = std::mem::take(&mut report.message);
            let message =
                format!("the tool used up its memory of {} bytes (limits.memory, --memory): {crash}", limits.memory);
            exhausted(&mut report, "memory", message);
        }
        report.artifacts = std::mem::take(&mut self.artifacts);
        // A run that was suspended has not ended, nor has one that was interrupted before it went on by itself.
        let repeats = self.resumes && self.recording.is_some();
        if report.outcome == Outcome::Suspended
            || repeats && matches!(report.outcome, Outcome::Cancelled | Outcome::TimedOut)
        {
            report.log_head = self.log.head();
            report.log_entries = self.log.count();
            return report;
        }
        report.ended = true;
        let mut message = report.message.clone();
        cut(&mut message);
        let written = self.log.entry(&Entry::End {
            at: At(now),
            budget: report.budget.as_deref().map(Into::into),
            message: (!message.is_empty()).then_some(message.into()),
            result: report.outcome.name().into(),
            sha256: report.output.as_ref().map(|text| sha256(text.as_bytes())),
            usage: report.usage,
        });
        report.divergence = self.log.take_divergence();
        // A recording without an end is not diverged from by ending.
        if self
            .recording
            .as_ref()
            .is_some_and(|recording| !recording.ended() && self.log.count() == recording.entries())
        {
            report.divergence = None;
        } else if let Err(error) = written
            && report.outcome != Outcome::HostFailed
        {
            report.outcome = Outcome::HostFailed;
            report.message = error.to_string();
            report.output = None;
        }
        report.log_head = self.log.head();
        report.log_entries = self.log.count();
        report
    }
}

pub(super) fn too_large(size: u64, limit: u64) -> String {
    format!("the tool's output has {size} bytes; the limit is {limit} (limits.output)")
}
