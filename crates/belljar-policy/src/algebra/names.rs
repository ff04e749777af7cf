//! Which names requests can have, read character by character.
//!
//! A name that no request has shows nothing: `a/../b` is no path, and a URL's path has `%3F` where a name has `?`.

use crate::http::needs_encoding;

/// A kind of names, without the first `/`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Names {
    /// Any text but the empty one.
    Keys,
    /// Paths of files but for the root's: no name in them is empty, `.` or `..`.
    Paths,
    /// Paths of URLs as the WHATWG standard writes them, without the encoded characters that are always refused.
    Urls,
    /// Names of one segment that has some characters of ASCII only: those that this takes.
    Plain(fn(char) -> bool),
}

/// What was read of a segment, as far as it decides on what may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// How many dots it is; none if it is anything else. A key is 0 before its first character, and none behind it.
    dots: Option<u8>,
    escape: Escape,
}

/// The beginning of a percent-encoded character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Escape {
    No,
    /// `%`
    Percent,
    /// `%` and its first digit.
    First(u8),
}

/// The characters that a [`Shape`] is made of in a URL.
const SHAPING: [char; 24] = [
    '.', '%', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'A', 'B', 'C', 'D', 'E',
    'F',
];

impl Names {
    /// Before the first character of a name.
    pub(super) fn start(self) -> Shape {
        Shape { dots: Some(0), escape: Escape::No }
    }

    /// Before the first character of a further segment.
    pub(super) fn next(self) -> Shape {
        let dots = if matches!(self, Names::Keys) { None } else { Some(0) };
        Shape { dots, escape: Escape::No }
    }

    /// Whether a character may stand in a segment.
    pub(super) fn has(self, c: char) -> bool {
        match self {
            Names::Keys => c != '/' && !c.is_control(),
            Names::Paths => !matches!(c, '/' | '\\') && !c.is_control(),
            // The others are written with their numbers there.
            Names::Urls => {
                c.is_ascii_graphic() && !matches!(c, '/' | '\\' | '"' | '#' | '<' | '>' | '?' | '`' | '{' | '}')
            }
            Names::Plain(takes) => takes(c),
        }
    }

    /// The shape after one more character; none if no name has such a segment.
    pub(super) fn read(self, shape: Shape, c: char) -> Option<Shape> {
        let name = Shape { dots: None, escape: Escape::No };
        let dot = |before: Option<u8>| Shape { dots: before.filter(|dots| *dots < 2).map(|dots| dots + 1), ..name };
        match self {
            Names::Keys | Names::Plain(_) => Some(name),
            Names::Paths if c == '.' => Some(dot(shape.dots)),
            Names::Paths => Some(name),
            Names::Urls => match (shape.escape, c) {
                (Escape::No, '.') => Some(dot(shape.dots)),
                (_, '%') => Some(Shape { escape: Escape::Percent, ..name }),
                (Escape::Percent, c) => {
                    let escape = c.to_digit(16).map_or(Escape::No, |digit| Escape::First(digit as u8));
                    Some(Shape { escape, ..name })
                }
                (Escape::First(first), c) => {
                    let byte = c.to_digit(16).map(|digit| first * 16 + digit as u8);
                    byte.is_none_or(|byte| needs_encoding(byte).is_ok()).then_some(name)
                }
                _ => Some(name),
            },
        }
    }

    /// Whether a further segment may follow one of that shape.
    pub(super) fn may_go_on(self, shape: Shape) -> bool {
        match self {
            Names::Keys => true,
            Names::Paths | Names::Urls => self.may_end(shape),
            Names::Plain(_) => false,
        }
    }

    /// Whether a name may end with a segment of that shape.
    pub(super) fn may_end(self, shape: Shape) -> bool {
        match self {
            Names::Keys | Names::Paths => shape.dots.is_none(),
            Names::Urls => matches!(shape.dots, None | Some(0)),
            Names::Plain(_) => shape.dots != Some(0),
        }
    }

    /// Characters that stand for all that no pattern expects: one that is not among the expected ones, or several where
    /// they shape a segment in different ways.
    pub(super) fn unexpected(self, is_expected: impl Fn(char) -> bool) -> Vec<char> {
        let letters = ('a'..='z').chain('0'..='9').chain('\u{21}'..=char::MAX);
        let shaping = |c: char| matches!(self, Names::Urls) && SHAPING.contains(&c);
        // Beyond ASCII there are names of some kinds only.
        let most = if matches!(self, Names::Urls | Names::Plain(_)) { '\u{7f}' } else { char::MAX };
        let mut free = letters.take_while(|c| *c <= most).filter(|c| self.has(*c) && !is_expected(*c));
        match free.find(|c| !shaping(*c)) {
            Some(c) => vec![c],
            None => SHAPING.into_iter().filter(|c| self.has(*c) && !is_expected(*c)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest_path::GuestPath;
    use url::Url;

    /// Names of tools.
    const TOOLS: Names = Names::Plain(crate::section::tools::is_plain);

    fn is_name(names: Names, text: &str) -> bool {
        let mut shape = names.start();
        for c in text.chars() {
            if c == '/' {
                if !names.may_go_on(shape) {
                    return false;
                }
                shape = names.next();
                continue;
            }
            match names.read(shape, c).filter(|_| names.has(c)) {
                Some(next) => shape = next,
                None => return false,
            }
        }
        names.may_end(shape)
    }

    #[test]
    fn keys_are_all_texts_but_the_empty_one() {
        for (key, is_key) in [("", false), ("/", true), ("a", true), ("a/", true), ("//a", true), ("..", true)] {
            assert_eq!(is_name(Names::Keys, key), is_key, "{key:?}");
        }
    }

    /// Over all texts of up to six of the characters that matter.
    #[test]
    fn paths_are_those_that_urls_and_files_have() {
        let letters = ['.', '%', '2', 'E', 'f', '5', 'c', '/', 'x'];
        let mut texts = vec![String::new()];
        let (mut first, mut urls, mut files) = (0, 0, 0);
        for _ in 0..6 {
            let end = texts.len();
            for at in first..end {
                for letter in letters {
                    texts.push(format!("{}{letter}", texts[at]));
                }
            }
            first = end;
        }
        let mut url = Url::parse("https://a.example/").unwrap();
        for text in &texts {
            url.set_path(&format!("/{text}"));
            let same = url.path() == format!("/{text}") && crate::http::sound(&url).is_ok();
            assert_eq!(is_name(Names::Urls, text), same, "{text}");
            urls += usize::from(same);
            if text.len() < 5 {
                let path = format!("/{text}");
                let same = text.is_empty() || GuestPath::parse(&path).is_ok_and(|read| read.as_str() == path);
                assert_eq!(text.is_empty() || is_name(Names::Paths, text), same, "{text}");
                files += usize::from(same);
            }
        }
        assert!(urls > 100_000 && files > 1000, "{urls} {files}");
    }

    #[test]
    fn each_character_is_taken_where_requests_have_it() {
        let mut url = Url::parse("https://a.example/").unwrap();
        for c in (0..0x3000).filter_map(char::from_u32).filter(|c| !matches!(c, '/' | '.')) {
            url.set_path(&format!("/x{c}x"));
            assert_eq!(Names::Urls.has(c), url.path() == format!("/x{c}x"), "{c:?}");
            assert_eq!(Names::Paths.has(c), GuestPath::parse(&format!("/{c}")).is_ok(), "{c:?}");
            let tool = crate::subject::Subject::parse("tools", crate::Effect::Ask, &crate::escape(&c.to_string()));
            assert_eq!(TOOLS.has(c), tool.is_ok() && c != '*', "{c:?}");
        }
    }

    #[test]
    fn what_no_pattern_expects_stands_for_the_rest() {
        assert_eq!(Names::Keys.unexpected(|c| c.is_ascii()), ['\u{a0}']);
        assert_eq!(TOOLS.unexpected(|c| c != '-'), ['-']);
        assert_eq!(TOOLS.unexpected(|_| true), []);
        assert_eq!(Names::Urls.unexpected(|c| c == 'g'), ['h']);
        assert_eq!(Names::Urls.unexpected(|c| !SHAPING.contains(&c) || c == '.'), SHAPING[1..]);
    }
}
