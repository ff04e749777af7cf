//! A single rule, and a request: the first line is the rule as the command line takes it, the second one the request's
//! method or action, the rest what it is about.
//!
//! A rule that is read is written in one form that means the same. A refusal refuses whatever it matches. The rule that
//! Belljar suggests for a request allows it.

use belljar_policy::{Effect, FileAction, GuestPath, KvAction, Policy, Query, Url, Wish};

use super::lines;
use crate::Target;

pub(super) const TARGET: Target = Target { name: "rule", check, words: WORDS, seeds: Vec::new, most: 512 };

const WORDS: &[&str] = &[
    "kv ",
    "files ",
    "http ",
    "tools ",
    "get ",
    "set ",
    "list,get ",
    "read ",
    "write ",
    "stat ",
    "remove ",
    "call ",
    "**",
    "*",
    "/",
    "..",
    ".",
    " as /",
    "https://",
    "http://",
    "a.example",
    "*.a.example",
    "[::1]",
    "127.0.0.1",
    ":8080",
    "xn--",
    "GET ",
    "POST,GET ",
    "* ",
    "\\u{27}",
    "\\*",
    "\\",
    "%2f",
    "%41",
    "\u{e9}",
    "e\u{301}",
    "\u{212a}",
    "\u{202e}",
    "{a,b}",
    "[a-z]",
    "?",
    "#",
    "@",
    "\n",
];

const KEYS: [KvAction; 4] = [KvAction::Get, KvAction::Set, KvAction::Delete, KvAction::List];

fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (rule, rest) = lines(text);
    let (method, about) = lines(rest);
    let _ = Wish::parse(rule);
    let mut allowing = Policy::deny_all();
    let read = allowing.add(Effect::Allow, rule).is_ok();
    if read {
        one_form(&allowing, rule);
    }
    let mut refusing = allowing.clone();
    let refuses = read && refusing.add(Effect::Deny, rule).is_ok();
    requests(method, about, &mut |query| {
        let allowed = allowing.decide(query).effect == Effect::Allow;
        assert!(!allowed || read, "nothing allows {query:?}");
        if allowed && refuses {
            assert_eq!(refusing.decide(query).effect, Effect::Deny, "{rule} does not refuse what it allows: {query:?}");
        }
        suggested(query);
    });
}

/// What is written down and read again decides alike.
fn one_form(policy: &Policy, rule: &str) {
    let written = policy.to_toml();
    // A rule about files needs a folder that they are in, which a policy file is asked for and the command line is not.
    let Ok(again) = Policy::parse(&written) else {
        return assert!(rule.trim_start().starts_with("files"), "{written}");
    };
    assert_eq!(again.digest(), policy.digest(), "{rule} has two forms:\n{written}");
    assert_eq!(again.to_toml(), written);
}

/// Adds what Belljar suggests for a request that nothing is about.
fn suggested(query: &Query<'_>) {
    let mut policy = Policy::deny_all();
    let Some(rule) = policy.suggest(query) else { return };
    assert!(!rule.contains(['\n', '\'']), "{rule:?} cannot be pasted");
    assert!(policy.add(Effect::Allow, &rule).is_ok(), "{rule:?} is suggested for {query:?} and not understood");
    assert_eq!(policy.decide(query).effect, Effect::Allow, "{rule:?} is suggested for {query:?} and does not allow it");
}

fn requests(method: &str, about: &str, each: &mut dyn FnMut(&Query<'_>)) {
    for action in KEYS {
        each(&Query::Kv { action, key: about });
    }
    each(&Query::Keys { prefix: about });
    each(&Query::Tool { name: about });
    if let Ok(path) = GuestPath::parse(about) {
        for action in [FileAction::Read, FileAction::Write, FileAction::List] {
            each(&Query::Files { action, path: &path });
        }
    }
    if let Ok(url) = Url::parse(about) {
        each(&Query::Http { method, url: &url, headers: &[] });
    }
}
