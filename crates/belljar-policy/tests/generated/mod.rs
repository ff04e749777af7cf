//! Policies and requests over few names, so that rules meet each other and requests meet rules. They are made from lists of
//! numbers, which take the place of chance: the same numbers make the same policy.

use std::time::Duration;

use belljar_policy::{Assurance, Clock, Effect, Example, FileAction, GuestPath, KvAction, Policy, Url};

/// What of all is taken, by numbers; when they are used up, the first.
#[derive(Debug)]
pub struct Choices<'a>(std::slice::Iter<'a, u8>);

impl<'a> Choices<'a> {
    pub fn new(numbers: &'a [u8]) -> Self {
        Choices(numbers.iter())
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0.next().map_or(0, |number| usize::from(*number) % bound)
    }

    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn pattern(&mut self, pieces: &[&'static str]) -> String {
        let segments: Vec<&str> = (0..1 + self.below(3)).map(|_| self.of(pieces)).collect();
        segments.join("/")
    }
}

const PIECES: [&str; 11] = ["**", "a", "*", "b", "a*", "*b", "ab", "*a*", "a*b", "aa*", "\\*"];
const SPELLED: [&str; 15] =
    ["**", "a", "*", "A", "b", "a*", "*b", "aB*", "é", "e*", "e\u{301}*", "ß", "*ss", "a.b", "*.b"];
const EFFECTS: [Effect; 5] = [Effect::Allow, Effect::Allow, Effect::Allow, Effect::Ask, Effect::Deny];
const KEY_ACTIONS: [KvAction; 4] = [KvAction::Get, KvAction::List, KvAction::Set, KvAction::Delete];
const FILE_ACTIONS: [FileAction; 6] = [
    FileAction::Read,
    FileAction::List,
    FileAction::Stat,
    FileAction::Write,
    FileAction::Remove,
    FileAction::MakeDirectory,
];

/// A rule with its capability.
pub fn rule(choices: &mut Choices<'_>) -> (Effect, String) {
    let effect = choices.of(&EFFECTS);
    let text = match choices.below(8) {
        0..3 => {
            let words = choices.of(&["read ", "", "get ", "write ", "list,set "]);
            format!("kv {words}{}", choices.pattern(&PIECES))
        }
        3 => {
            let words = choices.of(&["read ", "* ", "list "]);
            let folder = choices.of(&["./d as /", "./d as /a", "./d as /a/b", "./e as /A", "./e as /b", "./e as /é"]);
            format!("files {words}{folder}")
        }
        4 | 5 => {
            let words = choices.of(&["read ", "", "write ", "stat,list "]);
            format!("files {words}/{}", choices.pattern(&SPELLED))
        }
        6 => {
            let methods = choices.of(&["GET", "*", "GET,POST", "PURGE"]);
            let origin = choices.of(&[
                "https://a.example",
                "https://*.a.example",
                "https://b.a.example",
                "http://127.0.0.1",
                "https://*.b.a.example",
                "https://a.example:8443",
                "http://x.a.example",
                "http://localhost:443",
            ]);
            format!("http {methods} {origin}/{}", choices.pattern(&[&PIECES[..], &["%20*", "a.b", "%2"]].concat()))
        }
        _ => format!("tools {}", choices.of(&["a", "*", "a*", "*b", "ab", "a*b", "-*"])),
    };
    (effect, text)
}

/// A table of `[[http.rule]]`.
fn table(choices: &mut Choices<'_>) -> String {
    let methods = choices.of(&["GET", "*", "GET", "POST"]);
    let origin = choices.of(&["https://a.example", "https://a.example", "https://*.a.example"]);
    let path = choices.of(&["**", "a", "**", "a*/**"]);
    let effect = choices.of(&["allow", "allow", "deny", "ask"]);
    let mut text = format!("[[http.rule]]\n{effect} = '{methods} {origin}/{path}'\n");
    let values = ["false", "'*'", "'a*'", "'a'", "''", "'*b'", "'a b'", "'é*'"];
    let mut conditions = |key: &str, names: &[&str], values: &[&'static str]| {
        let named = names.iter().filter_map(|name| match choices.below(3) {
            0 => Some(format!("{name} = {}", choices.of(values))),
            _ => None,
        });
        let mut pairs: Vec<String> = named.collect();
        if key == "query" && choices.below(4) == 1 {
            pairs.push("'*' = false".to_owned());
        }
        if !pairs.is_empty() {
            text.push_str(&format!("{key} = {{ {} }}\n", pairs.join(", ")));
        }
    };
    conditions("query", &["a", "b", "'é k'"], &values);
    conditions("headers", &["x-a", "X-B"], &values);
    if effect != "deny" && choices.below(4) == 1 {
        let body = choices.of(&["", "1"]);
        text.push_str(&format!("answer = {{ status = 200, headers = {{ X-A = 'b' }}, body = '{body}' }}\n"));
    }
    if effect == "ask" && choices.below(2) == 1 {
        text.push_str(&format!("least = '{}'\n", choices.of(&["inbox", "command", "client"])));
    }
    if effect != "allow" && choices.below(2) == 1 {
        text.push_str("reason = 'it is for \"people\"'\n");
    }
    text
}

/// A policy with some tables more, unless it cannot be written.
pub fn with_tables(policy: &Policy, choices: &mut Choices<'_>) -> Option<Policy> {
    let tables: String = (0..1 + choices.below(3)).map(|_| table(choices)).collect();
    Policy::parse(&format!("{}\n{tables}", policy.to_toml())).ok()
}

/// A policy with rules that hold together; others are left out.
pub fn policy(choices: &mut Choices<'_>) -> Policy {
    let text = match choices.below(6) {
        0 => "version = 1\n[network]\ndeny = ['a.example']\n",
        1 => "version = 1\n[network]\ndeny = ['http://*.a.example:8443', 'b.a.example']\n",
        _ => "version = 1\n",
    };
    let mut policy = Policy::parse(text).unwrap();
    for _ in 0..choices.below(6) {
        let (effect, rule) = rule(choices);
        // A folder that is another one already.
        let _ = policy.add(effect, &rule);
    }
    if choices.below(3) == 1 {
        policy = with_tables(&policy, choices).unwrap_or(policy);
    }
    policy
}

/// Settings besides rules, of which many pairs have a meet and some have none.
pub fn set_terms(policy: &mut Policy, choices: &mut Choices<'_>) {
    let limits = &mut policy.limits;
    limits.fuel = choices.of(&[200, 100, 300]);
    limits.memory = choices.of(&[64, 32]) << 20;
    limits.time = Duration::from_secs(choices.of(&[10, 5]));
    limits.output = choices.of(&[7, 8]);
    limits.log = choices.of(&[7, 8]);
    limits.artifacts = choices.of(&[7, 8]);
    limits.calls = choices.of(&[7, 8]);
    limits.http_requests = choices.of(&[7, 8]);
    limits.http_bytes = choices.of(&[7, 8]);
    limits.kv_bytes = choices.of(&[7, 8]);
    limits.kv_keys = choices.of(&[7, 8]);
    limits.files_bytes = choices.of(&[7, 8]);
    limits.spend = choices
        .of(&[None, None, Some((5, "USD")), Some((6, "USD")), Some((5, "EUR"))])
        .map(|(amount, currency)| (amount, currency.to_owned()));
    if limits.spend.is_some() && choices.below(2) == 1 {
        let (amount, account) = (choices.of(&[7, 8]), choices.of(&["a", "b"]).to_owned());
        limits.per_day = Some(belljar_policy::limits::PerDay { amount, account });
    }
    policy.random_seed = choices.of(&[None, None, Some(1), Some(2)]);
    policy.question_time = choices.of(&[None, None, Some(Duration::from_secs(1)), Some(Duration::from_secs(2))]);
    policy.least = choices.of(&[Assurance::Client, Assurance::Client, Assurance::Inbox]);
    policy.four_eyes = choices.below(3) == 1;
    let real = |ms| Clock::Real { precision: Duration::from_millis(ms) };
    policy.clock = match choices.below(6) {
        0 => Clock::Frozen { moment_ns: 1 },
        1 => Clock::Frozen { moment_ns: 2 },
        2 => real(6),
        3 => real(4),
        _ => real(1),
    };
    let secret = |name: &str| {
        belljar_policy::Secret::new(name, "https://a.example", &format!("header x-{name}: Bearer {{}}")).unwrap()
    };
    policy.secrets = ["A", "B"].into_iter().filter(|_| choices.below(2) == 1).map(secret).collect();
    for rule in ["* https://a.example/**", "* https://b.example/**"] {
        if choices.below(3) == 1 {
            let mut price = belljar_policy::Price::new(rule, "USD").unwrap();
            price.per_call = 1;
            if choices.below(2) == 1 {
                price.per_byte = Some(belljar_policy::BytePrice { price: 2, each: 3, most: Some(4) });
            }
            policy.prices.push(price);
        }
    }
}

/// A request for names that rules have, and for some that none has.
pub fn request(choices: &mut Choices<'_>) -> Example {
    let names = ["a", "b", "ab", "aab", "x", "*", "", "aXb"];
    match choices.below(7) {
        0 | 1 => Example::Kv { action: choices.of(&KEY_ACTIONS), key: choices.pattern(&names) },
        2 | 3 => {
            let names = ["a", "A", "b", "aB.", "é", "E\u{301}x", "ẞ", "xSS", "a.b", "x.b ", "ab", "x", "ſs"];
            let path = format!("/{}", choices.pattern(&names));
            Example::Files { action: choices.of(&FILE_ACTIONS), path: GuestPath::parse(&path).unwrap() }
        }
        4 | 5 => {
            let origins = [
                "https://a.example",
                "https://a.example",
                "https://a.example",
                "https://b.a.example",
                "https://x.a.example",
                "http://x.a.example",
                "https://c.b.a.example.",
                "https://a.example:8443",
                "http://b.a.example:8443",
                "http://127.0.0.1",
                "http://localhost:443",
                "https://user@a.example",
            ];
            let mut url = Url::parse(choices.of(&origins)).unwrap();
            url.set_path(&choices.pattern(&[&names[..], &[" x", "a.b", "%2f", ".."]].concat()));
            let pieces =
                ["a=a", "a=", "a", "%61=%61b", "b=a+b", "b=ab", "%C3%A9+k=%C3%A9x", "c=%26%3D", "a=%FF", "&", "=a"];
            let pairs: Vec<&str> = (0..choices.below(4)).map(|_| choices.of(&pieces)).collect();
            url.set_query((!pairs.is_empty()).then(|| pairs.join("&")).as_deref());
            let field = |choices: &mut Choices<'_>| {
                let value = choices.of(&["a", "", "ab", "a b", "x", "éx"]).to_owned();
                (choices.of(&["x-a", "x-b", "x-a", "x-c"]).to_owned(), value)
            };
            let headers = (0..choices.below(3)).map(|_| field(choices)).collect();
            Example::Http { method: choices.of(&["GET", "POST", "PURGE", "HEAD"]).to_owned(), url, headers }
        }
        _ => Example::Tool { name: choices.of(&["a", "b", "ab", "aab", "x", "-b"]).to_owned() },
    }
}
