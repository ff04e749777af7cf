//! The answers of a comparison.

use std::fmt;

use thiserror::Error;
use url::Url;

use crate::guest_path::GuestPath;
use crate::policy::{Decision, Mount, Query};
use crate::rule::{Effect, FileAction, KvAction};
use crate::text::escape;

/// Whether a policy gives all that another one gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// It does.
    Full,
    /// It does not, and this shows it.
    Gap(Gap),
    /// That is not known. Where a yes is needed, this is a no.
    Undecided(Undecided),
}

impl Coverage {
    /// Whether it is known that the policy gives all that the other one gives.
    pub fn is_full(&self) -> bool {
        *self == Coverage::Full
    }
}

/// Something that a policy does not give and another one does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A request that it treats more strictly than the other one.
    Request {
        /// The request.
        request: Example,
        /// What the policy says of it.
        own: Decision,
        /// What the other one says.
        other: Decision,
    },
    /// A path that both give, in different folders of the host. Folders are the same if they are written the same.
    Folder {
        /// The path in the tool's view.
        path: GuestPath,
        /// The folder that the policy finds it in.
        own: Option<Mount>,
        /// The folder that the other one finds it in.
        other: Option<Mount>,
    },
    /// A setting.
    Term {
        /// The key in a policy file, with its section.
        key: &'static str,
        /// What the policy sets.
        own: String,
        /// What the other one sets.
        other: String,
    },
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::Request { request, own, other } => {
                let said = if own.effect == Effect::Deny { "denied" } else { "a person is asked" };
                let (own, effect, other) = (&own.rule, other.effect.name(), &other.rule);
                write!(f, "\"{request}\": {said} ({own}), and the other policy says {effect} ({other})")
            }
            Gap::Folder { path, own, other } => {
                let host = |mount: &Option<Mount>| match mount {
                    Some(mount) => format!("in {:?}", mount.host),
                    None => "in no folder".to_owned(),
                };
                write!(f, "{path} is {}, and in the other policy {}", host(own), host(other))
            }
            Gap::Term { key, own, other } => write!(f, "{key}: {own}, and in the other policy {other}"),
        }
    }
}

/// Why a comparison has no answer.
///
/// ```
/// use belljar_policy::{Coverage, Effect, Policy, Undecided};
///
/// let (mut wide, mut narrow) = (Policy::deny_all(), Policy::deny_all());
/// narrow.add(Effect::Allow, "files read ./data as /data")?;
/// wide.add(Effect::Allow, "files read ./data as /data")?;
/// wide.add(Effect::Deny, "files read ./keys as /keys")?;
/// // A link in ./data may lead to ./keys.
/// let rule = "[files] deny \"read ./keys as /keys\"".to_owned();
/// assert_eq!(wide.covers(&narrow), Coverage::Undecided(Undecided::Place { rule }));
/// # Ok::<(), belljar_policy::RuleError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Undecided {
    /// The patterns are such that comparing them takes more work than is spent on it.
    #[error("comparing the patterns takes too much work; write fewer rules with \"*\" about the same names")]
    Work,
    /// No name was found that the two treat differently, and it was not proved either that there is none. That is so
    /// where it depends on how names with accents of their own are spelled, or on a name that is longer than names may be.
    #[error(
        "the rules for {capability} may differ for a name in another spelling, or for a very long one; none was found"
    )]
    Names {
        /// The capability.
        capability: &'static str,
    },
    /// A rule refuses or asks about a place of the host, under whatever name a file system leads there. Whether a folder
    /// that the other policy grants leads there is not known without looking.
    #[error("{rule} holds for the same file under another name, too, and the other policy has no such rule")]
    Place {
        /// The rule, as the log names it.
        rule: String,
    },
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
        match self {
            Example::Kv { action, key } => write!(f, "kv {} {}", action.word(), escape(key)),
            Example::Files { action, path } => write!(f, "files {} {}", action.word(), escape(path.as_str())),
            Example::Http { method, url } => write!(f, "http {} {url}", escape(method)),
            Example::Tool { name } => write!(f, "tools call {}", escape(name)),
        }
    }
}
