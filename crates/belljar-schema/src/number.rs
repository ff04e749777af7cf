//! Numbers as JSON means them: `1` and `1.0` are one number, and `0.3` is three times `0.1`.

use std::cmp::Ordering;

use serde_json::Number;

/// Two to the power of 127: from here on a float is larger than any integer kept as one.
const BEYOND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

/// The number as an integer, if it is one and not beyond 127 bits.
pub(crate) fn integer(number: &Number) -> Option<i128> {
    if let Some(n) = number.as_u64() {
        return Some(n.into());
    }
    if let Some(n) = number.as_i64() {
        return Some(n.into());
    }
    let float = number.as_f64()?;
    (float.trunc() == float && float.abs() < BEYOND).then_some(float as i128)
}

/// Whether it has no fraction.
pub(crate) fn is_integer(number: &Number) -> bool {
    integer(number).is_some() || number.as_f64().is_some_and(|f| f.trunc() == f)
}

/// Compares two numbers exactly, whichever way each is stored.
pub(crate) fn compare(a: &Number, b: &Number) -> Ordering {
    let float = |n: &Number| n.as_f64().unwrap_or(0.0);
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(a), None) => compare_mixed(a, float(b)),
        (None, Some(b)) => compare_mixed(b, float(a)).reverse(),
        (None, None) => float(a).partial_cmp(&float(b)).unwrap_or(Ordering::Equal),
    }
}

fn compare_mixed(a: i128, b: f64) -> Ordering {
    if b >= BEYOND {
        Ordering::Less
    } else if b <= -BEYOND {
        Ordering::Greater
    } else {
        a.cmp(&(b.trunc() as i128)).then_with(|| 0.0.partial_cmp(&b.fract()).unwrap_or(Ordering::Equal))
    }
}

/// Whether `a` is a whole multiple of `b`, both taken as the decimals that they are written as.
pub(crate) fn is_multiple(a: &Number, b: &Number) -> bool {
    let (Some((a, a_power)), Some((b, b_power))) = (decimal(a), decimal(b)) else { return false };
    if a == 0 {
        return true;
    }
    if b == 0 {
        return false;
    }
    // a·10^x must be divisible by b·10^y.
    if a_power >= b_power {
        let mut rest = a % b;
        for _ in b_power..a_power {
            if rest == 0 {
                return true;
            }
            rest = rest * 10 % b;
        }
        rest == 0
    } else {
        let mut divisor = b;
        for _ in a_power..b_power {
            divisor = match divisor.checked_mul(10) {
                Some(larger) if larger <= a => larger,
                _ => return false,
            };
        }
        a.is_multiple_of(divisor)
    }
}

/// The digits and the power of ten of a number's shortest decimal text, without its sign. The digits stay below
/// 2^120, so that ten times a remainder fits.
fn decimal(number: &Number) -> Option<(u128, i32)> {
    if let Some(n) = integer(number)
        && n.unsigned_abs() < 1 << 64
    {
        return Some((n.unsigned_abs(), 0));
    }
    let text = number.to_string();
    let (digits, power) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let mut power: i32 = power.parse().ok()?;
    let mut value: u128 = 0;
    let mut fraction = false;
    for c in digits.chars() {
        match c {
            '.' => fraction = true,
            '0'..='9' => {
                value = value.checked_mul(10)?.checked_add(u128::from(c.to_digit(10)?))?;
                power = power.checked_sub(fraction.into())?;
                if value >= 1 << 120 {
                    return None;
                }
            }
            _ => {}
        }
    }
    while value != 0 && value.is_multiple_of(10) {
        value /= 10;
        power += 1;
    }
    Some((value, power))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_compare_by_value() {
        use Ordering::{Equal, Greater, Less};
        for (a, b, order) in [
            ("1", "1.0", Equal),
            ("-0.0", "0", Equal),
            ("1", "1.5", Less),
            ("-1", "-1.5", Greater),
            ("18446744073709551615", "18446744073709551616", Less),
            ("18446744073709551615", "1e300", Less),
            ("-9223372036854775808", "-1e300", Greater),
            ("9007199254740993", "9007199254740992.0", Greater),
            ("9223372036854775808", "9.223372036854775808e18", Equal),
            ("1e300", "1e301", Less),
            ("0.1", "0", Greater),
        ] {
            assert_eq!(compare(&n(a), &n(b)), order, "{a} {b}");
            assert_eq!(compare(&n(b), &n(a)), order.reverse(), "{b} {a}");
        }
    }

    #[test]
    fn multiples_are_of_decimals() {
        for (a, b, is) in [
            ("0.3", "0.1", true),
            ("1.1", "0.1", true),
            ("0.35", "0.1", false),
            ("4.35", "0.01", true),
            ("19.99", "0.01", true),
            ("19.999", "0.01", false),
            ("0", "7", true),
            ("0.0", "0.3", true),
            ("9", "3", true),
            ("-9", "3", true),
            ("10", "3", false),
            ("3.0", "1.5", true),
            ("1e300", "10", true),
            ("1e300", "3", false),
            ("1e-300", "1e-301", true),
            ("1e-301", "1e-300", false),
            ("1e308", "0.123456789", false),
            ("18446744073709551615", "5", true),
            ("18446744073709551615", "2", false),
            ("0.0001", "0.00001", true),
            ("1", "1e-8", true),
        ] {
            assert_eq!(is_multiple(&n(a), &n(b)), is, "{a} {b}");
        }
    }
}
