//! Keys and values, in SQLite: in memory for one run, or in a file that outlives it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use belljar_core::abi::{Failure, KvRequest, KvResponse};
use belljar_core::limits::{KV_LOOKED_AT, KV_QUOTA, kv_full, kv_too_many};
use belljar_core::{Permit, Receipt, Response};
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

/// A key-value store. Each tool sees only the keys of its own namespace, which is its identity unless
/// [`crate::RunOptions::kv_namespace`] says otherwise.
#[derive(Clone, Debug)]
pub struct KvStore {
    place: Option<PathBuf>,
    connection: Arc<Mutex<Option<Connection>>>,
}

impl KvStore {
    /// A store that vanishes with its last handle.
    pub fn in_memory() -> Self {
        KvStore { place: None, connection: Arc::default() }
    }

    /// The store in directory `dir`, which is made when first needed.
    pub fn in_dir(dir: &Path) -> Self {
        KvStore { place: Some(dir.to_owned()), connection: Arc::default() }
    }

    /// Whether nobody else can hold it: it is in memory.
    pub(crate) fn answers_at_once(&self) -> bool {
        self.place.is_none()
    }

    fn with<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *slot {
            Some(connection) => connection,
            empty => empty.insert(self.open()?),
        };
        act(connection).map_err(|e| Error::Kv(e.to_string()))
    }

    fn open(&self) -> Result<Connection, Error> {
        let connection = match &self.place {
            None => Connection::open_in_memory(),
            Some(dir) => {
                let mut maker = std::fs::DirBuilder::new();
                maker.recursive(true);
                #[cfg(unix)]
                std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
                maker.create(dir).map_err(|source| Error::Io {
                    what: "cannot make the key-value directory",
                    path: dir.clone(),
                    source,
                })?;
                let io = |path: &Path| {
                    let path = path.to_owned();
                    move |source| Error::Io { what: "cannot use the key-value store", path, source }
                };
                // SQLite is told not to follow links, also not on the way, which this one may have.
                let file = dir.canonicalize().map_err(io(dir))?.join(FILE);
                own(&file).map_err(io(&file))?;
                Connection::open_with_flags(file, OpenFlags::default() | OpenFlags::SQLITE_OPEN_NOFOLLOW)
            }
        };
        let prepare = |c: &Connection| {
            c.busy_timeout(BUSY)?;
            // What a file's schema says is not carried out: it may be anybody's.
            c.pragma_update(None, "trusted_schema", "OFF")?;
            if self.place.is_some() {
                c.pragma_update(None, "journal_mode", "WAL")?;
                c.pragma_update(None, "synchronous", "NORMAL")?;
            }
            c.execute_batch(SCHEMA)
        };
        connection.and_then(|c| prepare(&c).map(|()| c)).map_err(|e| Error::Kv(e.to_string()))
    }
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

/// Spends a permit.
pub(crate) fn perform(
    permit: Permit<KvRequest>,
    store: &KvStore,
    namespace: &str,
) -> (Receipt, Result<Response, Failure>) {
    let (act, receipt) = permit.spend();
    let result = match act {
        KvRequest::Get(key) => get(store, namespace, &key),
        KvRequest::Set(item) => set(store, namespace, &item.key, &item.value),
        KvRequest::Delete(key) => store
            .with(|c| {
                c.prepare_cached("DELETE FROM kv WHERE namespace = ?1 AND key = ?2")?.execute(params![namespace, key])
            })
            .map(|_| KvResponse::Done(()))
            .map_err(failed),
        KvRequest::List(prefix) => list(store, namespace, &prefix),
    };
    (receipt, result.map(Response::Kv))
}

fn get(store: &KvStore, namespace: &str, key: &str) -> Result<KvResponse, Failure> {
    store
        .with(|c| {
            let mut query = c.prepare_cached("SELECT value FROM kv WHERE namespace = ?1 AND key = ?2")?;
            query.query_row(params![namespace, key], |row| row.get(0)).optional()
        })
        .map(KvResponse::Value)
        .map_err(failed)
}

fn set(store: &KvStore, namespace: &str, key: &str, value: &[u8]) -> Result<KvResponse, Failure> {
    let stored = store
        .with(|c| {
            let transaction = Transaction::new_unchecked(c, TransactionBehavior::Immediate)?;
            let mut held = c.prepare_cached(
                "SELECT COALESCE((SELECT bytes FROM held WHERE namespace = ?1), 0) - COALESCE((SELECT
                 LENGTH(CAST(key AS BLOB)) + LENGTH(value) FROM kv WHERE namespace = ?1 AND key = ?2), 0)",
            )?;
            let held: i64 = held.query_row(params![namespace, key], |row| row.get(0))?;
            if u64::try_from(held).unwrap_or(0) + (key.len() + value.len()) as u64 > KV_QUOTA {
                return Ok(false);
            }
            c.prepare_cached(
                "INSERT INTO kv (namespace, key, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![namespace, key, value])?;
            transaction.commit()?;
            Ok(true)
        })
        .map_err(failed)?;
    if stored { Ok(KvResponse::Done(())) } else { Err(kv_full()) }
}

fn list(store: &KvStore, namespace: &str, prefix: &str) -> Result<KvResponse, Failure> {
    let keys: Vec<String> = store
        .with(|c| {
            // From the prefix on, in the order of the index: nothing is looked at that lies before or behind.
            let mut query = c.prepare_cached("SELECT key FROM kv WHERE namespace = ?1 AND key >= ?2 ORDER BY key")?;
            let mut rows = query.query(params![namespace, prefix])?;
            let mut keys = Vec::new();
            while let Some(row) = rows.next()? {
                let key: String = row.get(0)?;
                if !key.starts_with(prefix) || keys.len() > KV_LOOKED_AT {
                    break;
                }
                keys.push(key);
            }
            Ok(keys)
        })
        .map_err(failed)?;
    if keys.len() > KV_LOOKED_AT {
        return Err(kv_too_many(KV_LOOKED_AT));
    }
    Ok(KvResponse::Keys(keys))
}

fn failed(error: Error) -> Failure {
    Failure::Other(error.to_string())
}
