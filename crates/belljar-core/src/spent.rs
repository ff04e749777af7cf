//! What a run spent, by its log.

use std::collections::BTreeMap;
use std::io::BufRead;

use belljar_abi::Ticket;

use crate::entry::Entry;
use crate::verify::{Broken, walk};

/// What a log says of money.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSpent {
    /// Under which the run's money is held, if its policy bounds money by day.
    pub hold: Option<String>,
    /// What was spent, in billionths. Where the log has no end, a request that was let through and has no result counts with the
    /// most that it can cost.
    pub spent: u64,
    /// Whether the log has its end. If not, the run was cut off, or goes on.
    pub ended: bool,
}

/// What one ticket's request costs.
#[derive(Default)]
struct Costs {
    /// What its hops cost that led on, and the one that is under way.
    sure: u64,
    /// The hop about which a person is asked.
    asked: u64,
}

impl Costs {
    fn hop(&mut self, verdict: &str, cost: Option<u64>) {
        match verdict {
            "allow" => self.sure = self.sure.saturating_add(cost.unwrap_or_default()),
            "ask" => self.asked = cost.unwrap_or_default(),
            _ => {}
        }
    }
}

/// Reads a log to its end and adds up what the run spent.
///
/// # Errors
///
/// The first entry that does not hold.
pub fn spent_by(log: impl BufRead) -> Result<LogSpent, Broken> {
    let mut found = LogSpent::default();
    let (mut by_ticket, mut said) = (BTreeMap::<Ticket, Costs>::new(), None);
    let summary = walk(log, None, |_, value| match Entry::read(value) {
        Some(Entry::Start { hold, .. }) => found.hold = hold.map(Into::into),
        Some(Entry::Request { ticket, verdict, cost, .. } | Entry::Redirect { ticket, verdict, cost, .. }) => {
            by_ticket.entry(ticket).or_default().hop(&verdict, cost);
        }
        Some(Entry::Answer { ticket, answer, cost, .. }) => {
            let costs = by_ticket.entry(ticket).or_default();
            let asked = std::mem::take(&mut costs.asked);
            match &*answer {
                "yes" => costs.hop("allow", Some(asked)),
                // What was approved costs what it costs, whatever was asked.
                "edited" => costs.hop("allow", cost),
                _ => {}
            }
        }
        Some(Entry::Result { ticket, cost, .. }) => {
            by_ticket.insert(ticket, Costs { sure: cost.unwrap_or_default(), asked: 0 });
        }
        Some(Entry::End { usage, .. }) => said = usage.spent,
        _ => {}
    })?;
    found.ended = summary.ended;
    found.spent = said.unwrap_or_else(|| by_ticket.values().fold(0, |sum, costs| sum.saturating_add(costs.sure)));
    Ok(found)
}
