//! Keys and values: what a store does, and what a request to it means.

use belljar_abi::{Failure, KvItem, KvRequest, KvResponse, Response};

use crate::limits::{KV_LOOKED_AT, KV_QUOTA, kv_too_many, response_too_large};
use crate::permit::{Permit, Receipt};

/// The keys and values of one tool.
pub trait Keys {
    /// The value of a key, if there is one. A value of more than `most` bytes is not loaded, but [`KeysError::TooLarge`].
    fn get(&self, key: String, most: u64) -> impl Future<Output = Result<Option<Vec<u8>>, KeysError>>;

    /// Keeps a value, in place of one that the key may have, if the quota admits it. Looking at the quota and keeping the
    /// value is one step: nobody else's `set` comes between.
    fn set(&self, item: KvItem, quota: Quota) -> impl Future<Output = Result<(), KeysError>>;

    /// Takes a key away, if it is there.
    fn delete(&self, key: String) -> impl Future<Output = Result<(), KeysError>>;

    /// The keys that begin with `prefix`, in any order; of more than `most` just so many.
    fn list(&self, prefix: String, most: usize) -> impl Future<Output = Result<Vec<String>, KeysError>>;
}

/// Bytes that the keys and values of one tool may have, all together.
#[derive(Clone, Copy, Debug)]
pub struct Quota(pub u64);

impl Quota {
    /// Whether an item may be kept beside all other keys and values, which have so many bytes.
    ///
    /// # Errors
    ///
    /// [`KeysError::Full`].
    pub fn admits(self, others: u64, item: &KvItem) -> Result<(), KeysError> {
        let own = (item.key.len() + item.value.len()) as u64;
        if others.saturating_add(own) > self.0 { Err(KeysError::Full(self.0)) } else { Ok(()) }
    }
}

/// Why a store did not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysError {
    /// The value has so many bytes.
    TooLarge(u64),
    /// No more than so many bytes are kept.
    Full(u64),
    /// The store failed, in a sentence.
    Failed(String),
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::TooLarge(size) => response_too_large(size),
            KeysError::Full(most) => {
                Failure::Exhausted(format!("kv: a tool keeps at most {most} bytes of keys and values"))
            }
            KeysError::Failed(reason) => Failure::Other(reason),
        }
    }
}

/// Spends a permit.
pub async fn perform(permit: Permit<KvRequest>, keys: &impl Keys) -> (Receipt, Result<Response, Failure>) {
    let most = permit.most();
    let (act, receipt) = permit.spend();
    (receipt, act_on(act, most, keys).await.map(Response::Kv))
}

async fn act_on(act: KvRequest, most: u64, keys: &impl Keys) -> Result<KvResponse, Failure> {
    match act {
        KvRequest::Get(key) => Ok(KvResponse::Value(keys.get(key, most).await?)),
        KvRequest::Set(item) => Ok(KvResponse::Done(keys.set(item, Quota(KV_QUOTA)).await?)),
        KvRequest::Delete(key) => Ok(KvResponse::Done(keys.delete(key).await?)),
        KvRequest::List(prefix) => {
            let mut found = keys.list(prefix, KV_LOOKED_AT + 1).await?;
            if found.len() > KV_LOOKED_AT {
                return Err(kv_too_many(KV_LOOKED_AT));
            }
            // The order of their bytes, which no store's own order need be.
            found.sort_unstable();
            Ok(KvResponse::Keys(found))
        }
    }
}
