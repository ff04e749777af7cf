//! A log in a file.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use belljar_core::{LogError, LogSink};

use crate::error::Error;

/// A log file: each entry is handed to the system before the act that it describes, so that it survives the
/// end of the process, however that comes. It is not forced to the disk for each entry: a power cut can lose
/// the last ones.
#[derive(Debug)]
pub struct LogFile(File);

impl LogFile {
    /// Makes a new log file; one that exists is replaced.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(path);
        file.map(LogFile).map_err(|source| Error::Io { what: "cannot write the log", path: path.into(), source })
    }
}

impl LogSink for LogFile {
    fn append(&mut self, line: &str) -> Result<(), LogError> {
        self.0.write_all(line.as_bytes()).map_err(|e| LogError(e.to_string()))
    }
}
