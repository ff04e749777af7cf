//! What can go wrong with a file, in the words that every host uses. They name the tool's path, never the host's.

use belljar_abi::Failure;

use crate::capability::path;
use crate::permit::FilesAct;

/// Why an act on files was not done.
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
    /// A granted directory or file itself.
    Granted,
    /// This part of the path is a symbolic link.
    Link(String),
    /// More bytes than are read at once.
    TooLarge {
        /// Those that were left to read.
        rest: u64,
        /// Those that are read at once.
        most: u64,
    },
    /// More entries than so many.
    TooMany(usize),
    /// The folder holds no more than so many bytes.
    Full(u64),
    /// What is granted cannot be opened, for this reason.
    Unopened(String),
    /// A stricter rule is about what was opened.
    Refused(Failure),
    /// Anything else, in words.
    Other(String),
}

impl Trouble {
    /// The failure that the tool gets.
    pub(super) fn with(self, act: &FilesAct) -> Failure {
        let path = path(&act.request);
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
            Trouble::TooLarge { rest, most } => Failure::TooLarge(format!(
                "{path} has {rest} bytes to read; at most {most} are read at once, so read it in parts"
            )),
            Trouble::TooMany(most) => Failure::TooLarge(format!("{path} has more than {most} entries")),
            Trouble::Full(most) => {
                Failure::Exhausted(format!("files: {path} does not fit: the folder holds at most {most} bytes"))
            }
            Trouble::Unopened(reason) => {
                Failure::Other(format!("the granted directory {} cannot be opened: {reason}", act.host))
            }
            Trouble::Refused(failure) => failure,
            Trouble::Other(reason) => Failure::Other(format!("{path}: {reason}")),
        }
    }
}
