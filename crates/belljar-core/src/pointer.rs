//! JSON Pointers (RFC 6901) into text that stays as it is written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The keys of a pointer, from the outermost inwards.
fn keys(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}

/// The value at a pointer, as it is written. Of a key that stands twice in an object neither is meant.
pub(crate) fn find<'a>(json: &'a [u8], pointer: &str) -> Option<&'a str> {
    let mut value: &RawValue = serde_json::from_slice(json).ok()?;
    for key in keys(pointer) {
        value = match parts(value)? {
            Parts::Items(items) => items.get(index(&key)?).copied()?,
            Parts::Members(members) => {
                let mut found = members.into_iter().filter(|(name, _)| *name == key);
                let (_, value) = found.next()?;
                found.next().is_none().then_some(value)?
            }
        };
    }
    Some(value.get())
}

/// The text with a value at a pointer, if what it is in is there. All else stays as it was written.
pub(crate) fn replace(json: &[u8], pointer: &str, value: &Value) -> Option<Vec<u8>> {
    within(serde_json::from_slice(json).ok()?, &keys(pointer), value).map(String::into_bytes)
}

fn within(json: &RawValue, keys: &[String], put: &Value) -> Option<String> {
    let [key, deeper @ ..] = keys else { return Some(put.to_string()) };
    match parts(json)? {
        Parts::Items(items) => {
            let at = index(key).filter(|at| *at < items.len())?;
            let written: Option<Vec<String>> = items
                .iter()
                .enumerate()
                .map(|(i, item)| if i == at { within(item, deeper, put) } else { Some(item.get().to_owned()) })
                .collect();
            Some(format!("[{}]", written?.join(",")))
        }
        Parts::Members(members) => {
            let found = members.iter().filter(|(name, _)| name == key).count();
            let mut written: Vec<String> = Vec::with_capacity(members.len() + 1);
            for (name, value) in &members {
                let value = if name == key { within(value, deeper, put)? } else { value.get().to_owned() };
                written.push(format!("{}:{value}", Value::from(name.as_str())));
            }
            match (found, deeper) {
                (1, _) => {}
                (0, []) => written.push(format!("{}:{put}", Value::from(key.as_str()))),
                _ => return None,
            }
            Some(format!("{{{}}}", written.join(",")))
        }
    }
}

/// An index of an array, without zeros in front.
fn index(key: &str) -> Option<usize> {
    key.parse::<usize>().ok().filter(|at| at.to_string() == key)
}

enum Parts<'a> {
    Items(Vec<&'a RawValue>),
    Members(Vec<(String, &'a RawValue)>),
}

/// What an array or an object consists of.
fn parts(json: &RawValue) -> Option<Parts<'_>> {
    if json.get().starts_with('[') {
        return serde_json::from_str(json.get()).ok().map(Parts::Items);
    }
    serde_json::from_str(json.get()).ok().map(|Members(members)| Parts::Members(members))
}

/// The members of an object, in their order and as they are written.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_names_one_value_as_it_is_written() {
        let json = br#" {"a": [1, {"b/c": 1.50e400, "~": true}], "": {"": "x"}, "d": 1, "d": 2} "#;
        for (pointer, found) in [
            ("/a/0", Some("1")),
            ("/a/1/b~1c", Some("1.50e400")),
            ("/a/1/~0", Some("true")),
            ("//", Some("\"x\"")),
            ("/a/2", None),
            ("/a/01", None),
            ("/a/-", None),
            ("/d", None),
            ("/e", None),
            ("/a/0/x", None),
        ] {
            assert_eq!(find(json, pointer), found, "{pointer}");
        }
        assert_eq!(find(b"not json", "/a"), None);
        assert_eq!(find(b"[1", "/0"), None);
    }

    #[test]
    fn what_is_not_replaced_stays_as_it_is() {
        let put = |json: &str, pointer: &str| {
            replace(json.as_bytes(), pointer, &"x".into()).map(|bytes| String::from_utf8(bytes).unwrap_or_default())
        };
        assert_eq!(put(r#"{"a":{"k":1},"n":1.50e400}"#, "/a/k").as_deref(), Some(r#"{"a":{"k":"x"},"n":1.50e400}"#));
        assert_eq!(put("[1,2]", "/1").as_deref(), Some(r#"[1,"x"]"#));
        assert_eq!(put(" { } ", "/~1k").as_deref(), Some(r#"{"/k":"x"}"#));
        for (json, pointer) in
            [("{}", "/a/k"), ("text", "/a"), (r#"{"a":1}"#, "/a/k"), ("[]", "/0"), (r#"{"k":1,"k":2}"#, "/k")]
        {
            assert_eq!(put(json, pointer), None, "{json} {pointer}");
        }
    }
}
