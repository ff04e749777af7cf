//! What holds of all policies and requests: by thousands of them, by a fixed sequence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use belljar_policy::{Effect, FileAction, GuestPath, KvAction, Policy, Query, Url};

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % bound as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A name with everything in it that names can have.
    fn name(&mut self) -> String {
        let characters = [
            "a",
            "B",
            "z",
            "0",
            "-",
            "_",
            ".",
            " ",
            "*",
            "**",
            "?",
            "[",
            "]",
            "{",
            "}",
            "!",
            "'",
            "\"",
            "$",
            "`",
            "~",
            "#",
            "%",
            "é",
            "e\u{301}",
            "ß",
            "ſ",
            "ﬁ",
            "日",
            "🌍",
            "\u{202e}",
            "\u{200b}",
            "\u{3164}",
            "\u{fe0f}",
            "\u{e0041}",
            " as ",
            "get",
            ",",
            ":",
            ";",
            "&",
            "|",
            "<",
            ">",
            "(",
            ")",
            "=",
            "+",
            "^",
            "@",
        ];
        (0..1 + self.below(5)).map(|_| self.of(&characters)).collect()
    }

    fn rule(&mut self) -> &'static str {
        self.of(&[
            "kv notes/**",
            "kv get,list a*/**",
            "kv write **",
            "kv delete secret/*",
            "files read ./data as /data",
            "files * ./out as /data/out",
            "files list,remove /data/a*",
            "files write /data/**",
            "http GET https://a.example/**",
            "http * http://127.0.0.1:8080/x",
            "tools call sum",
            "tools a*",
        ])
    }
}

/// A request of every kind, owned.
#[derive(Debug)]
enum Asked {
    Key(KvAction, String),
    Keys(String),
    File(FileAction, GuestPath),
    Http(&'static str, Url),
    Tool(String),
}

impl Asked {
    fn any(random: &mut Random) -> Self {
        match random.below(8) {
            0..3 => {
                let key = match random.below(3) {
                    0 => format!("notes/{}", random.name()),
                    1 => format!("{}//{}", random.name(), random.name()),
                    _ => random.name(),
                };
                if random.below(4) == 0 {
                    return Asked::Keys(if random.below(3) == 0 { String::new() } else { key });
                }
                Asked::Key(random.of(&[KvAction::Get, KvAction::List, KvAction::Set, KvAction::Delete]), key)
            }
            3..6 => {
                let action = random.of(&[
                    FileAction::Read,
                    FileAction::List,
                    FileAction::Stat,
                    FileAction::Write,
                    FileAction::Remove,
                    FileAction::MakeDirectory,
                ]);
                let text = match random.below(3) {
                    0 => format!("/data/{}", random.name()),
                    1 => format!("/{}/{}/x", random.name(), random.name()),
                    _ => format!("/{}", random.name()),
                };
                match GuestPath::parse(&text) {
                    Ok(path) => Asked::File(action, path),
                    Err(_) => Asked::File(action, GuestPath::parse("/data").unwrap()),
                }
            }
            6 => {
                let host = random.of(&["a.example", "127.0.0.1:8080", "[::1]:99", "b.example:443", "localhost"]);
                let mut url = Url::parse(&format!("{}://{host}/", random.of(&["https", "http"]))).unwrap();
                url.set_path(&format!("/{}/{}", random.name(), random.name()));
                url.set_query(random.of(&[None, Some("a=b&c")]));
                Asked::Http(random.of(&["GET", "POST", "PROPFIND"]), url)
            }
            _ => Asked::Tool(random.of(&["sum", "word-count", "a.b_c", "x"]).to_owned()),
        }
    }

    fn query(&self) -> Query<'_> {
        match self {
            Asked::Key(action, key) => Query::Kv { action: *action, key },
            Asked::Keys(prefix) => Query::Keys { prefix },
            Asked::File(action, path) => Query::Files { action: *action, path },
            Asked::Http(method, url) => Query::Http { method, url, headers: &[] },
            Asked::Tool(name) => Query::Tool { name },
        }
    }
}

fn policy(random: &mut Random) -> Policy {
    let mut policy = Policy::deny_all();
    for _ in 0..random.below(6) {
        let effect = random.of(&[Effect::Allow, Effect::Allow, Effect::Ask, Effect::Deny]);
        // A folder that is another one already is refused; what matters is what was taken.
        let _ = policy.add(effect, random.rule());
    }
    policy
}

/// For each refused request: the rule that the refusal names is taken by the command line and by a policy file between
/// apostrophes, allows the request, and, where the folder is granted already, nothing else.
#[test]
fn the_suggested_rule_allows_exactly_what_was_refused() {
    let mut random = Random(1);
    let (mut suggested, mut exact) = (0, 0);
    for _ in 0..30_000 {
        let before = policy(&mut random);
        let asked = Asked::any(&mut random);
        let decision = before.decide(&asked.query());
        let Some(rule) = before.suggest(&asked.query()) else { continue };
        assert_eq!(decision.effect, Effect::Deny, "{asked:?}");
        suggested += 1;
        assert!(!rule.contains('\'') && !rule.contains(char::is_control), "{rule:?}");

        let mut after = before.clone();
        after.add(Effect::Allow, &rule).unwrap_or_else(|error| panic!("{asked:?}: {error}"));
        assert!(before.check().is_err() || after.check().is_ok(), "{rule}");
        assert_eq!(after.decide(&asked.query()).effect, Effect::Allow, "{asked:?} {rule}");

        let (section, _) = rule.split_once(' ').unwrap();
        let file = format!("version = 1\n[{section}]\nallow = ['{rule}']\n");
        let alone = Policy::parse(&file);
        if let Ok(alone) = &alone {
            let mut added = Policy::deny_all();
            added.add(Effect::Allow, &rule).unwrap();
            assert_eq!(*alone, added, "{file}");
        } else {
            // A path in a folder that this file does not grant.
            assert!(section == "files" && !rule.contains(" as "), "{file}");
        }

        if rule.contains(" as ") {
            continue;
        }
        exact += 1;
        for _ in 0..20 {
            let other = Asked::any(&mut random);
            let same = match (&asked, &other) {
                (Asked::Http(a, one), Asked::Http(b, other)) => {
                    a == b && one[..url::Position::AfterPath] == other[..url::Position::AfterPath]
                }
                (Asked::Keys(prefix), Asked::Key(KvAction::List, key)) => key.starts_with(prefix.trim_end_matches('/')),
                (Asked::Keys(prefix), Asked::Keys(other)) => other.starts_with(prefix.trim_end_matches('/')),
                (Asked::Key(KvAction::List, key), Asked::Keys(prefix)) => key.starts_with(prefix.trim_end_matches('/')),
                // One word stands for reading, listing and describing, and one for writing and removing.
                (Asked::File(_, one), Asked::File(_, other)) => one == other,
                (one, other) => format!("{one:?}") == format!("{other:?}"),
            };
            if !same {
                assert_eq!(
                    after.decide(&other.query()).effect,
                    before.decide(&other.query()).effect,
                    "{rule}: {other:?}"
                );
            }
        }
    }
    assert!(suggested > 5000 && exact > 2000, "{suggested} {exact}");
}

#[test]
fn more_rules_never_weaken_a_refusal_and_their_order_does_not_matter() {
    let mut random = Random(2);
    for _ in 0..10_000 {
        let mut rules = Vec::new();
        for _ in 0..random.below(7) {
            rules.push((random.of(&[Effect::Allow, Effect::Ask, Effect::Deny]), random.rule()));
        }
        let of = |rules: &[(Effect, &str)]| {
            let mut policy = Policy::deny_all();
            for (effect, rule) in rules {
                policy.add(*effect, rule).unwrap();
            }
            policy
        };
        let whole = of(&rules);
        let mut turned = rules.clone();
        turned.reverse();
        let first = random.below(rules.len() + 1);
        turned.rotate_left(first);
        let turned = of(&turned);
        assert_eq!(turned.digest(), whole.digest());
        for _ in 0..10 {
            let asked = Asked::any(&mut random);
            let decision = whole.decide(&asked.query());
            assert_eq!(turned.decide(&asked.query()).effect, decision.effect, "{rules:?} {asked:?}");
            if decision.effect == Effect::Deny && whole.suggest(&asked.query()).is_none() {
                let mut more = whole.clone();
                more.add(Effect::Allow, random.rule()).unwrap();
                let named = decision.rule.contains("deny");
                assert!(!named || more.decide(&asked.query()).effect == Effect::Deny, "{rules:?} {asked:?}");
            }
        }
    }
}

#[test]
fn each_rule_has_one_form_that_means_the_same() {
    let mut random = Random(3);
    let words = [
        "",
        "* ",
        "read ",
        "write ",
        "get ",
        "list,get ",
        "set,delete,get ",
        "stat ",
        "remove,write ",
        "make-directory ",
    ];
    let mut read = 0;
    for _ in 0..30_000 {
        let word = random.of(&words);
        let name = belljar_policy::escape(&random.name());
        let text = match random.below(6) {
            0 => format!("kv {word}{name}/**"),
            1 => format!("kv {word}{name}"),
            2 => format!("files {word}/{name}/*"),
            3 => format!("files {word}./d {} as /{name}", random.of(&["", "x"])),
            4 => format!("http {} HTTPS://A.example:443/{name}", random.of(&["GET", "POST,GET", "*"])),
            _ => format!("tools {}{}", random.of(&["", "call "]), random.of(&["sum", "a*"])),
        };
        let effect = random.of(&[Effect::Ask, Effect::Deny]);
        let mut policy = Policy::deny_all();
        if policy.add(effect, &text).is_err() {
            continue;
        }
        read += 1;
        // So that each path is in some folder.
        if policy.add(Effect::Allow, "files read . as /").is_err() {
            continue;
        }
        let second = Policy::parse(&policy.to_toml()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(second.to_toml(), policy.to_toml(), "{text}");
        assert_eq!(second.digest(), policy.digest(), "{text}");
        for _ in 0..10 {
            let asked = Asked::any(&mut random);
            assert_eq!(second.decide(&asked.query()), policy.decide(&asked.query()), "{text} {asked:?}");
        }
    }
    assert!(read > 10_000, "{read}");
}

/// A tool chooses what it asks for, and a person pastes what Belljar prints.
#[test]
fn what_cannot_be_pasted_or_allowed_is_not_suggested() {
    let policy = Policy::deny_all();
    for host in ["a';touch${IFS}b;'", "'", "a'b.example"] {
        let url = Url::parse(&format!("https://{host}/a")).unwrap();
        assert_eq!(policy.suggest(&Query::Http { method: "GET", url: &url, headers: &[] }), None, "{url}");
    }
    let url = Url::parse("https://a.example/it's").unwrap();
    let rule = policy.suggest(&Query::Http { method: "GET", url: &url, headers: &[] }).unwrap();
    assert!(!rule.contains('\''), "{rule}");
    assert_eq!(policy.suggest(&Query::Kv { action: KvAction::Get, key: "" }), None);
    assert_eq!(policy.suggest(&Query::Tool { name: "" }), None);
}
