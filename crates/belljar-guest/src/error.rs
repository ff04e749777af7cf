//! What goes wrong: with a request, and with a tool.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use crate::instead::instead;
use crate::world::belljar::tool::outcome::FaultKind;
use crate::world::belljar::tool::types;

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The capability asked for, such as "kv".
    pub capability: String,
    /// What was asked, such as "write notes/today".
    pub request: String,
    /// The rule that decided, or the reason why none allowed it.
    pub rule: String,
}

/// Why a request has no response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The policy, or a person, refused it.
    Denied(Denial),
    /// A budget of the policy is used up; the text names it.
    Exhausted(String),
    /// There is no such key, file or tool.
    NotFound(String),
    /// The request is malformed or does not fit what it names.
    Invalid(String),
    /// The request or its response is larger than the limit that the text names.
    TooLarge(String),
    /// The deadline passed before the response came.
    TimedOut(String),
    /// Anything else, in words.
    Other(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Denied(Denial { capability, request, rule }) => {
                write!(f, "{capability}: {request} is not allowed ({rule})")
            }
            Failure::Exhausted(text)
            | Failure::NotFound(text)
            | Failure::Invalid(text)
            | Failure::TooLarge(text)
            | Failure::TimedOut(text)
            | Failure::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

impl From<types::Failure> for Failure {
    fn from(failure: types::Failure) -> Self {
        match failure {
            types::Failure::Denied(types::Denial { capability, request, rule }) => {
                Failure::Denied(Denial { capability, request, rule })
            }
            types::Failure::Exhausted(text) => Failure::Exhausted(text),
            types::Failure::NotFound(text) => Failure::NotFound(text),
            types::Failure::Invalid(text) => Failure::Invalid(text),
            types::Failure::TooLarge(text) => Failure::TooLarge(text),
            types::Failure::TimedOut(text) => Failure::TimedOut(text),
            types::Failure::Other(text) => Failure::Other(text),
        }
    }
}

/// A tool cannot do its work and says why. Any error becomes one by `?`.
#[derive(Debug)]
pub struct ToolError {
    pub(crate) kind: FaultKind,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
}

impl ToolError {
    /// `code` is a short word of the tool's own for programs to branch on, `message` a sentence for people.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        ToolError { kind: FaultKind::Failed, code: code.into(), message: message.into() }
    }
}

// `ToolError` is no `std::error::Error` itself, or this would collide with the conversion of a type into itself.
impl<E: std::error::Error + 'static> From<E> for ToolError {
    fn from(error: E) -> Self {
        let (kind, code) = match (&error as &dyn Any).downcast_ref::<Failure>() {
            Some(Failure::Denied(_)) => (FaultKind::Denied, "denied"),
            Some(Failure::Exhausted(_)) => (FaultKind::Exhausted, "exhausted"),
            Some(Failure::NotFound(_)) => (FaultKind::Failed, "not-found"),
            Some(Failure::Invalid(_)) => (FaultKind::Failed, "invalid"),
            Some(Failure::TooLarge(_)) => (FaultKind::Failed, "too-large"),
            Some(Failure::TimedOut(_)) => (FaultKind::Failed, "timed-out"),
            Some(Failure::Other(_)) | None => (FaultKind::Failed, "error"),
        };
        let mut message = error.to_string();
        message.push_str(instead(&message));
        ToolError { kind, code: code.into(), message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(number: &str) -> Result<i32, ToolError> {
        Ok(number.parse::<i32>()?)
    }

    fn ask() -> Result<(), ToolError> {
        let denial = Denial { capability: "kv".into(), request: "get a".into(), rule: "no rule".into() };
        Err(Failure::Denied(denial))?
    }

    #[test]
    fn any_error_becomes_the_tools_own_and_a_denial_stays_one() {
        let error = read("x").unwrap_err();
        assert_eq!((error.kind, &*error.code), (FaultKind::Failed, "error"));
        assert_eq!(error.message, "invalid digit found in string");
        let error = ask().unwrap_err();
        assert_eq!((error.kind, &*error.code), (FaultKind::Denied, "denied"));
        assert_eq!(error.message, "kv: get a is not allowed (no rule)");
    }
}
