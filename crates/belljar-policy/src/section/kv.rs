//! Rules for keys and values.

use super::kind::{About, Kind};
use crate::action::KvAction;
use crate::algebra::names::Names;
use crate::algebra::pair::{Compared, Done, Pair};
use crate::algebra::search::Work;
use crate::glob::Glob;
use crate::policy::{Decision, Policy};
use crate::query::{Example, Query};
use crate::rule::{Effect, Rule};
use crate::subject::{Keys, Subject};
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
        Query::Replace { action, key } => Some(format!("kv {}", replacing(*action, key))),
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

/// The rule, without its section, for changing a key that holds what is expected.
///
/// ```
/// use belljar_policy::{KvAction, replacing};
///
/// assert_eq!(replacing(KvAction::Set, "a"), "get,set a");
/// ```
pub fn replacing(action: KvAction, key: &str) -> String {
    WORDS.join(Verbs(KvAction::Get.bit() | action.bit()), &escape(key))
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

    /// What happens with a request to change a key that holds what is expected: what both rules say, the one for getting it
    /// and the one for what is done.
    pub(crate) fn decide_replace(&self, action: KvAction, key: &str) -> Decision {
        let said = |action| (action, self.decide(&Query::Kv { action, key }));
        let (got, done) = (said(KvAction::Get), said(action));
        for (action, decision) in [&got, &done] {
            if decision.effect == Effect::Deny {
                // Which of the two it is about, or nobody would know what to allow.
                let rule = format!("{}: {}", action.word(), decision.rule);
                return Decision { rule, ..decision.clone() };
            }
        }
        match (got.1, done.1) {
            (got, done) if got.effect == Effect::Ask && done.effect == Effect::Ask && got.rule != done.rule => {
                let rule = format!("{}, and {}", got.rule, done.rule);
                Decision { rule, both: vec![got.rule, done.rule.clone()], ..done }
            }
            (got, done) => {
                if got.effect > done.effect {
                    got
                } else {
                    done
                }
            }
        }
    }

    /// [`Policy::suggest`] for it: what is lacking, and no more.
    pub(crate) fn suggest_replace(&self, action: KvAction, key: &str) -> Option<String> {
        let [got, done] = [KvAction::Get, action].map(|action| Query::Kv { action, key });
        match (self.suggest(&got), self.suggest(&done)) {
            (Some(_), Some(_)) => request(&Query::Replace { action, key }).filter(|rule| !rule.contains('\'')),
            (Some(rule), None) if self.decide(&done).effect == Effect::Allow => Some(rule),
            (None, Some(rule)) if self.decide(&got).effect == Effect::Allow => Some(rule),
            _ => None,
        }
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
