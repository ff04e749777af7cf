//! Equality as JSON Schema has it, and a hash that agrees with it.
//!
//! The hash has no secret key: a table's order must depend on nothing but its values. Values made to collide cost
//! comparisons, and comparisons are counted.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::number;

/// Whether two values are equal. `cost` grows by what the comparison took.
pub(crate) fn equal(a: &Value, b: &Value, cost: &mut u64) -> bool {
    *cost += 1;
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => number::compare(a, b) == Ordering::Equal,
        (Value::String(a), Value::String(b)) => {
            *cost += a.len() as u64 / 16;
            a == b
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b, cost)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, a)| {
                    *cost += key.len() as u64 / 16;
                    b.get(key).is_some_and(|b| equal(a, b, cost))
                })
        }
        _ => false,
    }
}

/// A hash: equal values have equal ones.
pub(crate) fn hash(value: &Value, cost: &mut u64) -> u64 {
    *cost += 1;
    match value {
        Value::Null => 1,
        Value::Bool(b) => 2 + u64::from(*b),
        Value::Number(n) => mix(4, hash_number(n)),
        Value::String(s) => mix(5, hash_text(s, cost)),
        Value::Array(items) => items.iter().fold(6, |sum, item| mix(sum, hash(item, cost))),
        // The order of members does not matter.
        Value::Object(map) => {
            map.iter().fold(7, |sum: u64, (key, value)| sum.wrapping_add(mix(hash_text(key, cost), hash(value, cost))))
        }
    }
}

fn hash_number(n: &Number) -> u64 {
    match number::integer(n) {
        Some(whole) => mix(whole as u64, (whole >> 64) as u64),
        None => n.as_f64().unwrap_or(0.0).to_bits(),
    }
}

fn hash_text(text: &str, cost: &mut u64) -> u64 {
    *cost += text.len() as u64 / 16;
    // FNV-1a.
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn mix(a: u64, b: u64) -> u64 {
    let sum = (a.rotate_left(23) ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    sum ^ (sum >> 29)
}

/// Values among which others are looked for.
pub(crate) struct Choices {
    values: Vec<Value>,
    index: Index,
}

impl Choices {
    pub(crate) fn new(values: &[Value]) -> Self {
        Choices { values: values.to_vec(), index: Index::new(values, &mut 0) }
    }

    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    pub(crate) fn contain(&self, value: &Value, cost: &mut u64) -> bool {
        let hash = hash(value, cost);
        self.index.of(hash).any(|i| self.values.get(i).is_some_and(|other| equal(other, value, cost)))
    }
}

/// Half of each value's hash and the value's place, in order; in one number each, so that there is but one sort.
struct Index(Vec<u64>);

const PLACE: u64 = u32::MAX as u64;

impl Index {
    fn new(values: &[Value], cost: &mut u64) -> Self {
        let mut index: Vec<_> = values.iter().zip(0..PLACE).map(|(v, i)| hash(v, cost) & !PLACE | i).collect();
        index.sort_unstable();
        Index(index)
    }

    /// The places of values that have a hash like this.
    fn of(&self, hash: u64) -> impl Iterator<Item = usize> {
        let first = self.0.partition_point(|entry| *entry < hash & !PLACE);
        self.0.iter().skip(first).take_while(move |entry| *entry ^ hash <= PLACE).map(|entry| (entry & PLACE) as usize)
    }
}

/// Whether no two values are equal; `None` when finding out costs more than `most`.
pub(crate) fn unique(values: &[Value], cost: &mut u64, most: u64) -> Option<bool> {
    let index = Index::new(values, cost).0;
    for (n, one) in index.iter().enumerate() {
        for other in index.iter().skip(n + 1).take_while(|other| *other ^ one <= PLACE) {
            let value = |entry: &u64| values.get((entry & PLACE) as usize);
            let (Some(a), Some(b)) = (value(one), value(other)) else { continue };
            if equal(a, b, cost) {
                return Some(false);
            }
            if *cost > most {
                return None;
            }
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_values_have_equal_hashes() {
        for (a, b, is) in [
            (json!(1), json!(1.0), true),
            (json!(0), json!(-0.0), true),
            (json!(1), json!(true), false),
            (json!(0), json!(false), false),
            (json!(""), json!(null), false),
            (json!([1, 2]), json!([2, 1]), false),
            (json!([1, [2.0]]), json!([1.0, [2]]), true),
            (json!({ "a": 1, "b": [] }), json!({ "b": [], "a": 1.0 }), true),
            (json!({ "a": 1 }), json!({ "a": 1, "b": 1 }), false),
            (json!({ "a": 1, "b": 2 }), json!({ "a": 2, "b": 1 }), false),
            (json!(1u64 << 63), json!(9.223_372_036_854_776e18), true),
            (json!(0.5), json!(0.25), false),
            (json!([]), json!({}), false),
        ] {
            assert_eq!(equal(&a, &b, &mut 0), is, "{a} {b}");
            assert_eq!(hash(&a, &mut 0) == hash(&b, &mut 0), is, "{a} {b}");
            let pair = [a, json!("other"), b];
            assert_eq!(unique(&pair, &mut 0, 1000), Some(!is), "{pair:?}");
        }
        assert!(Choices::new(&[json!([1]), json!("x")]).contain(&json!([1.0]), &mut 0));
        assert!(!Choices::new(&[json!([1]), json!("x")]).contain(&json!("y"), &mut 0));
    }
}
