//! What a tree of directories does: the steps that [`super::files`] is made of.

use std::ops::Range;

use belljar_abi::{FileEntry, WriteMode};

use super::trouble::Trouble;
use crate::permit::FilesAct;

/// Directories that a policy can name.
pub trait Tree {
    /// A directory that is open for one act.
    type Directory<'a>: Directory
    where
        Self: 'a;

    /// Opens what is granted to an act: the directory or file that [`FilesAct::host`] names.
    ///
    /// It may lie in a place that a stricter rule names ([`crate::Guard::places`]). It is a tree's task to refuse that with
    /// [`Trouble::Refused`], here and in what the directory opens: only the tree knows which names lead to one place.
    fn open<'a>(&'a self, act: &'a FilesAct) -> impl Future<Output = Result<Granted<Self::Directory<'a>>, Trouble>>;
}

/// What is granted, open.
#[derive(Debug)]
pub struct Granted<D> {
    /// The directory, or that of the file.
    pub directory: D,
    /// The name in it, where a single file is granted.
    pub file: Option<String>,
}

/// An open directory. A name is one step, never a path, and no link is followed.
pub trait Directory: Sized {
    /// Opens a directory in this one.
    fn enter(self, name: &str) -> impl Future<Output = Result<Self, Trouble>>;

    /// Asks the rules again where the directory calls otherwise what is about to be used: a name in it, or itself.
    fn judge(&self, name: Option<&str>) -> impl Future<Output = Result<(), Trouble>>;

    /// What a name stands for, a link being itself; the directory itself without a name.
    fn stat(&self, name: Option<&str>) -> impl Future<Output = Result<FileEntry, Trouble>>;

    /// Reads a part of a file, and no more of it.
    fn read(&self, name: &str, part: Part) -> impl Future<Output = Result<Vec<u8>, Trouble>>;

    /// Writes a file.
    fn write(&self, name: &str, bytes: &[u8], mode: WriteMode) -> impl Future<Output = Result<(), Trouble>>;

    /// What is in the directory, in any order; of more than `most` entries just so many.
    fn list(&self, most: usize) -> impl Future<Output = Result<Vec<FileEntry>, Trouble>>;

    /// Removes a file, a link, or a directory that is empty.
    fn remove(&self, name: &str) -> impl Future<Output = Result<(), Trouble>>;

    /// Makes a directory, unless there is anything of that name.
    fn make_directory(&self, name: &str) -> impl Future<Output = Result<(), Trouble>>;
}

/// The part of a file that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Where it begins.
    pub offset: u64,
    /// Its bytes at most; without it, all that are left.
    pub length: Option<u64>,
    /// The bytes that are read at once.
    pub most: u64,
}

impl Part {
    /// Which bytes these are in a file of `size` bytes.
    ///
    /// # Errors
    ///
    /// [`Trouble::TooLarge`], if they are too many to be read at once.
    pub fn of(self, size: u64) -> Result<Range<u64>, Trouble> {
        let start = self.offset.min(size);
        let rest = size - start;
        let length = self.length.unwrap_or(rest).min(rest);
        if length > self.most {
            return Err(Trouble::TooLarge { rest, most: self.most });
        }
        Ok(start..start + length)
    }
}
