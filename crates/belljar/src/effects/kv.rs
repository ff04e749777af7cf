//! Keys and values: in memory, or in a file that outlives the run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use belljar_core::abi::{KvChange, KvItem};
use belljar_core::effects::{Keys, KeysError, MemoryKeys, Quota};

use super::database::Database;
use crate::error::Error;

/// A key-value store. Each tool sees only the keys of its own namespace, which is its identity unless
/// [`crate::RunOptions::kv_namespace`] says otherwise.
#[derive(Clone, Debug)]
pub struct KvStore(Place);

#[derive(Clone, Debug)]
enum Place {
    Memory(Arc<Mutex<BTreeMap<String, Arc<MemoryKeys>>>>),
    File(Arc<Database>),
}

impl KvStore {
    /// A store that vanishes with its last handle.
    pub fn in_memory() -> Self {
        KvStore(Place::Memory(Arc::default()))
    }

    /// The store in directory `dir`, which is made when first needed.
    pub fn in_dir(dir: &Path) -> Self {
        KvStore(Place::File(Arc::new(Database::new(dir))))
    }

    /// The keys of one namespace.
    pub(crate) fn namespace(&self, name: &str) -> Namespace {
        match &self.0 {
            Place::Memory(namespaces) => {
                let mut namespaces = namespaces.lock().unwrap_or_else(PoisonError::into_inner);
                Namespace::Memory(namespaces.entry(name.to_owned()).or_default().clone())
            }
            Place::File(database) => Namespace::File(database.clone(), name.into()),
        }
    }
}

/// The keys of one namespace. Those in memory are there at once.
pub(crate) enum Namespace {
    Memory(Arc<MemoryKeys>),
    File(Arc<Database>, Arc<str>),
}

impl Keys for Namespace {
    async fn get(&self, key: String, most: u64) -> Result<Option<Vec<u8>>, KeysError> {
        match self {
            Namespace::Memory(keys) => keys.get(key, most).await,
            Namespace::File(database, name) => {
                apart(database, name, move |database, name| database.get(name, &key, most)).await
            }
        }
    }

    async fn set(&self, item: KvItem, quota: Quota) -> Result<(), KeysError> {
        match self {
            Namespace::Memory(keys) => keys.set(item, quota).await,
            Namespace::File(database, name) => {
                apart(database, name, move |database, name| database.set(name, &item, quota)).await
            }
        }
    }

    async fn delete(&self, key: String) -> Result<(), KeysError> {
        match self {
            Namespace::Memory(keys) => keys.delete(key).await,
            Namespace::File(database, name) => {
                apart(database, name, move |database, name| database.delete(name, &key)).await
            }
        }
    }

    async fn replace(&self, change: KvChange, quota: Quota) -> Result<bool, KeysError> {
        match self {
            Namespace::Memory(keys) => keys.replace(change, quota).await,
            Namespace::File(database, name) => {
                apart(database, name, move |database, name| database.replace(name, &change, quota)).await
            }
        }
    }

    async fn list(&self, prefix: String, after: String, most: usize) -> Result<Vec<String>, KeysError> {
        match self {
            Namespace::Memory(keys) => keys.list(prefix, after, most).await,
            Namespace::File(database, name) => {
                apart(database, name, move |database, name| database.list(name, &prefix, &after, most)).await
            }
        }
    }
}

/// Uses the database on a thread of its own: another process may hold it for seconds.
async fn apart<T: Send + 'static>(
    database: &Arc<Database>,
    name: &Arc<str>,
    act: impl FnOnce(&Database, &str) -> Result<T, KeysError> + Send + 'static,
) -> Result<T, KeysError> {
    let (database, name) = (database.clone(), name.clone());
    let done = tokio::task::spawn_blocking(move || act(&database, &name)).await;
    done.unwrap_or_else(|lost| {
        Err(KeysError::Failed(Error::Kv { what: "key-value store", why: lost.to_string() }.to_string()))
    })
}
