//! Why a component is refused.

use thiserror::Error;

/// Why a component is refused. Names that come from it are shown escaped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is no component.
    #[error("this is not a component: {0}")]
    NotAComponent(&'static str),
    /// It is larger than some limit of [`crate::limits`].
    #[error("it has {found} {what}; at most {limit} are admitted")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many are admitted.
        limit: u64,
    },
    /// It uses a feature of WebAssembly that is not admitted.
    #[error("it uses {feature}, a feature of WebAssembly that is not admitted: {message} (at byte {offset:#x})")]
    Feature {
        /// The feature's name.
        feature: &'static str,
        /// The validator's words.
        message: String,
        /// Where, in bytes from the component's beginning.
        offset: u64,
    },
    /// It is invalid.
    #[error("it is not valid WebAssembly: {message} (at byte {offset:#x})")]
    Invalid {
        /// The validator's words.
        message: String,
        /// Where, in bytes from the component's beginning.
        offset: u64,
    },
    /// It imports something outside the world.
    #[error("it imports {0:?}, which is outside Belljar's world; a tool imports interfaces of belljar:tool@0.1.0 only")]
    OutsideTheWorld(String),
    /// It exports something that the world does not have.
    #[error("it exports {0:?}, which Belljar's world does not have; a tool exports run, an engine load as well")]
    StrangeExport(String),
    /// An import or export has another type than the world's.
    #[error("{0:?} has another type than in the world belljar:tool@0.1.0")]
    WrongType(String),
    /// An export that a tool needs is missing.
    #[error("its core module has no export {0:?}; see wit/tool/tool.wit")]
    Missing(&'static str),
    /// It is not a single core module in standard wrapping.
    #[error("it is not a single core module in standard wrapping: {0}; components of other shapes do not run here yet")]
    Shape(&'static str),
    /// It connects a core function with something else than that function's name says.
    #[error("it is not in standard wrapping: {0:?} is connected with something else than its name says")]
    Crossed(String),
    /// It was made for something else than Belljar.
    #[error("{what} ({refusal})")]
    Foreign {
        /// What it is, and what to do instead.
        what: &'static str,
        /// What was found.
        refusal: Box<Refusal>,
    },
    /// It uses a name that admission needs.
    #[error("it uses the name {0:?}; names that begin with belljar: are reserved for Belljar's meter")]
    Reserved(String),
    /// Its manifest is unusable.
    #[error("its manifest is unusable: {0}")]
    Manifest(String),
    /// The positions for its stack traces are unusable.
    #[error("its custom section belljar:positions is damaged: {0}; build the component again, or take the section out")]
    Positions(&'static str),
}

impl Refusal {
    /// The same, with what the file is where that is known and may be why.
    pub(crate) fn of(self, component: &[u8]) -> Self {
        match self {
            Refusal::TooMuch { .. }
            | Refusal::Feature { .. }
            | Refusal::OutsideTheWorld(_)
            | Refusal::StrangeExport(_)
            | Refusal::Missing(_)
            | Refusal::Shape(_)
            | Refusal::Crossed(_) => match crate::foreign::foreign(component) {
                Some(what) => Refusal::Foreign { what, refusal: Box::new(self) },
                None => self,
            },
            other => other,
        }
    }
}

pub(crate) fn too_much(what: &'static str, found: impl TryInto<u64>, limit: impl TryInto<u64>) -> Refusal {
    let number = |result: Option<u64>| result.unwrap_or(u64::MAX);
    Refusal::TooMuch { what, found: number(found.try_into().ok()), limit: number(limit.try_into().ok()) }
}

impl From<wasmparser::Error> for Refusal {
    fn from(error: wasmparser::Error) -> Self {
        Refusal::Invalid { message: error.message().to_owned(), offset: error.offset() as u64 }
    }
}
