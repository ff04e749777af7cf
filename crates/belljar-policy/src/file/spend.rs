//! Reading `[spend]`: a limit, and what requests cost.

use super::{Parsed, Problem, Table, Value, as_array, as_table, known, string, unit};
use crate::limits::{self, ACCOUNT, PerDay, is_account};
use crate::policy::Policy;
use crate::price::{BytePrice, Price, UnitPrice};
use crate::units::{parse_bytes, parse_count, parse_money};

/// Reads the section.
pub(super) fn read(policy: &mut Policy, value: &Value<'_>) -> Parsed {
    let table = as_table(value)?;
    known(table, &["limit", "per-day", "account", "price"])?;
    let per_day = table.get("per-day").map(granted).transpose()?;
    let limit = table.get("limit").map(granted).transpose()?;
    // One run may then spend all that the day has.
    let Some((amount, currency)) = limit.or_else(|| per_day.clone()) else {
        return Err(Problem(value.span().start, "[spend] needs a limit: limit = \"0.25 USD\"".into()));
    };
    if let (Some((_, other)), Some(at)) = (&per_day, table.get("per-day")) {
        same_currency(at, &currency, other)?;
    }
    policy.limits.per_day = match (per_day, table.get("account")) {
        (Some((amount, _)), account) => {
            Some(PerDay { amount, account: account.map_or(Ok(ACCOUNT), named)?.to_owned() })
        }
        (None, Some(at)) => {
            return Err(Problem(
                at.span().start,
                "an account is what \"per-day\" is for; add that, or remove it".into(),
            ));
        }
        (None, None) => None,
    };
    policy.limits.spend = Some((amount, currency.clone()));
    for item in table.get("price").map(as_array).transpose()?.unwrap_or_default() {
        let price = price(item)?;
        same_currency(item, &currency, &price.currency)?;
        policy.prices.push(price);
    }
    Ok(())
}

/// An amount of money that a policy grants.
fn granted(value: &Value<'_>) -> Parsed<(u64, String)> {
    let (amount, currency) = unit(value, parse_money)?;
    if amount > limits::MOST_MONEY {
        return Err(Problem(value.span().start, "at most a million can be granted".into()));
    }
    Ok((amount, currency))
}

/// The name of an account.
fn named<'v>(value: &'v Value<'_>) -> Parsed<&'v str> {
    let name = string(value)?;
    if !is_account(name) {
        let why = "the name of an account has 1 to 64 letters, digits, \"-\", \"_\" and \".\"";
        return Err(Problem(value.span().start, why.into()));
    }
    Ok(name)
}

/// A price.
fn price(item: &Value<'_>) -> Parsed<Price> {
    let table = as_table(item)?;
    known(table, &["match", "per-call", "per-unit", "per-byte"])?;
    let rule = needed(item, table, "match")?;
    let mut price = Price::new(string(rule)?, "").map_err(|why| Problem(rule.span().start, why))?;
    if let Some(value) = table.get("per-call") {
        (price.per_call, price.currency) = unit(value, parse_money)?;
    }
    if let Some(value) = table.get("per-unit") {
        let table = as_table(value)?;
        known(table, &["at", "price", "most"])?;
        let at = needed(item, table, "at")?;
        let pointer = string(at)?;
        if !pointer.starts_with('/') {
            return Err(Problem(at.span().start, "a JSON Pointer starts with \"/\"".into()));
        }
        let amount = amount(&mut price, item, table)?;
        let most = unit(needed(item, table, "most")?, parse_count)?;
        price.per_unit = Some(UnitPrice { at: pointer.to_owned(), price: amount, most });
    }
    if let Some(value) = table.get("per-byte") {
        let table = as_table(value)?;
        known(table, &["price", "each", "most"])?;
        let amount = amount(&mut price, item, table)?;
        let each = match table.get("each") {
            None => 1,
            Some(value) => match unit(value, parse_bytes)? {
                0 => return Err(Problem(value.span().start, "the price is for one byte or more".into())),
                each => each,
            },
        };
        let most = table.get("most").map(|value| unit(value, parse_bytes)).transpose()?;
        price.per_byte = Some(BytePrice { price: amount, each, most });
    }
    if price.currency.is_empty() {
        return Err(missing(item, "per-call"));
    }
    if price.most(0, 0) > limits::MOST_MONEY || price.per_byte.as_ref().is_some_and(|b| b.price > limits::MOST_MONEY) {
        return Err(Problem(item.span().start, "a request of this price can cost more than a million".into()));
    }
    Ok(price)
}

/// The key `price` of a part of a price, whose currency becomes that of the whole.
fn amount(price: &mut Price, item: &Value<'_>, table: &Table<'_>) -> Parsed<u64> {
    let (amount, currency) = unit(needed(item, table, "price")?, parse_money)?;
    same_currency(item, &price.currency, &currency)?;
    price.currency = currency;
    Ok(amount)
}

fn needed<'v, 'a>(item: &Value<'a>, table: &'v Table<'a>, key: &str) -> Parsed<&'v Value<'a>> {
    table.get(key).ok_or_else(|| missing(item, key))
}

fn missing(item: &Value<'_>, key: &str) -> Problem {
    Problem(item.span().start, format!("a price needs the key {key:?}"))
}

/// Amounts are added up, and nothing here changes money.
fn same_currency(at: &Value<'_>, one: &str, other: &str) -> Parsed {
    if one.is_empty() || one == other {
        return Ok(());
    }
    Err(Problem(at.span().start, format!("[spend] has one currency, not both {one} and {other}")))
}
