//! Keys and values in IndexedDB: they outlive the page. Each tool sees only those of its own namespace.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use belljar_core::abi::{KvChange, KvItem};
use belljar_core::effects::{Keys, KeysError, Others, Quota};
use idb::{
    Database, DatabaseEvent, Error, Factory, KeyRange, ObjectStore, ObjectStoreParams, Query, Transaction,
    TransactionMode,
};
use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

/// The object store: its keys are pairs of namespace and key.
const STORE: &str = "kv";

thread_local! {
    /// Databases that are open: opening one takes longer than most acts.
    static OPEN: RefCell<HashMap<String, Rc<Database>>> = RefCell::default();
}

/// A namespace of a database, which is opened at the first act. A browser that has none refuses the requests, not the run.
#[derive(Clone, Debug)]
pub(crate) struct Namespace {
    database: String,
    name: String,
}

impl Namespace {
    pub(crate) fn new(database: &str, name: &str) -> Self {
        Namespace { database: database.to_owned(), name: name.to_owned() }
    }

    pub(super) async fn begin(&self, mode: TransactionMode) -> Result<(Transaction, ObjectStore), Error> {
        let opened = OPEN.with_borrow(|open| open.get(&self.database).cloned());
        let database = match opened {
            Some(database) => database,
            None => {
                let database = Rc::new(open(&self.database).await?);
                OPEN.with_borrow_mut(|open| open.insert(self.database.clone(), database.clone()));
                database
            }
        };
        let transaction = database.transaction(&[STORE], mode)?;
        let store = transaction.object_store(STORE)?;
        Ok((transaction, store))
    }

    /// A failure, after which the connection is not used again: it may be broken.
    fn failed(&self, error: &Error) -> KeysError {
        self.forget();
        KeysError::Failed(format!("the key-value store failed: {error}"))
    }

    /// The connection is not used again.
    pub(super) fn forget(&self) {
        OPEN.with_borrow_mut(|open| open.remove(&self.database));
    }

    pub(super) fn key(&self, key: &str) -> JsValue {
        Array::of2(&self.name.as_str().into(), &key.into()).into()
    }

    /// All keys of the namespace: those between the shortest one and an array, which sorts behind every text.
    fn all(&self) -> Result<Query, Error> {
        let end = Array::of2(&self.name.as_str().into(), &Array::new());
        Ok(Query::KeyRange(KeyRange::bound(&self.key(""), &end, None, Some(true))?))
    }

    async fn value(&self, key: &str) -> Result<Option<Uint8Array>, Error> {
        let (_, store) = self.begin(TransactionMode::ReadOnly).await?;
        Ok(store.get(self.key(key))?.await?.map(|value| Uint8Array::new(&value)))
    }

    async fn put(&self, item: KvItem, quota: Quota) -> Result<Result<(), KeysError>, Error> {
        // One transaction: no other tab writes between the look and the writing.
        let (transaction, store) = self.begin(TransactionMode::ReadWrite).await?;
        if let Err(full) = self.keep(&store, &item.key, &item.value, quota).await? {
            return Ok(Err(full));
        }
        transaction.commit()?.await?;
        Ok(Ok(()))
    }

    async fn exchange(&self, change: KvChange, quota: Quota) -> Result<Result<bool, KeysError>, Error> {
        // One transaction, as above.
        let (transaction, store) = self.begin(TransactionMode::ReadWrite).await?;
        let found = store.get(self.key(&change.key))?.await?.map(|value| Uint8Array::new(&value));
        let holds = match (&found, &change.expected) {
            (None, None) => true,
            // Of another length it is another one, and is not copied.
            (Some(found), Some(expected)) => found.length() as usize == expected.len() && found.to_vec() == *expected,
            _ => false,
        };
        if !holds {
            return Ok(Ok(false));
        }
        match &change.value {
            Some(value) => {
                if let Err(full) = self.keep(&store, &change.key, value, quota).await? {
                    return Ok(Err(full));
                }
            }
            None => store.delete(self.key(&change.key))?.await?,
        }
        transaction.commit()?.await?;
        Ok(Ok(true))
    }

    /// Keeps a value, if the quota admits it.
    async fn keep(
        &self,
        store: &ObjectStore,
        key: &str,
        value: &[u8],
        quota: Quota,
    ) -> Result<Result<(), KeysError>, Error> {
        let others = self.others(store, key).await?;
        if let Err(full) = quota.admits(others, key, value) {
            return Ok(Err(full));
        }
        store.put(&Uint8Array::from(value), Some(&self.key(key)))?.await?;
        Ok(Ok(()))
    }

    async fn take(&self, key: &str) -> Result<(), Error> {
        let (transaction, store) = self.begin(TransactionMode::ReadWrite).await?;
        store.delete(self.key(key))?.await?;
        transaction.commit()?.await?;
        Ok(())
    }

    async fn all_names(&self) -> Result<Vec<String>, Error> {
        let (_, store) = self.begin(TransactionMode::ReadOnly).await?;
        self.names(&store).await
    }

    async fn names(&self, store: &ObjectStore) -> Result<Vec<String>, Error> {
        let found = store.get_all_keys(Some(self.all()?), None)?.await?;
        let name = |key: &JsValue| key.dyn_ref::<Array>().and_then(|pair| pair.get(1).dyn_into::<JsString>().ok());
        Ok(found.iter().filter_map(name).map(String::from).collect())
    }

    /// What is kept besides a key.
    async fn others(&self, store: &ObjectStore, but: &str) -> Result<Others, Error> {
        let names = self.names(store).await?;
        let values = store.get_all(Some(self.all()?), None)?.await?;
        let mut others = Others::default();
        for (name, value) in names.iter().zip(&values) {
            let size = name.len() as u64 + u64::from(Uint8Array::new(value).length());
            if name == but {
                others.own = Some(size);
            } else {
                others.bytes += size;
                others.keys += 1;
            }
        }
        Ok(others)
    }
}

async fn open(name: &str) -> Result<Database, Error> {
    let mut request = Factory::new()?.open(name, Some(1))?;
    request.on_upgrade_needed(|event| {
        if let Ok(database) = event.database() {
            // An error here makes the request below fail.
            let _ = database.create_object_store(STORE, ObjectStoreParams::new());
        }
    });
    request.await
}

impl Keys for Namespace {
    async fn get(&self, key: String, most: u64) -> Result<Option<Vec<u8>>, KeysError> {
        let value = self.value(&key).await.map_err(|error| self.failed(&error))?;
        match value {
            Some(bytes) if u64::from(bytes.length()) > most => Err(KeysError::TooLarge(bytes.length().into())),
            value => Ok(value.map(|bytes| bytes.to_vec())),
        }
    }

    async fn set(&self, item: KvItem, quota: Quota) -> Result<(), KeysError> {
        self.put(item, quota).await.unwrap_or_else(|error| Err(self.failed(&error)))
    }

    async fn delete(&self, key: String) -> Result<(), KeysError> {
        self.take(&key).await.map_err(|error| self.failed(&error))
    }

    async fn replace(&self, change: KvChange, quota: Quota) -> Result<bool, KeysError> {
        self.exchange(change, quota).await.unwrap_or_else(|error| Err(self.failed(&error)))
    }

    async fn list(&self, prefix: String, after: String, most: usize) -> Result<Vec<String>, KeysError> {
        let mut names = self.all_names().await.map_err(|error| self.failed(&error))?;
        names.retain(|name| name.starts_with(&prefix) && *name > after);
        // The database's order is that of UTF-16, which is another one beyond U+D7FF.
        names.sort_unstable();
        names.truncate(most);
        Ok(names)
    }
}
