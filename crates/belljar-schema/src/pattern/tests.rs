//! Properties, character by character.

use super::Pattern;

fn compile(pattern: &str) -> Pattern {
    Pattern::compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

#[test]
fn properties_are_those_of_another_library() {
    let names = [
        "L",
        "Lu",
        "Uppercase_Letter",
        "LC",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Combining_Mark",
        "N",
        "Nd",
        "digit",
        "Nl",
        "No",
        "P",
        "punct",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "C",
        "Cc",
        "gc=Cf",
        "General_Category=Private_Use",
        "ASCII",
        "Any",
        "Alphabetic",
        "Lowercase",
        "Uppercase",
        "White_Space",
        "Emoji",
        "Script=Greek",
        "sc=Grek",
        "Script=Latin",
        "Script=Cyrillic",
        "Script=Han",
        "Script=Hiragana",
        "Script=Arabic",
        "Script=Common",
        "Script=Inherited",
        "sc=Qaai",
        "scx=Deva",
        "Script_Extensions=Latin",
    ];
    for name in names {
        for pattern in [format!("^\\p{{{name}}}$"), format!("^\\P{{{name}}}$")] {
            let ours = compile(&pattern);
            let theirs = regress::Regex::with_flags(&pattern, "u").unwrap();
            // Every character of the first two planes' most used parts, and each seventh of the others.
            for c in (0..0x3000).chain((0x3000..0x11_0000).step_by(7)).filter_map(char::from_u32) {
                let text = c.to_string();
                let (is, other) = (ours.matches(&text, &mut 1000).unwrap(), theirs.find(&text).is_some());
                assert_eq!(is, other, "{pattern} {c:?}");
            }
        }
    }
}

#[test]
fn what_ecmascript_does_not_know_is_refused() {
    for name in
        ["greek", "Greek", "Script=greek", "lu", "gc=Greek", "Script=", "L ", "Block=Latin", "", "IsL", "script=Greek"]
    {
        assert!(Pattern::compile(&format!("\\p{{{name}}}")).is_err(), "{name}");
        assert!(regress::Regex::with_flags(&format!("\\p{{{name}}}"), "u").is_err(), "{name}");
    }
}
