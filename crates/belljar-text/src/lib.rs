//! Text of others, made visible.
//!
//! A guest's text can hold characters that move a terminal's cursor, turn other text around, or are not seen at all.
//! Everything that Belljar shows of a guest goes through [`visible`], [`one_line`] or [`json`]. Which characters those
//! are is decided by Unicode's properties, not by a list of our own: controls, format characters, line and paragraph
//! separators, private use, noncharacters, spaces other than U+0020, bidirectional controls, everything that is ignorable
//! by default (variation selectors, tags, fillers), and the blank Braille pattern.
//!
//! ```
//! use belljar_text::{json, one_line, visible};
//!
//! assert_eq!(visible("pay\u{202e}fdp\u{9b}2J"), "pay\\u{202e}fdp\\u{9b}2J");
//! assert_eq!(one_line("a\nb", 10), "a\u{240a}b");
//! assert_eq!(json("\"pay\u{202e}fdp\""), "\"pay\\u202efdp\"");
//! ```
#![forbid(unsafe_code)]

mod table;

use std::fmt::Write;

/// Whether a character is not seen as itself, or changes how other text is shown. Line breaks and tabs are such, too.
pub fn is_hidden(c: char) -> bool {
    let code = u32::from(c);
    let after = table::HIDDEN.partition_point(|&(from, _)| from <= code);
    after > 0 && table::HIDDEN.get(after - 1).is_some_and(|&(_, to)| code <= to)
}

/// The text with hidden characters written as `\u{…}`. Line breaks stay, a tab becomes four spaces.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push('\n'),
            '\t' => shown.push_str("    "),
            c if is_hidden(c) => {
                // Writing to a string does not fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// The same on one line, cut visibly after `most` characters.
pub fn one_line(text: &str, most: usize) -> String {
    let line = visible(&text.replace('\n', "\u{240a}"));
    match line.char_indices().nth(most) {
        Some((at, _)) => format!("{}… [{} more characters]", &line[..at], line[at..].chars().count()),
        None => line,
    }
}

/// JSON text with hidden characters written as JSON's own `\u` escapes, so that it is the same value. Line breaks and tabs
/// between values stay.
pub fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_hidden(c) || matches!(c, '\n' | '\t' | '\r') {
            shown.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides() {
        assert_eq!(visible("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(visible("a\rb\u{200b}"), "a\\u{d}b\\u{200b}");
        assert_eq!(visible("a\tb"), "a    b");
        assert_eq!(one_line("abcdef", 3), "abc… [3 more characters]");
        for code in [
            0x9b, 0x7f, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x180b, 0x200b, 0x202e, 0x2028, 0x2066, 0x2800, 0x3164,
            0xe000, 0xfe0f, 0xfeff, 0xffa0, 0x13430, 0x1d173, 0xe0041, 0xe0100, 0x10ffff,
        ] {
            let c = char::from_u32(code).unwrap_or_else(|| panic!("{code:x} is a character"));
            assert!(is_hidden(c), "U+{code:04X}");
        }
    }

    #[test]
    fn text_that_is_seen_stays() {
        let text = "Grüße, 東京, ελληνικά, עברית, हिन्दी, 𝕏, 👍🏽, ½ — “quoted”";
        assert_eq!(visible(text), text);
        assert_eq!(json(text), text);
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(table::HIDDEN.iter().all(|(from, to)| from <= to));
        assert!(table::HIDDEN.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn json_stays_the_same_value() {
        assert_eq!(json("{\n\t\"a\": \"\u{e0041}\u{7f}\"\n}"), "{\n\t\"a\": \"\\udb40\\udc41\\u007f\"\n}");
    }
}
