//! What is done with a key or a file, in the words of requests and rules.

/// What is done with a key. The word of a rule `read` stands for getting and listing, `write` for setting and deleting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvAction {
    /// Its value is read.
    Get,
    /// It is named in a list.
    List,
    /// Its value is set.
    Set,
    /// It is removed.
    Delete,
}

impl KvAction {
    /// The word of requests and rules.
    pub fn word(self) -> &'static str {
        ["get", "list", "set", "delete"][self as usize]
    }

    pub(crate) fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What is done with a file. The word of a rule `read` stands for reading, listing and describing, `write` for writing,
/// removing and making directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// Its bytes are read.
    Read,
    /// A directory's entries are listed.
    List,
    /// It is described.
    Stat,
    /// It is written.
    Write,
    /// It is removed.
    Remove,
    /// A directory is made.
    MakeDirectory,
}

impl FileAction {
    /// The word of requests and rules.
    pub fn word(self) -> &'static str {
        ["read", "list", "stat", "write", "remove", "make-directory"][self as usize]
    }

    pub(crate) fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Whether it leaves everything as it is.
    pub fn only_looks(self) -> bool {
        matches!(self, FileAction::Read | FileAction::List | FileAction::Stat)
    }
}
