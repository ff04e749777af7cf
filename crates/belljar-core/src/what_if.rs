//! What another policy, or another list of prices, would have made of runs: their logs are gone through, and nothing is run.

mod again;
mod says;

use std::collections::BTreeMap;
use std::sync::Arc;

use belljar_abi::{Ticket, cell};
use belljar_policy::Policy;
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::entry::Entry;
use crate::recording::Recording;
use crate::run_path::RunPath;
use crate::terms::Terms;
use crate::verify::{Broken, is_called, walk};

/// A run that is over, or as far as it came.
#[derive(Clone, Debug)]
pub struct History {
    name: String,
    log: String,
    /// What a recording has besides.
    beside: Option<Beside>,
}

#[derive(Clone, Debug)]
struct Beside {
    /// Its policy, if this version reads it.
    terms: Option<Arc<Terms>>,
    requests: BTreeMap<Ticket, Vec<u8>>,
    edited: BTreeMap<Ticket, Vec<u8>>,
    results: BTreeMap<Ticket, Vec<u8>>,
}

impl History {
    /// A log alone. `name` is what it is called in errors and in the result.
    pub fn log(name: impl Into<String>, log: impl Into<String>) -> Self {
        History { name: name.into(), log: log.into(), beside: None }
    }

    /// A recording, which also has its policy, the contents of its results and the requests that a person was asked about.
    pub fn recording(name: impl Into<String>, recording: &Recording) -> Self {
        let parts = recording.parts();
        let terms = Policy::parse(&parts.policy).ok().map(|policy| Arc::new(Terms::from(policy)));
        let (requests, edited, results) = (parts.requests.clone(), parts.edited.clone(), parts.results.clone());
        let beside = Beside { terms, requests, edited, results };
        History { name: name.into(), log: parts.log.clone(), beside: Some(beside) }
    }
}

/// What takes the place of what was.
#[derive(Clone, Debug)]
pub enum Instead {
    /// All of a policy.
    Policy(Policy),
    /// Its `[spend]` alone: what rules decided stays as it was.
    Prices(Policy),
}

/// Why nothing is said.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WhatIfError {
    /// A log that does not hold: what it shows may not have happened.
    #[error("{name}: {broken}")]
    Broken {
        /// The log's name.
        name: String,
        /// Where it does not hold.
        broken: Broken,
    },
    /// No run starts under the policy.
    #[error("{0}")]
    Unsupported(String),
    /// A policy that is to give prices has none.
    #[error("the policy has no [spend], so it prices nothing; add [spend] with a limit, and a [[spend.price]]")]
    NoPrices,
}

/// What became of a request, or would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Before {
    /// It was performed without asking.
    Allowed,
    /// A person was asked.
    Asked,
    /// It was refused.
    Refused,
    /// A budget had no room for it.
    Exhausted,
}

/// How another policy differs in what becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It would be refused, or a budget would have no room for it.
    Refused,
    /// A person would be asked, and was not.
    Asked,
    /// Nobody would be asked, and somebody was.
    NotAsked,
    /// It would not be refused, and was; what it would have been answered is not known.
    NotRefused,
    /// It would be sent, and the policy answered it then.
    Sent,
}

/// One entry of a log of which another policy makes something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The entry's line in the log, counted from 1.
    pub entry: u64,
    /// What differs.
    pub kind: ChangeKind,
    /// The capability.
    pub capability: String,
    /// What was asked for, in the words of a rule.
    pub request: String,
    /// What became of it.
    pub before: Before,
    /// What would have.
    pub after: Before,
    /// The rule that would decide, or why none does; the budget that would have no room.
    pub rule: String,
}

/// What cannot be told from a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// The entry's line in the log, counted from 1.
    pub entry: u64,
    /// The capability.
    pub capability: String,
    /// What was asked for.
    pub request: String,
    /// What it depends on that the log does not show.
    pub why: String,
}

/// Questions of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Questions {
    /// Those that were asked.
    pub before: u64,
    /// Those that would be asked. Answers for a whole rule count for the rule that would have asked.
    pub after: u64,
}

/// Amounts of money, in billionths of a unit of a currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Money {
    /// What the run spent, if money was bounded.
    pub before: Option<u64>,
    /// The currency of that, if it is known: a log does not name it.
    #[serde(rename = "currencyBefore")]
    pub currency_before: Option<String>,
    /// What it would have spent, if money would be bounded.
    pub after: Option<u64>,
    /// The currency of that.
    #[serde(rename = "currencyAfter")]
    pub currency_after: Option<String>,
    /// Requests whose cost by these prices cannot be told, because their answers are not there. They are counted as the most that
    /// was reserved for them.
    #[serde(rename = "atMost")]
    pub at_most: u64,
}

/// A budget that would have run out, and did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exhausted {
    /// Its name, as in reports.
    pub budget: String,
    /// The line of the first entry, counted from 1, that it has no room for.
    pub entry: u64,
    /// How much the other policy has of it.
    pub limit: u64,
}

/// What would have become of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunIf {
    /// The history's name.
    pub name: String,
    /// How many requests and redirects the log has.
    pub requests: u64,
    /// Whether the log has its end; if not, what the run used in the end is not known.
    pub ended: bool,
    /// What would be otherwise, entry by entry.
    pub changes: Vec<Change>,
    /// What cannot be told. Such a request is counted as what it was.
    pub unknown: Vec<Unknown>,
    /// Requests that the other policy answers by itself, so that nothing is sent.
    pub answered: u64,
    /// Questions before and after.
    pub questions: Questions,
    /// Money before and after.
    pub money: Money,
    /// Budgets that would have run out.
    pub exhausted: Vec<Exhausted>,
}

/// Goes through histories under another policy. What follows from a request that would be refused is gone through as it was: what the
/// tool would have done then is not known.
///
/// Files are judged by their names, because a log does not say what a file system makes of them. Time is not judged.
///
/// # Errors
///
/// [`WhatIfError`].
pub fn what_if(histories: &[History], instead: &Instead) -> Result<Vec<RunIf>, WhatIfError> {
    let (Instead::Policy(policy) | Instead::Prices(policy)) = instead;
    let terms = Arc::new(Terms::from(policy.clone()));
    let rules = matches!(instead, Instead::Policy(_));
    if rules {
        terms.check().map_err(|stop| WhatIfError::Unsupported(stop.to_string()))?;
    } else if policy.limits.spend.is_none() {
        return Err(WhatIfError::NoPrices);
    }
    histories.iter().map(|history| again::again(history, &terms, rules)).collect()
}

/// The entries of a log that holds, and whether it has its end.
fn entries(history: &History) -> Result<(Vec<Entry<'static>>, bool), WhatIfError> {
    let mut entries = Vec::new();
    // What a called tool did was judged by its own policy as well.
    let read = |line: &str, value: &Value| {
        if !is_called(line) {
            entries.extend(Entry::read(value));
        }
    };
    let summary = walk(history.log.as_bytes(), None, read)
        .map_err(|broken| WhatIfError::Broken { name: history.name.clone(), broken })?;
    if entries.len() as u64 != summary.entries {
        let broken = Broken {
            run: RunPath::default(),
            entry: entries.len() as u64,
            reason: "an entry is of no known kind".into(),
        };
        return Err(WhatIfError::Broken { name: history.name.clone(), broken });
    }
    Ok((entries, summary.ended))
}

/// A value of a recording.
fn content<T: belljar_abi::Lift>(contents: &BTreeMap<Ticket, Vec<u8>>, ticket: Ticket) -> Option<T> {
    cell::unpack(contents.get(&ticket)?).ok()
}
