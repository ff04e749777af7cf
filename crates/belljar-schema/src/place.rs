//! Places in a value, as JSON Pointers.

use serde_json::Value;

/// Where a value lies within another; kept on the stack during a check, and written out for a violation only.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Root,
    Item(&'a Place<'a>, usize),
    Member(&'a Place<'a>, &'a str),
}

impl Place<'_> {
    /// The JSON Pointer.
    pub(crate) fn pointer(&self) -> String {
        let mut places = Vec::new();
        let mut place = self;
        while let Place::Item(outer, _) | Place::Member(outer, _) = place {
            places.push(place);
            place = outer;
        }
        let mut text = String::new();
        for place in places.into_iter().rev() {
            match place {
                Place::Root => {}
                Place::Item(_, index) => push_token(&mut text, &index.to_string()),
                Place::Member(_, name) => push_token(&mut text, name),
            }
        }
        text
    }
}

/// Appends one step to a pointer.
pub(crate) fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// Whether arrays and objects nest more than `most` levels deep.
pub(crate) fn is_deeper(value: &Value, most: usize) -> bool {
    match value {
        Value::Array(items) => most == 0 || items.iter().any(|item| is_deeper(item, most - 1)),
        Value::Object(map) => most == 0 || map.values().any(|item| is_deeper(item, most - 1)),
        _ => false,
    }
}
