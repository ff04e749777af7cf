//! What a run has used of its budgets, and what it has reserved of them.
//!
//! An act reserves the most that it can cost before it is performed, all of it or nothing. What it did cost is settled where
//! its result is handed over to the tool: that is an entry of the log, so a replay settles at the same place. What is not
//! settled when the run ends counts as used. Budgets never rise but by what a reservation had too much.

use crate::limits;

/// A budget of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Budget {
    /// Requests.
    Calls,
    /// Bytes of console text.
    Console,
    /// Bytes of artifacts.
    Artifacts,
    /// Bytes that requests carry whose results were not handed over yet.
    InFlight,
    /// HTTP requests, each hop of a redirect one.
    HttpRequests,
    /// Bytes of HTTP requests' bodies and of responses.
    HttpBytes,
    /// Money, in billionths.
    Spend,
    /// Bytes written into granted folders.
    FilesBytes,
}

/// The table of budgets: a row for each, in the order of [`Budget`].
const ROWS: [Row; 8] = [
    Row { name: "calls", share: 4, refusal: |limit| format!("the limit is {limit} requests in one run") },
    Row { name: "log", share: 4, refusal: |limit| format!("the limit is {limit} bytes of console text in one run") },
    Row { name: "artifacts", share: 4, refusal: |limit| format!("the limit is {limit} bytes in one run") },
    Row {
        name: "in-flight",
        share: 0,
        refusal: |limit| {
            format!(
                "requests that were not answered yet carry too much; at most {limit} bytes are held at once, so wait for \
                 earlier requests and take their results first"
            )
        },
    },
    Row { name: "http-requests", share: 4, refusal: |limit| format!("the limit is {limit} HTTP requests in one run") },
    Row {
        name: "http-bytes",
        share: 4,
        refusal: |limit| format!("the limit is {limit} bytes sent and received in one run"),
    },
    // In a currency: [`Ledger::reserve_money`].
    Row { name: "spend", share: 2, refusal: |limit| format!("the limit is {limit} billionths in one run") },
    Row {
        name: "files-bytes",
        share: 4,
        refusal: |limit| format!("the limit is {limit} bytes written into folders in one run"),
    },
];

/// What is said of a budget.
struct Row {
    /// In reports.
    name: &'static str,
    /// A called tool gets one part in so many of what is left; 0 if it is not drawn on.
    share: u64,
    /// What the tool is told where there is not enough left.
    refusal: fn(u64) -> String,
}

impl Budget {
    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

impl Budget {
    const ALL: [Budget; ROWS.len()] = [
        Budget::Calls,
        Budget::Console,
        Budget::Artifacts,
        Budget::InFlight,
        Budget::HttpRequests,
        Budget::HttpBytes,
        Budget::Spend,
        Budget::FilesBytes,
    ];
}

/// What is said besides where a budget has no room, and a part of it is not used but set aside.
pub(crate) const ASIDE: &str = "; a part of it is set aside for tools that were called and have not answered yet";

/// A called tool gets one part in so many of the fuel that is left.
pub(crate) const FUEL_SHARE: i64 = 4;

/// What stands in the ledger for one budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Account {
    limit: u64,
    used: u64,
    reserved: u64,
    /// What of `reserved` is for called tools that have not answered.
    aside: u64,
}

/// What is reserved for one act: the most that it can cost.
#[derive(Debug, Default, PartialEq, Eq)]
#[must_use = "what is never settled counts as used"]
pub(crate) struct Reservation(Vec<(Budget, u64)>);

impl Reservation {
    /// How much of a budget is reserved.
    pub(crate) fn amount(&self, of: Budget) -> u64 {
        self.0.iter().filter(|(budget, _)| *budget == of).map(|(_, amount)| amount).sum()
    }

    /// Adds what is reserved for a further step of the act.
    pub(crate) fn join(&mut self, other: Reservation) {
        self.0.extend(other.0);
    }

    /// Whether nothing is reserved.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The budgets that a run, or the guest's half of a host, has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budgets {
    /// Bytes of console text.
    pub(crate) console: u64,
    /// Bytes of artifacts.
    pub(crate) artifacts: u64,
    /// Requests.
    pub(crate) calls: u64,
    /// HTTP requests.
    pub(crate) http_requests: u64,
    /// Bytes of HTTP.
    pub(crate) http_bytes: u64,
    /// Bytes written into granted folders.
    pub(crate) files_bytes: u64,
    /// Money, in billionths; without it nothing is counted.
    pub(crate) spend: Option<u64>,
}

impl From<&belljar_policy::Limits> for Budgets {
    fn from(limits: &belljar_policy::Limits) -> Self {
        Budgets {
            console: limits.log,
            artifacts: limits.artifacts,
            calls: limits.calls,
            http_requests: limits.http_requests,
            http_bytes: limits.http_bytes,
            files_bytes: limits.files_bytes,
            spend: limits.spend.as_ref().map(|(amount, _)| *amount),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    accounts: [Account; ROWS.len()],
    pub(crate) console_dropped: u64,
    /// The first budget that refused something, for the outcome.
    pub(crate) exhausted: Option<&'static str>,
}

impl Ledger {
    pub(crate) fn new(budgets: Budgets) -> Self {
        let limits = [
            budgets.calls,
            budgets.console,
            budgets.artifacts,
            limits::IN_FLIGHT,
            budgets.http_requests,
            budgets.http_bytes,
            budgets.spend.unwrap_or(u64::MAX),
            budgets.files_bytes,
        ];
        let accounts = limits.map(|limit| Account { limit, ..Account::default() });
        Ledger { accounts, console_dropped: 0, exhausted: None }
    }

    /// What counts as used: what was settled, and what was not settled yet.
    pub(crate) fn used(&self, budget: Budget) -> u64 {
        let Account { used, reserved, .. } = self.accounts[budget as usize];
        used.saturating_add(reserved)
    }

    /// What is reserved of a budget, and not settled.
    pub(crate) fn reserved(&self, budget: Budget) -> u64 {
        self.accounts[budget as usize].reserved
    }

    /// What is left of a budget.
    pub(crate) fn left(&self, budget: Budget) -> u64 {
        self.accounts[budget as usize].limit.saturating_sub(self.used(budget))
    }

    /// Whether so much more can be used. The error is for the tool.
    fn admits(&self, budget: Budget, amount: u64) -> Result<(), String> {
        let limit = self.accounts[budget as usize].limit;
        if amount > 0 && self.used(budget).saturating_add(amount) > limit {
            let Row { name, refusal, .. } = budget.row();
            let aside = if self.accounts[budget as usize].aside > 0 { ASIDE } else { "" };
            return Err(format!("{name}: {}{aside}", refusal(limit)));
        }
        Ok(())
    }

    /// Reserves the most that an act can cost, all of it or nothing. The error is for the tool.
    pub(crate) fn reserve(&mut self, most: &[(Budget, u64)]) -> Result<Reservation, String> {
        for (budget, amount) in most {
            self.check(*budget, *amount)?;
        }
        let mut reservation = Vec::new();
        for (budget, amount) in most.iter().filter(|(_, amount)| *amount > 0) {
            self.accounts[*budget as usize].reserved += amount;
            reservation.push((*budget, *amount));
        }
        Ok(Reservation(reservation))
    }

    /// Reserves the most that an act can cost in money, of which `show` writes amounts. The error is for the tool.
    pub(crate) fn reserve_money(&mut self, most: u64, show: impl Fn(u64) -> String) -> Result<Reservation, String> {
        let Account { limit, aside, .. } = self.accounts[Budget::Spend as usize];
        let left = self.left(Budget::Spend);
        self.reserve(&[(Budget::Spend, most)]).map_err(|_| {
            let [limit, most, left] = [limit, most, left].map(show);
            let aside = if aside > 0 { ASIDE } else { "" };
            format!("spend: the limit is {limit} in one run; this request can cost {most}, and {left} is left{aside}")
        })
    }

    /// Sets a share of what is left aside, for a tool that is called.
    pub(crate) fn share(&mut self) -> Reservation {
        let mut reservation = Vec::new();
        for budget in Budget::ALL {
            let share = self.left(budget).checked_div(budget.row().share).unwrap_or(0);
            let account = &mut self.accounts[budget as usize];
            account.reserved += share;
            account.aside += share;
            reservation.push((budget, share));
        }
        Reservation(reservation)
    }

    /// A called tool has answered: what it used takes the place of its share.
    pub(crate) fn settle_share(&mut self, share: Reservation, actual: &[(Budget, u64)]) {
        for (budget, amount) in &share.0 {
            let account = &mut self.accounts[*budget as usize];
            account.aside = account.aside.saturating_sub(*amount);
        }
        self.settle(share, actual);
    }

    /// The same as [`Ledger::admits`]; a refusal is remembered.
    fn check(&mut self, budget: Budget, amount: u64) -> Result<(), String> {
        self.admits(budget, amount).inspect_err(|_| {
            self.exhausted.get_or_insert(budget.row().name);
        })
    }

    /// What the act did cost takes the place of what was reserved for it; what is not named was not used. An act that cost
    /// more than was reserved is counted whole.
    pub(crate) fn settle(&mut self, reservation: Reservation, actual: &[(Budget, u64)]) {
        self.release(&reservation);
        for (budget, amount) in actual {
            let account = &mut self.accounts[*budget as usize];
            account.used = account.used.saturating_add(*amount);
        }
    }

    /// What was reserved is free again, because another act takes the place of the one that it was for.
    pub(crate) fn release(&mut self, reservation: &Reservation) {
        for (budget, amount) in &reservation.0 {
            let account = &mut self.accounts[*budget as usize];
            account.reserved = account.reserved.saturating_sub(*amount);
        }
    }

    /// Uses what is known at once.
    fn spend(&mut self, budget: Budget, amount: u64) -> Result<(), String> {
        self.check(budget, amount)?;
        self.accounts[budget as usize].used += amount;
        Ok(())
    }

    /// Counts a request, also one that is refused.
    pub(crate) fn call(&mut self) -> Result<(), String> {
        self.spend(Budget::Calls, 1).inspect_err(|_| self.accounts[Budget::Calls as usize].used += 1)
    }

    /// Whether the guest goes on asking though its budget for calls is used up.
    pub(crate) fn storms(&self) -> bool {
        self.used(Budget::Calls) > self.accounts[Budget::Calls as usize].limit + limits::CALLS_GRACE
    }

    /// A request ends the run where it is made: nobody else hears of it, and it is not counted.
    pub(crate) fn forget_call(&mut self) {
        self.accounts[Budget::Calls as usize].used -= 1;
    }

    /// Uses room of the console; a line for which there is none is dropped and counted, and all behind it.
    pub(crate) fn line(&mut self, bytes: usize) -> bool {
        // It is no reason for the tool to end.
        let fits = self.console_dropped == 0 && self.admits(Budget::Console, bytes as u64).is_ok();
        if fits {
            self.accounts[Budget::Console as usize].used += bytes as u64;
        } else {
            self.console_dropped += 1;
        }
        fits
    }

    /// Uses bytes for an artifact.
    pub(crate) fn artifact(&mut self, bytes: usize) -> Result<(), String> {
        self.spend(Budget::Artifacts, bytes as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ledger(limit: u64) -> Ledger {
        Ledger::new(Budgets {
            console: limit,
            artifacts: limit,
            calls: limit,
            http_requests: limit,
            http_bytes: limit,
            files_bytes: limit,
            spend: None,
        })
    }

    #[test]
    fn a_reservation_is_all_or_nothing_and_names_what_is_used_up() {
        let mut ledger = ledger(10);
        let held = ledger.reserve(&[(Budget::Calls, 1), (Budget::Artifacts, 8)]).unwrap();
        let refused = ledger.reserve(&[(Budget::Calls, 1), (Budget::Artifacts, 3)]);
        assert_eq!(refused, Err("artifacts: the limit is 10 bytes in one run".into()));
        assert_eq!((ledger.used(Budget::Calls), ledger.exhausted), (1, Some("artifacts")));
        ledger.settle(held, &[(Budget::Calls, 1), (Budget::Artifacts, 2)]);
        assert_eq!((ledger.used(Budget::Calls), ledger.used(Budget::Artifacts)), (1, 2));
        assert!(ledger.reserve(&[(Budget::Artifacts, 8)]).is_ok());
    }

    #[test]
    fn what_is_not_settled_counts_as_used() {
        let mut ledger = ledger(10);
        let _held = ledger.reserve(&[(Budget::Artifacts, 7)]).unwrap();
        assert_eq!(ledger.used(Budget::Artifacts), 7);
        assert!(ledger.artifact(4).is_err());
        assert!(ledger.artifact(3).is_ok());
    }

    #[test]
    fn what_costs_nothing_is_admitted_where_nothing_is_left() {
        let mut ledger = ledger(0);
        assert!(ledger.artifact(0).is_ok() && ledger.line(0) && ledger.exhausted.is_none());
        assert!(ledger.artifact(1).is_err() && !ledger.line(1) && !ledger.line(0));
    }

    proptest! {
        /// Reservations of random sizes, settled in random order for at most what was reserved: no budget is exceeded, and in
        /// the end what is used is what was settled and what was not.
        #[test]
        fn no_budget_is_exceeded(acts in prop::collection::vec((0..40u64, 0..40u64, any::<bool>()), 0..40), limit in 0..200u64) {
            let mut ledger = ledger(limit);
            let (mut held, mut used) = (Vec::new(), 0);
            for (most, actual, settles) in acts {
                if let Ok(reservation) = ledger.reserve(&[(Budget::Artifacts, most)]) {
                    held.push((reservation, most, actual.min(most)));
                }
                if settles && !held.is_empty() {
                    let (reservation, _, actual) = held.swap_remove(most as usize % held.len());
                    ledger.settle(reservation, &[(Budget::Artifacts, actual)]);
                    used += actual;
                }
                let reserved: u64 = held.iter().map(|(_, most, _)| most).sum();
                prop_assert_eq!(ledger.used(Budget::Artifacts), used + reserved);
                prop_assert!(ledger.used(Budget::Artifacts) <= limit);
            }
        }
    }
}
