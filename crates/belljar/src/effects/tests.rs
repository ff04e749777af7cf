//! What is performed on this machine, compared with the lists of what it must come to.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use belljar_core::abi::{Failure, KvItem};
use belljar_core::effects::{self, Keys, KeysError, Quota};
use belljar_core::{Act, Receipt, Response};
use rusqlite::Connection;
use tokio::runtime::Runtime;

use super::files;
use super::kv::KvStore;

#[path = "../../../belljar-core/tests/conformance/mod.rs"]
mod conformance;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}

fn perform(runtime: &Runtime, store: &KvStore, base: &Path, act: Act) -> (Receipt, Result<Response, Failure>) {
    if let Act::Kv(permit) = act {
        return runtime.block_on(effects::kv::perform(permit, &store.namespace("a")));
    }
    let Act::Files(permit) = act else { panic!("the lists are about keys and files, not {act:?}") };
    let base = PathBuf::from(base);
    runtime.block_on(async { tokio::task::spawn_blocking(move || files::perform(permit, &base)).await }).unwrap()
}

#[test]
fn what_is_performed_here_comes_to_what_is_written() {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    copy(&conformance::folder("files").join("files"), folder.path());
    for store in [KvStore::in_memory(), KvStore::in_dir(&folder.path().join("kv"))] {
        let found = conformance::differences("kv", |act| perform(&runtime, &store, folder.path(), act));
        assert_eq!(found, Vec::<String>::new());
        // Another tool's keys are others.
        assert_eq!(runtime.block_on(store.namespace("b").set(item("k", 1), quota(2))), Ok(()));
        assert_eq!(runtime.block_on(store.namespace("a").list(String::new(), String::new(), 9)), Ok(Vec::new()));
    }
    let found = conformance::differences("files", |act| perform(&runtime, &KvStore::in_memory(), folder.path(), act));
    assert_eq!(found, Vec::<String>::new());
}

fn quota(bytes: u64) -> Quota {
    Quota { bytes, keys: u64::MAX }
}

fn item(key: &str, size: usize) -> KvItem {
    KvItem { key: key.into(), value: vec![0; size] }
}

#[test]
fn a_store_gives_no_more_than_is_asked_for() {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for store in [KvStore::in_memory(), KvStore::in_dir(folder.path())] {
        let keys = store.namespace("a");
        runtime.block_on(async {
            assert_eq!(keys.set(item("k1", 10), quota(11)).await, Err(KeysError::Full(11)));
            assert_eq!(keys.set(item("k1", 10), quota(12)).await, Ok(()));
            assert_eq!(keys.set(item("k2", 0), quota(14)).await, Ok(()));
            assert_eq!(keys.get("k1".into(), 9).await, Err(KeysError::TooLarge(10)));
            assert_eq!(keys.get("k1".into(), 10).await, Ok(Some(vec![0; 10])));
            assert_eq!(keys.get("k2".into(), 0).await, Ok(Some(Vec::new())));
            assert_eq!(keys.list("k".into(), String::new(), 2).await.map(|keys| keys.len()), Ok(2));
            assert_eq!(keys.list("k".into(), String::new(), 1).await.map(|keys| keys.len()), Ok(1));
        });
    }
}

/// While another process writes, the executor goes on.
#[test]
fn a_store_that_is_held_does_not_block() {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keys = KvStore::in_dir(folder.path()).namespace("a");
    runtime.block_on(keys.set(item("k", 1), quota(9))).unwrap();
    let other = Connection::open(folder.path().join("kv.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let _entered = runtime.enter();
    let began = Instant::now();
    let Err(waiting) = effects::at_once(Box::pin(keys.set(item("k", 2), quota(9)))) else {
        panic!("nobody else can write now")
    };
    assert!(began.elapsed() < Duration::from_secs(2), "it waited itself");
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(runtime.block_on(waiting), Ok(()));
}
