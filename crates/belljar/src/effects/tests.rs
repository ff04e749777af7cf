//! What is performed on this machine, compared with the lists of what it must come to.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use belljar_core::abi::{Failure, FileWriting, FilesRequest, KvChange, KvItem, WriteMode};
use belljar_core::effects::{self, Keys, KeysError, Others, Quota};
use belljar_core::{Act, Receipt, Request, Response};
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

/// Two processes that count at the same time lose nothing.
#[test]
fn of_two_changes_that_expect_the_same_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let count = || {
        let runtime = Runtime::new().unwrap();
        let keys = KvStore::in_dir(folder.path()).namespace("a");
        let mut won = 0;
        while won < 50 {
            let expected = runtime.block_on(keys.get("n".into(), 9)).unwrap();
            let before = expected.as_deref().map_or(0, |text| str::from_utf8(text).unwrap().parse::<u32>().unwrap());
            let value = Some((before + 1).to_string().into_bytes());
            let change = KvChange { key: "n".into(), expected, value };
            won += u32::from(runtime.block_on(keys.replace(change, quota(9))).unwrap());
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(count);
        scope.spawn(count);
    });
    let keys = KvStore::in_dir(folder.path()).namespace("a");
    assert_eq!(Runtime::new().unwrap().block_on(keys.get("n".into(), 9)), Ok(Some(b"100".to_vec())));
}

/// What a tool tries to get more room by.
#[test]
fn a_quota_counts_what_is_kept_and_nothing_else() {
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    for store in [KvStore::in_memory(), KvStore::in_dir(folder.path())] {
        let (keys, most) = (store.namespace("a"), Quota { bytes: 10, keys: 3 });
        let set = |key: &str, size| runtime.block_on(keys.set(item(key, size), most));
        let change = |key: &str, expected: Option<usize>, value: Option<usize>| {
            let zeros = |size: Option<usize>| size.map(|size| vec![0; size]);
            let change = KvChange { key: key.into(), expected: zeros(expected), value: zeros(value) };
            runtime.block_on(keys.replace(change, most))
        };
        let all = || {
            let names = runtime.block_on(keys.list(String::new(), String::new(), 99)).unwrap();
            let size = |key: &String| runtime.block_on(keys.get(key.clone(), 99)).unwrap().unwrap().len();
            let found: Vec<_> = names.iter().map(|key| format!("{key} {}", size(key))).collect();
            found.join(", ")
        };
        // A name counts in bytes of UTF-8, also where it has no value.
        assert_eq!((set("elevenbytes", 0), set("ä", 9)), (Err(KeysError::Full(10)), Err(KeysError::Full(10))));
        assert_eq!((set("ä", 8), all()), (Ok(()), "ä 8".into()));
        // What was refused changed nothing, and takes no room.
        assert_eq!(
            (set("ä", 9), set("b", 0), all()),
            (Err(KeysError::Full(10)), Err(KeysError::Full(10)), "ä 8".into())
        );
        assert_eq!((change("ä", Some(8), Some(9)), all()), (Err(KeysError::Full(10)), "ä 8".into()));
        // A value in the place of a larger one gives the difference back, once.
        assert_eq!((set("ä", 2), set("ä", 2), change("ä", Some(2), Some(1))), (Ok(()), Ok(()), Ok(true)));
        assert_eq!((set("b", 7), set("b", 6)), (Err(KeysError::Full(10)), Ok(())));
        // What is taken away is given back, once; what is not there, or not as expected, gives nothing.
        assert_eq!(runtime.block_on(keys.delete("c".into())), Ok(()));
        assert_eq!((change("b", Some(5), None), change("c", None, None)), (Ok(false), Ok(true)));
        assert_eq!((set("c", 0), all()), (Err(KeysError::Full(10)), "b 6, ä 1".into()));
        assert_eq!((change("b", Some(6), None), runtime.block_on(keys.delete("b".into()))), (Ok(true), Ok(())));
        assert_eq!((set("b", 7), set("b", 6), set("b", 2)), (Err(KeysError::Full(10)), Ok(()), Ok(())));
        // A key more than there may be, though there is room for its bytes; one in its place.
        let too_many = (Ok(()), Err(KeysError::TooMany(3)), Err(KeysError::TooMany(3)));
        assert_eq!((set("c", 0), set("d", 0), change("d", None, Some(0))), too_many);
        assert_eq!((change("c", Some(0), None), change("d", None, Some(0))), (Ok(true), Ok(true)));
        // An empty value is one; nothing is none.
        assert_eq!((change("d", None, Some(1)), change("d", Some(0), Some(1))), (Ok(false), Ok(true)));
        assert_eq!(all(), "b 2, d 1, ä 1");
    }
    let (usual, all) = (Quota { bytes: 10, keys: 3 }, Quota { bytes: u64::MAX, keys: u64::MAX });
    let others = |bytes, keys| Others { bytes, keys, own: None };
    assert_eq!(usual.admits(others(u64::MAX, 0), "k", b"v"), Err(KeysError::Full(10)));
    assert_eq!(usual.admits(others(0, u64::MAX), "k", b"v"), Err(KeysError::TooMany(3)));
    assert_eq!(all.admits(others(u64::MAX - 2, u64::MAX - 1), "k", b"v"), Ok(()));
    assert_eq!(all.admits(others(0, u64::MAX), "k", b"v"), Err(KeysError::TooMany(u64::MAX)));
}

/// Two processes that fill a store at the same time fill it once, and count it once if it is an older one.
#[test]
fn two_that_write_at_once_keep_no_more_than_one() {
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(folder.path().join("kv.sqlite")).unwrap();
    old.execute_batch(
        "CREATE TABLE kv (namespace TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
            PRIMARY KEY (namespace, key)) WITHOUT ROWID; INSERT INTO kv VALUES ('a', 'old', x'00');",
    )
    .unwrap();
    drop(old);
    // Room for 10 keys in all, by their number or by their bytes.
    for (name, most) in [("a", Quota { bytes: u64::MAX, keys: 10 }), ("b", Quota { bytes: 40, keys: u64::MAX })] {
        let fill = |who: char| {
            let runtime = Runtime::new().unwrap();
            let keys = KvStore::in_dir(folder.path()).namespace(name);
            (0..20).filter(|n| runtime.block_on(keys.set(item(&format!("{who}{n:02}"), 1), most)).is_ok()).count()
        };
        let kept = std::thread::scope(|scope| {
            let both = [scope.spawn(|| fill('x')), scope.spawn(|| fill('y'))];
            both.map(|thread| thread.join().unwrap())
        });
        let keys = KvStore::in_dir(folder.path()).namespace(name);
        let found = Runtime::new().unwrap().block_on(keys.list(String::new(), String::new(), 99)).unwrap();
        assert_eq!((found.len(), kept[0] + kept[1]), (10, if name == "a" { 9 } else { 10 }), "{kept:?}");
    }
}

/// What a file's own sums say is not trusted to fit: what cannot be is refused or counted as full.
#[test]
fn a_store_whose_sums_were_changed_gives_no_room() {
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let keys = || KvStore::in_dir(folder.path()).namespace("a");
    runtime.block_on(keys().set(item("k", 1), quota(9))).unwrap();
    let other = Connection::open(folder.path().join("kv.sqlite")).unwrap();
    other.execute_batch("UPDATE held SET bytes = 9223372036854775807").unwrap();
    assert_eq!(runtime.block_on(keys().set(item("k", 2), quota(9))), Err(KeysError::Full(9)));
    // What takes no more room than before can still be written, and the store can be emptied.
    assert_eq!(runtime.block_on(keys().set(item("k", 0), quota(9))), Ok(()));
    other.execute_batch("UPDATE held SET bytes = 9e99").unwrap();
    let failed = runtime.block_on(keys().set(item("k", 2), quota(9)));
    assert!(matches!(failed, Err(KeysError::Failed(_))), "{failed:?}");
}

/// A store that was made before keys were counted is counted once.
#[test]
fn keys_are_counted_in_an_older_store() {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(folder.path().join("kv.sqlite")).unwrap();
    old.execute_batch(
        "CREATE TABLE kv (namespace TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
            PRIMARY KEY (namespace, key)) WITHOUT ROWID;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
            INSERT INTO kv SELECT 'a', printf('%05d', i), x'' FROM n;",
    )
    .unwrap();
    drop(old);
    let keys = KvStore::in_dir(folder.path()).namespace("a");
    let most = |keys| Quota { bytes: u64::MAX, keys };
    runtime.block_on(async {
        assert_eq!(keys.set(item("more", 0), most(100_000)).await, Err(KeysError::TooMany(100_000)));
        assert_eq!(keys.set(item("more", 0), most(100_001)).await, Ok(()));
        assert_eq!(keys.set(item("more", 1), most(0)).await, Ok(()));
        assert_eq!(keys.delete("more".into()).await, Ok(()));
        let part = |after: &str, most| keys.list(String::new(), after.to_owned(), most);
        assert_eq!(part("", 2).await, Ok(vec!["00000".into(), "00001".into()]));
        assert_eq!(part("99998", 9).await, Ok(vec!["99999".into()]));
        assert_eq!(part("", 200_000).await.map(|keys| keys.len()), Ok(100_000));
    });
}

/// Whoever reads a file that is replaced sees the old content or the new one, and nothing is left beside it.
#[cfg(unix)]
#[test]
fn a_file_is_replaced_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let path = folder.path().join("d/a.txt");
    std::fs::create_dir(folder.path().join("d")).unwrap();
    std::fs::write(&path, "0".repeat(1 << 16)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let policy = "version = 1\n[files]\nallow = ['write ./d as /d']\n";
    let write = |path: &str, bytes: Vec<u8>| {
        let writing = FileWriting { path: path.into(), bytes, mode: WriteMode::Replace };
        let request = Request::Files(FilesRequest::Write(writing));
        let store = KvStore::in_memory();
        conformance::come_to(&mut conformance::start(policy), request, |act| {
            perform(&runtime, &store, folder.path(), act)
        })
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let bytes = std::fs::read(&path).unwrap();
                assert!(bytes.len() == 1 << 16 && bytes.iter().all(|byte| *byte == bytes[0]), "torn");
            }
        });
        for digit in 0..100_u8 {
            write("/d/a.txt", vec![b'0' + digit % 10; 1 << 16]).unwrap();
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(folder.path().join("d")).unwrap().count(), 1);
    // A file of two names stays one file.
    std::fs::hard_link(&path, folder.path().join("d/b.txt")).unwrap();
    write("/d/b.txt", b"both".to_vec()).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"both");
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
