//! The answers of a comparison.

use std::fmt;

use thiserror::Error;

use crate::guest_path::GuestPath;
use crate::policy::{Decision, Mount};
use crate::query::Example;
use crate::rule::Effect;

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
    /// A request that it treats more strictly than the other one, or answers by itself where the other one sends it or
    /// answers it otherwise.
    Request {
        /// The request.
        request: Box<Example>,
        /// What the policy says of it.
        own: Box<Decision>,
        /// What the other one says.
        other: Box<Decision>,
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
                let said = match own.effect {
                    Effect::Deny => "denied".to_owned(),
                    _ if own.effect > other.effect => "a person is asked".to_owned(),
                    Effect::Ask if own.least > other.least => {
                        format!("a person is asked, by an answer of level {} at least", own.least.name())
                    }
                    _ => "answered, and not sent".to_owned(),
                };
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
