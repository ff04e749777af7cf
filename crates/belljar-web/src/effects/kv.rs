//! Keys and values, in IndexedDB: they outlive the page. Each tool sees only those of its own namespace.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use belljar_core::abi::{Failure, KvRequest, KvResponse};
use belljar_core::limits::{KV_LOOKED_AT, KV_QUOTA, kv_full, kv_too_many};
use belljar_core::{Permit, Receipt, Response};
use idb::{Database, DatabaseEvent, Factory, KeyRange, ObjectStore, ObjectStoreParams, Query, TransactionMode};
use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

/// The object store: its keys are pairs of namespace and key.
const STORE: &str = "kv";

thread_local! {
    /// Databases that are open: opening one takes longer than most acts.
    static OPEN: RefCell<HashMap<String, Rc<Database>>> = RefCell::default();
}

/// A namespace of a database.
#[derive(Debug)]
pub(crate) struct Keys {
    database: String,
    namespace: String,
}

impl Keys {
    /// A namespace, whose database is opened at the first act. A browser that has none refuses the requests, not the run.
    pub(crate) fn new(database: &str, namespace: &str) -> Rc<Self> {
        Rc::new(Keys { database: database.to_owned(), namespace: namespace.to_owned() })
    }

    /// The database; it is made if there is none.
    async fn database(&self) -> Result<Rc<Database>, idb::Error> {
        if let Some(database) = OPEN.with_borrow(|open| open.get(&self.database).cloned()) {
            return Ok(database);
        }
        let database = Rc::new(open(&self.database).await?);
        OPEN.with_borrow_mut(|open| open.insert(self.database.clone(), database.clone()));
        Ok(database)
    }

    fn key(&self, key: &str) -> JsValue {
        Array::of2(&self.namespace.as_str().into(), &key.into()).into()
    }

    /// All keys of the namespace: those between the shortest one and an array, which sorts behind every text.
    fn all(&self) -> Result<Query, idb::Error> {
        let end = Array::of2(&self.namespace.as_str().into(), &Array::new());
        Ok(Query::KeyRange(KeyRange::bound(&self.key(""), &end, None, Some(true))?))
    }
}

async fn open(name: &str) -> Result<Database, idb::Error> {
    let mut request = Factory::new()?.open(name, Some(1))?;
    request.on_upgrade_needed(|event| {
        if let Ok(database) = event.database() {
            // An error here makes the request below fail.
            let _ = database.create_object_store(STORE, ObjectStoreParams::new());
        }
    });
    request.await
}

/// Spends a permit.
pub(crate) async fn perform(permit: Permit<KvRequest>, keys: Rc<Keys>) -> (Receipt, Result<Response, Failure>) {
    let (act, receipt) = permit.spend();
    let result = act_on(act, &keys).await.unwrap_or_else(|error| {
        // A connection that broke is not used again.
        OPEN.with_borrow_mut(|open| open.remove(&keys.database));
        Err(Failure::Other(format!("the key-value store failed: {error}")))
    });
    (receipt, result.map(Response::Kv))
}

async fn act_on(act: KvRequest, keys: &Keys) -> Result<Result<KvResponse, Failure>, idb::Error> {
    let database = keys.database().await?;
    let mode = match act {
        KvRequest::Get(_) | KvRequest::List(_) => TransactionMode::ReadOnly,
        KvRequest::Set(_) | KvRequest::Delete(_) => TransactionMode::ReadWrite,
    };
    let transaction = database.transaction(&[STORE], mode)?;
    let store = transaction.object_store(STORE)?;
    let response = match act {
        KvRequest::Get(key) => {
            let value = store.get(keys.key(&key))?.await?;
            KvResponse::Value(value.map(|value| Uint8Array::new(&value).to_vec()))
        }
        KvRequest::Set(item) => {
            let held = held(&store, keys, &item.key).await?;
            if held + (item.key.len() + item.value.len()) as u64 > KV_QUOTA {
                return Ok(Err(kv_full()));
            }
            let value = Uint8Array::from(item.value.as_slice());
            store.put(&value, Some(&keys.key(&item.key)))?.await?;
            transaction.commit()?.await?;
            KvResponse::Done(())
        }
        KvRequest::Delete(key) => {
            store.delete(keys.key(&key))?.await?;
            transaction.commit()?.await?;
            KvResponse::Done(())
        }
        KvRequest::List(prefix) => {
            let mut found = names(&store, keys).await?;
            found.retain(|name| name.starts_with(&prefix));
            // As the server's store orders them: by their bytes.
            found.sort_unstable();
            if found.len() > KV_LOOKED_AT {
                return Ok(Err(kv_too_many(KV_LOOKED_AT)));
            }
            KvResponse::Keys(found)
        }
    };
    Ok(Ok(response))
}

async fn names(store: &ObjectStore, keys: &Keys) -> Result<Vec<String>, idb::Error> {
    let found = store.get_all_keys(Some(keys.all()?), None)?.await?;
    let name = |key: &JsValue| key.dyn_ref::<Array>().and_then(|pair| pair.get(1).dyn_into::<JsString>().ok());
    Ok(found.iter().filter_map(name).map(String::from).collect())
}

/// Bytes of all keys and values but one.
async fn held(store: &ObjectStore, keys: &Keys, but: &str) -> Result<u64, idb::Error> {
    let names = names(store, keys).await?;
    let values = store.get_all(Some(keys.all()?), None)?.await?;
    let sizes = names.iter().zip(&values).filter(|(name, _)| *name != but);
    Ok(sizes.map(|(name, value)| name.len() as u64 + u64::from(Uint8Array::new(value).length())).sum())
}
