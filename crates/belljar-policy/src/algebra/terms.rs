//! What a policy sets beside its rules. It is compared by what a tool gets from the host.

use std::time::Duration;

use crate::limits::Limits;
use crate::policy::{Clock, Policy};

/// Whether what one policy sets is within what another does.
pub(super) fn covers(wide: &Policy, narrow: &Policy) -> bool {
    limits_cover(&wide.limits, &narrow.limits)
        && clock_covers(&wide.clock, &narrow.clock)
        // A seed gives nothing of the host's, whichever it is.
        && (wide.random_seed.is_none() || narrow.random_seed.is_some())
        && narrow.secrets.iter().all(|secret| wide.secrets.contains(secret))
        // Prices bound something only where an amount does.
        && (wide.limits.spend.is_none() || wide.prices.iter().all(|price| narrow.prices.contains(price)))
}

/// The terms that both policies cover, without rules.
pub(super) fn meet(one: &Policy, other: &Policy) -> Policy {
    let (a, b) = (&one.limits, &other.limits);
    let same_prices = one.prices.iter().all(|price| other.prices.contains(price))
        && other.prices.iter().all(|price| one.prices.contains(price));
    let spend = match (&a.spend, &b.spend) {
        (None, None) => None,
        // What is bought at other prices, or for other money, is counted by neither amount.
        (Some((_, currency)), _) | (None, Some((_, currency))) if !same_prices => Some((0, currency.clone())),
        (Some((least, currency)), Some((amount, same))) if currency == same => {
            Some((*least.min(amount), currency.clone()))
        }
        (Some((_, currency)), Some(_)) => Some((0, currency.clone())),
        (Some(spend), None) | (None, Some(spend)) => Some(spend.clone()),
    };
    let limits = Limits {
        fuel: a.fuel.min(b.fuel),
        memory: a.memory.min(b.memory),
        time: a.time.min(b.time),
        output: a.output.min(b.output),
        log: a.log.min(b.log),
        artifacts: a.artifacts.min(b.artifacts),
        calls: a.calls.min(b.calls),
        http_requests: a.http_requests.min(b.http_requests),
        http_bytes: a.http_bytes.min(b.http_bytes),
        spend,
    };
    let mut prices = one.prices.clone();
    prices.extend(other.prices.iter().filter(|price| !one.prices.contains(price)).cloned());
    Policy {
        limits,
        clock: clock_meet(&one.clock, &other.clock),
        random_seed: match (one.random_seed, other.random_seed) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        },
        secrets: one.secrets.iter().filter(|secret| other.secrets.contains(secret)).cloned().collect(),
        prices,
        ..Policy::deny_all()
    }
}

fn limits_cover(wide: &Limits, narrow: &Limits) -> bool {
    let spend = match (&wide.spend, &narrow.spend) {
        (None, _) | (Some(_), Some((0, _))) => true,
        (Some((most, currency)), Some((amount, same))) => currency == same && most >= amount,
        (Some(_), None) => false,
    };
    spend
        && wide.fuel >= narrow.fuel
        && wide.memory >= narrow.memory
        && wide.time >= narrow.time
        && wide.output >= narrow.output
        && wide.log >= narrow.log
        && wide.artifacts >= narrow.artifacts
        && wide.calls >= narrow.calls
        && wide.http_requests >= narrow.http_requests
        && wide.http_bytes >= narrow.http_bytes
}

/// Whether all that one clock tells of the host's can be told from another one.
fn clock_covers(wide: &Clock, narrow: &Clock) -> bool {
    match (wide, narrow) {
        (_, Clock::Frozen { .. }) => true,
        (Clock::Frozen { .. }, Clock::Real { .. }) => false,
        (Clock::Real { precision: fine }, Clock::Real { precision: coarse }) => {
            fine == coarse || fine.as_nanos() > 0 && coarse.as_nanos().is_multiple_of(fine.as_nanos())
        }
    }
}

/// The clock that tells what both do: by the least common multiple, since 3 ms are not told by 2 ms.
fn clock_meet(one: &Clock, other: &Clock) -> Clock {
    match (one, other) {
        (Clock::Frozen { moment_ns: a }, Clock::Frozen { moment_ns: b }) => Clock::Frozen { moment_ns: *a.min(b) },
        (frozen @ Clock::Frozen { .. }, _) | (_, frozen @ Clock::Frozen { .. }) => frozen.clone(),
        (Clock::Real { precision: a }, Clock::Real { precision: b }) => match common_multiple(*a, *b) {
            Some(precision) => Clock::Real { precision },
            // It stands for longer than there have been years.
            None => Clock::Frozen { moment_ns: 0 },
        },
    }
}

fn common_multiple(a: Duration, b: Duration) -> Option<Duration> {
    if a == b {
        return Some(a);
    }
    let (a, b) = (u64::try_from(a.as_nanos()).ok()?, u64::try_from(b.as_nanos()).ok()?);
    let (mut divisor, mut rest) = (a, b);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    a.checked_div(divisor)?.checked_mul(b).filter(|multiple| *multiple > 0).map(Duration::from_nanos)
}
