//! One log line as canonical JSON (RFC 8785), written directly in order of its keys.

use std::fmt::Write as _;

/// A JSON object being written. Keys must be ASCII and come in ascending order, which is the order that
/// RFC 8785 asks for; a test build checks it.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    text: &'a mut String,
    last: &'static str,
}

impl<'a> Object<'a> {
    pub(crate) fn new(text: &'a mut String) -> Self {
        text.push('{');
        Object { text, last: "" }
    }

    fn key(&mut self, key: &'static str) {
        debug_assert!(self.last < key, "keys out of order: {} before {key}", self.last);
        if !self.last.is_empty() {
            self.text.push(',');
        }
        self.last = key;
        self.text.push('"');
        self.text.push_str(key);
        self.text.push_str("\":");
    }

    pub(crate) fn text(&mut self, key: &'static str, value: &str) -> &mut Self {
        self.key(key);
        string(self.text, value);
        self
    }

    /// A count; canonical as long as it is at most 2^53, which every budget is.
    pub(crate) fn count(&mut self, key: &'static str, value: u64) -> &mut Self {
        self.key(key);
        let _ = write!(self.text, "{value}");
        self
    }

    pub(crate) fn hash(&mut self, key: &'static str, value: &[u8; 32]) -> &mut Self {
        self.key(key);
        self.text.push('"');
        push_hex(self.text, value);
        self.text.push('"');
        self
    }

    pub(crate) fn end(self) {
        self.text.push('}');
    }
}

/// Appends lower-case hexadecimal digits.
pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // As many at a time as a hash has.
    for bytes in bytes.chunks(32) {
        let mut digits = [b'0'; 64];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
            *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
        text.push_str(std::str::from_utf8(&digits[..2 * bytes.len()]).unwrap_or_default());
    }
}

/// Appends a JSON string, escaped as RFC 8785 asks: only what must be, in its shortest form.
pub(crate) fn string(text: &mut String, value: &str) {
    text.push('"');
    let mut plain = 0;
    for (at, byte) in value.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            8 => "\\b",
            9 => "\\t",
            10 => "\\n",
            12 => "\\f",
            13 => "\\r",
            0..32 => "",
            _ => continue,
        };
        text.push_str(&value[plain..at]);
        text.push_str(escape);
        if escape.is_empty() {
            let _ = write!(text, "\\u{byte:04x}");
        }
        plain = at + 1;
    }
    text.push_str(&value[plain..]);
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_serde_json_does() {
        for value in ["", "a\"b\\", "\u{0}\u{1}\u{1f}\u{7f}\n\t\r\u{8}\u{c}", "é\u{2028}\u{202e}😀"] {
            let mut text = String::new();
            string(&mut text, value);
            assert_eq!(text, serde_json::to_string(value).unwrap());
        }
    }
}
