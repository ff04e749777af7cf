//! Patterns over `/`-separated names: `*` any run of characters in one segment, `**` any number of segments.
//!
//! A backslash takes a character's meaning away, as [`crate::text`] says. There is nothing else: no braces, no classes.
//! Matching takes time linear in the name for each star, never more.

use crate::text::{escape, fold, fold_inner, unescape};

pub(crate) mod flat;
pub(crate) mod walk;

/// Bytes of a pattern as it is written.
const TEXT: usize = 64 << 10;
/// Characters that it stands for: as many as the longest path has.
const CHARACTERS: usize = 4096;

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Any,
    Name(Vec<Item>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Star,
    Char(char),
}

impl Segment {
    fn is_any(&self) -> bool {
        *self == Segment::Any
    }
}

impl Glob {
    /// Reads a pattern without a leading `/`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > TEXT {
            return Err(format!("a pattern has at most {TEXT} bytes"));
        }
        let mut segments = Vec::new();
        let mut names = vec![Vec::new()];
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            let item = match c {
                '/' => {
                    names.push(Vec::new());
                    continue;
                }
                '*' => Item::Star,
                '\\' => Item::Char(unescape(&mut characters)?),
                '?' | '[' | ']' | '{' | '}' | '!' => {
                    return Err(format!(
                        "{c:?} has no meaning in a pattern: only \"*\" and \"**\" have; the character itself is written \"\\{c}\""
                    ));
                }
                c => Item::Char(c),
            };
            if matches!(item, Item::Char(c) if c.is_control()) {
                return Err("a control character stands in it, which no name has".into());
            }
            if let Some(name) = names.last_mut() {
                name.push(item);
            }
        }
        if names.iter().map(|name| name.len() + 1).sum::<usize>() > CHARACTERS + 1 {
            return Err(format!("a pattern stands for at most {CHARACTERS} characters"));
        }
        for name in names {
            if name == [Item::Star, Item::Star] {
                if segments.last() != Some(&Segment::Any) {
                    segments.push(Segment::Any);
                }
            } else if name.windows(2).any(|pair| pair == [Item::Star, Item::Star]) {
                return Err(format!("\"**\" stands alone between slashes, not as in {:?}", shown(&name)));
            } else {
                segments.push(Segment::Name(name));
            }
        }
        Ok(Glob { segments })
    }

    /// The pattern for a name and all that is below it.
    pub(crate) fn below<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let name = |name: &str| Segment::Name(name.chars().map(Item::Char).collect());
        Glob { segments: names.map(name).chain([Segment::Any]).collect() }
    }

    /// The pattern that all names match.
    pub(crate) fn everything() -> Self {
        Glob { segments: vec![Segment::Any] }
    }

    /// The same and everything below what it matches.
    pub(crate) fn with_below(&self) -> Self {
        let mut segments = self.segments.clone();
        if segments.last() != Some(&Segment::Any) {
            segments.push(Segment::Any);
        }
        Glob { segments }
    }

    /// The same for [`Glob::matches_folded`].
    pub(crate) fn folded(&self) -> Self {
        let segment = |segment: &Segment| match segment {
            Segment::Any => Segment::Any,
            Segment::Name(items) => {
                let mut folded = Vec::new();
                let stars = items.iter().filter(|item| **item == Item::Star).count();
                for (at, part) in items.split(|item| *item == Item::Star).enumerate() {
                    if at > 0 {
                        folded.push(Item::Star);
                    }
                    let text: String = part.iter().filter_map(|item| item.character()).collect();
                    let ends = at == stars;
                    // What is trimmed from a name's end is trimmed from a pattern's end, and from nowhere else.
                    let folded_text = if ends { fold(&text) } else { fold_inner(&text) };
                    folded.extend(folded_text.chars().map(Item::Char));
                }
                Segment::Name(folded)
            }
        };
        Glob { segments: self.segments.iter().map(segment).collect() }
    }

    /// Whether a name matches.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let names: Vec<&str> = name.split('/').collect();
        self.matches_names(&names)
    }

    /// Whether a name matches however some file system spells it; `self` is [`Glob::folded`].
    pub(crate) fn matches_folded(&self, name: &str) -> bool {
        let names: Vec<String> = name.split('/').map(fold).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.matches_names(&names)
    }

    fn matches_names(&self, names: &[&str]) -> bool {
        wild(&self.segments, names, Segment::is_any, |segment, name| match segment {
            Segment::Any => true,
            Segment::Name(pattern) => {
                let name: Vec<char> = name.chars().collect();
                wild(pattern, &name, |item| *item == Item::Star, |item, c| item.character() == Some(*c))
            }
        })
    }

    /// Whether there is a name that both match.
    pub(crate) fn meets(&self, other: &Glob) -> bool {
        both(&self.segments, &other.segments, Segment::is_any, |a, b| match (a, b) {
            (Segment::Name(a), Segment::Name(b)) => both(a, b, |item| *item == Item::Star, |a, b| a == b),
            _ => true,
        })
    }

    /// The names up to the first star, whether they are all there are, and whether all below them is meant.
    pub(crate) fn fixed(&self) -> (Vec<String>, Reach) {
        let mut names = Vec::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let last = at + 1 == self.segments.len();
            match segment {
                Segment::Any if last => return (names, Reach::Below),
                Segment::Name(items) if !items.contains(&Item::Star) => {
                    names.push(items.iter().filter_map(|item| item.character()).collect());
                }
                _ => return (names, Reach::Some),
            }
        }
        (names, Reach::Itself)
    }

    /// Each segment with a letter for each star; nothing for any number of segments.
    pub(crate) fn samples(&self) -> impl Iterator<Item = Option<String>> {
        self.segments.iter().map(|segment| match segment {
            Segment::Any => None,
            Segment::Name(items) => Some(items.iter().map(|item| item.character().unwrap_or('x')).collect()),
        })
    }

    /// Whether it is a name without stars that is longer, in bytes.
    pub(crate) fn is_longer_than(&self, most: usize) -> bool {
        let name = |segment: Option<String>| segment.map_or(0, |name| name.len());
        self.samples().map(name).sum::<usize>() + self.segments.len().saturating_sub(1) > most
    }
}

/// How far a pattern reaches beyond its fixed names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It is that name and no other.
    Itself,
    /// It is that name and all below it.
    Below,
    /// It is some names below it.
    Some,
}

impl Item {
    fn character(self) -> Option<char> {
        match self {
            Item::Star => None,
            Item::Char(c) => Some(c),
        }
    }
}

fn shown(items: &[Item]) -> String {
    let mut text = String::new();
    for (at, part) in items.split(|item| *item == Item::Star).enumerate() {
        if at > 0 {
            text.push('*');
        }
        let part: String = part.iter().filter_map(|item| item.character()).collect();
        text.push_str(&escape(&part));
    }
    text
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, segment) in self.segments.iter().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            match segment {
                Segment::Any => f.write_str("**")?,
                Segment::Name(items) => f.write_str(&shown(items))?,
            }
        }
        Ok(())
    }
}

/// Greedy matching with one point of return: on a mismatch the last star takes one more item.
fn wild<P, N>(pattern: &[P], items: &[N], star: impl Fn(&P) -> bool, same: impl Fn(&P, &N) -> bool) -> bool {
    let (mut p, mut i) = (0, 0);
    let mut last: Option<(usize, usize)> = None;
    while i < items.len() {
        match pattern.get(p) {
            Some(item) if star(item) => {
                last = Some((p + 1, i));
                p += 1;
            }
            Some(item) if same(item, &items[i]) => {
                p += 1;
                i += 1;
            }
            _ => match &mut last {
                Some((after, taken)) => {
                    *taken += 1;
                    (p, i) = (*after, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(star)
}

/// Whether two patterns have a common match: what can be reached, row by row, of all pairs of beginnings.
fn both<P>(a: &[P], b: &[P], star: impl Fn(&P) -> bool, same: impl Fn(&P, &P) -> bool) -> bool {
    let mut row = vec![false; b.len() + 1];
    row[0] = true;
    for j in 0..b.len() {
        row[j + 1] = row[j] && star(&b[j]);
    }
    for x in a {
        let mut next = vec![false; b.len() + 1];
        next[0] = row[0] && star(x);
        for (j, y) in b.iter().enumerate() {
            next[j + 1] = match (star(x), star(y)) {
                (true, true) => row[j + 1] || next[j],
                (true, false) => row[j + 1] || next[j] || row[j],
                (false, true) => row[j + 1] || next[j] || row[j],
                (false, false) => row[j] && same(x, y),
            };
        }
        row = next;
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stay_in_their_segments() {
        for (pattern, name, expected) in [
            ("notes/**", "notes/a", true),
            ("notes/**", "notes/a/b", true),
            ("notes/**", "notes", true),
            ("notes/**", "notesx", false),
            ("notes/*", "notes/a/b", false),
            ("notes/*", "notes/a", true),
            ("*", "a", true),
            ("*", "a/b", false),
            ("**", "a/b/c", true),
            ("**/c", "a/b/c", true),
            ("**/c", "c", true),
            ("a/**/d", "a/b/c/d", true),
            ("a/**/d", "a/d", true),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXbYY", false),
            ("A", "a", false),
            ("5\\*5", "5*5", true),
            ("5\\*5", "5x5", false),
            ("\\*\\*", "**", true),
            ("\\*\\*", "a", false),
            ("\\u{e9}", "é", true),
        ] {
            assert_eq!(Glob::parse(pattern).unwrap().matches(name), expected, "{pattern} {name}");
        }
        for bad in ["a**", "a/?", "[a]", "{a,b}", "a\\b", "a\n", "\\u{a}", "***"] {
            assert!(Glob::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn refusals_hold_for_every_spelling() {
        for (pattern, name, expected) in [
            ("A/*", "a/B", true),
            ("secrets/**", "\u{17f}ecrets/x", true),
            ("straße/x", "STRASSE/x", true),
            ("caf*", "CAFE\u{301}", true),
            ("*.key", "a.KEY. ", true),
            ("x.", "x", true),
            ("a.*", "a.b", true),
            ("a.*", "ab", false),
            ("secret", "secrets", false),
        ] {
            assert_eq!(Glob::parse(pattern).unwrap().folded().matches_folded(name), expected, "{pattern} {name}");
        }
    }

    /// Patterns over a small alphabet, against all short names: one form each, which means the same; and two of them
    /// meet exactly if there is a name that both match.
    #[test]
    fn patterns_have_one_form_and_meet_where_a_name_says_so() {
        let parts = ["a", "b", "*", "/", "**"];
        let mut patterns = Vec::new();
        for code in 0..5usize.pow(4) {
            let text: String = (0..4).map(|i| parts[code / 5usize.pow(i) % 5]).collect();
            if let Ok(glob) = Glob::parse(&text) {
                let written = glob.to_string();
                assert_eq!(Glob::parse(&written).unwrap(), glob, "{text} {written}");
                patterns.push((text, glob));
            }
        }
        let mut names = vec![String::new()];
        for length in 1..6u32 {
            for code in 0..3usize.pow(length) {
                names.push((0..length).map(|i| ["a", "b", "/"][code / 3usize.pow(i) % 3]).collect());
            }
        }
        for (text, glob) in patterns.iter().step_by(7) {
            for (other_text, other) in patterns.iter().step_by(5) {
                let found = names.iter().find(|name| glob.matches(name) && other.matches(name));
                // A common match has no more characters than both patterns together; these names are all that short
                // ones have.
                if found.is_some() {
                    assert!(glob.meets(other), "{text} {other_text}: {found:?}");
                } else if text.len() + other_text.len() < 7 {
                    assert!(!glob.meets(other), "{text} {other_text}");
                }
                assert_eq!(glob.meets(other), other.meets(glob), "{text} {other_text}");
            }
        }
    }
}
