//! What HTTP requests cost, by the prices of a policy. Amounts are in billionths of a unit of the policy's currency.

use belljar_abi::{Failure, Response};
use belljar_policy::Price;

use crate::pointer;

/// What one ticket's hops cost so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bill {
    /// What hops that were answered cost.
    sure: u64,
    /// The hop that is under way.
    open: Option<Price>,
}

impl Bill {
    /// A hop is performed.
    pub(crate) fn open(&mut self, price: Price) {
        self.open = Some(price);
    }

    /// A hop was answered with a redirect, which names no usage: it counts with the most that it can cost.
    pub(crate) fn redirected(&mut self) {
        let most = self.open.take().map_or(0, |price| price.most());
        self.sure = self.sure.saturating_add(most);
    }

    /// What all of it cost.
    ///
    /// An answer that does not say how much was used costs the most that it can. So does a request that failed, unless nothing was
    /// sent: a server may have done what it was asked for and charged for it.
    pub(crate) fn total(&self, result: &Result<Response, Failure>) -> u64 {
        let open = self.open.as_ref().map_or(0, |price| match result {
            Ok(Response::Http(response)) => cost(price, &response.body),
            Err(Failure::Denied(_) | Failure::Invalid(_) | Failure::NotFound(_)) => 0,
            _ => price.most(),
        });
        self.sure.saturating_add(open)
    }
}

/// What an answer cost.
fn cost(price: &Price, body: &[u8]) -> u64 {
    let Some(unit) = &price.per_unit else { return price.per_call };
    let Some(units) = pointer::find(body, &unit.at).and_then(units) else { return price.most() };
    price.per_call.saturating_add(unit.price.saturating_mul(units))
}

/// A number of units, rounded up.
fn units(text: &str) -> Option<u64> {
    if let Ok(units) = text.parse() {
        return Some(units);
    }
    let units: f64 = serde_json::from_str(text).ok()?;
    // A number that is too large is the largest.
    (units >= 0.0).then_some(units.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use belljar_abi::{Denial, HttpResponse};
    use belljar_policy::UnitPrice;

    fn price() -> Price {
        let per_unit = Some(UnitPrice { at: "/usage/total".into(), price: 10, most: 100 });
        Price { rule: "* https://a.example/**".into(), per_call: 7, per_unit, currency: "USD".into() }
    }

    fn answer(body: &str) -> Result<Response, Failure> {
        Ok(Response::Http(HttpResponse { status: 200, url: String::new(), headers: Vec::new(), body: body.into() }))
    }

    #[test]
    fn a_bill_counts_what_is_sure_and_the_most_of_what_is_not() {
        let denial = Denial { capability: "http".into(), request: String::new(), rule: String::new() };
        for (result, total) in [
            (answer(r#"{"usage":{"total":3}}"#), 37),
            (answer(r#"{"usage":{"total":2.01}}"#), 37),
            (answer(r#"{"usage":{"total":0}}"#), 7),
            (answer(r#"{"usage":{"total":200}}"#), 2007),
            (answer(r#"{"usage":{"total":1e300}}"#), u64::MAX),
            (answer(r#"{"usage":{"total":-1}}"#), 1007),
            (answer(r#"{"usage":{"total":"3"}}"#), 1007),
            (answer(r#"{"usage":{"total":3,"total":4}}"#), 1007),
            (answer("{}"), 1007),
            (answer("no json"), 1007),
            (Err(Failure::Denied(denial)), 0),
            (Err(Failure::NotFound(String::new())), 0),
            (Err(Failure::TimedOut(String::new())), 1007),
            (Err(Failure::Other(String::new())), 1007),
            (Err(Failure::TooLarge(String::new())), 1007),
        ] {
            let mut bill = Bill::default();
            bill.open(price());
            assert_eq!(bill.total(&result), total, "{result:?}");
            bill.redirected();
            assert_eq!(bill.total(&result), 1007, "{result:?}");
            bill.open(price());
            assert_eq!(bill.total(&result), total.saturating_add(1007), "{result:?}");
        }
    }
}
