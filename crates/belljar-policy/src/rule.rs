//! One rule: what it is about, and its text.

use thiserror::Error;

use crate::glob::Glob;
use crate::guest_path::GuestPath;
use crate::http::HttpRule;

/// What a rule does with a request that it matches. The order is that of strength: deny wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It may be performed.
    Allow,
    /// A person is asked.
    Ask,
    /// It is refused.
    Deny,
}

impl Effect {
    /// The key in a policy file.
    pub fn name(self) -> &'static str {
        match self {
            Effect::Allow => "allow",
            Effect::Ask => "ask",
            Effect::Deny => "deny",
        }
    }
}

/// What is done with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvAction {
    /// Reading and listing.
    Read,
    /// Setting and deleting.
    Write,
}

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// Reading, listing, describing.
    Read,
    /// Writing, removing, making directories.
    Write,
}

/// A rule that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the rule {rule:?} is not understood: {reason}")]
pub struct RuleError {
    /// The rule's text.
    pub rule: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// Which of reading and writing a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verbs {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Kv(Verbs, Glob),
    /// A directory of the host as one of the tool.
    Mount(Verbs, String, GuestPath),
    /// Files by their path in the tool's view.
    Files(Verbs, Glob),
    Http(HttpRule),
    Tool(Glob),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) effect: Effect,
    /// The section of a policy file that it stands in.
    pub(crate) section: String,
    /// What is written there.
    pub(crate) written: String,
    /// Both, for people and the log.
    pub(crate) text: String,
    pub(crate) subject: Subject,
}

/// Splits an optional verb from the rest. Without one a rule is about reading and writing.
fn verbs(text: &str) -> (Verbs, &str) {
    let both = Verbs { read: true, write: true };
    match text.split_once(' ') {
        Some(("read", rest)) => (Verbs { read: true, write: false }, rest.trim()),
        Some(("write", rest)) => (Verbs { read: false, write: true }, rest.trim()),
        Some(("*", rest)) => (both, rest.trim()),
        _ => (both, text),
    }
}

impl Subject {
    /// Reads the rule of a section: `kv`, `files`, `http` or `tools`.
    pub(crate) fn parse(section: &str, effect: Effect, text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty".into());
        }
        match section {
            "kv" => {
                let (verbs, pattern) = verbs(text);
                Ok(Subject::Kv(verbs, Glob::parse(pattern)?))
            }
            "files" => {
                let (verbs, rest) = verbs(text);
                match rest.rsplit_once(" as ") {
                    Some((host, guest)) => {
                        let host = host.trim();
                        if host.is_empty() || host.contains('\0') {
                            return Err("the directory before \"as\" is missing".into());
                        }
                        let guest = GuestPath::parse(guest.trim()).map_err(|e| e.to_string())?;
                        Ok(Subject::Mount(verbs, host.to_owned(), guest))
                    }
                    None if effect == Effect::Allow => {
                        Err("an allowed directory says how the tool sees it: \"read ./data as /data\"".into())
                    }
                    None => {
                        let pattern = rest.strip_prefix('/').ok_or(
                            "it names a path as the tool sees it, which starts with \"/\", or a directory \"as\" one",
                        )?;
                        Ok(Subject::Files(verbs, Glob::parse(pattern)?))
                    }
                }
            }
            "http" => HttpRule::parse(text).map(Subject::Http),
            "tools" => Ok(Subject::Tool(Glob::parse(text)?)),
            _ => Err(format!("there is no capability {section:?}; there are http, kv, files and tools")),
        }
    }
}

/// What a tool asks for in its manifest: the grammar of rules, without directories of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The capability.
    pub capability: String,
    /// The rest, as written.
    pub text: String,
}

impl Wish {
    /// Reads a wish such as "http GET https://api.github.com/**", "kv notes/**" or "files read /data".
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let error = |reason: String| RuleError { rule: text.to_owned(), reason };
        let (capability, rest) = text
            .trim()
            .split_once(' ')
            .ok_or_else(|| error("write the capability, then what: \"kv notes/**\"".into()))?;
        Subject::parse(capability, Effect::Ask, rest).map_err(error)?;
        Ok(Wish { capability: capability.to_owned(), text: rest.trim().to_owned() })
    }
}
