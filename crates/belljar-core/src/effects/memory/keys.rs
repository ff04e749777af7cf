//! Keys and values in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use belljar_abi::KvItem;

use crate::effects::kv::{Keys, KeysError, Quota};

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
    /// Bytes that a key has with its value.
    fn of(&self, key: &str) -> u64 {
        self.values.get(key).map_or(0, |value| (key.len() + value.len()) as u64)
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
        let mut kept = self.kept();
        let others = kept.bytes - kept.of(&item.key);
        quota.admits(others, &item)?;
        kept.bytes = others + (item.key.len() + item.value.len()) as u64;
        kept.values.insert(item.key, item.value);
        Ok(())
    }

    async fn delete(&self, key: String) -> Result<(), KeysError> {
        let mut kept = self.kept();
        kept.bytes -= kept.of(&key);
        kept.values.remove(&key);
        Ok(())
    }

    async fn list(&self, prefix: String, most: usize) -> Result<Vec<String>, KeysError> {
        let kept = self.kept();
        let from = kept.values.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        Ok(from.map(|(key, _)| key).take_while(|key| key.starts_with(&prefix)).take(most).cloned().collect())
    }
}
