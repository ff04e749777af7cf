//! What acts on keys and files mean, over the versions in memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod conformance;
mod memory;

use std::path::Path;

use belljar_core::abi::{
    Failure, FileRange, FileWriting, FilesRequest, FilesResponse, KvChange, KvItem, KvRange, KvRequest, KvResponse,
    WriteMode,
};
use belljar_core::effects::{Keys, KeysError, MemoryKeys, MemoryTree, PutError, Quota};
use belljar_core::limits::{FILES_ENTRIES, KV_LOOKED_AT, TRANSFER};
use belljar_core::{Act, Receipt, Request, Response};
use conformance::{come_to, start};
use memory::done;

fn on<'a>(keys: &'a MemoryKeys, tree: &'a MemoryTree) -> impl Fn(Act) -> (Receipt, Result<Response, Failure>) + 'a {
    |act| memory::perform(act, keys, tree, &Default::default()).1
}

fn quota(bytes: u64) -> Quota {
    Quota { bytes, keys: u64::MAX }
}

/// What a request comes to under a policy.
fn under(policy: &str, tree: &MemoryTree, request: FilesRequest) -> Result<FilesResponse, Failure> {
    let mut run = start(&format!("version = 1\n[files]\n{policy}"));
    match come_to(&mut run, Request::Files(request), on(&MemoryKeys::default(), tree))? {
        Response::Files(response) => Ok(response),
        other => panic!("{other:?}"),
    }
}

fn write(path: &str, size: usize, mode: WriteMode) -> FilesRequest {
    FilesRequest::Write(FileWriting { path: path.into(), bytes: vec![0; size], mode })
}

fn read(path: &str) -> FilesRequest {
    FilesRequest::Read(FileRange { path: path.into(), offset: 0, length: None })
}

fn put_all(tree: &MemoryTree, folder: &Path, path: &str) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{path}/{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            put_all(tree, &entry.path(), &path);
        } else {
            tree.put(&path, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

const EVERYTHING: &str = "allow = ['read ./d as /d', 'write ./d as /d']\n";

#[test]
fn files_in_memory_do_what_is_written() {
    let (keys, tree) = (MemoryKeys::default(), MemoryTree::new(1 << 30));
    put_all(&tree, &conformance::folder("files").join("files"), "");
    assert_eq!(conformance::differences("files", on(&keys, &tree)), Vec::<String>::new());
}

#[test]
fn keys_in_memory_do_what_is_written() {
    let (keys, tree) = (MemoryKeys::default(), MemoryTree::new(0));
    assert_eq!(conformance::differences("kv", on(&keys, &tree)), Vec::<String>::new());
}

#[test]
fn a_list_of_files_is_never_cut() {
    let tree = MemoryTree::new(0);
    for number in 0..FILES_ENTRIES {
        tree.make_directory(&format!("d/{number}")).unwrap();
    }
    let Ok(FilesResponse::Entries(entries)) = under(EVERYTHING, &tree, FilesRequest::List("/d".into())) else {
        panic!("so many are listed")
    };
    assert_eq!(entries.len(), FILES_ENTRIES);
    assert!(entries.is_sorted_by(|a, b| a.name < b.name));
    under(EVERYTHING, &tree, FilesRequest::MakeDirectory("/d/more".into())).unwrap();
    assert_eq!(
        under(EVERYTHING, &tree, FilesRequest::List("/d".into())),
        Err(Failure::TooLarge("/d has more than 100000 entries".into()))
    );
}

#[test]
fn a_store_looks_at_so_many_keys_and_no_more() {
    let (keys, tree) = (MemoryKeys::default(), MemoryTree::new(0));
    let set = |key: String| done(keys.set(KvItem { key, value: Vec::new() }, quota(u64::MAX))).unwrap();
    for number in 0..KV_LOOKED_AT {
        set(format!("{number:06}"));
    }
    let list = |prefix: &str| {
        let mut run = start("version = 1\n[kv]\nallow = ['list **']\n");
        come_to(&mut run, Request::Kv(KvRequest::List(prefix.into())), on(&keys, &tree))
    };
    let too_many = |most: usize| {
        Err(Failure::TooLarge(format!(
            "kv: there are more than {most} keys with that prefix; list them in parts, or with a longer one"
        )))
    };
    // All were looked at; too many for one answer may be read.
    assert_eq!(list(""), too_many(10_000));
    set("more".into());
    assert_eq!(list(""), too_many(KV_LOOKED_AT));
    assert_eq!(list("mo"), Ok(Response::Kv(KvResponse::Keys(vec!["more".into()]))));
    let some = (0..100).map(|number| format!("{number:06}")).collect();
    assert_eq!(list("0000"), Ok(Response::Kv(KvResponse::Keys(some))));
}

#[test]
fn a_hundred_thousand_keys_are_listed_in_parts() {
    let (keys, tree) = (MemoryKeys::default(), MemoryTree::new(0));
    let set = |key: String| done(keys.set(KvItem { key, value: Vec::new() }, quota(u64::MAX))).unwrap();
    for number in 0..KV_LOOKED_AT + 20_000 {
        set(format!("{number:06}"));
    }
    let part = |rules: &str, after: &str, most: u32| {
        let mut run = start(&format!("version = 1\n[kv]\nallow = ['list **']\n{rules}"));
        let range = KvRange { prefix: String::new(), after: after.into(), most };
        match come_to(&mut run, Request::Kv(KvRequest::Page(range)), on(&keys, &tree)) {
            Ok(Response::Kv(KvResponse::Keys(keys))) => Ok(keys),
            Err(failure) => Err(failure),
            Ok(other) => panic!("{other:?}"),
        }
    };
    let mut all: Vec<String> = Vec::new();
    loop {
        let found = part("", all.last().map_or("", String::as_str), 10_000).unwrap();
        all.extend_from_slice(&found);
        if found.len() < 10_000 {
            break;
        }
    }
    assert_eq!(all.len(), KV_LOOKED_AT + 20_000);
    assert!(all.is_sorted_by(|a, b| a < b));
    // What may not be listed takes no room, and is not told by an end that comes too early.
    let hidden = "deny = ['list 00*']\n";
    assert_eq!(part(hidden, "", 2), Ok(vec!["010000".into(), "010001".into()]));
    assert_eq!(part("deny = ['list 11*']\n", "109998", 2), Ok(vec!["109999".into()]));
    let too_hidden = "kv: 100000 keys were looked at, most of which may not be listed; list with a longer prefix";
    assert_eq!(part("deny = ['list 0*']\n", "", 2), Err(Failure::TooLarge(too_hidden.into())));
    assert_eq!(part("deny = ['list 0*']\n", "0", 2), Err(Failure::TooLarge(too_hidden.into())));
    assert_eq!(part("deny = ['list 0*']\n", "0", 1), Ok(vec!["100000".into()]));
    assert_eq!(part("deny = ['list 0*']\n", "000000", 1), Ok(vec!["100000".into()]));
    for most in [0, 10_001] {
        let refused = Failure::Invalid(format!("a part of a list has 1 to 10000 entries, not {most}"));
        assert_eq!(part("", "", most), Err(refused));
    }
}

#[test]
fn what_takes_no_more_room_than_before_is_kept() {
    let keys = MemoryKeys::default();
    let set = |key: &str, size: usize, quota| done(keys.set(KvItem { key: key.into(), value: vec![0; size] }, quota));
    let small = Quota { bytes: 4, keys: 1 };
    assert_eq!((set("a", 3, small), set("b", 3, quota(8))), (Ok(()), Ok(())));
    // A policy gives less than before: the tool can still make less of it.
    assert_eq!((set("a", 3, small), set("a", 2, small), set("b", 3, small)), (Ok(()), Ok(()), Ok(())));
    assert_eq!(set("a", 3, small), Err(KeysError::Full(4)));
    assert_eq!(set("c", 0, Quota { bytes: 100, keys: 2 }), Err(KeysError::TooMany(2)));
    let change = |expected: &[u8], value: &[u8]| KvChange {
        key: "a".into(),
        expected: Some(expected.into()),
        value: Some(value.into()),
    };
    // What the key holds is compared first.
    assert_eq!(done(keys.replace(change(&[1], &[0; 9]), small)), Ok(false));
    assert_eq!(done(keys.replace(change(&[0, 0], &[0; 9]), small)), Err(KeysError::Full(4)));
    assert_eq!(done(keys.replace(change(&[0, 0], &[7]), small)), Ok(true));
    assert_eq!(done(keys.get("a".into(), 9)), Ok(Some(vec![7])));
}

#[test]
fn a_value_that_is_too_large_is_not_loaded() {
    let keys = MemoryKeys::default();
    let item = KvItem { key: "k".into(), value: vec![0; 10] };
    assert_eq!(done(keys.set(item.clone(), quota(10))), Err(KeysError::Full(10)));
    assert_eq!(done(keys.set(item, quota(11))), Ok(()));
    assert_eq!(done(keys.get("k".into(), 9)), Err(KeysError::TooLarge(10)));
    assert_eq!(done(keys.get("k".into(), 10)), Ok(Some(vec![0; 10])));
    assert_eq!(
        Failure::from(KeysError::TooLarge(TRANSFER + 1)),
        Failure::TooLarge("the response has 16777217 bytes; at most 16777216 are handed over at once".into())
    );
}

#[test]
fn a_tree_is_full_as_a_whole() {
    let tree = MemoryTree::new(10);
    tree.put("elsewhere/a", vec![0; 4]).unwrap();
    tree.make_directory("d/sub").unwrap();
    let full =
        |path: &str| Err(Failure::Exhausted(format!("files: {path} does not fit: the folder holds at most 10 bytes")));
    let act = |request| under(EVERYTHING, &tree, request);
    assert_eq!(act(write("/d/sub/a", 7, WriteMode::Create)), full("/d/sub/a"));
    assert_eq!(act(write("/d/sub/a", 6, WriteMode::Create)), Ok(FilesResponse::Done(())));
    assert_eq!(act(write("/d/sub/a", 1, WriteMode::Append)), full("/d/sub/a"));
    assert_eq!(act(write("/d/b", 1, WriteMode::Replace)), full("/d/b"));
    // What is replaced makes room.
    assert_eq!(act(write("/d/sub/a", 6, WriteMode::Replace)), Ok(FilesResponse::Done(())));
    assert_eq!(act(write("/d/sub/a", 5, WriteMode::Replace)), Ok(FilesResponse::Done(())));
    assert_eq!(act(write("/d/b", 1, WriteMode::Append)), Ok(FilesResponse::Done(())));
    assert_eq!((tree.size(""), tree.size("d"), tree.size("d/c")), (Some(10), Some(6), None));
    assert_eq!(tree.put("d/sub/a", vec![0; 6]), Err(PutError::Full(10)));
    assert_eq!(tree.put("d/sub/a", vec![1; 5]), Ok(()));
    assert_eq!(tree.get("d/sub/a"), Some(vec![1; 5]));
}

#[test]
fn a_host_puts_files_where_there_are_directories() {
    let tree = MemoryTree::new(100);
    assert_eq!(tree.put("/a/b/c.txt", vec![1]), Ok(()));
    assert_eq!(tree.put("./a/./d.txt", vec![2]), Ok(()));
    assert_eq!(tree.put("/", vec![]), Err(PutError::Nameless));
    assert_eq!(tree.put("a/b", vec![]), Err(PutError::Directory("a/b".into())));
    assert_eq!(tree.put("a/d.txt/e", vec![]), Err(PutError::File("a/d.txt/e".into())));
    assert_eq!(tree.make_directory("a/d.txt"), Err(PutError::File("a/d.txt".into())));
    assert_eq!(tree.list(), ["a/b/c.txt", "a/d.txt"]);
    assert_eq!((tree.get("a/b"), tree.get("a/d.txt")), (None, Some(vec![2])));
    assert!(tree.remove("a/b") && !tree.remove("a/b") && !tree.remove(""));
    assert_eq!(tree.list(), ["a/d.txt"]);
}

#[test]
fn a_folder_that_is_not_there_is_named_by_the_policys_name() {
    let tree = MemoryTree::new(100);
    assert_eq!(
        under(EVERYTHING, &tree, read("/d/a")),
        Err(Failure::Other("the granted directory ./d cannot be opened: there is no such folder".into()))
    );
}

#[test]
fn a_stricter_rule_holds_under_another_name_of_the_place() {
    let tree = MemoryTree::new(100);
    tree.put("d/private/key", vec![1]).unwrap();
    let policy = "allow = ['read ./d as /d', 'write ./d as /d', 'read ./d/private as /p', 'write ./d/private as /p']\n\
                  deny = ['read /d/private/**', 'write /d/private/new']\n";
    for request in [read("/p/key"), read("/p/none"), read("/d/private/key"), write("/p/new", 1, WriteMode::Create)] {
        let denied = under(policy, &tree, request.clone());
        assert!(matches!(denied, Err(Failure::Denied(_))), "{request:?}: {denied:?}");
    }
    assert_eq!(under(policy, &tree, write("/p/other", 1, WriteMode::Create)), Ok(FilesResponse::Done(())));
}
