//! Files below the folders that were granted. Paths are absolute, with `/`, as the policy names them.

use crate::error::Failure;
use crate::request::Started;
use crate::world::belljar::tool::files::{Mode, Portion, Range, Request, Response, Writing, start, start_page, take};
use crate::world::belljar::tool::{files, types};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Directory,
    /// Something else, such as a symbolic link, which is never followed out of a granted folder.
    Other,
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without the folder.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
}

impl From<files::Entry> for Entry {
    fn from(entry: files::Entry) -> Self {
        let kind = match entry.kind {
            files::Kind::File => Kind::File,
            files::Kind::Directory => Kind::Directory,
            files::Kind::Other => Kind::Other,
        };
        Entry { name: entry.name, kind, size: entry.size }
    }
}

/// A file's bytes.
///
/// # Errors
///
/// If it is not allowed, not there, or fails.
pub fn read(path: &str) -> Result<Vec<u8>, Failure> {
    start_read(path).wait()
}

/// A file's text.
///
/// # Errors
///
/// As [`read`], and if it is not UTF-8.
pub fn read_text(path: &str) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| Failure::Invalid(format!("{path} is not UTF-8")))
}

/// A part of a file: at most `length` bytes from `offset` on.
///
/// # Errors
///
/// As [`read`].
pub fn read_range(path: &str, offset: u64, length: u64) -> Result<Vec<u8>, Failure> {
    begin_read(Range { path: path.into(), offset, length: Some(length) }).wait()
}

/// [`read`], without waiting.
pub fn start_read(path: &str) -> Started<Vec<u8>> {
    begin_read(Range { path: path.into(), offset: 0, length: None })
}

/// Creates a file or replaces its contents.
///
/// # Errors
///
/// If it is not allowed or fails.
pub fn write(path: &str, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    begin_write(path, bytes.as_ref(), Mode::Replace)
}

/// Creates a file, which must not be there.
///
/// # Errors
///
/// If it is not allowed, is there, or fails.
pub fn create(path: &str, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    begin_write(path, bytes.as_ref(), Mode::Create)
}

/// Writes at a file's end; creates it if it is not there.
///
/// # Errors
///
/// If it is not allowed or fails.
pub fn append(path: &str, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    begin_write(path, bytes.as_ref(), Mode::Append)
}

/// The entries of a folder, sorted by name.
///
/// # Errors
///
/// If it is not allowed, not there, or fails.
pub fn list(path: &str) -> Result<Vec<Entry>, Failure> {
    Started::new(start(&Request::List(path.into())), entries).wait()
}

/// A part of what [`list`] gives: the first `most` entries (1 to 10,000) whose names come behind `after`, which is empty for the
/// first part and the last name of the part before for the next one. Fewer than `most` come only at the end.
///
/// # Errors
///
/// If it is not allowed, not there, or fails.
pub fn list_part(path: &str, after: &str, most: u32) -> Result<Vec<Entry>, Failure> {
    Started::new(start_page(&Portion { path: path.into(), after: after.into(), most }), entries).wait()
}

fn entries(ticket: types::Ticket) -> Result<Vec<Entry>, types::Failure> {
    match take(ticket)? {
        Response::Entries(entries) => Ok(entries.into_iter().map(Entry::from).collect()),
        _ => Err(unexpected()),
    }
}

/// What stands at a path.
///
/// # Errors
///
/// If it is not allowed, not there, or fails.
pub fn stat(path: &str) -> Result<Entry, Failure> {
    let take = |ticket| match take(ticket)? {
        Response::Stat(entry) => Ok(Entry::from(entry)),
        _ => Err(unexpected()),
    };
    Started::new(start(&Request::Stat(path.into())), take).wait()
}

/// Removes a file or an empty folder.
///
/// # Errors
///
/// If it is not allowed, not there, or fails.
pub fn remove(path: &str) -> Result<(), Failure> {
    Started::new(start(&Request::Remove(path.into())), done).wait()
}

/// Makes a folder.
///
/// # Errors
///
/// If it is not allowed or fails.
pub fn make_directory(path: &str) -> Result<(), Failure> {
    Started::new(start(&Request::MakeDirectory(path.into())), done).wait()
}

fn begin_read(range: Range) -> Started<Vec<u8>> {
    Started::new(start(&Request::Read(range)), |ticket| match take(ticket)? {
        Response::Bytes(bytes) => Ok(bytes),
        _ => Err(unexpected()),
    })
}

fn begin_write(path: &str, bytes: &[u8], mode: Mode) -> Result<(), Failure> {
    Started::new(start(&Request::Write(Writing { path: path.into(), bytes: bytes.into(), mode })), done).wait()
}

fn done(ticket: types::Ticket) -> Result<(), types::Failure> {
    take(ticket).map(|_| ())
}

fn unexpected() -> types::Failure {
    types::Failure::Other("an unexpected response".into())
}
