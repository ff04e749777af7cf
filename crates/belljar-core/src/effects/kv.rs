//! Keys and values: what a store does, and what a request to it means.

use belljar_abi::{Failure, KvChange, KvItem, KvRange, KvRequest, KvResponse, Response};

use crate::limits::{KV_LOOKED_AT, kv_too_many, response_too_large};
use crate::permit::{KvAct, Permit, Receipt};

/// The keys and values of one tool.
pub trait Keys {
    /// The value of a key, if there is one. A value of more than `most` bytes is not loaded, but [`KeysError::TooLarge`].
    fn get(&self, key: String, most: u64) -> impl Future<Output = Result<Option<Vec<u8>>, KeysError>>;

    /// Keeps a value, in place of one that the key may have, if the quota admits it. Looking at the quota and keeping the
    /// value is one step: nobody else's change comes between.
    fn set(&self, item: KvItem, quota: Quota) -> impl Future<Output = Result<(), KeysError>>;

    /// Takes a key away, if it is there.
    fn delete(&self, key: String) -> impl Future<Output = Result<(), KeysError>>;

    /// Keeps a value, or takes the key away, if the key holds what is expected; whether it did. Comparing, looking at the quota
    /// and changing is one step: nobody else's change comes between.
    fn replace(&self, change: KvChange, quota: Quota) -> impl Future<Output = Result<bool, KeysError>>;

    /// The first keys that begin with `prefix` and come behind `after`, in the order of their bytes; of more than `most` just
    /// so many.
    fn list(&self, prefix: String, after: String, most: usize) -> impl Future<Output = Result<Vec<String>, KeysError>>;
}

/// What the keys and values of one tool may come to, all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of keys and values.
    pub bytes: u64,
    /// Keys.
    pub keys: u64,
}

/// What a tool keeps besides one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// Bytes of the other keys and their values.
    pub bytes: u64,
    /// How many other keys there are.
    pub keys: u64,
    /// Bytes of the one key with its value; nothing if it is not there.
    pub own: Option<u64>,
}

impl Quota {
    /// Whether a value may be kept under a key. What takes no more room than what is there is admitted in any case, so that a
    /// tool can still change what it keeps where a policy gives less than before.
    ///
    /// # Errors
    ///
    /// [`KeysError::Full`], [`KeysError::TooMany`].
    pub fn admits(self, others: Others, key: &str, value: &[u8]) -> Result<(), KeysError> {
        let own = (key.len() as u64).saturating_add(value.len() as u64);
        if others.own.is_some_and(|before| own <= before) {
            return Ok(());
        }
        if others.bytes.saturating_add(own) > self.bytes {
            return Err(KeysError::Full(self.bytes));
        }
        if others.own.is_none() && others.keys >= self.keys {
            return Err(KeysError::TooMany(self.keys));
        }
        Ok(())
    }
}

/// Why a store did not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysError {
    /// The value has so many bytes.
    TooLarge(u64),
    /// No more than so many bytes are kept.
    Full(u64),
    /// No more than so many keys are kept.
    TooMany(u64),
    /// The store failed, in a sentence.
    Failed(String),
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::TooLarge(size) => response_too_large(size),
            KeysError::Full(most) => {
                Failure::Exhausted(format!("kv-bytes: a tool keeps at most {most} bytes of keys and values"))
            }
            KeysError::TooMany(most) => Failure::Exhausted(format!("kv-keys: a tool keeps at most {most} keys")),
            KeysError::Failed(reason) => Failure::Other(reason),
        }
    }
}

/// Spends a permit.
pub async fn perform(permit: Permit<KvAct>, keys: &impl Keys) -> (Receipt, Result<Response, Failure>) {
    let most = permit.most();
    let (act, receipt) = permit.spend();
    (receipt, act_on(act, most, keys).await.map(Response::Kv))
}

async fn act_on(act: KvAct, most: u64, keys: &impl Keys) -> Result<KvResponse, Failure> {
    let KvAct { request, quota } = act;
    match request {
        KvRequest::Get(key) => Ok(KvResponse::Value(keys.get(key, most).await?)),
        KvRequest::Set(item) => Ok(KvResponse::Done(keys.set(item, quota).await?)),
        KvRequest::Delete(key) => Ok(KvResponse::Done(keys.delete(key).await?)),
        KvRequest::Replace(change) => Ok(KvResponse::Replaced(keys.replace(change, quota).await?)),
        KvRequest::List(prefix) => {
            let found = keys.list(prefix, String::new(), KV_LOOKED_AT + 1).await?;
            if found.len() > KV_LOOKED_AT {
                return Err(kv_too_many(KV_LOOKED_AT));
            }
            Ok(KvResponse::Keys(found))
        }
        // Which of them the tool may list is the run's to say, which makes the part of what is left.
        KvRequest::Page(KvRange { prefix, after, .. }) => {
            Ok(KvResponse::Keys(keys.list(prefix, after, KV_LOOKED_AT + 1).await?))
        }
    }
}
