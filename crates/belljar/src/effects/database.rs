//! The file of keys and values: an SQLite database that outlives the run, with what it holds of each namespace.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use belljar_core::abi::KvItem;
use belljar_core::effects::{KeysError, Quota};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::error::Error;

/// How long another process may hold the store (5 s) before a request fails.
const BUSY: Duration = Duration::from_secs(5);

/// The tables, and triggers that keep how much a namespace holds, so that nobody has to add it up at each `set`. A store that
/// an earlier version made is added up once.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS kv (namespace TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
        PRIMARY KEY (namespace, key)) WITHOUT ROWID;
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS held (namespace TEXT PRIMARY KEY NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
    INSERT OR IGNORE INTO held
        SELECT namespace, SUM(LENGTH(CAST(key AS BLOB)) + LENGTH(value)) FROM kv
        WHERE NOT EXISTS (SELECT 1 FROM held) GROUP BY namespace;
    CREATE TRIGGER IF NOT EXISTS kv_added AFTER INSERT ON kv BEGIN
        INSERT INTO held VALUES (NEW.namespace, LENGTH(CAST(NEW.key AS BLOB)) + LENGTH(NEW.value))
            ON CONFLICT (namespace) DO UPDATE SET bytes = bytes + excluded.bytes;
    END;
    CREATE TRIGGER IF NOT EXISTS kv_changed AFTER UPDATE OF value ON kv BEGIN
        UPDATE held SET bytes = bytes + LENGTH(NEW.value) - LENGTH(OLD.value) WHERE namespace = NEW.namespace;
    END;
    CREATE TRIGGER IF NOT EXISTS kv_removed AFTER DELETE ON kv BEGIN
        UPDATE held SET bytes = bytes - LENGTH(CAST(OLD.key AS BLOB)) - LENGTH(OLD.value)
            WHERE namespace = OLD.namespace;
    END;
    COMMIT;
";

/// The store's file in its directory.
const FILE: &str = "kv.sqlite";

/// What SQLite adds to its name for the files beside it.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A database in a directory, which is made when first needed. What it does blocks.
#[derive(Debug)]
pub(crate) struct Database {
    dir: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl Database {
    pub(super) fn new(dir: &Path) -> Self {
        Database { dir: dir.to_owned(), connection: Mutex::default() }
    }

    pub(super) fn get(&self, namespace: &str, key: &str, most: u64) -> Result<Option<Vec<u8>>, KeysError> {
        let found: Option<(i64, _)> = self.with(|c| {
            let mut query = c.prepare_cached(
                "SELECT LENGTH(value), CASE WHEN LENGTH(value) <= ?3 THEN value END FROM kv
                 WHERE namespace = ?1 AND key = ?2",
            )?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            query.query_row(params![namespace, key, most], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })?;
        match found {
            Some((size, None)) => Err(KeysError::TooLarge(size.unsigned_abs())),
            Some((_, value)) => Ok(value),
            None => Ok(None),
        }
    }

    pub(super) fn set(&self, namespace: &str, item: &KvItem, quota: Quota) -> Result<(), KeysError> {
        self.with(|c| {
            let transaction = Transaction::new_unchecked(c, TransactionBehavior::Immediate)?;
            let mut others = c.prepare_cached(
                "SELECT COALESCE((SELECT bytes FROM held WHERE namespace = ?1), 0) - COALESCE((SELECT
                 LENGTH(CAST(key AS BLOB)) + LENGTH(value) FROM kv WHERE namespace = ?1 AND key = ?2), 0)",
            )?;
            let others: i64 = others.query_row(params![namespace, item.key], |row| row.get(0))?;
            if let Err(full) = quota.admits(u64::try_from(others).unwrap_or(0), item) {
                return Ok(Err(full));
            }
            c.prepare_cached(
                "INSERT INTO kv (namespace, key, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![namespace, item.key, item.value])?;
            transaction.commit()?;
            Ok(Ok(()))
        })?
    }

    pub(super) fn delete(&self, namespace: &str, key: &str) -> Result<(), KeysError> {
        self.with(|c| {
            c.prepare_cached("DELETE FROM kv WHERE namespace = ?1 AND key = ?2")?.execute(params![namespace, key])
        })
        .map(drop)
    }

    pub(super) fn list(&self, namespace: &str, prefix: &str, most: usize) -> Result<Vec<String>, KeysError> {
        self.with(|c| {
            // From the prefix on, in the order of the index: nothing is looked at that lies before or behind.
            let mut query = c.prepare_cached("SELECT key FROM kv WHERE namespace = ?1 AND key >= ?2 ORDER BY key")?;
            let mut rows = query.query(params![namespace, prefix])?;
            let mut keys = Vec::new();
            while let Some(row) = rows.next()? {
                let key: String = row.get(0)?;
                if keys.len() == most || !key.starts_with(prefix) {
                    break;
                }
                keys.push(key);
            }
            Ok(keys)
        })
    }

    fn with<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, KeysError> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *slot {
            Some(connection) => connection,
            empty => empty.insert(self.open().map_err(|error| KeysError::Failed(error.to_string()))?),
        };
        act(connection).map_err(|error| KeysError::Failed(failed(error).to_string()))
    }

    fn open(&self) -> Result<Connection, Error> {
        let mut maker = std::fs::DirBuilder::new();
        maker.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
        let io = |what, path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { what, path, source }
        };
        maker.create(&self.dir).map_err(io("cannot make the key-value directory", &self.dir))?;
        let unusable = "cannot use the key-value store";
        // SQLite is told not to follow links, also not on the way, which this one may have.
        let file = self.dir.canonicalize().map_err(io(unusable, &self.dir))?.join(FILE);
        own(&file).map_err(io(unusable, &file))?;
        let prepare = |c: &Connection| {
            c.busy_timeout(BUSY)?;
            // What a file's schema says is not carried out: it may be anybody's.
            c.pragma_update(None, "trusted_schema", "OFF")?;
            c.pragma_update(None, "journal_mode", "WAL")?;
            c.pragma_update(None, "synchronous", "NORMAL")?;
            c.execute_batch(SCHEMA)
        };
        Connection::open_with_flags(file, OpenFlags::default() | OpenFlags::SQLITE_OPEN_NOFOLLOW)
            .and_then(|c| prepare(&c).map(|()| c))
            .map_err(failed)
    }
}

fn failed(error: rusqlite::Error) -> Error {
    Error::Kv(error.to_string())
}

/// Makes the store's file if it is not there, for its owner alone: SQLite gives the files beside it the same mode. Takes what
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
