//! A file of SQLite in a directory, which is its owner's alone and made when first needed. What it does blocks.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::Error;

/// How long another process may hold the file (5 s) before a request fails.
const BUSY: Duration = Duration::from_secs(5);

/// What SQLite adds to its name for the files beside it.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What the file is for.
#[derive(Debug)]
pub(super) struct Use {
    /// In messages: "key-value store".
    pub(super) what: &'static str,
    /// Its name.
    pub(super) file: &'static str,
    /// Its tables.
    pub(super) schema: &'static str,
    /// Whether what was written has reached the disk: `FULL`, or `NORMAL`, where a power cut may lose the last changes.
    pub(super) synchronous: &'static str,
}

/// The file, which is opened when first needed.
#[derive(Debug)]
pub(super) struct Sqlite {
    dir: PathBuf,
    of: Use,
    connection: Mutex<Option<Connection>>,
}

impl Sqlite {
    pub(super) fn new(dir: &Path, of: Use) -> Self {
        Sqlite { dir: dir.to_owned(), of, connection: Mutex::default() }
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *slot {
            Some(connection) => connection,
            empty => empty.insert(self.open()?),
        };
        act(connection).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &rusqlite::Error) -> Error {
        Error::Kv { what: self.of.what, why: error.to_string() }
    }

    fn open(&self) -> Result<Connection, Error> {
        let mut maker = std::fs::DirBuilder::new();
        maker.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
        let what = self.of.what;
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Store { what, path, source }
        };
        maker.create(&self.dir).map_err(io(&self.dir))?;
        // SQLite is told not to follow links, also not on the way, which this one may have.
        let file = self.dir.canonicalize().map_err(io(&self.dir))?.join(self.of.file);
        own(&file).map_err(io(&file))?;
        let prepare = |c: &Connection| {
            c.busy_timeout(BUSY)?;
            // What a file's schema says is not carried out: it may be anybody's.
            c.pragma_update(None, "trusted_schema", "OFF")?;
            c.pragma_update(None, "journal_mode", "WAL")?;
            c.pragma_update(None, "synchronous", self.of.synchronous)?;
            c.execute_batch(self.of.schema)
        };
        Connection::open_with_flags(file, OpenFlags::default() | OpenFlags::SQLITE_OPEN_NOFOLLOW)
            .and_then(|c| prepare(&c).map(|()| c))
            .map_err(|error| self.failed(&error))
    }
}

/// Makes the file if it is not there, for its owner alone: SQLite gives the files beside it the same mode. Takes what
/// others may do from files that are there, and refuses links, pipes, and files of other users.
///
/// A file that is there is not opened: closing it would drop the locks that SQLite holds on it for another store of this
/// process.
fn own(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let beside = BESIDE.map(|ending| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    });
    for path in std::iter::once(file).chain(beside.iter().map(PathBuf::as_path)) {
        match std::fs::symlink_metadata(path) {
            Ok(found) => private(path, &found)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn private(path: &Path, found: &std::fs::Metadata) -> std::io::Result<()> {
    if !found.is_file() {
        let name = path.file_name().unwrap_or_default().display();
        return Err(std::io::Error::other(format!("{name} is a link or something else than a file; remove it")));
    }
    #[cfg(unix)]
    crate::owner::make_private(path, found)?;
    Ok(())
}
