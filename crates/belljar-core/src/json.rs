//! JSON text that is checked without being kept, because what has no schema needs no values; and JSON text of which every member
//! counts.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A value of JSON that [`Value`] would read, and nothing of it.
struct Valid;

/// The same, with the member of an object by the name `confidence`, the last one if there are several.
struct Confidence(Option<Value>);

/// Checks a text as `serde_json::from_str::<Value>` does, with the same errors.
pub(crate) fn check(text: &str) -> serde_json::Result<()> {
    serde_json::from_str::<Valid>(text).map(drop)
}

/// Checks a text in the same way, and returns the member `confidence` of the object that it may be.
pub(crate) fn confidence(text: &str) -> serde_json::Result<Option<Value>> {
    Ok(serde_json::from_str::<Confidence>(text)?.0)
}

/// What both visitors do with a value that is no object.
macro_rules! pass_over {
    ($result:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any valid JSON value")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($result)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($result)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($result)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($result)
        }

        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($result)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($result)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<Valid>()?.is_some() {}
            Ok($result)
        }
    };
}

impl<'de> Deserialize<'de> for Valid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Valid;

            pass_over!(Valid);

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Valid, A::Error> {
                while members.next_entry::<Valid, Valid>()?.is_some() {}
                Ok(Valid)
            }
        }

        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Confidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Confidence;

            pass_over!(Confidence(None));

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Confidence, A::Error> {
                let mut found = None;
                while let Some(name) = members.next_key::<std::borrow::Cow<'de, str>>()? {
                    if name == "confidence" {
                        found = Some(members.next_value()?);
                    } else {
                        members.next_value::<Valid>()?;
                    }
                }
                Ok(Confidence(found))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// A value of JSON in which no object has a member twice. Of two members by one name a person may have read the one, and a program
/// takes the other: what approves something has no such.
pub(crate) struct Unambiguous(pub(crate) Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any valid JSON value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut list = Vec::new();
                while let Some(Unambiguous(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(list.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
                let mut object = Map::new();
                while let Some((name, Unambiguous(value))) = members.next_entry::<String, Unambiguous>()? {
                    if object.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("the member {name:?} is there twice")));
                    }
                    object.insert(name, value);
                }
                Ok(object.into())
            }
        }

        deserializer.deserialize_any(Any).map(Unambiguous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is accepted, and what is said of the rest, is what reading a value accepts and says.
    fn agrees(text: &str) {
        let value = serde_json::from_str::<Value>(text);
        let words = |error: &serde_json::Error| error.to_string();
        // So is what a strict reader accepts, but for what is there twice.
        match serde_json::from_str::<Unambiguous>(text) {
            Ok(Unambiguous(read)) => assert_eq!(value.as_ref().ok(), Some(&read), "{text}"),
            Err(error) => assert!(value.is_err() || words(&error).contains("is there twice"), "{text}: {error}"),
        }
        assert_eq!(check(text).as_ref().map_err(words), value.as_ref().map(|_| &()).map_err(words), "{text}");
        let member = confidence(text);
        let expected = value.as_ref().map(|value| value.get("confidence").cloned()).map_err(words);
        assert_eq!(member.as_ref().map_err(words), expected.as_ref().map_err(String::clone), "{text}");
    }

    #[test]
    fn a_text_is_checked_as_a_value_is_read() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for text in [
            "",
            " ",
            "{}",
            "[]",
            "nul",
            "null",
            "true",
            "1e999",
            "-1e999",
            "1e-999",
            "01",
            "1.",
            "\"a\\u0000\"",
            "\"\\ud800\"",
            "\"\\u00e9\\n\"",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,}",
            "[1,]",
            "{1:2}",
            "{\"a\" 1}",
            "[1 2]",
            "\"open",
            "18446744073709551616",
            "{\"confidence\":1}",
            "{\"confidence\":1,\"confidence\":\"x\"}",
            "{\"con\\u0066idence\":0.5}",
            "[{\"confidence\":1}]",
            "{\"confidence\":{\"a\":[1e999]}}",
            "{\"confidence\":nan}",
            "{} {}",
            "\u{feff}{}",
            "\"\u{1}\"",
        ] {
            agrees(text);
        }
        for depth in [100, 126, 127, 128, 129, 1000] {
            agrees(&deep(depth));
            agrees(&format!("{{\"a\":{}}}", deep(depth)));
            agrees(&format!("{{\"confidence\":{}}}", deep(depth)));
        }
    }

    #[test]
    fn what_is_there_twice_is_named() {
        let read = |text: &str| serde_json::from_str::<Unambiguous>(text).map(|Unambiguous(value)| value);
        for (text, name) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"[{"b":{"text":1,"te\u0078t":2}}]"#, "text"),
            (r#"{"x\n":1,"y":{},"x\n":[]}"#, "x\\n"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(&format!("the member \"{name}\" is there twice")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn texts_like_json_are_checked_alike(text in "[\\[\\]{},:\" \\\\0-9eE.+\\-a-ftrunl]{0,40}") {
            agrees(&text);
        }
    }
}
