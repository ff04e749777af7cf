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
    open: Option<Hop>,
}

/// A hop that is performed.
#[derive(Clone, Debug)]
struct Hop {
    /// Nothing if money is not bounded.
    price: Option<Price>,
    /// Bytes of its body.
    sent: u64,
    /// The most that it can cost.
    most: u64,
}

impl Bill {
    /// A hop is performed, whose body has so many bytes and whose answer's body at most `room`. Returns the most that it can cost.
    pub(crate) fn open(&mut self, price: Option<Price>, sent: u64, room: u64) -> u64 {
        let most = price.as_ref().map_or(0, |price| price.most(sent, room));
        self.open = Some(Hop { price, sent, most });
        most
    }

    /// Bytes that the body of the answer may have by the price of the hop that is under way, if the price says so.
    pub(crate) fn room(&self) -> Option<u64> {
        self.open.as_ref()?.price.as_ref()?.per_byte.as_ref()?.most
    }

    /// A hop was answered with a redirect, which names no usage: it counts with the most that it can cost.
    pub(crate) fn redirected(&mut self) {
        self.sure = self.sure.saturating_add(self.open.take().map_or(0, |hop| hop.most));
    }

    /// What all of it cost.
    ///
    /// An answer that does not say how much was used costs the most that it can. So does a request that failed, unless nothing was
    /// sent: a server may have done what it was asked for and charged for it.
    pub(crate) fn total(&self, result: &Result<Response, Failure>) -> u64 {
        let open = self.open.as_ref().map_or(0, |hop| match result {
            Ok(Response::Http(response)) => hop.cost(&response.body),
            Err(failure) if was_not_sent(failure) => 0,
            _ => hop.most,
        });
        self.sure.saturating_add(open)
    }

    /// The most that the last hop costs, if it certainly was not sent: a person is still asked about it, where there is no result, or
    /// the result says so.
    pub(crate) fn unsent(&self, result: Option<&Result<Response, Failure>>) -> u64 {
        let is_unsent = match result {
            None => true,
            Some(result) => result.as_ref().is_err_and(was_not_sent),
        };
        self.open.as_ref().filter(|_| is_unsent).map_or(0, |hop| hop.most)
    }

    /// The most that a hop costs of which nobody knows whether it was carried out, because it failed after it was sent; nothing if
    /// that is known.
    pub(crate) fn possibly(&self, result: &Result<Response, Failure>) -> Option<u64> {
        let open = self.open.as_ref()?;
        result.as_ref().err().filter(|failure| !was_not_sent(failure)).map(|_| open.most)
    }
}

impl Hop {
    /// What an answer cost.
    fn cost(&self, body: &[u8]) -> u64 {
        let Some(price) = &self.price else { return 0 };
        let used = match &price.per_unit {
            None => 0,
            Some(unit) => pointer::find(body, &unit.at).and_then(units).unwrap_or(unit.most),
        };
        price.cost(used, self.sent.saturating_add(body.len() as u64))
    }
}

/// Whether a request failed that no server got: it was refused or malformed, or no server was reached.
fn was_not_sent(failure: &Failure) -> bool {
    matches!(failure, Failure::Denied(_) | Failure::Invalid(_) | Failure::NotFound(_))
}

/// What the tool is told of a request that failed after it was sent.
pub(crate) fn warn(failure: Failure, is_paid: bool) -> Failure {
    let paid = if is_paid { ", and paid for" } else { "" };
    let warn = |text: String| {
        format!("{text}; it may have been carried out{paid}, so do not repeat it unless that does no harm")
    };
    match failure {
        Failure::TimedOut(text) => Failure::TimedOut(warn(text)),
        Failure::TooLarge(text) => Failure::TooLarge(warn(text)),
        Failure::Exhausted(text) => Failure::Exhausted(warn(text)),
        Failure::Other(text) => Failure::Other(warn(text)),
        other => other,
    }
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
    use belljar_policy::{BytePrice, UnitPrice};

    fn price() -> Price {
        let mut price = Price::new("* https://a.example/**", "USD").unwrap();
        price.per_call = 7;
        price.per_unit = Some(UnitPrice { at: "/usage/total".into(), price: 10, most: 100 });
        price
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
            assert_eq!(bill.open(Some(price()), 5, 9), 1007);
            assert_eq!(bill.total(&result), total, "{result:?}");
            let failed = matches!(result, Err(Failure::TimedOut(_) | Failure::Other(_) | Failure::TooLarge(_)));
            assert_eq!(bill.possibly(&result), failed.then_some(1007), "{result:?}");
            bill.redirected();
            // The next hop was refused.
            assert_eq!(bill.possibly(&result), None, "{result:?}");
            assert_eq!(bill.total(&result), 1007, "{result:?}");
            assert_eq!(bill.open(Some(price()), 5, 9), 1007);
            assert_eq!(bill.total(&result), total.saturating_add(1007), "{result:?}");
        }
    }
    #[test]
    fn bytes_of_both_bodies_are_counted_and_what_is_not_known_is_dear() {
        let mut price = price();
        price.per_byte = Some(BytePrice { price: 3, each: 2, most: Some(20) });
        for (result, total) in [
            // 7, three units of 10, and 1.5 for each of 5 + 21 bytes.
            (answer(r#"{"usage":{"total":3}}"#), 37 + 39),
            (answer(r#"{"usage":{"total":3}}"#.replace(':', ": ").as_str()), 37 + 42),
            (answer("no json"), 1007 + 18),
            (answer(""), 1007 + 8),
            (Err(Failure::TimedOut(String::new())), 1007 + 38),
            (Err(Failure::NotFound(String::new())), 0),
        ] {
            let mut bill = Bill::default();
            assert_eq!(bill.open(Some(price.clone()), 5, 100), 1007 + 38);
            assert_eq!((bill.room(), bill.total(&result)), (Some(20), total), "{result:?}");
            bill.redirected();
            assert_eq!(bill.open(Some(price.clone()), 5, 10), 1007 + 23);
            assert_eq!(bill.total(&Err(Failure::Other(String::new()))), 1007 + 38 + 1007 + 23);
        }
    }
}
