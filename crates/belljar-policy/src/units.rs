//! Amounts with units, as people write them: "2 G", "64 MiB", "10 s", "0.25 USD".

use std::time::Duration;

use thiserror::Error;

/// An amount that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text:?} is not {what}; write it like {example}")]
pub struct UnitError {
    text: String,
    what: &'static str,
    example: &'static str,
}

/// Splits a decimal number from its unit and multiplies exactly, without floating point.
fn amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let scale = units.iter().find(|(name, _)| *name == unit.trim())?.1;
    let number: String = number.chars().filter(|c| *c != '_').collect();
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    if whole.is_empty() || (number.contains('.') && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let mut value = whole.parse::<u64>().ok()?.checked_mul(scale)?;
    let mut part = scale;
    for digit in fraction.bytes() {
        if !part.is_multiple_of(10) && digit != b'0' {
            return None;
        }
        part /= 10;
        value = value.checked_add(part.checked_mul(u64::from(digit - b'0'))?)?;
    }
    Some(value)
}

/// A count: "1000", "500 k", "2 G" (powers of ten).
pub fn parse_count(text: &str) -> Result<u64, UnitError> {
    let units = [("", 1), ("k", 1_000), ("K", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000)];
    let error = || UnitError { text: text.into(), what: "a count", example: "\"1000\", \"500 k\" or \"2 G\"" };
    amount(text, &units).filter(|n| *n <= 1 << 53).ok_or_else(error)
}

/// Bytes: "64 MiB", "1 MB", "512".
pub fn parse_bytes(text: &str) -> Result<u64, UnitError> {
    let units = [
        ("", 1),
        ("B", 1),
        ("kB", 1_000),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
    ];
    let error = || UnitError { text: text.into(), what: "an amount of bytes", example: "\"64 MiB\" or \"512 kB\"" };
    // Binary units have no exact decimal fractions beyond halves and quarters; those are computed in bytes.
    let binary = |text: &str| {
        let (number, scale) = [("KiB", 1u64 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
            .iter()
            .find_map(|(unit, scale)| Some((text.trim().strip_suffix(unit)?.trim(), *scale)))?;
        let (whole, fraction) = number.split_once('.')?;
        let digits = u32::try_from(fraction.len()).ok().filter(|n| (1..=6).contains(n))?;
        let tens = 10u64.pow(digits);
        let parts = whole.parse::<u64>().ok()?.checked_mul(tens)?.checked_add(fraction.parse().ok()?)?;
        parts.checked_mul(scale).filter(|n| n.is_multiple_of(tens)).map(|n| n / tens)
    };
    binary(text).or_else(|| amount(text, &units)).filter(|n| *n <= 1 << 53).ok_or_else(error)
}

/// Bytes as a policy writes them: in the largest unit that they are a whole number of.
///
/// ```
/// assert_eq!(belljar_policy::show_bytes(64 << 20), "64 MiB");
/// assert_eq!(belljar_policy::show_bytes(1025), "1025 B");
/// ```
pub fn show_bytes(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.into_iter().find(|&(_, shift)| bytes > 0 && bytes.trailing_zeros() >= shift) {
        Some((unit, shift)) => format!("{} {unit}", bytes >> shift),
        None => format!("{bytes} B"),
    }
}

/// A duration: "10 s", "250 ms", "2 min", "1 h", "3 days".
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let units = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("min", 60_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
        ("day", 86_400_000_000_000),
        ("days", 86_400_000_000_000),
    ];
    let error = || UnitError { text: text.into(), what: "a duration", example: "\"10 s\", \"250 ms\" or \"2 min\"" };
    amount(text, &units).map(Duration::from_nanos).ok_or_else(error)
}

/// Money: an amount and an ISO 4217 code, in billionths: "0.25 USD".
pub fn parse_money(text: &str) -> Result<(u64, String), UnitError> {
    let error = || UnitError { text: text.into(), what: "an amount of money", example: "\"0.25 USD\"" };
    let currency: String = text.trim().chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(error());
    }
    let number = text.trim().strip_suffix(&currency).unwrap_or_default();
    amount(number, &[("", 1_000_000_000)]).map(|value| (value, currency)).ok_or_else(error)
}

/// An amount of money in billionths, without needless zeros: "0.25 USD".
///
/// ```
/// assert_eq!(belljar_policy::show_money(250_000_000, "USD"), "0.25 USD");
/// ```
pub fn show_money(amount: u64, currency: &str) -> String {
    let digits = format!("{}.{:09}", amount / 1_000_000_000, amount % 1_000_000_000);
    format!("{} {currency}", digits.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        for (text, expected) in [
            ("2 G", Some(2_000_000_000)),
            ("1.5k", Some(1_500)),
            ("10_000", Some(10_000)),
            ("0", Some(0)),
            ("1.2345k", None),
            ("", None),
            ("-1", None),
            ("1.", None),
            ("1e9", None),
            ("99999999999 G", None),
        ] {
            assert_eq!(parse_count(text).ok(), expected, "{text:?}");
        }
        assert_eq!(parse_bytes("64 MiB").ok(), Some(64 << 20));
        assert_eq!(parse_bytes("1.5 MiB").ok(), Some(3 << 19));
        assert_eq!(parse_bytes("64 mib").ok(), None);
        assert_eq!(parse_duration("1.5 s").ok(), Some(Duration::from_millis(1500)));
        assert_eq!(parse_duration("10").ok(), None);
        assert_eq!(parse_money("0.25 USD").ok(), Some((250_000_000, "USD".into())));
        assert_eq!(parse_money("0.25 dollars").ok(), None);
        assert_eq!(parse_money("é").ok(), None);
        for amount in [0, 1, 250_000_000, 1_000_000_000, 10_000_000_000, u64::MAX] {
            assert_eq!(parse_money(&show_money(amount, "USD")).ok(), Some((amount, "USD".into())));
        }
        assert_eq!(show_money(250_000_000, "USD"), "0.25 USD");
    }
}
