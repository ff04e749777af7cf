//! `belljar log` and signatures, as they are used.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const TOOL: &str = r#"export default async () => { await belljar.kv.set("a", "x"); return 1; };"#;

/// Runs `belljar` in a folder: its exit code and everything that it says.
fn belljar(folder: &Path, arguments: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_belljar"));
    command.args(arguments.split_whitespace()).current_dir(folder);
    // The engine's compiled code is kept from one test run to the next.
    let output = command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// A folder with a tool and a key, and the public key.
fn set_up() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tool.js"), TOOL).unwrap();
    std::fs::write(folder.path().join("policy.toml"), "version = 1\n[kv]\nallow = ['**']\n").unwrap();
    let (code, public) = belljar(folder.path(), "log keygen key");
    assert_eq!(code, Some(0), "{public}");
    (folder, public.trim().to_owned())
}

#[test]
fn a_key_is_its_owners_alone_and_is_not_replaced() {
    let (folder, public) = set_up();
    let key = folder.path().join("key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&key).unwrap();
    assert!(public.len() == 64 && !text.contains(&public));
    let (code, said) = belljar(folder.path(), "log keygen key");
    assert!(code == Some(2) && said.contains("cannot make the key's file key: File exists"), "{said}");
    assert_eq!(std::fs::read_to_string(&key).unwrap(), text);
    assert_ne!(belljar(folder.path(), "log keygen other").1.trim(), public);
    // What is no key is said to be none, and what it holds is not shown.
    std::fs::write(&key, text.replacen("MC4CAQ", "MC4CAR", 1)).unwrap();
    let (code, said) = belljar(folder.path(), "run tool.js --input {} --log log --sign key");
    assert!(code == Some(2) && said.contains("key holds no private key of Ed25519"), "{said}");
    assert!(!folder.path().join("log").exists());
}

/// Runs `belljar` and looks for a text in what it says.
#[track_caller]
fn see(folder: &Path, code: i32, arguments: &str, words: &str) {
    let (seen, said) = belljar(folder, arguments);
    assert!(seen == Some(code) && said.contains(words), "belljar {arguments}: {seen:?}, {said}");
}

const RUN: &str = "run tool.js --input {} --policy policy.toml";

#[test]
fn a_signed_log_is_known_from_any_other() {
    let (folder, public) = set_up();
    let path = folder.path();
    see(path, 2, &format!("{RUN} --sign key"), "--log, --record or --suspend");
    see(path, 0, &format!("{RUN} --log a --sign key"), "1\n");
    see(path, 0, &format!("log verify a --signed-by {public}"), &format!("signed by {public}"));
    see(path, 0, "log verify a", "5 entries hold");
    let other = belljar(path, "log keygen other").1;
    see(path, 1, &format!("log verify a --signed-by {other}"), "not by");
    see(path, 2, &format!("log verify a --signed-by {}", &public[1..]), "64 hexadecimal digits");
    see(path, 2, "log verify a --signature a.sig", "--signed-by");

    // A log of another run, a changed one, a shorter one, a longer one, and one without a signature.
    let by = format!("--signed-by {public}");
    see(path, 0, &format!("{RUN} --log b"), "");
    see(path, 1, &format!("log verify b {by}"), "the signature b.sig: No such file");
    see(
        path,
        1,
        &format!("log verify b {by} --signature a.sig"),
        "entry 4 of the log (line 5) does not hold: it is not the one",
    );
    let text = std::fs::read_to_string(path.join("a")).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let write = |name: &str, text: &str| std::fs::write(path.join(name), text).unwrap();
    write("c", &text.replacen("\"ticket\":1", "\"ticket\":2", 1));
    see(path, 1, &format!("log verify c {by} --signature a.sig"), "entry 2 of the log (line 3)");
    write("d", &lines[..3].concat());
    see(
        path,
        1,
        &format!("log verify d {by} --signature a.sig"),
        "entry 3 of the log (line 4) does not hold: it is missing",
    );
    see(path, 4, "log verify d", "there is no end entry");
    write("e", &text[..text.len() - 3]);
    see(path, 3, "log verify e", "the last line is torn");
    see(path, 0, "log show e", "torn");
    see(path, 1, &format!("log verify e {by} --signature a.sig"), "is missing");

    // A head alone does what a signature does, but for the count.
    let said = belljar(path, "log verify a").1;
    let head = said.trim().rsplit(' ').next().unwrap();
    see(path, 0, &format!("log verify a --head {}", head.to_uppercase()), "hold");
    see(path, 1, &format!("log verify d --head {head}"), "entry 3 of the log");
    see(path, 2, "log verify a --head abc", "64 hexadecimal digits");
    see(path, 1, &format!("log verify a {by} --head {}", "0".repeat(64)), "not the one of --head");

    // Signing afterwards: once, and what holds.
    see(path, 0, "log sign b --key other", "signed by");
    see(path, 0, &format!("log verify b --signed-by {other}"), "signed by");
    see(path, 2, "log sign b --key key", "is not replaced");
    see(path, 1, "log sign c --key key", "does not hold");
    see(path, 0, "log sign e --key key", "no end entry");
    see(path, 3, &format!("log verify e {by}"), "signed by");
    // A run that is cut off leaves an empty signature.
    write("d.sig", "");
    see(path, 1, &format!("log verify d {by}"), "it is empty");
    see(path, 0, "log sign d --key key", "signed by");
    write("a.sig", &std::fs::read_to_string(path.join("a.sig")).unwrap().replacen("entries\":5", "entries\":4", 1));
    see(path, 1, &format!("log verify a {by}"), "one of them was changed");
}

#[test]
fn a_recording_is_signed_too() {
    let (folder, public) = set_up();
    let path = folder.path();
    see(path, 0, &format!("{RUN} --log log --record signed --sign key"), "");
    see(path, 0, &format!("{RUN} --record plain"), "");
    see(path, 0, &format!("replay signed --signed-by {public}"), &format!("the same, signed by {public}"));
    see(path, 0, "replay signed", "the same\n");
    see(path, 1, &format!("replay plain --signed-by {public}"), "is not signed");
    let other = belljar(path, "log keygen other").1;
    see(path, 1, &format!("replay signed --signed-by {other}"), "not by");
    see(path, 2, &format!("{RUN} --log log --record log"), "named for two things");
    // What cannot be kept of the report does not cost the recording.
    std::fs::write(path.join("file"), "").unwrap();
    let tool = "export default () => { belljar.artifact('a', 'text/plain', 'x'); return 1; };";
    std::fs::write(path.join("tool.js"), tool).unwrap();
    see(path, 2, &format!("{RUN} --record kept --artifacts file"), "cannot make the folder file");
    see(path, 0, "replay kept", "the same");
}

#[test]
fn what_cannot_be_logged_is_not_done() {
    let (folder, _) = set_up();
    let path = folder.path();
    if !Path::new("/dev/full").exists() {
        return;
    }
    let words = "belljar: host-failed: the log could not be written: No space left on device";
    see(path, 1, &format!("{RUN} --kv kv --log /dev/full"), words);
    assert!(!path.join("kv").exists(), "no key was set");
    see(path, 0, &format!("{RUN} --kv kv --log log --log-sync"), "1\n");
    assert!(path.join("kv").exists());
    see(path, 0, "log verify log", "5 entries hold");
}

#[test]
fn a_log_is_one_runs_alone() {
    let (folder, _) = set_up();
    let path = folder.path();
    std::fs::write(path.join("wait.js"), "export default () => new Promise((done) => setTimeout(done, 60_000));")
        .unwrap();
    std::fs::write(path.join("long.toml"), "version = 1\n[limits]\ntime = '1 h'\n").unwrap();
    let mut first = Command::new(env!("CARGO_BIN_EXE_belljar"));
    first.args("run wait.js --input {} --policy long.toml --log log".split(' ')).current_dir(path);
    let mut first = first.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).spawn().unwrap();
    let written = || std::fs::metadata(path.join("log")).map_or(0, |log| log.len());
    let began = std::time::Instant::now();
    while written() == 0 && began.elapsed().as_secs() < 30 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let before = written();
    let (code, said) = belljar(path, &format!("{RUN} --log log"));
    let after = written();
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(code == Some(2) && said.contains("another run is writing it"), "{code:?} {said}");
    assert!(before > 0 && after >= before);
    see(path, 4, "log verify log", "there is no end entry");
    see(path, 0, &format!("{RUN} --log log"), "1\n");
    see(path, 0, "log verify log", "5 entries hold");
}

/// What an earlier Belljar wrote is kept in `tests/logs`: its log is verified and shown, and its recordings say what they are.
#[test]
fn version_1_is_verified_and_shown_and_not_replayed() {
    let kept = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/logs/version-1"));
    // A copy, because what is resumed is locked where it lies.
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["log.jsonl", "log.jsonl.sig", "public-key.txt", "ended.tar", "suspended.tar"] {
        std::fs::copy(kept.join(name), folder.join(name)).unwrap();
    }
    let public = std::fs::read_to_string(folder.join("public-key.txt")).unwrap();
    let signer = format!("log verify log.jsonl --signed-by {}", public.trim());
    see(folder, 0, &signer, "20 entries hold; head f2fee5eaaf85f39202f3ed2c5b2e0ebd8c587cd5d4e3eba038aef76a6ded85d8");
    for words in [
        "everything 8abd763e703abc82dd91e4d3dae96fc619e350d0a3890dcf401a9c03a8109a5c on wasmtime 48",
        "ticket 1 yes to everything under its rule by the person at the command line",
        "kv get other → deny no rule in [kv] allows it",
        "made.txt text/plain (1 bytes)",
        "failed, 1395611 fuel, 4 requests there is nothing to find",
    ] {
        see(folder, 0, "log show log.jsonl", words);
    }
    for arguments in ["replay ended.tar", "resume suspended.tar --as-recorded --answer no"] {
        see(folder, 1, arguments, "an earlier Belljar recorded this run, as version 1");
        see(folder, 1, arguments, "tar -xf FILE log.jsonl && belljar log verify log.jsonl");
    }
    assert!(folder.join("suspended.tar").exists());
}
