//! Requests, as far as rules look at them.

use url::Url;

use crate::action::{FileAction, KvAction};
use crate::guest_path::GuestPath;

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
    /// A key that is changed if it holds what is expected. Whether it did is an answer about its value, so it is judged as
    /// getting it and as what is done with it.
    Replace {
        /// What is done: [`KvAction::Set`] or [`KvAction::Delete`].
        action: KvAction,
        /// The key.
        key: &'a str,
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
        /// Its header fields: names in small letters, and values without white space around them.
        headers: &'a [(&'a str, &'a str)],
    },
    /// A call of another tool.
    Tool {
        /// Its name.
        name: &'a str,
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
/// assert_eq!(request.query(|query| policy.decide(query)).effect, Effect::Allow);
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
        /// Names in small letters, and values.
        headers: Vec<(String, String)>,
    },
    /// A call of another tool.
    Tool {
        /// Its name.
        name: String,
    },
}

impl Example {
    /// Does something with the request as [`crate::Policy::decide`] takes it.
    pub fn query<T>(&self, then: impl FnOnce(&Query<'_>) -> T) -> T {
        match self {
            Example::Kv { action, key } => then(&Query::Kv { action: *action, key }),
            Example::Files { action, path } => then(&Query::Files { action: *action, path }),
            Example::Http { method, url, headers } => {
                let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
                then(&Query::Http { method, url, headers: &headers })
            }
            Example::Tool { name } => then(&Query::Tool { name }),
        }
    }
}
