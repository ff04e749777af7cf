//! What can go wrong with a file, in the words that every host uses. They name the tool's path, never the host's.

use belljar_abi::{Failure, FilesRequest};
use belljar_policy::FileAction;

use crate::limits::TRANSFER;

/// Entries in one answer to `list`.
pub const ENTRIES: usize = 100_000;

/// Why a request to files has no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is nothing of that name.
    Missing,
    /// There is something of that name already.
    Exists,
    /// This part of the path is no directory.
    NotADirectory(String),
    /// A directory, where a file belongs.
    IsADirectory,
    /// Neither a file nor a directory.
    Special,
    /// A directory that is not empty.
    NotEmpty,
    /// A granted directory itself.
    Granted,
    /// This part of the path is a symbolic link.
    Link(String),
    /// So many bytes at once.
    TooLarge(u64),
    /// More than [`ENTRIES`].
    TooMany,
    /// The folder holds no more than so many bytes.
    Full(u64),
    /// Anything else, in words.
    Other(String),
}

impl Trouble {
    /// The failure that the tool gets. `path` is its own.
    pub fn with(self, path: &str) -> Failure {
        match self {
            Trouble::Missing => Failure::NotFound(format!("there is no {path}")),
            Trouble::Exists => Failure::Invalid(format!("{path} exists already")),
            Trouble::NotADirectory(name) => Failure::Invalid(format!("{path}: {name} is not a directory")),
            Trouble::IsADirectory => Failure::Invalid(format!("{path} is a directory")),
            Trouble::Special => Failure::Invalid(format!("{path} is neither a file nor a directory")),
            Trouble::NotEmpty => Failure::Invalid(format!("{path} is a directory that is not empty")),
            Trouble::Granted => Failure::Invalid(format!("{path} is a granted directory itself and stays")),
            Trouble::Link(name) => {
                Failure::Invalid(format!("{path} leads through a symbolic link ({name}), and links are not followed"))
            }
            Trouble::TooLarge(rest) => Failure::TooLarge(format!(
                "{path} has {rest} bytes to read; at most {TRANSFER} are read at once, so read it in parts"
            )),
            Trouble::TooMany => Failure::TooLarge(format!("{path} has more than {ENTRIES} entries")),
            Trouble::Full(most) => {
                Failure::Exhausted(format!("files: {path} does not fit: the folder holds at most {most} bytes"))
            }
            Trouble::Other(reason) => Failure::Other(format!("{path}: {reason}")),
        }
    }
}

/// The path in the tool's view that a request names.
pub fn path(request: &FilesRequest) -> &str {
    match request {
        FilesRequest::Read(range) => &range.path,
        FilesRequest::Write(writing) => &writing.path,
        FilesRequest::List(path)
        | FilesRequest::Stat(path)
        | FilesRequest::Remove(path)
        | FilesRequest::MakeDirectory(path) => path,
    }
}

/// What a request does.
pub fn action(request: &FilesRequest) -> FileAction {
    match request {
        FilesRequest::Read(_) => FileAction::Read,
        FilesRequest::Write(_) => FileAction::Write,
        FilesRequest::List(_) => FileAction::List,
        FilesRequest::Stat(_) => FileAction::Stat,
        FilesRequest::Remove(_) => FileAction::Remove,
        FilesRequest::MakeDirectory(_) => FileAction::MakeDirectory,
    }
}
