//! The file of keys and values: an SQLite database that outlives the run, with what it holds of each namespace.

use std::path::Path;

use belljar_core::abi::{KvChange, KvItem};
use belljar_core::effects::{KeysError, Others, Quota};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::sqlite::{Sqlite, Use};

/// The tables, and triggers that keep how much a namespace holds and how many keys, so that nobody has to add it up at each
/// `set`. A store that an earlier version made is added up once.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS kv (namespace TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
        PRIMARY KEY (namespace, key)) WITHOUT ROWID;
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS held (namespace TEXT PRIMARY KEY NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
    INSERT OR IGNORE INTO held
        SELECT namespace, SUM(LENGTH(CAST(key AS BLOB)) + LENGTH(value)) FROM kv
        WHERE NOT EXISTS (SELECT 1 FROM held) GROUP BY namespace;
    CREATE TABLE IF NOT EXISTS counted (namespace TEXT PRIMARY KEY NOT NULL, keys INTEGER NOT NULL) WITHOUT ROWID;
    INSERT OR IGNORE INTO counted
        SELECT namespace, COUNT(*) FROM kv WHERE NOT EXISTS (SELECT 1 FROM counted) GROUP BY namespace;
    CREATE TRIGGER IF NOT EXISTS kv_counted AFTER INSERT ON kv BEGIN
        INSERT INTO counted VALUES (NEW.namespace, 1) ON CONFLICT (namespace) DO UPDATE SET keys = keys + 1;
    END;
    CREATE TRIGGER IF NOT EXISTS kv_uncounted AFTER DELETE ON kv BEGIN
        UPDATE counted SET keys = keys - 1 WHERE namespace = OLD.namespace;
    END;
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

/// A database in a directory, which is made when first needed. What it does blocks.
#[derive(Debug)]
pub(crate) struct Database(Sqlite);

impl Database {
    pub(super) fn new(dir: &Path) -> Self {
        let of = Use { what: "key-value store", file: "kv.sqlite", schema: SCHEMA, synchronous: "NORMAL" };
        Database(Sqlite::new(dir, of))
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
        self.alone(|c| put(c, namespace, &item.key, &item.value, quota))
    }

    pub(super) fn delete(&self, namespace: &str, key: &str) -> Result<(), KeysError> {
        self.with(|c| remove(c, namespace, key))
    }

    pub(super) fn replace(&self, namespace: &str, change: &KvChange, quota: Quota) -> Result<bool, KeysError> {
        self.alone(|c| {
            // The database compares, so that nothing is loaded. `IS` is true of two that are not there.
            let mut query =
                c.prepare_cached("SELECT (SELECT value FROM kv WHERE namespace = ?1 AND key = ?2) IS ?3")?;
            let holds: bool = query.query_row(params![namespace, change.key, change.expected], |row| row.get(0))?;
            if !holds {
                return Ok(Ok(false));
            }
            let done = match &change.value {
                Some(value) => put(c, namespace, &change.key, value, quota)?,
                None => Ok(remove(c, namespace, &change.key)?),
            };
            Ok(done.map(|()| true))
        })
    }

    pub(super) fn list(
        &self,
        namespace: &str,
        prefix: &str,
        after: &str,
        most: usize,
    ) -> Result<Vec<String>, KeysError> {
        self.with(|c| {
            // From there on, in the order of the index: nothing is looked at that lies before or behind.
            let mut query = c.prepare_cached(
                "SELECT key FROM kv WHERE namespace = ?1 AND key >= MAX(?2, ?3) AND key > ?3 ORDER BY key",
            )?;
            let mut rows = query.query(params![namespace, prefix, after])?;
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

    /// Acts in a transaction in which nobody else writes; what is not done leaves nothing behind.
    fn alone<T>(
        &self,
        act: impl FnOnce(&Connection) -> rusqlite::Result<Result<T, KeysError>>,
    ) -> Result<T, KeysError> {
        self.with(|c| {
            let transaction = Transaction::new_unchecked(c, TransactionBehavior::Immediate)?;
            let done = act(&transaction)?;
            if done.is_ok() {
                transaction.commit()?;
            }
            Ok(done)
        })?
    }

    fn with<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, KeysError> {
        self.0.with(act).map_err(|error| KeysError::Failed(error.to_string()))
    }
}

/// Keeps a value, if the quota admits it.
fn put(
    c: &Connection,
    namespace: &str,
    key: &str,
    value: &[u8],
    quota: Quota,
) -> rusqlite::Result<Result<(), KeysError>> {
    let mut query = c.prepare_cached(
        "SELECT COALESCE((SELECT bytes FROM held WHERE namespace = ?1), 0),
                COALESCE((SELECT keys FROM counted WHERE namespace = ?1), 0),
                (SELECT LENGTH(CAST(key AS BLOB)) + LENGTH(value) FROM kv WHERE namespace = ?1 AND key = ?2)",
    )?;
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (bytes, keys, own): (i64, i64, Option<i64>) = query.query_row(params![namespace, key], row)?;
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let others = Others {
        bytes: count(bytes.saturating_sub(own.unwrap_or(0))),
        keys: count(keys.saturating_sub(own.is_some().into())),
        own: own.map(count),
    };
    if let Err(full) = quota.admits(others, key, value) {
        return Ok(Err(full));
    }
    c.prepare_cached(
        "INSERT INTO kv (namespace, key, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![namespace, key, value])?;
    Ok(Ok(()))
}

fn remove(c: &Connection, namespace: &str, key: &str) -> rusqlite::Result<()> {
    c.prepare_cached("DELETE FROM kv WHERE namespace = ?1 AND key = ?2")?.execute(params![namespace, key]).map(drop)
}
