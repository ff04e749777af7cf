//! The budgets of a run that is gone through again.

use belljar_abi::Request;
use belljar_policy::{Price, Url};

use super::{Again, Asked, Open};
use crate::entry::Usage;
use crate::ledger::{Budget, Reservation};
use crate::limits;
use crate::run::judge::{NO_PRICE, money};
use crate::what_if::{Before, Exhausted};

impl Again<'_> {
    pub(super) fn reserve(&mut self, most: &[(Budget, u64)], asked: &Asked<'_>) -> Result<Reservation, String> {
        self.ledger.reserve(most).inspect_err(|text| {
            let budget = text.split(':').next().unwrap_or_default();
            self.lacks(budget, asked);
        })
    }

    /// The most that a request can cost, reserved.
    pub(super) fn priced(
        &mut self,
        open: &mut Open,
        answer: bool,
        asked: &Asked<'_>,
    ) -> Result<Reservation, (Before, String)> {
        let policy = self.terms.policy();
        let (Some(Request::Http(http)), Some(_), false) = (&open.request, &policy.limits.spend, answer) else {
            return Ok(Reservation::default());
        };
        let (sent, room) = (open.payload, limits::TRANSFER.min(self.ledger.left(Budget::HttpBytes)));
        let url = Url::parse(&http.url).ok();
        let price: Option<Price> = url.and_then(|url| policy.price(&http.method, &url, sent, room)).cloned();
        let Some(price) = price else { return Err((Before::Refused, NO_PRICE.to_owned())) };
        let money = money(&mut self.ledger, policy, price.most(sent, room)).map_err(|text| {
            self.lacks("spend", asked);
            (Before::Exhausted, text)
        })?;
        open.by_units |= price.per_unit.is_some();
        open.bill.get_or_insert_default().open(Some(price), sent, room);
        Ok(money)
    }

    pub(super) fn end(&mut self, line: u64, budget: Option<&str>, usage: &Usage) {
        self.found.money.before = usage.spent.or(self.found.money.before);
        if self.rules {
            let limits = &self.terms.policy().limits;
            let all = [
                ("fuel", usage.fuel, limits.fuel),
                ("memory", usage.pages << 16, limits.memory),
                ("output", usage.output, limits.output),
            ];
            for (name, used, limit) in all {
                if used > limit {
                    self.runs_out(name, line);
                }
            }
        }
        // What ran out then is nothing new.
        self.found.exhausted.retain(|found| Some(found.budget.as_str()) != budget);
    }

    /// A budget has no room for a request: that is told, if one had room before, and the budget is one of the policy.
    pub(super) fn lacks(&mut self, budget: &str, asked: &Asked<'_>) {
        if asked.verdict != "exhausted" && budget != "in-flight" {
            self.runs_out(budget, asked.line);
        }
    }

    /// A budget has no room for what an entry says.
    pub(super) fn runs_out(&mut self, budget: &str, line: u64) {
        if self.found.exhausted.iter().any(|found| found.budget == budget) {
            return;
        }
        let limits = &self.terms.policy().limits;
        let limit = match budget {
            "calls" => limits.calls,
            "artifacts" => limits.artifacts,
            "http-requests" => limits.http_requests,
            "http-bytes" => limits.http_bytes,
            "files-bytes" => limits.files_bytes,
            "fuel" => limits.fuel,
            "memory" => limits.memory,
            "output" => limits.output,
            _ => limits.spend.as_ref().map_or(0, |(amount, _)| *amount),
        };
        self.found.exhausted.push(Exhausted { budget: budget.to_owned(), entry: line, limit });
    }
}
