//! Categories, character by character.

use super::Pattern;

#[test]
fn categories_are_within_what_the_standard_library_says() {
    let letter = Pattern::compile("\\p{L}").unwrap();
    let decimal = Pattern::compile("\\p{Nd}").unwrap();
    let is = |pattern: &Pattern, c: char| pattern.matches(c.encode_utf8(&mut [0; 4]), &mut 100).unwrap();
    let oracles = ["\\p{L}", "\\p{Nd}"].map(|pattern| regress::Regex::with_flags(pattern, "u").unwrap());
    for c in '\0'..=char::MAX {
        let (l, d) = (is(&letter, c), is(&decimal, c));
        assert!((!l || c.is_alphabetic()) && (!d || c.is_numeric()), "{c:?}");
        let text = c.to_string();
        assert_eq!((l, d), (oracles[0].find(&text).is_some(), oracles[1].find(&text).is_some()), "{c:?}");
    }
}
