//! What a policy sets beside its rules. It is compared by what a tool gets from the host.

use std::time::Duration;

use super::conflict::Conflict;
use super::coverage::Gap;
use crate::limits::{Limits, PerDay};
use crate::policy::{Clock, Policy};
use crate::price::Price;
use crate::rule::{Effect, Rule};
use crate::subject::Subject;
use crate::units::{show_bytes, show_money};

/// The first setting of the narrow policy that is beyond the wide one's.
pub(super) fn gap(wide: &Policy, narrow: &Policy) -> Option<Gap> {
    let term = |key, own, other| Some(Gap::Term { key, own, other });
    if let Some((key, own, other)) = limits_gap(&wide.limits, &narrow.limits) {
        return term(key, own, other);
    }
    if !clock_covers(&wide.clock, &narrow.clock) {
        return term("clock", clock(&wide.clock), clock(&narrow.clock));
    }
    // A seed gives nothing of the host's, whichever it is.
    if let (Some(seed), None) = (wide.random_seed, narrow.random_seed) {
        return term("random.seed", seed.to_string(), "none".into());
    }
    if let Some(time) = wide.question_time
        && narrow.question_time.is_none_or(|other| other > time)
    {
        let show = |time: Duration| humantime::format_duration(time).to_string();
        return term("ask.expires", show(time), narrow.question_time.map_or("never".into(), show));
    }
    if wide.least > narrow.least {
        return term("ask.least", wide.least.name().into(), narrow.least.name().into());
    }
    if wide.four_eyes && !narrow.four_eyes {
        return term("ask.four-eyes", "true".into(), "false".into());
    }
    if let Some(secret) = narrow.secrets.iter().find(|secret| !wide.secrets.contains(secret)) {
        return term("secret", "none such".into(), format!("{:?} for {}", secret.name, secret.origin));
    }
    if let Some((rule, name, other)) = keyless(wide, narrow) {
        return term("http.rule.idempotency-key", format!("{name} for {rule}"), other);
    }
    // Prices bound something only where an amount does.
    // What no price is for is refused then, and of several the dearest counts: a price more lets more through, and one less may
    // make a request cheaper.
    if wide.limits.spend.is_some() {
        if let Some(price) = wide.prices.iter().find(|price| !narrow.prices.contains(price)) {
            return term("spend.price", format!("one for {:?}", price.rule()), "none such".into());
        }
        if let Some(price) = narrow.prices.iter().find(|price| !wide.prices.contains(price)) {
            return term("spend.price", "none such".into(), format!("one for {:?}", price.rule()));
        }
    }
    None
}

/// A rule of the wide policy that sends a key, and a rule of the narrow one that may be about the same request and sends none of that
/// name: it gives more, because what is sent without a key can be carried out twice. Whether another rule decides there is not looked at.
fn keyless(wide: &Policy, narrow: &Policy) -> Option<(String, String, String)> {
    let sends = |policy: &Policy| -> Vec<Rule> {
        let rules = policy.layers().iter().flat_map(|layer| layer.rules.iter());
        rules.filter(|rule| rule.effect != Effect::Deny && rule.beside.answer.is_none()).cloned().collect()
    };
    let narrow = sends(narrow);
    for keyed in sends(wide) {
        let (Some(name), Subject::Http(http)) = (&keyed.beside.idempotency_key, &keyed.subject) else { continue };
        let lacks = |rule: &&Rule| match &rule.subject {
            Subject::Http(other) => rule.beside.idempotency_key.as_ref() != Some(name) && http.meets(other),
            _ => false,
        };
        if let Some(other) = narrow.iter().find(lacks) {
            return Some((keyed.text.clone(), name.to_string(), format!("none in {}", other.text)));
        }
    }
    None
}

/// The terms that both policies cover, without rules.
pub(super) fn meet(one: &Policy, other: &Policy) -> Result<Policy, Conflict> {
    let (a, b) = (&one.limits, &other.limits);
    let spend = match (&a.spend, &b.spend) {
        (Some((_, one)), Some((_, other))) if one != other => {
            return Err(Conflict::Currency { one: one.clone(), other: other.clone() });
        }
        (Some((least, currency)), Some((amount, _))) => Some((*least.min(amount), currency.clone())),
        (spend, None) | (None, spend) => spend.clone(),
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
        kv_bytes: a.kv_bytes.min(b.kv_bytes),
        kv_keys: a.kv_keys.min(b.kv_keys),
        files_bytes: a.files_bytes.min(b.files_bytes),
        spend,
        per_day: per_day_meet(a, b)?,
    };
    let random_seed = match (one.random_seed, other.random_seed) {
        (Some(one), Some(other)) if one != other => return Err(Conflict::Seed { one, other }),
        (one, other) => one.or(other),
    };
    Ok(Policy {
        limits,
        clock: clock_meet(&one.clock, &other.clock)?,
        random_seed,
        question_time: one.question_time.into_iter().chain(other.question_time).min(),
        least: one.least.max(other.least),
        four_eyes: one.four_eyes || other.four_eyes,
        secrets: one.secrets.iter().filter(|secret| other.secrets.contains(secret)).cloned().collect(),
        prices: prices_meet(one, other)?,
        ..Policy::deny_all()
    })
}

/// The smaller amount for a day, of one account: what two accounts have spent is not known together.
fn per_day_meet(a: &Limits, b: &Limits) -> Result<Option<PerDay>, Conflict> {
    match (&a.per_day, &b.per_day) {
        (Some(one), Some(other)) if one.account != other.account => {
            Err(Conflict::Account { one: one.account.clone(), other: other.account.clone() })
        }
        (Some(one), Some(other)) => Ok(Some(if one.amount < other.amount { one.clone() } else { other.clone() })),
        (one, other) => Ok(one.as_ref().or(other.as_ref()).cloned()),
    }
}

/// The prices of the policy that bounds money, or those that both have: what only one of them counts, the other's amount would
/// not be for.
fn prices_meet(one: &Policy, other: &Policy) -> Result<Vec<Price>, Conflict> {
    match (&one.limits.spend, &other.limits.spend) {
        (Some(_), None) => return Ok(one.prices.clone()),
        (None, Some(_)) => return Ok(other.prices.clone()),
        _ => {}
    }
    let alone = |own: &Policy, other: &Policy| own.prices.iter().find(|price| !other.prices.contains(price)).cloned();
    match alone(one, other).or_else(|| alone(other, one)) {
        Some(price) => Err(Conflict::Price { rule: price.rule().to_owned() }),
        None => Ok(one.prices.clone()),
    }
}

/// The first limit that is beyond the wide one, and both amounts.
fn limits_gap(wide: &Limits, narrow: &Limits) -> Option<(&'static str, String, String)> {
    let count = |amount: u64| amount.to_string();
    let amounts = [
        ("limits.fuel", wide.fuel, narrow.fuel, count as fn(u64) -> String),
        ("limits.memory", wide.memory, narrow.memory, show_bytes),
        ("limits.output", wide.output, narrow.output, show_bytes),
        ("limits.log", wide.log, narrow.log, show_bytes),
        ("limits.artifacts", wide.artifacts, narrow.artifacts, show_bytes),
        ("limits.calls", wide.calls, narrow.calls, count),
        ("limits.http-requests", wide.http_requests, narrow.http_requests, count),
        ("limits.http-bytes", wide.http_bytes, narrow.http_bytes, show_bytes),
        ("limits.kv-bytes", wide.kv_bytes, narrow.kv_bytes, show_bytes),
        ("limits.kv-keys", wide.kv_keys, narrow.kv_keys, count),
        ("limits.files-bytes", wide.files_bytes, narrow.files_bytes, show_bytes),
    ];
    if let Some((key, own, other, show)) = amounts.into_iter().find(|(_, own, other, _)| own < other) {
        return Some((key, show(own), show(other)));
    }
    if wide.time < narrow.time {
        let show = |time: Duration| humantime::format_duration(time).to_string();
        return Some(("limits.time", show(wide.time), show(narrow.time)));
    }
    if let Some(own) = &wide.per_day
        && narrow.spend.as_ref().is_none_or(|(amount, _)| *amount > 0)
        && narrow.per_day.as_ref().is_none_or(|other| own.account != other.account || own.amount < other.amount)
    {
        let show = |limits: &Limits| match (&limits.per_day, &limits.spend) {
            (Some(PerDay { amount, account }), Some((_, currency))) => {
                format!("{} of {account:?}", show_money(*amount, currency))
            }
            _ => "none".to_owned(),
        };
        return Some(("spend.per-day", show(wide), show(narrow)));
    }
    let show = |(amount, currency): &(u64, String)| show_money(*amount, currency);
    match (&wide.spend, &narrow.spend) {
        // Nothing costs as little in any currency.
        (None, _) | (Some(_), Some((0, _))) => None,
        (Some((most, currency)), Some((amount, same))) if currency == same && most >= amount => None,
        (Some(own), other) => Some(("spend.limit", show(own), other.as_ref().map_or("none".into(), show))),
    }
}

/// A clock in words.
fn clock(clock: &Clock) -> String {
    match clock {
        Clock::Real { precision } => format!("rounded down to {} ns", precision.as_nanos()),
        Clock::Frozen { .. } => "frozen".into(),
    }
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
fn clock_meet(one: &Clock, other: &Clock) -> Result<Clock, Conflict> {
    match (one, other) {
        (Clock::Frozen { moment_ns: one }, Clock::Frozen { moment_ns: other }) if one != other => {
            Err(Conflict::Moment { one: *one, other: *other })
        }
        (frozen @ Clock::Frozen { .. }, _) | (_, frozen @ Clock::Frozen { .. }) => Ok(frozen.clone()),
        (Clock::Real { precision: one }, Clock::Real { precision: other }) => {
            let precision = common_multiple(*one, *other);
            let conflict = Conflict::Precision { one: *one, other: *other };
            precision.map(|precision| Clock::Real { precision }).ok_or(conflict)
        }
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
