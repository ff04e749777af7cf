//! A log in a file.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::Path;

use belljar_core::{LogError, LogSink};

use crate::error::Error;
use crate::private_file::open_private;

/// A log file: each entry is handed to the system before the act that it describes, so that it survives the
/// end of the process, however that comes. A power cut can lose the last ones, unless [`LogFile::create_forced`] made it.
#[derive(Debug)]
pub struct LogFile {
    file: File,
    forced: bool,
}

impl LogFile {
    /// Makes a new log file; one that exists is replaced, unless another run is still writing it.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let file = open(path).map_err(|source| failed(path, source))?;
        Ok(LogFile { file, forced: false })
    }

    /// The same, but each entry is forced to the disk before anything else is done, so that it survives a power cut,
    /// too. It takes as long as the disk takes.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn create_forced(path: &Path) -> Result<Self, Error> {
        let log = LogFile { forced: true, ..Self::create(path)? };
        sync_folder(path).map_err(|source| failed(path, source))?;
        Ok(log)
    }
}

/// Forces it to the disk that a file is there, or is not: names are kept by their folder, and one that was removed must not
/// come back after a power cut.
///
/// # Errors
///
/// If its folder cannot be read or the disk fails. Where folders are not files, nothing is done.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?.sync_all()?;
    }
    Ok(())
}

/// Opens a file and empties it once it is this process's alone.
fn open(path: &Path) -> std::io::Result<File> {
    // A log says what a tool did for its person: nobody else need read it.
    let file = open_private(path)?;
    // Where there are no locks, none is held.
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(std::io::Error::other("another run is writing it; name another file"));
    }
    // A pipe or a device is as empty as it gets.
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Ok(file)
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::Io { what: "cannot write the log", path: path.into(), source }
}

impl LogSink for LogFile {
    fn append(&mut self, line: &str) -> Result<(), LogError> {
        // One call of the system for each entry: nothing is held back in this process.
        let written = self.file.write_all(line.as_bytes());
        let kept = written.and_then(|()| if self.forced { self.file.sync_data() } else { Ok(()) });
        kept.map_err(|e| LogError(e.to_string()))
    }
}
