//! What HTTP requests cost. Amounts are in billionths of a unit of the policy's currency.

use url::Url;

use crate::http::HttpRule;
use crate::policy::Policy;

/// The price of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The rule as written, and read.
    written: String,
    rule: HttpRule,
    /// For each request, in billionths.
    pub per_call: u64,
    /// For each unit that the answer names.
    pub per_unit: Option<UnitPrice>,
    /// For the bytes of the bodies.
    pub per_byte: Option<BytePrice>,
    /// ISO 4217 code.
    pub currency: String,
}

/// The price of what an answer says was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPrice {
    /// The JSON Pointer to the number of units in the answer's body.
    pub at: String,
    /// For each unit, in billionths.
    pub price: u64,
    /// Units that one request can use, at most: what is reserved, and what counts where the answer names no number.
    pub most: u64,
}

/// The price of the bytes of the request's body and of the answer's body, as the tool gives the one and gets the other: without
/// header fields, and decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BytePrice {
    /// For so many bytes, in billionths.
    pub price: u64,
    /// How many bytes the price is for; one or more. The cost of any number of bytes is in proportion, rounded up.
    pub each: u64,
    /// Bytes that the answer's body has, at most: more is not loaded. Without it, all that the host may load.
    pub most: Option<u64>,
}

impl BytePrice {
    /// What so many bytes cost.
    pub fn cost(&self, bytes: u64) -> u64 {
        let cost = (u128::from(self.price) * u128::from(bytes)).div_ceil(u128::from(self.each.max(1)));
        u64::try_from(cost).unwrap_or(u64::MAX)
    }
}

impl Price {
    /// Nothing, for requests of a rule for HTTP: methods and a URL pattern.
    ///
    /// # Errors
    ///
    /// What is wrong with the rule.
    pub fn new(rule: &str, currency: &str) -> Result<Self, String> {
        Ok(Price {
            written: rule.to_owned(),
            rule: HttpRule::parse(rule)?,
            per_call: 0,
            per_unit: None,
            per_byte: None,
            currency: currency.to_owned(),
        })
    }

    /// The rule that it is for, as written.
    pub fn rule(&self) -> &str {
        &self.written
    }

    /// Bytes that the body of an answer can have, of the `room` that there is for it.
    pub fn room(&self, room: u64) -> u64 {
        self.per_byte.as_ref().and_then(|bytes| bytes.most).map_or(room, |most| room.min(most))
    }

    /// The most that a request of this price can cost, in billionths. Its body has `sent` bytes, and there is room for `room`
    /// bytes of an answer.
    pub fn most(&self, sent: u64, room: u64) -> u64 {
        let units = self.per_unit.as_ref().map_or(0, |unit| unit.price.saturating_mul(unit.most));
        self.per_call.saturating_add(units).saturating_add(self.bytes(sent.saturating_add(self.room(room))))
    }

    /// What the answer costs that came: so many units, and so many bytes of both bodies.
    pub fn cost(&self, units: u64, bytes: u64) -> u64 {
        let units = self.per_unit.as_ref().map_or(0, |unit| unit.price.saturating_mul(units));
        self.per_call.saturating_add(units).saturating_add(self.bytes(bytes))
    }

    fn bytes(&self, bytes: u64) -> u64 {
        self.per_byte.as_ref().map_or(0, |price| price.cost(bytes))
    }
}

impl Policy {
    /// The price of a request: the dearest that matches it, where its body has `sent` bytes and there is room for `room` bytes of
    /// an answer.
    pub fn price(&self, method: &str, url: &Url, sent: u64, room: u64) -> Option<&Price> {
        let matches = |price: &&Price| price.rule.matches(method, url, &[]);
        self.prices.iter().filter(matches).max_by_key(|price| price.most(sent, room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_cost_in_proportion_and_rounded_up() {
        let price = |price, each| BytePrice { price, each, most: None };
        for (of, bytes, cost) in [
            (price(3, 1), 0, 0),
            (price(3, 1), 5, 15),
            (price(90_000_000, 1_000_000_000), 1, 1),
            (price(90_000_000, 1_000_000_000), 1_000, 90),
            (price(90_000_000, 1_000_000_000), 1_001, 91),
            (price(u64::MAX, 1), 2, u64::MAX),
            (price(u64::MAX, u64::MAX), u64::MAX, u64::MAX),
        ] {
            assert_eq!(of.cost(bytes), cost, "{of:?} {bytes}");
        }
    }

    #[test]
    fn the_dearest_price_counts_by_what_is_sent_and_can_come() {
        let policy = Policy::parse(
            "version = 1\n[spend]\nlimit = '1 USD'\n\
             [[spend.price]]\nmatch = '* https://a.example/**'\nper-call = '0.000000100 USD'\n\
             [[spend.price]]\nmatch = 'POST https://a.example/**'\nper-byte = { price = '0.000000001 USD', most = 50 }",
        )
        .unwrap();
        let url = Url::parse("https://a.example/x").unwrap();
        let most = |method, sent, room| policy.price(method, &url, sent, room).map(|price| price.most(sent, room));
        assert_eq!(most("GET", 90, 90), Some(100));
        assert_eq!(most("POST", 49, 90), Some(100));
        assert_eq!(most("POST", 51, 90), Some(101));
        assert_eq!(most("POST", 71, 20), Some(100));
    }
}
