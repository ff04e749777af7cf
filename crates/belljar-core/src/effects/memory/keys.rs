//! Keys and values in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use belljar_abi::{KvChange, KvItem};

use crate::effects::kv::{Keys, KeysError, Others, Quota};

/// Keys and values that vanish with it. A clone has keys of its own.
#[derive(Debug, Default)]
pub struct MemoryKeys(Mutex<Kept>);

#[derive(Clone, Debug, Default)]
struct Kept {
    values: BTreeMap<String, Vec<u8>>,
    /// Bytes of all keys and values.
    bytes: u64,
}

impl MemoryKeys {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for MemoryKeys {
    fn clone(&self) -> Self {
        MemoryKeys(Mutex::new(self.kept().clone()))
    }
}

impl Kept {
    /// What is kept besides a key.
    fn others(&self, key: &str) -> Others {
        let own = self.values.get(key).map(|value| (key.len() + value.len()) as u64);
        let keys = self.values.len() as u64 - u64::from(own.is_some());
        Others { bytes: self.bytes - own.unwrap_or(0), keys, own }
    }

    fn set(&mut self, key: String, value: Vec<u8>, quota: Quota) -> Result<(), KeysError> {
        let others = self.others(&key);
        quota.admits(others, &key, &value)?;
        self.bytes = others.bytes + (key.len() + value.len()) as u64;
        self.values.insert(key, value);
        Ok(())
    }

    fn delete(&mut self, key: &str) {
        self.bytes = self.others(key).bytes;
        self.values.remove(key);
    }
}

impl Keys for MemoryKeys {
    async fn get(&self, key: String, most: u64) -> Result<Option<Vec<u8>>, KeysError> {
        match self.kept().values.get(&key) {
            Some(value) if value.len() as u64 > most => Err(KeysError::TooLarge(value.len() as u64)),
            value => Ok(value.cloned()),
        }
    }

    async fn set(&self, item: KvItem, quota: Quota) -> Result<(), KeysError> {
        self.kept().set(item.key, item.value, quota)
    }

    async fn delete(&self, key: String) -> Result<(), KeysError> {
        self.kept().delete(&key);
        Ok(())
    }

    async fn replace(&self, change: KvChange, quota: Quota) -> Result<bool, KeysError> {
        let mut kept = self.kept();
        if kept.values.get(&change.key) != change.expected.as_ref() {
            return Ok(false);
        }
        match change.value {
            Some(value) => kept.set(change.key, value, quota)?,
            None => kept.delete(&change.key),
        }
        Ok(true)
    }

    async fn list(&self, prefix: String, after: String, most: usize) -> Result<Vec<String>, KeysError> {
        let kept = self.kept();
        let from = if after < prefix { Bound::Included(prefix.as_str()) } else { Bound::Excluded(after.as_str()) };
        let from = kept.values.range::<str, _>((from, Bound::Unbounded)).map(|(key, _)| key);
        Ok(from.take_while(|key| key.starts_with(&prefix)).take(most).cloned().collect())
    }
}
