//! Rules for keys and values.

use super::{About, Example, Kind, Query, Subject};
use crate::algebra::{Compared, Done, Names, Pair, Work};
use crate::glob::Glob;
use crate::policy::{Decision, Policy};
use crate::rule::{Effect, Rule};
use crate::text::escape;
use crate::words::{Verbs, Words};

/// Bytes of a key.
const KEY: usize = 512;

/// The end of a key that stands for any: a character of no text, so that only stars match it.
const ANY: char = '\u{10ffff}';

pub(super) const KIND: Kind = Kind {
    name: "kv",
    parse,
    bar: |_, _| None,
    request,
    suggest: |_, query| request(query),
    missing: |_| None,
    compare,
};

pub(crate) const WORDS: Words = Words {
    section: "kv",
    words: &[
        ("read", 0b0011),
        ("write", 0b1100),
        ("get", 0b0001),
        ("list", 0b0010),
        ("set", 0b0100),
        ("delete", 0b1000),
    ],
    habits: &[
        ("r", "read"),
        ("fetch", "get"),
        ("load", "get"),
        ("lookup", "get"),
        ("has", "get"),
        ("exists", "get"),
        ("keys", "list"),
        ("ls", "list"),
        ("scan", "list"),
        ("w", "write"),
        ("put", "set"),
        ("store", "set"),
        ("save", "set"),
        ("add", "set"),
        ("update", "set"),
        ("del", "delete"),
        ("rm", "delete"),
        ("remove", "delete"),
        ("unset", "delete"),
    ],
    example: "read notes/**",
};

/// What is done with a key. The word of a rule `read` stands for getting and listing, `write` for setting and deleting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvAction {
    /// Its value is read.
    Get,
    /// It is named in a list.
    List,
    /// Its value is set.
    Set,
    /// It is removed.
    Delete,
}

impl KvAction {
    /// The word of requests and rules.
    pub fn word(self) -> &'static str {
        ["get", "list", "set", "delete"][self as usize]
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The keys that a rule is about, and what it is about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys(Verbs, Glob);

impl Keys {
    /// The pattern of a rule about an action.
    fn pattern(subject: &Subject, action: KvAction) -> Option<&Glob> {
        match subject {
            Subject::Kv(Keys(verbs, glob)) if verbs.covers(action.bit()) => Some(glob),
            _ => None,
        }
    }
}

fn parse(_: Effect, text: &str) -> Result<Subject, String> {
    let (verbs, pattern) = WORDS.split(text)?;
    let glob = Glob::parse(pattern)?;
    if glob.is_longer_than(KEY) {
        return Err(format!("a key has at most {KEY} bytes, so none matches it"));
    }
    Ok(Subject::Kv(Keys(verbs, glob)))
}

impl About for Keys {
    fn text(&self) -> String {
        WORDS.join(self.0, &self.1.to_string())
    }

    fn matches(&self, _: &Policy, _: Effect, query: &Query<'_>) -> bool {
        let Query::Kv { action, key } = query else { return false };
        self.0.covers(action.bit()) && self.1.matches(key)
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.meets(other.0) && self.1.meets(&other.1)
    }
}

fn request(query: &Query<'_>) -> Option<String> {
    match query {
        Query::Kv { action, key } => Some(format!("kv {} {}", action.word(), escape(key))),
        Query::Keys { prefix } => Some(format!("kv list {}", beginning(prefix))),
        _ => None,
    }
}

/// The pattern for all keys that begin so.
///
/// ```
/// assert_eq!(belljar_policy::beginning("notes/"), "notes/**");
/// assert_eq!(belljar_policy::beginning("no"), "no*/**");
/// ```
pub fn beginning(prefix: &str) -> String {
    let star = if prefix.is_empty() || prefix.ends_with('/') { "**" } else { "*/**" };
    format!("{}{star}", escape(prefix))
}

/// A key that begins so, for whatever may follow.
pub(crate) fn some_key(prefix: &str) -> String {
    format!("{prefix}{ANY}")
}

impl Policy {
    /// Whether it grants keys, or asks about them.
    pub fn grants_keys(&self) -> bool {
        let grants = |rule: &Rule| rule.effect != Effect::Deny && matches!(rule.subject, Subject::Kv(_));
        self.layers().iter().all(|layer| layer.rules.iter().any(grants))
    }

    /// What happens with a request for the keys that begin so.
    pub(crate) fn decide_list(&self, prefix: &str) -> Decision {
        let ask = |key: &str| self.decide(&Query::Kv { action: KvAction::List, key });
        let inside = ask(&some_key(prefix));
        if inside.effect == Effect::Allow || prefix.is_empty() {
            return inside;
        }
        let itself = ask(prefix.trim_end_matches('/'));
        if itself.effect == Effect::Allow { itself } else { inside }
    }
}

fn compare(pair: Pair<'_>, work: &mut Work) -> Compared {
    let mut done = Done::default();
    for action in [KvAction::Get, KvAction::List, KvAction::Set, KvAction::Delete] {
        if pair.is_new(&mut done, |rule| Keys::pattern(&rule.subject, action).is_some()) {
            let request = |key: &str| Some(Example::Kv { action, key: key.to_owned() });
            if let Some(gap) =
                pair.names(KIND.name, Names::Keys, |subject| Keys::pattern(subject, action), request, work)?
            {
                return Ok(Some(gap));
            }
        }
    }
    Ok(None)
}
