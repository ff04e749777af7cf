//! Keys and values, in SQLite: in memory for one run, or in a file that outlives it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use belljar_core::abi::{Failure, KvRequest, KvResponse};
use belljar_core::limits::{KV_KEYS, KV_QUOTA, kv_full};
use belljar_core::{Permit, Receipt, Response};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Error;

/// How long another process may hold the store (5 s) before a request fails.
const BUSY: Duration = Duration::from_secs(5);

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
                std::fs::create_dir_all(dir).map_err(|source| Error::Io {
                    what: "cannot make the key-value directory",
                    path: dir.clone(),
                    source,
                })?;
                let file = dir.join("kv.sqlite");
                private(&file).map_err(|source| Error::Io { what: "cannot make the key-value store", path: file.clone(), source })?;
                Connection::open(file)
            }
        };
        let prepare = |c: &Connection| {
            c.busy_timeout(BUSY)?;
            if self.place.is_some() {
                c.pragma_update(None, "journal_mode", "WAL")?;
                c.pragma_update(None, "synchronous", "NORMAL")?;
            }
            c.execute_batch(
                "CREATE TABLE IF NOT EXISTS kv (namespace TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
                 PRIMARY KEY (namespace, key)) WITHOUT ROWID",
            )
        };
        connection.and_then(|c| prepare(&c).map(|()| c)).map_err(|e| Error::Kv(e.to_string()))
    }
}

/// Makes the store's file if it is not there, readable by its owner alone: SQLite gives the files beside it the same mode.
fn private(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(file)?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o077 != 0 {
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    drop(file);
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
            let mut held = c.prepare_cached(
                "SELECT COALESCE(SUM(LENGTH(CAST(key AS BLOB)) + LENGTH(value)), 0) FROM kv
                 WHERE namespace = ?1 AND key <> ?2",
            )?;
            let held: i64 = held.query_row(params![namespace, key], |row| row.get(0))?;
            if held as u64 + (key.len() + value.len()) as u64 > KV_QUOTA {
                return Ok(false);
            }
            c.prepare_cached("INSERT OR REPLACE INTO kv (namespace, key, value) VALUES (?1, ?2, ?3)")?
                .execute(params![namespace, key, value])?;
            Ok(true)
        })
        .map_err(failed)?;
    if stored { Ok(KvResponse::Done(())) } else { Err(kv_full()) }
}

fn list(store: &KvStore, namespace: &str, prefix: &str) -> Result<KvResponse, Failure> {
    let keys: Vec<String> = store
        .with(|c| {
            let mut query = c.prepare_cached(
                "SELECT key FROM kv WHERE namespace = ?1 AND SUBSTR(key, 1, LENGTH(?2)) = ?2 ORDER BY key LIMIT ?3",
            )?;
            query.query_map(params![namespace, prefix, KV_KEYS as i64], |row| row.get(0))?.collect()
        })
        .map_err(failed)?;
    Ok(KvResponse::Keys(keys))
}

fn failed(error: Error) -> Failure {
    Failure::Other(error.to_string())
}
