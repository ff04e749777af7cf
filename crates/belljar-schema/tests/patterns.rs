//! Patterns, compared with a JavaScript engine of regular expressions (`regress`).
//!
//! regress has faults of its own, which turn up once in millions of pairs; before ours is blamed, ask V8.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod common;

use belljar_schema::Schema;
use common::{Random, pairs, seed};
use serde_json::{Value, json};

/// What Belljar says: whether the text matches, or why the pattern is refused.
fn ours(pattern: &str, text: &str) -> Result<bool, String> {
    let schema = Schema::compile(&json!({ "pattern": pattern })).map_err(|e| e.to_string())?;
    Ok(schema.check(&json!(text)).is_ok())
}

fn atom(random: &mut Random, depth: usize, groups: &mut usize, refer: bool) -> String {
    let simple =
        ["a", "b", "c", "é", "😀", ".", "\\d", "\\w", "\\s", "\\W", "\\D", "\\S", "1", "-", "_", " ", "\\.", "\\/"];
    let classes = [
        "[ab]",
        "[^a]",
        "[a-c]",
        "[^\\d\\s]",
        "[\\w.]",
        "[1-9a]",
        "[é-ü]",
        "[😀b]",
        "[^]",
        "[]",
        "[-a]",
        "[a-]",
        "[\\]\\-]",
        "[\\u0061\\x62]",
        "[\\b]",
        "[^\\W]",
        "\\u{1F600}",
        "\\ud83d\\ude00",
        "\\x61",
        "\\p{Alphabetic}",
        "\\P{Lowercase}",
        "[^\\p{N}a]",
        "\\p{White_Space}",
        "\\p{ASCII}",
        "\\p{L}",
        "[^\\p{L}\\p{Nd}]",
        "\\P{Letter}",
        "[\\P{Uppercase}b]",
    ];
    if depth == 0 {
        return (*random.pick(&simple)).to_string();
    }
    match random.below(14) {
        0..=4 => (*random.pick(&simple)).to_string(),
        5 | 6 => (*random.pick(&classes)).to_string(),
        7 => {
            *groups += 1;
            // regress is wrong about a reference to a group from within it, where no group has captured yet.
            format!("({})", choice(random, depth - 1, groups, false))
        }
        8 => format!("(?:{})", choice(random, depth - 1, groups, refer)),
        9 => {
            *groups += 1;
            let name = *groups;
            format!("(?<n{name}>{})", choice(random, depth - 1, groups, false))
        }
        10 => {
            let look = *random.pick(&["?=", "?!", "?<=", "?<!"]);
            format!("({look}{})", choice(random, depth - 1, groups, refer))
        }
        11 => (*random.pick(&["^", "$", "\\b", "\\B"])).to_string(),
        _ if refer && *groups > 0 => format!("\\{}(?:)", 1 + random.below(*groups)),
        _ => "ab".to_string(),
    }
}

fn sequence(random: &mut Random, depth: usize, groups: &mut usize, refer: bool) -> String {
    let mut text = String::new();
    for _ in 0..random.below(4) {
        let atom = atom(random, depth, groups, refer);
        let fixed = ["^", "$", "\\b", "\\B", "(?=", "(?!", "(?<=", "(?<!"].iter().any(|p| atom.starts_with(p));
        text += &atom;
        if !fixed && random.chance(35) {
            // regress repeats without end what may match nothing: here such groups are repeated behind a character.
            // (The same generator without this was once compared with V8: 300,000 pairs, of which nine differ,
            // each by a place between the halves of a surrogate pair, where V8 also looks.)
            if text.ends_with(')') {
                let start = text.len() - atom.len();
                text.insert_str(start, "(?:[^b]");
                text.push(')');
            }
            text += *random.pick(&["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{2,}", "{0}", "{1,}?"]);
        }
    }
    text
}

fn choice(random: &mut Random, depth: usize, groups: &mut usize, refer: bool) -> String {
    let mut branches = vec![sequence(random, depth, groups, refer)];
    while random.chance(25) {
        branches.push(sequence(random, depth, groups, refer));
    }
    branches.join("|")
}

fn text(random: &mut Random) -> String {
    let characters = [
        "a", "b", "c", "a", "b", "1", "9", " ", "\n", "é", "ü", "😀", "-", "_", ".", "/", "A", "Σ", "٣", "\u{2028}",
        "]",
    ];
    (0..random.below(9)).map(|_| *random.pick(&characters)).collect()
}

#[test]
fn generated_patterns_match_as_in_javascript() {
    let mut random = Random(seed());
    let (mut tried, mut matched) = (0, 0);
    while tried < pairs() {
        let refer = random.chance(40);
        let pattern = choice(&mut random, 3, &mut 0, refer);
        let theirs = regress::Regex::with_flags(&pattern, "u").unwrap_or_else(|e| panic!("{pattern:?}: {e}"));
        let schema = Schema::compile(&json!({ "pattern": pattern })).unwrap_or_else(|e| panic!("{pattern:?}: {e}"));
        for _ in 0..4 {
            let text = text(&mut random);
            let begun = std::time::Instant::now();
            let found = schema.check(&json!(text)).is_ok();
            assert!(begun.elapsed().as_millis() < 1000, "{pattern:?} on {text:?}");
            let expected = theirs.find(&text).is_some();
            assert_eq!(found, expected, "{pattern:?} on {text:?}, seed {}", seed());
            tried += 1;
            matched += usize::from(found);
        }
    }
    assert!(matched > tried / 10 && matched < tried * 9 / 10, "{matched} of {tried} match");
}

#[test]
fn patterns_from_the_wild_match_as_in_javascript() {
    // As zod 3 and 4, JSON Schema's own examples, and other makers of schemas write them.
    let patterns = [
        r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$",
        r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$",
        r"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$",
        r"^((\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|(02)-(0[1-9]|1\d|2[0-8])))$",
        r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$",
        r"^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?$",
        r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$",
        r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
        r"^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])$",
        r"^(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|::|([0-9a-fA-F]{1,4})?::([0-9a-fA-F]{1,4}:?){0,6})$",
        r"^#(?:[0-9a-fA-F]{3}){1,2}$",
        r"^(?:[0-9a-zA-Z+/]{4})*(?:(?:[0-9a-zA-Z+/]{2}==)|(?:[0-9a-zA-Z+/]{3}=))?$",
        r"^[A-Za-z0-9_-]*$",
        r"^(?=.{1,253}\.?$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-0-9a-zA-Z]{0,61}[0-9a-zA-Z])?)*\.?$",
        r"^[cC][^\s-]{8,}$",
        r"^[0-9a-z]+$",
        r"^P(?:(\d+W)|(?!.*W)(?=\d|T\d)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+([.,]\d+)?S)?)?)$",
        r"^\+[1-9]\d{6,14}$",
        r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s]).{8,}$",
        r"^https?:\/\/[^\s/$.?#].[^\s]*$",
        r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        r"^(\([0-9]{3}\))?[0-9]{3}-[0-9]{4}$",
        r"^-?\d+(\.\d{1,2})?$",
        r"^\S+$",
        r"^$|^[A-Z]{2}$",
        r"(['\x22]).*?\1",
        r"^(?<year>\d{4})-(?<month>\d\d)(?:\k<month>)?$",
        r"(?<![\w.])v\d+\b",
        r"^[\w.-]+$",
        r"^[\p{L}\p{N} .'-]+$",
        r"^x-",
        r"^[A-Z][a-zA-Z0-9]*$",
        r"^[^<>]*$",
        r"^(true|false)$",
        r"^(?:[a-z0-9]{2}:){5}[a-z0-9]{2}$",
        r"^data:\w+\/[-+.\w]+;base64,",
        r"^[01][0-9A-HJKMNP-TV-Z]{25}$|^[0-7][0-9A-HJKMNP-TV-Z]{25}$",
        "^[\\u4e00-\\u9fa5]+$",
    ];
    let texts = [
        "",
        "a",
        "ann@example.org",
        "ann.lee+x@mail.example.co.uk",
        ".ann@example.org",
        "a..b@example.org",
        "ann@example",
        "550e8400-e29b-41d4-a716-446655440000",
        "550e8400-e29b-01d4-a716-446655440000",
        "00000000-0000-0000-0000-000000000000",
        "2024-02-29",
        "2023-02-29",
        "1900-02-29",
        "2024-12-31",
        "2024-13-01",
        "2024-12-31T23:59:59Z",
        "2024-12-31T23:59:59.123+02:00",
        "2024-12-31T23:59:59",
        "23:59",
        "24:00",
        "12:30:15.5",
        "1.0.0",
        "1.2.3-alpha.1+build.5",
        "01.2.3",
        "1.2",
        "a-slug-2",
        "a--slug",
        "-slug",
        "192.168.0.1",
        "256.1.1.1",
        "1.2.3.4.5",
        "::",
        "::1",
        "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
        "2001:db8",
        "#fff",
        "#ffff",
        "#12AB9f",
        "aGVsbG8=",
        "aGVsbG8",
        "aGk=",
        "abc_-9",
        "example.org",
        "-bad.example",
        "cjld2cjxh0000qzrmn831i7rn",
        "P3Y6M4DT12H30M5S",
        "P",
        "PT",
        "P2W",
        "P1M2W",
        "+14155552671",
        "+0123",
        "Passw0rd!",
        "password",
        "https://example.org/a?b=c",
        "http://",
        "(888)555-1212",
        "555-1212",
        "-3.50",
        "3.505",
        "two words",
        "DE",
        "say 'hi' now",
        "say 'hi\" now",
        "2024-0505",
        "2024-05",
        "2024-0506",
        "see v12 and",
        ".v12",
        "av12",
        "x-header",
        "Pascal9",
        "<b>",
        "true",
        "00:1b:44:11:3a:b7",
        "data:image/png;base64,AAAA",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "汉字",
        "é",
        "😀",
        "a\nb",
        "line\u{2028}",
        " ",
    ];
    for pattern in patterns {
        let theirs = regress::Regex::with_flags(pattern, "u")
            .or_else(|_| regress::Regex::new(pattern))
            .unwrap_or_else(|e| panic!("{pattern}: {e}"));
        let mut matched = 0;
        for text in texts {
            let expected = theirs.find(text).is_some();
            assert_eq!(ours(pattern, text), Ok(expected), "{pattern} on {text:?}");
            matched += usize::from(expected);
        }
        assert!(matched > 0 && matched < texts.len(), "{pattern} tells nothing apart: {matched}");
    }
}

#[test]
fn what_is_written_loosely_means_what_it_looks_like() {
    for (pattern, fits, not) in [
        (r"^\-\_\@\ \#\'\!$", "-_@ #'!", "-_@ #'"),
        (r"^{x}$", "{x}", "x"),
        (r"^a]$", "a]", "a"),
        (r"^a{,}$", "a{,}", "a"),
        (r"^a{x$", "a{x", "a"),
        (r"^[\w-.]+$", "a-.", "a+"),
        (r"^[a-\d]+$", "a-7", "b"),
        (r"^\/\/$", "//", "/"),
        (r"^\cJ$", "\n", "J"),
        (r"^\0$", "\0", "0"),
        (r"^[\t\n\v\f\r]+$", "\t\n\u{b}\u{c}\r", " "),
        (r"^\u{1F600}\uD83D\uDE00$", "😀😀", "😀"),
        (r"^.$", "😀", "ab"),
        (r"^\p{gc=Cc}\p{Cc}$", "\0\0", "a"),
        (r"^\é$", "é", "e"),
    ] {
        assert_eq!(ours(pattern, fits), Ok(true), "{pattern}");
        assert_eq!(ours(pattern, not), Ok(false), "{pattern}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_with_a_sentence() {
    for (pattern, part) in [
        ("(", "not closed"),
        ("(a", "not closed"),
        (")", "closes nothing"),
        ("a)", "closes nothing"),
        ("[a", "not closed"),
        ("[a\\", "backslash"),
        ("a\\", "backslash"),
        ("*a", "nothing to repeat"),
        ("a**", "nothing to repeat"),
        ("a++", "nothing to repeat"),
        ("a{2}{3}", "nothing to repeat"),
        ("{2}", "nothing to repeat"),
        ("^*", "no length"),
        ("(?=a)+", "no length"),
        ("\\b?", "no length"),
        ("a{2,1}", "wrong way round"),
        ("a{1001}", "at most 1000"),
        ("a{,3}", "{0,n}"),
        ("[b-a]", "wrong way round"),
        ("\\A", "\\A means nothing"),
        ("\\Z", "means nothing"),
        ("\\z", "means nothing"),
        ("\\a", "means nothing"),
        ("[\\B]", "means nothing"),
        ("\\01", "means nothing"),
        ("(?i)a", "flags"),
        ("(?P<x>a)", "(?<name>"),
        ("(?>a)", "begins with"),
        ("(?<1>a)", "name"),
        ("(?<x>a)(?<x>b)", "two groups"),
        ("\\1", "group 1"),
        ("(a)\\2", "group 2"),
        ("\\k<x>", "none of that name"),
        ("\\k", "\\k<name>"),
        ("\\xg0", "hexadecimal"),
        ("\\u12", "hexadecimal"),
        ("\\u{}", "hexadecimal"),
        ("\\u{110000}", "no character"),
        ("\\ud83d", "half a character"),
        ("[\\ud83d-\\ud83e]", "half a character"),
        ("\\c1", "letter"),
        ("\\p{Script=Greece}", "Script=Greece"),
        ("\\p{Emoji_Component}", "Emoji_Component"),
        ("\\pL", "braces"),
        ("((a{1000}){1000}){1000}", "too large"),
        ("(((){1000}){1000}){1000}", "too large"),
        (&"(".repeat(100_000), "bytes"),
        (&"(".repeat(1000), "deep"),
        (&"(?=".repeat(1000), "deep"),
    ] {
        let error = ours(pattern, "").unwrap_err();
        assert!(error.starts_with("/pattern: ") && error.contains(part), "{pattern}: {error}");
    }
}

/// Checks a text, and that it takes less than a second.
fn within_a_second(pattern: &str, text: &str) -> Result<(), String> {
    let schema = Schema::compile(&json!({ "items": { "pattern": pattern } })).unwrap();
    let value = Value::Array(vec![json!(text)]);
    let begun = std::time::Instant::now();
    let found = schema.check(&value).map_err(|violations| violations[0].message.clone());
    assert!(begun.elapsed().as_millis() < 1000, "{pattern} took {:?}", begun.elapsed());
    found
}

#[test]
fn hostile_patterns_end() {
    let many = "a".repeat(100_000);
    let bad = format!("{many}!");
    // With a memory these are decided, whatever they cost elsewhere.
    for pattern in
        ["(a+)+$", "(a|aa)+$", "(a*)*b", "^(a|a?)+$", "((a+)+)+$", "(.*)*x", "^(?=a)(a|aa)+$", "(?:a*a*)*a*c"]
    {
        let found = within_a_second(pattern, &"a".repeat(30)).is_ok();
        assert_eq!(found, pattern.ends_with('$'), "{pattern}");
        assert!(within_a_second(pattern, &format!("{}!", "a".repeat(1000))).is_err(), "{pattern}");
        let _ = within_a_second(pattern, &bad);
        let _ = within_a_second(pattern, &many);
    }
    for (pattern, fits) in
        [("^[a-z]+$", true), ("^[^<>]*$", true), ("\\d", false), ("a+\\d", false), ("^(?!.*b).*$", true)]
    {
        assert_eq!(within_a_second(pattern, &many).is_ok(), fits, "{pattern}");
    }
    // Without one the budget ends it.
    for pattern in ["(a+)+\\1$", "^(?:(a+)+)+\\1b$", "(a*)*\\1b", "(?:(?=a*b|a)a)*c", "^(.*)(.*)(.*)(.*)\\4\\3x$"] {
        let message = within_a_second(pattern, &bad).unwrap_err();
        assert!(message.contains("too long"), "{pattern}: {message}");
    }
    let _ = within_a_second("(?:a{0,100}){0,100}b", &bad);
    let _ = within_a_second("(?:x?){1000}(?:y?){1000}z", &many);
}

#[test]
fn many_short_texts_use_no_budget() {
    let email = r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$";
    let schema = Schema::compile(&json!({ "items": { "type": "string", "pattern": email } })).unwrap();
    let value: Vec<String> = (0..100_000).map(|i| format!("somebody.{i}@mail.example.org")).collect();
    assert_eq!(schema.check(&json!(value)), Ok(()));
}
