//! The sections of a policy that hold rules, one for each capability.
//!
//! What there is to say of one section stands in its own file: its words, how a rule is read and written, which requests it
//! is about, what allows a request, what a host must do for it, and how policies are compared by it. Here they are told
//! apart, and nowhere else.

pub(crate) mod files;
mod http;
pub(crate) mod kind;
pub(crate) mod kv;
pub(crate) mod tools;

use std::fmt;

use crate::policy::Policy;
use crate::query::{Example, Query};
use crate::rule::Effect;
use crate::subject::Subject;
use kind::{About, Kind};

pub(crate) use kind::Compare;

/// In the order in which a file is read and messages name them.
pub(crate) const READ: [&Kind; 4] = [&http::KIND, &kv::KIND, &files::KIND, &tools::KIND];
/// In the order in which a policy is written. Its digest depends on the order.
pub(crate) const WRITTEN: [&Kind; 4] = [&kv::KIND, &files::KIND, &http::KIND, &tools::KIND];
/// In the order in which policies are compared: what takes little work comes first.
pub(crate) const COMPARED: [&Kind; 4] = [&kv::KIND, &tools::KIND, &files::KIND, &http::KIND];

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

impl Query<'_> {
    /// The section whose rules are about it.
    pub(crate) fn kind(&self) -> &'static Kind {
        match self {
            Query::Kv { .. } | Query::Keys { .. } | Query::Replace { .. } => &kv::KIND,
            Query::Files { .. } => &files::KIND,
            Query::Http { .. } => &http::KIND,
            Query::Tool { .. } => &tools::KIND,
        }
    }
}

/// In the words of rules, with what cannot be seen written by its number.
impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.query(|query| (query.kind().request)(query)).unwrap_or_default())
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
