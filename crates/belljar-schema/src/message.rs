//! Messages quote values, and cut them.

use std::io::{self, Write};

use serde_json::Value;

use crate::limits::QUOTED;

/// Takes the first bytes of a text, and refuses the rest so that no more is written.
struct Short(Vec<u8>);

impl Write for Short {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() > QUOTED {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.0.extend(bytes.iter().take(QUOTED + 1));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A value's JSON text, cut when it is long.
pub(crate) fn quote(value: &Value) -> String {
    let mut short = Short(Vec::new());
    // An error says no more than that it was cut.
    let _ = serde_json::to_writer(&mut short, value);
    cut(String::from_utf8_lossy(&short.0).into_owned())
}

/// A text, cut when it is long.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > QUOTED {
        text.truncate((0..=QUOTED).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0));
        text.push('…');
    }
    text
}

/// A name as a JSON string, cut when it is long.
pub(crate) fn quote_name(name: &str) -> String {
    quote(&Value::String(cut(name.to_owned())))
}

/// Names in single quotes, with commas between them.
pub(crate) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for name in names {
        if text.len() > QUOTED {
            break;
        }
        text.push_str(if text.is_empty() { "'" } else { ", '" });
        text.push_str(name);
        text.push('\'');
    }
    cut(text)
}

/// `one` for 1, else `many`.
pub(crate) fn plural<'a>(count: u64, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
