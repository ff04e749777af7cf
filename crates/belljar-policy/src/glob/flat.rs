//! Patterns over texts without segments: `*` is any text, and all else stands for itself.

use super::walk::Walk;
use super::{Glob, Item, Segment};

/// Characters of a pattern (1000): values are longer than names, and matching takes time for both.
const CHARACTERS: usize = 1000;

/// A pattern for a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flat(Glob);

impl Flat {
    /// Reads a pattern. There is nothing that takes the meaning of a star away.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut items = Vec::new();
        for c in text.chars() {
            let item = if c == '*' { Item::Star } else { Item::Char(c) };
            // Two stars are any text as one is.
            if item != Item::Star || items.last() != Some(&Item::Star) {
                items.push(item);
            }
        }
        if items.len() > CHARACTERS {
            return Err(format!("a pattern has at most {CHARACTERS} characters"));
        }
        Ok(Flat(Glob { segments: vec![Segment::Name(items)] }))
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.matches_names(&[text])
    }

    /// Whether there is a text that both match.
    pub(crate) fn meets(&self, other: &Flat) -> bool {
        self.0.meets(&other.0)
    }

    pub(crate) fn walk(&self) -> Walk {
        Walk::new(&self.0)
    }

    /// The characters that stand for themselves, and nothing for a star.
    pub(crate) fn items(&self) -> impl DoubleEndedIterator<Item = Option<char>> {
        self.0
            .segments
            .iter()
            .flat_map(|segment| match segment {
                Segment::Any => &[][..],
                Segment::Name(items) => items,
            })
            .map(|item| item.character())
    }
}

/// As it is read.
impl std::fmt::Display for Flat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text: String = self.items().map(|item| item.unwrap_or('*')).collect();
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_nothing_else_is_special() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "a/b\nc", true),
            ("", "", true),
            ("", "a", false),
            ("2024-*", "2024-", true),
            ("2024-*", "x2024-", false),
            ("a**b", "ab", true),
            ("a?", "a?", true),
            ("a?", "ab", false),
            ("\\*", "\\x", true),
            ("\\*", "*", false),
            ("/**/", "//", true),
            ("[a]", "a", false),
        ] {
            assert_eq!(Flat::parse(pattern).unwrap().matches(text), expected, "{pattern} {text:?}");
        }
        assert_eq!(Flat::parse("a***b").unwrap().to_string(), "a*b");
        assert!(Flat::parse(&"a".repeat(1000)).is_ok());
        assert!(Flat::parse(&"a".repeat(1001)).is_err());
    }

    #[test]
    fn two_meet_where_a_text_says_so() {
        for (one, other, expected) in
            [("a*", "*b", true), ("a*", "b*", false), ("*", "", true), ("a/*", "*/b", true), ("ab", "a*c", false)]
        {
            let (one, other) = (Flat::parse(one).unwrap(), Flat::parse(other).unwrap());
            assert_eq!((one.meets(&other), other.meets(&one)), (expected, expected), "{one} {other}");
        }
    }
}
