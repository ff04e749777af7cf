//! Patterns over `/`-separated names: `*` any run of characters in one segment, `**` any number of segments.
//!
//! There is nothing else: no braces, no classes, no escapes. Matching takes time linear in the name for each
//! star, never more.

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Any,
    Name(String),
}

impl Glob {
    /// Reads a pattern without a leading `/`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > 1024 {
            return Err("a pattern has at most 1024 bytes".into());
        }
        if let Some(c) = text.chars().find(|c| c.is_control() || matches!(c, '?' | '[' | ']' | '{' | '}' | '!' | '\\'))
        {
            return Err(format!("{c:?} has no meaning in a pattern: only \"*\" and \"**\" have"));
        }
        let mut segments = Vec::new();
        for segment in text.split('/') {
            match segment {
                "**" => {
                    if segments.last() != Some(&Segment::Any) {
                        segments.push(Segment::Any);
                    }
                }
                _ if segment.contains("**") => {
                    return Err(format!("\"**\" stands alone between slashes, not as in {segment:?}"));
                }
                _ => segments.push(Segment::Name(segment.to_owned())),
            }
        }
        Ok(Glob { text: text.to_owned(), segments })
    }

    /// Whether a name matches.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.matches_with(name, |a, b| a == b)
    }

    /// Whether a name matches without regard to case: for refusals, which must hold on every file system.
    pub(crate) fn matches_any_case(&self, name: &str) -> bool {
        self.matches_with(name, |a, b| a == b || a.to_lowercase().eq(b.to_lowercase()))
    }

    fn matches_with(&self, name: &str, same: impl Fn(char, char) -> bool + Copy) -> bool {
        let names: Vec<&str> = name.split('/').collect();
        wild(
            &self.segments,
            &names,
            |s| *s == Segment::Any,
            |s, n| match s {
                Segment::Any => true,
                Segment::Name(pattern) => {
                    let pattern: Vec<char> = pattern.chars().collect();
                    let name: Vec<char> = n.chars().collect();
                    wild(&pattern, &name, |c| *c == '*', |a, b| same(*a, *b))
                }
            },
        )
    }
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
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
        ] {
            assert_eq!(Glob::parse(pattern).unwrap().matches(name), expected, "{pattern} {name}");
        }
        assert!(Glob::parse("A/*").unwrap().matches_any_case("a/B"));
        for bad in ["a**", "a/?", "[a]", "{a,b}", "a\\b", "a\n"] {
            assert!(Glob::parse(bad).is_err(), "{bad}");
        }
    }
}
