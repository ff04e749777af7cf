//! The sections of a policy that hold rules, one for each capability.
//!
//! What there is to say of one section stands in its own file: its words, how a rule is read and written, which requests it
//! is about, what allows a request, what a host must do for it, and how policies are compared by it. Here they are told
//! apart, and nowhere else.

pub(crate) mod files;
mod http;
pub(crate) mod kv;
pub(crate) mod tools;

use std::fmt;

use url::Url;

use crate::algebra::{Compared, Pair, Work};
use crate::guest_path::GuestPath;
use crate::http::HttpRule;
use crate::policy::Policy;
use crate::rule::Effect;
use crate::supported::Supported;
use files::FileAction;
use kv::KvAction;

/// What a section is.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The name of the section, and of the capability.
    pub(crate) name: &'static str,
    /// Reads a rule without its section's name: some text with nothing blank around it.
    pub(crate) parse: fn(Effect, &str) -> Result<Subject, String>,
    /// Why a request is refused though rules may allow it.
    pub(crate) bar: fn(&Policy, &Query<'_>) -> Option<String>,
    /// A request of the section in the words of a rule, with the section's name, and with what cannot be seen written by
    /// its number.
    pub(crate) request: fn(&Query<'_>) -> Option<String>,
    /// The rule that would allow a request, with the section's name, if one can be written.
    pub(crate) suggest: fn(&Policy, &Query<'_>) -> Option<String>,
    /// What a host does not do, so that rules which allow or ask come to nothing.
    pub(crate) missing: fn(&Supported) -> Option<&'static str>,
    /// Looks for a request that one policy treats more strictly than another one.
    pub(crate) compare: Compare,
}

/// Compares the rules of two policies.
pub(crate) type Compare = fn(Pair<'_>, &mut Work) -> Compared;

/// In the order in which a file is read and messages name them.
pub(crate) const READ: [&Kind; 4] = [&http::KIND, &kv::KIND, &files::KIND, &tools::KIND];
/// In the order in which a policy is written. Its digest depends on the order.
pub(crate) const WRITTEN: [&Kind; 4] = [&kv::KIND, &files::KIND, &http::KIND, &tools::KIND];
/// In the order in which policies are compared: what takes little work comes first.
pub(crate) const COMPARED: [&Kind; 4] = [&kv::KIND, &tools::KIND, &files::KIND, &http::KIND];

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Kv(kv::Keys),
    Files(files::Files),
    Http(HttpRule),
    Tools(tools::Names),
}

/// What can be said of the subject of every rule.
trait About {
    /// The rule in the one form that there is for it, without its section's name.
    fn text(&self) -> String;

    /// Whether a rule of that effect is about a request. The policy is the one that the rule is in.
    fn matches(&self, policy: &Policy, effect: Effect, query: &Query<'_>) -> bool;

    /// Whether there is a request that both are about.
    fn meets(&self, other: &Self) -> bool;
}

/// Does something with what is inside, whichever section it is of.
macro_rules! each {
    ($value:expr, $inner:ident => $done:expr) => {
        match $value {
            Subject::Kv($inner) => $done,
            Subject::Files($inner) => $done,
            Subject::Http($inner) => $done,
            Subject::Tools($inner) => $done,
        }
    };
}

impl Subject {
    /// The section that such a rule stands in.
    pub(crate) fn kind(&self) -> &'static Kind {
        match self {
            Subject::Kv(_) => &kv::KIND,
            Subject::Files(_) => &files::KIND,
            Subject::Http(_) => &http::KIND,
            Subject::Tools(_) => &tools::KIND,
        }
    }

    /// Reads the rule of a section.
    pub(crate) fn parse(section: &str, effect: Effect, text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty".into());
        }
        match READ.into_iter().find(|kind| kind.name == section) {
            Some(kind) => (kind.parse)(effect, text),
            None => Err(unknown(section, text)),
        }
    }

    /// The rule in the one form that there is for it, without its section's name.
    pub(crate) fn text(&self) -> String {
        each!(self, subject => About::text(subject))
    }

    /// Whether a rule of that effect is about a request. The policy is the one that the rule is in.
    pub(crate) fn matches(&self, policy: &Policy, effect: Effect, query: &Query<'_>) -> bool {
        each!(self, subject => About::matches(subject, policy, effect, query))
    }

    /// Whether there is a request that both are about.
    pub(crate) fn meets(&self, other: &Subject) -> bool {
        match (self, other) {
            (Subject::Kv(one), Subject::Kv(other)) => one.meets(other),
            (Subject::Files(one), Subject::Files(other)) => one.meets(other),
            (Subject::Http(one), Subject::Http(other)) => About::meets(one, other),
            (Subject::Tools(one), Subject::Tools(other)) => one.meets(other),
            _ => false,
        }
    }
}

/// What to write in place of a section that there is not.
fn unknown(section: &str, text: &str) -> String {
    match section {
        "read" | "write" | "get" | "set" | "list" | "delete" | "stat" | "remove" | "make-directory" => {
            let right =
                if text.contains(" as ") || text.contains("./") || text.starts_with('/') { "files" } else { "kv" };
            format!("the capability comes first: {:?}", format!("{right} {section} {text}"))
        }
        "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "PATCH" => {
            format!("the capability comes first: {:?}", format!("http {section} {text}"))
        }
        _ => {
            let [others @ .., last] = READ.map(|kind| kind.name);
            format!("there is no capability {section:?}; there are {} and {last}", others.join(", "))
        }
    }
}

/// A request, as far as rules look at it.
#[derive(Clone, Copy, Debug)]
pub enum Query<'a> {
    /// A key.
    Kv {
        /// What is done.
        action: KvAction,
        /// The key.
        key: &'a str,
    },
    /// A list of the keys that begin so. It is judged as listing something with that beginning; keys that may not be
    /// listed are to be left out of the answer.
    Keys {
        /// What they begin with.
        prefix: &'a str,
    },
    /// A file.
    Files {
        /// What is done.
        action: FileAction,
        /// The path in the tool's view.
        path: &'a GuestPath,
    },
    /// An HTTP request.
    Http {
        /// The method, in capitals.
        method: &'a str,
        /// The URL, parsed once; the request must use this value.
        url: &'a Url,
    },
    /// A call of another tool.
    Tool {
        /// Its name.
        name: &'a str,
    },
}

impl Query<'_> {
    /// The section whose rules are about it.
    pub(crate) fn kind(&self) -> &'static Kind {
        match self {
            Query::Kv { .. } | Query::Keys { .. } => &kv::KIND,
            Query::Files { .. } => &files::KIND,
            Query::Http { .. } => &http::KIND,
            Query::Tool { .. } => &tools::KIND,
        }
    }
}

/// A request, as far as rules look at it.
///
/// ```
/// use belljar_policy::{Effect, Example, KvAction, Policy};
///
/// let request = Example::Kv { action: KvAction::Get, key: "a*".into() };
/// assert_eq!(request.to_string(), "kv get a\\*");
/// let mut policy = Policy::deny_all();
/// policy.add(Effect::Allow, &request.to_string())?;
/// assert_eq!(policy.decide(&request.query()).effect, Effect::Allow);
/// # Ok::<(), belljar_policy::RuleError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Example {
    /// A key.
    Kv {
        /// What is done.
        action: KvAction,
        /// The key.
        key: String,
    },
    /// A file.
    Files {
        /// What is done.
        action: FileAction,
        /// The path in the tool's view.
        path: GuestPath,
    },
    /// An HTTP request.
    Http {
        /// The method.
        method: String,
        /// The URL.
        url: Url,
    },
    /// A call of another tool.
    Tool {
        /// Its name.
        name: String,
    },
}

impl Example {
    /// The request as [`crate::Policy::decide`] takes it.
    pub fn query(&self) -> Query<'_> {
        match self {
            Example::Kv { action, key } => Query::Kv { action: *action, key },
            Example::Files { action, path } => Query::Files { action: *action, path },
            Example::Http { method, url } => Query::Http { method, url },
            Example::Tool { name } => Query::Tool { name },
        }
    }
}

/// In the words of rules, with what cannot be seen written by its number.
impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = self.query();
        f.write_str(&(query.kind().request)(&query).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_has_each_section() {
        for order in [WRITTEN, COMPARED] {
            assert!(READ.iter().all(|kind| order.iter().any(|other| other.name == kind.name)));
        }
        let names: std::collections::BTreeSet<_> = READ.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), READ.len());
    }
}
