//! The file of keys and values: an SQLite database that outlives the run, with what it holds of each namespace.

use std::path::Path;

use belljar_core::abi::KvItem;
use belljar_core::effects::{KeysError, Quota};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::sqlite::{Sqlite, Use};

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
        self.0.with(act).map_err(|error| KeysError::Failed(error.to_string()))
    }
}
