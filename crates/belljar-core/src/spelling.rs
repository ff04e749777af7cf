//! Finding a text of ASCII in another one, however usual encodings write its characters.

use std::mem;

use zeroize::Zeroizing;

/// Backslashes before one character, and signs of repeated percent-encoding, at most: text within text within text.
const NESTED: usize = 8;

/// How what is sought was made of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The value's characters, each plain or escaped.
    Text,
    /// Digits of base64, each plain or escaped, with line breaks between them. The digits before and behind them are changed by
    /// neighbours, and still tell something of the value.
    Base64 { digit_before: bool, digit_behind: bool },
    /// The value's bytes in hexadecimal, with separators between them or without.
    Hex,
}

/// A text that is sought. Its memory is cleared.
#[derive(Debug)]
pub(crate) struct Sought {
    text: Zeroizing<Vec<u8>>,
    form: Form,
}

impl Sought {
    /// A text, with each of its characters as it is, percent-encoded, escaped as in JSON or JavaScript, or as in HTML; also
    /// several times over.
    pub(crate) fn text(text: &str) -> Self {
        Sought { text: Zeroizing::new(text.as_bytes().to_vec()), form: Form::Text }
    }

    /// Its bytes in hexadecimal.
    pub(crate) fn hex(text: &str) -> Self {
        Sought { form: Form::Hex, ..Sought::text(text) }
    }

    /// Digits of base64, and whether those before and behind them hold bits of the value.
    pub(crate) fn base64(digits: &str, digit_before: bool, digit_behind: bool) -> Self {
        Sought { form: Form::Base64 { digit_before, digit_behind }, ..Sought::text(digits) }
    }

    /// Characters that are sought.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether it stands in the bytes.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        self.next(bytes, 0).is_some()
    }

    /// The bytes with a name wherever it stands; nothing if it does not.
    pub(crate) fn replaced(&self, bytes: &[u8], name: &str) -> Option<Vec<u8>> {
        let mut found = Some(self.next(bytes, 0)?);
        let mut replaced = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while let Some((start, end)) = found {
            let (start, end) = self.with_neighbours(bytes, (start, end), at);
            replaced.extend_from_slice(&bytes[at..start]);
            replaced.extend_from_slice(name.as_bytes());
            at = end;
            found = self.next(bytes, at);
        }
        replaced.extend_from_slice(&bytes[at..]);
        Some(replaced)
    }

    /// Where it stands next.
    fn next(&self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        let first = *self.text.first()?;
        let mut begins = [false; 256];
        for byte in 0..=255_u8 {
            begins[usize::from(byte)] = match self.form {
                Form::Hex => byte.to_ascii_lowercase() == hex_digit(first >> 4),
                _ => byte == first || matches!(byte, b'%' | b'\\' | b'&') || first == b' ' && byte == b'+',
            };
        }
        let (mut here, mut there) = (Vec::new(), Vec::new());
        (from..bytes.len())
            .filter(|start| begins[usize::from(bytes[*start])])
            .find_map(|start| self.end(bytes, start, [&mut here, &mut there]).map(|end| (start, end)))
    }

    /// The end of what begins there, if it is what is sought. Escapes can be read in several ways; all are followed.
    fn end(&self, bytes: &[u8], start: usize, [here, there]: [&mut Vec<usize>; 2]) -> Option<usize> {
        here.clear();
        here.push(start);
        for (at, c) in self.text.iter().enumerate() {
            there.clear();
            for place in here.iter() {
                let place = if at == 0 { *place } else { self.between(bytes, *place) };
                match self.form {
                    Form::Hex => there
                        .extend(hex(bytes, place, 2).filter(|(value, _)| *value == u32::from(*c)).map(|(_, end)| end)),
                    _ => spelled(*c, bytes, place, there),
                }
            }
            there.sort_unstable();
            there.dedup();
            if there.is_empty() {
                return None;
            }
            mem::swap(here, there);
        }
        here.last().copied()
    }

    /// Behind what may stand between two characters.
    fn between(&self, bytes: &[u8], place: usize) -> usize {
        let rest = bytes.get(place..).unwrap_or_default();
        let skipped = match self.form {
            Form::Text => 0,
            Form::Hex => match rest {
                [b'0' | b'\\', b'x' | b'X', ..] => 2,
                [b',' | b':' | b'-' | b' ', b' ', b'0', b'x' | b'X', ..] => 4,
                [b',' | b':' | b'-' | b' ', ..] => 1,
                _ => 0,
            },
            Form::Base64 { .. } => match rest {
                [b'\\', b'r', b'\\', b'n', ..] => 4,
                [b'\r', b'\n', ..] | [b'\\', b'n', ..] => 2,
                [b'\n', ..] => 1,
                _ => 0,
            },
        };
        place + skipped
    }

    /// With the digits of base64 beside it that tell something of it, and with what fills up its end. `from` is where the last one ended.
    fn with_neighbours(&self, bytes: &[u8], (start, end): (usize, usize), from: usize) -> (usize, usize) {
        let Form::Base64 { digit_before, digit_behind } = self.form else { return (start, end) };
        let is_digit =
            |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte));
        let before = digit_before && start > from && is_digit(bytes.get(start - 1));
        let mut end = end + usize::from(digit_behind && is_digit(bytes.get(end)));
        for _ in 0..2 {
            end += usize::from(bytes.get(end) == Some(&b'='));
        }
        (start - usize::from(before), end)
    }
}

/// Adds the places behind a character, however it is written there.
fn spelled(c: u8, bytes: &[u8], place: usize, ends: &mut Vec<usize>) {
    let Some(rest) = bytes.get(place..) else { return };
    let value = u32::from(c);
    let mut escape =
        |found: Option<(u32, usize)>| ends.extend(found.filter(|(found, _)| *found == value).map(|(_, end)| end));
    match rest {
        [b'%', ..] => {
            let again = rest[1..].chunks_exact(2).take(NESTED).take_while(|two| *two == b"25").count();
            // The last `25` may be the character itself.
            for repeats in 0..=again {
                escape(hex(bytes, place + 1 + 2 * repeats, 2));
            }
        }
        [b'\\', ..] => {
            let slashes = rest.iter().take(NESTED).take_while(|byte| **byte == b'\\').count();
            let behind = place + slashes;
            match bytes.get(behind) {
                Some(b'u') if bytes.get(behind + 1) == Some(&b'{') => escape(
                    (1..=6)
                        .find_map(|digits| {
                            hex(bytes, behind + 2, digits).filter(|(_, end)| bytes.get(*end) == Some(&b'}'))
                        })
                        .map(|(value, end)| (value, end + 1)),
                ),
                Some(b'u') => escape(hex(bytes, behind + 1, 4)),
                Some(b'x') => escape(hex(bytes, behind + 1, 2)),
                Some(byte) if *byte == c && !c.is_ascii_alphanumeric() => escape(Some((value, behind + 1))),
                _ => {}
            }
            if c == b'\\' {
                for taken in 2..=slashes {
                    escape(Some((value, place + taken)));
                }
            }
        }
        [b'&', b'#', b'x' | b'X', ..] => escape(reference(bytes, place + 3, 16)),
        [b'&', b'#', ..] => escape(reference(bytes, place + 2, 10)),
        [b'&', ..] => {
            for (name, byte) in [("&amp;", b'&'), ("&lt;", b'<'), ("&gt;", b'>'), ("&quot;", b'"'), ("&apos;", b'\'')] {
                if byte == c && rest.starts_with(name.as_bytes()) {
                    escape(Some((value, place + name.len())));
                }
            }
        }
        [b'+', ..] if c == b' ' => escape(Some((value, place + 1))),
        _ => {}
    }
    if rest.first() == Some(&c) {
        ends.push(place + 1);
    }
}

/// A number of so many digits in hexadecimal, and where it ends.
fn hex(bytes: &[u8], at: usize, digits: usize) -> Option<(u32, usize)> {
    let text = std::str::from_utf8(bytes.get(at..at + digits)?).ok()?;
    let all = text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let value = u32::from_str_radix(text, 16).ok().filter(|_| all)?;
    Some((value, at + digits))
}

fn hex_digit(value: u8) -> u8 {
    b"0123456789abcdef"[usize::from(value & 15)]
}

/// The number of a character reference of HTML, and where it ends.
fn reference(bytes: &[u8], at: usize, radix: u32) -> Option<(u32, usize)> {
    let rest = bytes.get(at..)?;
    let end = rest.iter().take(NESTED).position(|byte| *byte == b';')?;
    let value = u32::from_str_radix(std::str::from_utf8(rest.get(..end)?).ok()?, radix).ok()?;
    Some((value, at + end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(sought: &Sought, text: &str) -> String {
        let replaced = sought.replaced(text.as_bytes(), "[x]").unwrap_or_else(|| text.as_bytes().to_vec());
        String::from_utf8(replaced).unwrap()
    }

    #[test]
    fn characters_are_found_however_they_are_written() {
        let sought = Sought::text("a+b/c=\"d <&\\");
        for text in [
            "a+b/c=\"d <&\\",
            "a%2Bb/c%3D%22d+%3C%26%5C",
            "a%2bb%2Fc%3d%22d%20<&%5c",
            "%61%2B%62%2F%63%3D%22%64%20%3C%26%5C",
            "a%252Bb%25252Fc%3D%22d %3C&%5C",
            "a+b\\/c=\\\"d <&\\\\",
            "a\\u002Bb/c=\\u0022d \\u003c\\u0026\\\\",
            "a\\u002bb/c\\u003d\\u0022d\\u0020\\u003C\\u0026\\u005c",
            "a\\\\u002bb/c=\\\\\\\"d <&\\\\\\\\",
            "a\\x2bb/c=\\u{22}d <&\\\\",
            "a&#43;b/c=&quot;d &lt;&amp;\\",
            "a&#x2b;b&#47;c&#x3D;&#34;d &lt;&#38;\\",
        ] {
            assert_eq!(hidden(&sought, &format!("<{text}>{text}")), "<[x]>[x]", "{text}");
        }
        for text in ["a b/c=\"d <&\\", "a+b/c=\"d <&", "a%2Cb/c=\"d <&\\", "%", "a%2", "\\u00", "&#", "&#x;", "a&#4"] {
            assert_eq!(hidden(&sought, text), text);
        }
    }

    #[test]
    fn escapes_of_what_looks_like_an_escape_are_followed_both_ways() {
        for (value, text) in [
            ("%25%2B!", "%25%2B!"),
            ("%25%2B!", "%2525%252B!"),
            ("\\\\u0041", "\\\\u0041"),
            ("\\\\u0041", "\\\\\\\\u0041"),
        ] {
            assert_eq!(hidden(&Sought::text(value), &format!(".{text}.")), ".[x].", "{value} in {text}");
        }
    }

    #[test]
    fn bytes_in_hexadecimal_are_found_with_separators() {
        let sought = Sought::hex("k+~");
        for text in ["6b2b7e", "6B2B7e", "6b:2B:7e", "6b-2b-7e", "6b 2b 7e", "6b, 0x2b, 0x7e", "6b\\x2b\\x7e"] {
            assert_eq!(hidden(&sought, &format!("({text})")), "([x])", "{text}");
        }
    }

    #[test]
    fn digits_beside_base64_and_its_padding_go_with_it() {
        let sought = Sought::base64("QUJD", true, true);
        assert_eq!(hidden(&sought, "\"eQUJDz==\""), "\"[x]\"");
        assert_eq!(hidden(&sought, "eQU\r\nJDz"), "[x]");
        assert_eq!(hidden(&sought, "e\\u0051UJDz"), "[x]");
        assert_eq!(hidden(&Sought::base64("QUJD", false, false), "eQUJDz="), "e[x]z=");
    }

    #[test]
    fn many_signs_of_escapes_take_no_longer_than_others() {
        let sought = Sought::text("\\%&secret");
        for sign in ["\\", "%25", "&#", "%"] {
            assert!(!sought.is_in(sign.repeat(1 << 18).as_bytes()));
        }
    }
}
