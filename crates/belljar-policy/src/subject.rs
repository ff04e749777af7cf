//! What rules are about.

use crate::glob::Glob;
use crate::guest_path::GuestPath;
use crate::http::HttpRule;
use crate::words::Verbs;

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Kv(Keys),
    Files(Files),
    Http(HttpRule),
    Tools(Names),
}

/// The keys that a rule is about, and what it is about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys(pub(crate) Verbs, pub(crate) Glob);

/// The files that a rule is about, and what it is about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// A directory or file of the host as one of the tool.
    Mount(Verbs, String, GuestPath),
    /// Files by their path in the tool's view.
    Paths(Verbs, Paths),
}

/// A pattern for paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paths {
    pub(crate) glob: Glob,
    /// For what must hold however a file system spells a name, and for all that is below.
    pub(crate) covering: Glob,
}

impl Paths {
    pub(crate) fn new(glob: Glob) -> Self {
        Paths { covering: glob.with_below().folded(), glob }
    }
}

/// The tools that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names(pub(crate) Glob);
