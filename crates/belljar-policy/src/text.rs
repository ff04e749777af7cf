//! How a name is written where it stands in a rule, a log or a question: so that it can be seen whole, told from every
//! other name, and pasted as a rule.
//!
//! Letters, digits and most of ASCII stand for themselves. A backslash before a punctuation character means that
//! character (`\*` is a star and no pattern), and `\u{202e}` means the character with that number. No apostrophe is left
//! bare, so that what is written can stand between apostrophes in a shell and in a `policy.toml`.

use std::fmt::Write as _;

/// Letters by the Unicode tables that look like nothing.
const BLANK: [char; 6] = ['\u{115f}', '\u{1160}', '\u{17b4}', '\u{17b5}', '\u{3164}', '\u{ffa0}'];

/// Characters that have, or are kept for, a meaning in patterns.
const SPECIAL: [char; 9] = ['*', '?', '[', ']', '{', '}', '!', '\\', '\''];

/// Whether a character stands for itself.
fn plain(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_graphic() && !SPECIAL.contains(&c)
    } else {
        c.is_alphanumeric() && !BLANK.contains(&c)
    }
}

/// Writes a name so that reading it as a rule's pattern gives exactly that name.
///
/// ```
/// use belljar_policy::escape;
///
/// assert_eq!(escape("notes/today's"), "notes/today\\u{27}s");
/// assert_eq!(escape("5*5"), "5\\*5");
/// assert_eq!(escape("a\u{202e}b"), "a\\u{202e}b");
/// ```
pub fn escape(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut before = None;
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        let inner = before.is_some_and(|c| c != ' ') && characters.peek().is_some_and(|c| *c != ' ');
        if c == ' ' && inner && !name_as_follows(&characters) || plain(c) {
            text.push(c);
        } else if c.is_ascii_punctuation() && c != '\'' {
            text.push('\\');
            text.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
        }
        before = Some(c);
    }
    text
}

/// Whether "as " follows, which in a rule for files is a word.
fn name_as_follows(rest: &std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    rest.clone().take(3).eq("as ".chars())
}

/// Reads what stands behind a backslash: the character that is meant.
pub(crate) fn unescape(characters: &mut impl Iterator<Item = char>) -> Result<char, String> {
    match characters.next() {
        Some('u') => {
            let wrong = || "\"\\u\" is written like \"\\u{202e}\"".to_owned();
            if characters.next() != Some('{') {
                return Err(wrong());
            }
            let mut digits = String::new();
            loop {
                match characters.next() {
                    Some('}') => break,
                    Some(c) if c.is_ascii_hexdigit() && digits.len() < 6 => digits.push(c),
                    _ => return Err(wrong()),
                }
            }
            let c = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).ok_or_else(wrong)?;
            if c == '/' { Err("\"/\" separates names and cannot be written otherwise".into()) } else { Ok(c) }
        }
        Some(c) if c != '/' && c.is_ascii_punctuation() => Ok(c),
        Some(c) => Err(format!("\"\\\" stands before a punctuation character or \"u{{…}}\", not before {c:?}")),
        None => Err("\"\\\" stands before a character".into()),
    }
}

/// Reads a name without stars, as [`escape`] writes it.
///
/// # Errors
///
/// What no name is written like, in words for people.
///
/// ```
/// assert_eq!(belljar_policy::literal("5\\*5").as_deref(), Ok("5*5"));
/// assert!(belljar_policy::literal("5*5").is_err());
/// ```
pub fn literal(text: &str) -> Result<String, String> {
    let mut name = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => name.push(unescape(&mut characters)?),
            '*' => return Err("\"*\" cannot stand here: it is one name; a star in a name is written \"\\*\"".into()),
            c => name.push(c),
        }
    }
    Ok(name)
}

/// Whether a character can be seen where it stands, and is no control, no mark without a letter and no white space but the
/// space.
pub(crate) fn visible(c: char) -> bool {
    if c.is_ascii() {
        c == ' ' || c.is_ascii_graphic()
    } else {
        !BLANK.contains(&c) && (c.is_alphanumeric() || c.escape_debug().eq([c]))
    }
}

/// Characters of a line that one person writes for others (500): a reason, or what to do instead.
pub const WORDS: usize = 500;

/// Whether a text is a line that a person can write for others: one that says something, can be seen whole, and has at most
/// [`WORDS`] characters.
///
/// # Errors
///
/// Why it is none.
pub fn check_words(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("it is empty and says nothing".into());
    }
    if let Some(c) = text.chars().find(|c| !visible(*c)) {
        return Err(format!("it is one line of text that can be seen, without {c:?}"));
    }
    let length = text.chars().count();
    if length > WORDS {
        return Err(format!("it has at most {WORDS} characters, not {length}"));
    }
    Ok(())
}

/// A text between quotation marks, with what cannot be seen written by its number: for people.
pub(crate) fn quoted(text: &str) -> String {
    quote(text, visible)
}

/// A basic string of TOML.
pub(crate) fn basic(text: &str) -> String {
    // Not by the tables of Unicode, which grow: digests are of what is written.
    quote(text, |c| !c.is_control())
}

fn quote(text: &str, plain: fn(char) -> bool) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        if plain(c) {
            quoted.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(quoted, "\\U{:08X}", u32::from(c));
        }
    }
    quoted.push('"');
    quoted
}

/// How a text is compared where a refusal must hold for every spelling that some file system takes for the same name:
/// decomposed by Unicode's tables, without regard to case, and without dots and spaces at the end.
pub fn fold(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let cased =
        |text: String| -> String { text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect() };
    let folded: String = cased(name.nfd().collect()).nfd().collect();
    folded.trim_end_matches(is_trimmed).to_owned()
}

/// Folds a part of a name that is not its end: nothing is taken off.
pub(crate) fn fold_inner(text: &str) -> String {
    let mut folded = fold(&format!("{text}x"));
    folded.pop();
    folded
}

/// The characters that [`fold`] takes off the end of a name.
pub(crate) fn is_trimmed(c: char) -> bool {
    matches!(c, '.' | ' ')
}

/// Whether a character is in a folded name only where it is in the name itself.
pub(crate) fn folds_from_itself_only(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphabetic() && !matches!(c, ';' | '`' | '<' | '=' | '>')
}

/// How a character is folded: to what begins so, whatever stands beside it, and whether to that alone. There is nothing to
/// be said of characters that may change places with others, such as accents of their own.
pub(crate) fn folded_beginning(c: char) -> Option<(char, bool)> {
    use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class as class};
    let stays = |c: &char| class(*c) == 0;
    let folded = fold_inner(c.encode_utf8(&mut [0; 4]));
    let mut folded = folded.chars();
    let first = folded.next().filter(stays)?;
    std::iter::once(c).nfd().next().filter(stays)?;
    Some((first, folded.next().is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_and_is_visible() {
        for c in (0..0x3000).chain(0xfe00..0x1_0000).chain(0xe_0000..0xe_0200).filter_map(char::from_u32) {
            if c.is_control() || c == '/' {
                continue;
            }
            for name in [format!("{c}"), format!("a{c}b"), format!("{c}{c}"), format!("a {c}as b")] {
                let written = escape(&name);
                assert_eq!(literal(&written), Ok(name), "{written}");
                assert!(
                    written.chars().all(|c| c == ' ' || c == '\\' || plain(c) || SPECIAL.contains(&c)),
                    "{written}"
                );
                assert!(!written.contains('\'') && written.trim() == written && !written.contains(" as "), "{written}");
            }
        }
        for bad in ["a\\", "\\u", "\\u{", "\\u{}", "\\u{110000}", "\\u{d800}", "\\u{2f}", "\\/", "\\a", "*"] {
            assert!(literal(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn other_spellings_of_a_name_fold_to_the_same() {
        for (one, other) in [
            ("SECRETS", "\u{17f}ecrets"),
            ("straße", "STRASSE"),
            ("ﬁle", "FILE"),
            ("café", "cafe\u{301}"),
            ("CAFÉ", "cafe\u{301}"),
            ("secrets.", "secrets"),
            ("secrets .", "secrets"),
            ("\u{212a}ey", "key"),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
            ("\u{1f80}", "\u{1f88}"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("secret"), fold("secrets"));
        for text in ["a", "ß", "İ", "ǰ", "ﬃ", "ᾈ", "e\u{301}\u{323}", "x. . "] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }

    /// What comparing policies relies on, for each character alone and beside others.
    #[test]
    fn characters_fold_where_they_stand() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| *c != '/') {
            let own = fold_inner(&c.to_string());
            assert!(!own.is_empty(), "{c:?}");
            for found in own.chars().filter(|found| *found != c) {
                assert!(!folds_from_itself_only(found) && found != '/', "{c:?} {own:?}");
            }
            if folds_from_itself_only(c) {
                assert_eq!(own, c.to_string());
            }
            let Some((first, alone)) = folded_beginning(c) else { continue };
            for (before, after) in
                [("", "\u{301}"), ("a", "\u{345}\u{323}"), ("e\u{301}", "\u{323}"), ("\u{345}", "\u{fe0f}")]
            {
                let folded = fold_inner(&format!("{before}{c}{after}x"));
                let rest = folded.strip_prefix(&fold_inner(before)).and_then(|rest| rest.strip_prefix(first));
                assert!(rest.is_some(), "{before:?} {c:?} {after:?} {folded:?}");
                assert!(!alone || rest == Some(&format!("{}x", fold_inner(after))), "{c:?} {after:?} {folded:?}");
            }
        }
    }
}
