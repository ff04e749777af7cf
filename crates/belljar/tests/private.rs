//! Files that hold what a tool and its person did: whose they are, and who may read them.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;
use std::sync::Arc;

use belljar::{Belljar, Effect, KvStore, LogFile, Outcome, Policy, RunOptions, Terms, open_own, open_private};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_kept_is_private_and_where_it_should_be() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    open_private(&at("new")).unwrap();
    assert_eq!(mode(&at("new")), 0o600);
    fs::write(at("old"), "x").unwrap();
    fs::set_permissions(at("old"), fs::Permissions::from_mode(0o666)).unwrap();
    open_private(&at("old")).unwrap();
    assert_eq!(mode(&at("old")), 0o600);
    // The person's own links lead on, to what is there and what is not.
    symlink(at("old"), at("link")).unwrap();
    symlink(at("made"), at("dangling")).unwrap();
    open_private(&at("link")).unwrap();
    open_private(&at("dangling")).unwrap();
    assert_eq!(mode(&at("made")), 0o600);
    // A device stays what it is.
    let before = fs::metadata("/dev/null").unwrap().permissions().mode();
    open_private(Path::new("/dev/null")).unwrap();
    assert_eq!(fs::metadata("/dev/null").unwrap().permissions().mode(), before);
    // A log is such a file, and what is no secret keeps its mode.
    fs::set_permissions(at("old"), fs::Permissions::from_mode(0o644)).unwrap();
    open_own(&at("old")).unwrap();
    assert_eq!(mode(&at("old")), 0o644);
    LogFile::create(&at("old")).unwrap();
    assert_eq!(mode(&at("old")), 0o600);
    // A second name may be anything that somebody wants to be overwritten.
    fs::hard_link(at("old"), at("second")).unwrap();
    assert!(open_private(&at("second")).unwrap_err().to_string().contains("another name"));
}

#[test]
fn what_somebody_else_put_there_is_not_written_to() {
    // Only root can give files away; elsewhere there is nothing to test with.
    if rustix::process::geteuid().as_raw() != 0 {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::write(at("victim"), "precious").unwrap();
    for target in ["victim", "not-there"] {
        let link = at(&format!("to-{target}"));
        symlink(at(target), &link).unwrap();
        lchown(&link, Some(65_534), None).unwrap();
        assert!(open_private(&link).unwrap_err().to_string().contains("another user"));
    }
    assert!(!at("not-there").exists());
    fs::write(at("theirs"), "").unwrap();
    std::os::unix::fs::chown(at("theirs"), Some(65_534), None).unwrap();
    assert!(open_private(&at("theirs")).unwrap_err().to_string().contains("another user"));
}

/// Sets a key in the store of this directory. The store is kept open, so that the files beside it are there.
fn fill(jar: &Belljar, dir: &Path) -> (KvStore, Result<(), String>) {
    let tool = jar.load("set.js", b"export default () => belljar.kv.set('k', 'v')").unwrap();
    let mut policy = Policy::deny_all();
    policy.add(Effect::Allow, "kv **").unwrap();
    let kv = KvStore::in_dir(dir);
    let options = RunOptions { terms: Arc::new(Terms::from(policy)), kv: kv.clone(), ..RunOptions::default() };
    let report = jar.run_blocking(&tool, "{}", options).unwrap();
    (kv, if report.outcome == Outcome::Returned { Ok(()) } else { Err(report.message) })
}

#[test]
fn a_store_is_its_owners_alone() {
    let jar = Belljar::builder().cache_dir(env!("CARGO_TARGET_TMPDIR")).build().unwrap();
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("kv");
    let (store, done) = fill(&jar, &dir);
    done.unwrap();
    let files = || fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!((files().count(), mode(&dir)), (3, 0o700));
    assert!(files().all(|path| mode(&path) == 0o600));
    // An older version left them open to all.
    for path in files() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let (_again, done) = fill(&jar, &dir);
    done.unwrap();
    assert!(files().all(|path| mode(&path) == 0o600));
    drop(store);
}

#[test]
fn a_store_is_no_link_no_pipe_and_nobody_elses() {
    let jar = Belljar::builder().cache_dir(env!("CARGO_TARGET_TMPDIR")).build().unwrap();
    let place = tempfile::tempdir().unwrap();
    let elsewhere = place.path().join("elsewhere");
    fill(&jar, &elsewhere).1.unwrap();
    for name in ["kv.sqlite", "kv.sqlite-wal", "kv.sqlite-shm", "kv.sqlite-journal"] {
        let dir = place.path().join(format!("with-{name}"));
        fs::create_dir(&dir).unwrap();
        for target in [elsewhere.join("kv.sqlite"), place.path().join("not-there")] {
            symlink(&target, dir.join(name)).unwrap();
            assert!(fill(&jar, &dir).1.is_err(), "{name}");
            assert!(!place.path().join("not-there").exists());
            fs::remove_file(dir.join(name)).unwrap();
        }
        let pipe = std::process::Command::new("mkfifo").arg(dir.join(name)).status().unwrap();
        assert!(pipe.success() && fill(&jar, &dir).1.is_err(), "{name}");
    }
    // A link to the directory is the person's own way to it.
    symlink(&elsewhere, place.path().join("link")).unwrap();
    fill(&jar, &place.path().join("link")).1.unwrap();
    // Only root can give files away; elsewhere there is nothing to test with.
    if rustix::process::geteuid().as_raw() == 0 {
        std::os::unix::fs::chown(elsewhere.join("kv.sqlite"), Some(65_534), None).unwrap();
        assert!(fill(&jar, &elsewhere).1.unwrap_err().contains("another user"));
    }
}
