//! One rule: what it is about, and its text.

use thiserror::Error;

use crate::answer::Beside;
use crate::assurance::Assurance;
use crate::subject::Subject;

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

/// What has to be got past for a request that a rule is about. The order is that of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Strength {
    pub(crate) effect: Effect,
    /// The weakest answer by which it is approved; the weakest there is where nobody is asked.
    pub(crate) least: Assurance,
}

impl Strength {
    /// A refusal.
    pub(crate) const DENY: Strength = Strength { effect: Effect::Deny, least: Assurance::Client };
}

impl From<Effect> for Strength {
    fn from(effect: Effect) -> Self {
        Strength { effect, least: Assurance::default() }
    }
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) effect: Effect,
    /// The section of a policy file that it stands in.
    pub(crate) section: String,
    /// What stands there, in the one form that there is for each rule: a text, or the lines of a table.
    pub(crate) written: String,
    /// Both, for people and the log.
    pub(crate) text: String,
    pub(crate) subject: Subject,
    /// What a table says besides, and no text can.
    pub(crate) beside: Beside,
}

impl Rule {
    pub(crate) fn strength(&self) -> Strength {
        Strength { effect: self.effect, least: self.beside.least }
    }

    /// Whether it is written as a table.
    pub(crate) fn is_table(&self) -> bool {
        self.beside != Beside::default() || matches!(&self.subject, Subject::Http(http) if !http.conditions.is_empty())
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
