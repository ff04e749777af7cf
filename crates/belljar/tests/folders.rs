//! Granted folders of this machine while somebody else changes them.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests, helpers included")]

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use belljar::{Belljar, Effect, Policy, RunOptions};
use rustix::fs::{CWD, FileType, Mode, RenameFlags, makedev, mknodat, renameat_with};
use serde_json::{Value, json};

/// Runs a tool that may do everything below the folder, which it sees as `/g`.
fn run(source: &str, folder: &Path) -> Value {
    let jar = Belljar::builder().cache_dir(env!("CARGO_TARGET_TMPDIR")).build().unwrap();
    let tool = jar.load("tool.js", source.as_bytes()).unwrap();
    let mut policy = Policy::parse("version = 1\n[limits]\ncalls = 100000\ntime = \"120 s\"\n").unwrap();
    policy.add(Effect::Allow, "files read,write . as /g").unwrap();
    let options = RunOptions { base: folder.to_owned(), ..RunOptions::with_policy(policy) };
    let report = jar.run_blocking(&tool, "null", options).unwrap();
    serde_json::from_str(report.output.as_deref().unwrap_or_else(|| panic!("{}", report.message))).unwrap()
}

/// Does something again and again while the tool runs.
fn run_beside(source: &str, folder: &Path, again: impl Fn() + Sync) -> Value {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                again();
            }
        });
        let output = run(source, folder);
        over.store(true, Ordering::Relaxed);
        other.join().unwrap();
        output
    })
}

/// What each of many tries came to, counted.
const COUNT: &str = r#"
    const counts = {};
    const count = (what) => { counts[what] = (counts[what] ?? 0) + 1; };
    const word = (error) => error.name + (/ link/.test(error.message) ? ": a link" : "");
"#;

#[test]
fn a_folder_that_becomes_a_link_meanwhile_leads_nowhere() {
    let place = tempfile::tempdir().unwrap();
    let (granted, outside) = (place.path().join("granted"), place.path().join("outside"));
    for folder in [granted.join("d"), outside.clone()] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(granted.join("d/f"), "inside").unwrap();
    fs::write(outside.join("f"), "canary").unwrap();
    symlink("../outside", granted.join("l")).unwrap();
    let source = format!(
        r#"export default async () => {{
            {COUNT}
            for (let i = 0; i < 1000; i++) {{
                await belljar.files.readText("/g/d/f").then(count, (error) => count(word(error)));
                await belljar.files.write("/g/d/new", "x").catch(() => {{}});
                await belljar.files.list("/g/d").then((all) => count(`${{all.length}} listed`), () => {{}});
                await belljar.files.makeDirectory(`/g/d/made`).catch(() => {{}});
                await belljar.files.remove("/g/d/made").catch(() => {{}});
            }}
            return counts;
        }}"#
    );
    let swap = || {
        // At any moment `d` is the folder, or the link that leads out.
        renameat_with(CWD, granted.join("d"), CWD, granted.join("l"), RenameFlags::EXCHANGE).unwrap();
    };
    let counts = run_beside(&source, &granted, swap);
    assert_eq!(counts["canary"], Value::Null, "{counts}");
    // Both were met, or nothing was raced.
    let times = |what: &str| counts[what].as_u64().unwrap_or(0);
    let refused: u64 =
        counts.as_object().unwrap().keys().filter(|key| key.contains("link")).map(|key| times(key)).sum();
    assert!(times("inside") > 10 && refused > 10, "{counts}");
    let left: Vec<_> = fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["f"]);
    assert_eq!(fs::read_to_string(outside.join("f")).unwrap(), "canary");
}

#[test]
fn sockets_pipes_and_devices_hold_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let _listener = UnixListener::bind(at("socket")).unwrap();
    let private = Mode::from_raw_mode(0o600);
    mknodat(CWD, at("pipe"), FileType::Fifo, private, 0).unwrap();
    // Only root can make devices. `/dev/zero` never ends, and writing to `/dev/full` always fails.
    let mut names = vec!["socket", "pipe"];
    for (name, minor) in [("zero", 5), ("full", 7)] {
        if mknodat(CWD, at(name), FileType::CharacterDevice, private, makedev(1, minor)).is_ok() {
            names.push(name);
        }
    }
    names.sort_unstable();
    let source = r#"export default async () => {
        const found = {};
        for (const { name, kind } of await belljar.files.list("/g")) {
            const path = `/g/${name}`;
            const word = (error) => error.message.replaceAll(name, "NAME");
            found[name] = [
                kind,
                await belljar.files.readText(path).catch(word),
                await belljar.files.write(path, "x").catch(word),
                await belljar.files.append(path, "x").catch(word),
            ];
        }
        return found;
    }"#;
    let found = run(source, folder.path());
    assert_eq!(found.as_object().unwrap().keys().collect::<Vec<_>>(), names);
    for name in names {
        assert_eq!(found[name][0], json!("other"), "{name}");
        for told in found[name].as_array().unwrap().iter().skip(1) {
            let told = told.as_str().unwrap_or_default();
            assert!(told.contains("neither a file nor a directory"), "{name}: {found}");
        }
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_read_as_it_was_at_some_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (file, next) = (folder.path().join("f"), folder.path().join("next"));
    let versions = ["a".repeat(1 << 16), "b".repeat(1 << 20), String::new()];
    fs::write(&file, &versions[0]).unwrap();
    let source = format!(
        r#"export default async () => {{
            {COUNT}
            for (let i = 0; i < 100; i++) {{
                const text = await belljar.files.readText("/g/f").catch(word);
                if (text.length > 1 << 20) throw new Error(`${{text.length}} characters`);
                count(/^(.)\1*$/.test(text) ? `${{text.length}} ${{text[0]}}` : text === "" ? "empty" : text.slice(0, 40));
            }}
            return counts;
        }}"#
    );
    // Whoever replaces a file by renaming another one is never met halfway.
    let counts = run_beside(&source, folder.path(), || {
        for text in &versions {
            fs::write(&next, text).unwrap();
            fs::rename(&next, &file).unwrap();
        }
    });
    let seen: Vec<&str> = counts.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(seen.iter().all(|seen| ["65536 a", "1048576 b", "empty"].contains(seen)), "{counts}");
    assert!(seen.len() > 1, "{counts}");
    // Whoever writes into it is met anywhere, and what is read is no more than the file had.
    let counts = run_beside(&source, folder.path(), || {
        for text in &versions {
            fs::write(&file, text).unwrap();
        }
    });
    assert!(counts.as_object().unwrap().values().map(|times| times.as_u64().unwrap()).sum::<u64>() == 100, "{counts}");
}
