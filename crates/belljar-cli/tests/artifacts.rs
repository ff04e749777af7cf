//! Artifacts become new files in a folder, and nothing else.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Makes an artifact of each name that the input lists, with the text of the input.
const TOOL: &str = "export default ({ names, text }) => { \
                    for (const name of names) belljar.artifact(name, 'text/plain', text ?? name); };";

fn belljar(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_belljar"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.output().unwrap()
}

fn made(folder: &Path, names: &[&str], more: &[&str]) -> Output {
    let input = serde_json::json!({ "names": names }).to_string();
    belljar(folder, &[&["run", "tool.js", "--input", &input, "--artifacts", "out"], more].concat())
}

fn set_up() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tool.js"), TOOL).unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    folder
}

#[test]
fn nothing_that_is_there_is_replaced_or_followed() {
    let folder = set_up();
    let folder = folder.path();
    let out = folder.join("out");
    fs::write(folder.join("victim"), "precious").unwrap();
    fs::write(out.join("file"), "mine").unwrap();
    symlink("../victim", out.join("link")).unwrap();
    symlink("../newfile", out.join("dangling")).unwrap();
    fs::hard_link(folder.join("victim"), out.join("hard")).unwrap();
    fs::create_dir(out.join("folder")).unwrap();
    assert!(Command::new("mkfifo").arg(out.join("fifo")).status().unwrap().success());
    symlink("/dev/full", out.join("device")).unwrap();
    for name in ["file", "link", "dangling", "hard", "folder", "fifo", "device"] {
        for more in [&[][..], &["--overwrite"][..]] {
            // The first is free; it is not kept either.
            let output = made(folder, &["free", name], more);
            assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("no artifact was kept") && said.contains(name), "{said}");
            assert!(!out.join("free").exists(), "{name}");
        }
    }
    assert_eq!(fs::read_to_string(folder.join("victim")).unwrap(), "precious");
    assert_eq!(fs::read_to_string(out.join("file")).unwrap(), "mine");
    assert!(!folder.join("newfile").exists());
}

#[test]
fn only_what_an_earlier_run_made_is_overwritten() {
    let folder = set_up();
    let folder = folder.path();
    let out = folder.join("out");
    let run = |text: &str, more: &[&str]| {
        let input = serde_json::json!({ "names": ["a", "b"], "text": text }).to_string();
        belljar(folder, &[&["run", "tool.js", "--input", &input, "--artifacts", "out"], more].concat())
    };
    assert_eq!(run("one", &[]).status.code(), Some(0));
    assert_eq!(run("two", &[]).status.code(), Some(2), "not without being told");
    assert_eq!(run("two", &["--overwrite"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(out.join("a")).unwrap(), "two");
    // Another tool's are not this one's.
    fs::write(folder.join("other.js"), format!("{TOOL}\n")).unwrap();
    let other =
        belljar(folder, &["run", "other.js", "--input", r#"{"names":["a"]}"#, "--artifacts", "out", "--overwrite"]);
    assert_eq!(other.status.code(), Some(2), "{other:?}");
    // What a person changed is theirs, and so is what has another name besides.
    fs::write(out.join("a"), "edited").unwrap();
    assert_eq!(run("three", &["--overwrite"]).status.code(), Some(2));
    assert_eq!(fs::read_to_string(out.join("b")).unwrap(), "two", "all or none");
    fs::write(out.join("a"), "two").unwrap();
    fs::hard_link(out.join("b"), folder.join("another name")).unwrap();
    assert_eq!(run("three", &["--overwrite"]).status.code(), Some(2));
    fs::remove_file(folder.join("another name")).unwrap();
    fs::remove_file(out.join("a")).unwrap();
    symlink("b", out.join("a")).unwrap();
    assert_eq!(run("three", &["--overwrite"]).status.code(), Some(2));
    assert_eq!(fs::read_to_string(out.join("b")).unwrap(), "two");
    let left: Vec<_> = fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "nothing is left behind: {left:?}");
    // A list that is no list is not believed.
    fs::write(out.join(".belljar-artifacts.json"), "{").unwrap();
    assert_eq!(made(folder, &["new"], &[]).status.code(), Some(2));
    fs::remove_file(out.join(".belljar-artifacts.json")).unwrap();
    symlink("/dev/zero", out.join(".belljar-artifacts.json")).unwrap();
    assert_eq!(made(folder, &["new"], &[]).status.code(), Some(2));
}

/// What this command, or Belljar by itself, reads or writes is out of an artifact's reach.
#[test]
fn own_places_are_out_of_reach() {
    let folder = set_up();
    let folder = folder.path();
    fs::write(folder.join("out/granting.toml"), "version = 1\n").unwrap();
    for (name, more) in [
        ("run.jsonl", &["--log", "out/run.jsonl"][..]),
        ("RUN.jsonl", &["--log", "out/run.jsonl"]),
        ("run.tar", &["--record", "out/run.tar"]),
        ("waiting.tar", &["--suspend", "out/waiting.tar"]),
        ("Waiting.TAR", &["--suspend", "out/waiting.tar"]),
        ("granting.toml", &["--policy", "out/granting.toml"]),
    ] {
        let output = made(folder, &[name], more);
        assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
        for left in ["out/run.jsonl", "out/run.tar"] {
            let _ = fs::remove_file(folder.join(left));
        }
    }
    assert_eq!(fs::read_to_string(folder.join("out/granting.toml")).unwrap(), "version = 1\n");
    // Names that are read by themselves are no artifact's: the tool is told.
    for name in ["policy.toml", "Policy.YAML", "kv.sqlite", "kv.sqlite-wal", "belljar.toml", ".belljar-artifacts.json"]
    {
        let output = made(folder, &[name], &[]);
        assert_eq!(output.status.code(), Some(4), "{name}: {output:?}");
        assert!(!folder.join("out").join(name).exists(), "{name}");
    }
    // Nor is the folder of the keys one for artifacts.
    let output = made(folder, &["a"], &["--kv", "out", "--allow", "kv **"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn what_holds_data_is_private() {
    let folder = set_up();
    let folder = folder.path();
    fs::write(folder.join("old.jsonl"), "").unwrap();
    fs::set_permissions(folder.join("old.jsonl"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(folder.join("keys.js"), "export default () => belljar.kv.set('a', 'b');").unwrap();
    fs::write(folder.join("asks.js"), "export default () => belljar.ask('b?');").unwrap();
    let run = ["run", "keys.js", "--input", "{}", "--kv", "kv", "--allow", "kv **"];
    let output = belljar(folder, &[&run[..], &["--log", "old.jsonl", "--record", "run.tar"]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let output = belljar(folder, &["run", "asks.js", "--input", "{}", "--suspend", "w.tar", "--log", "new.jsonl"]);
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    for name in ["old.jsonl", "new.jsonl", "run.tar", "w.tar", "kv/kv.sqlite"] {
        assert_eq!(fs::metadata(folder.join(name)).unwrap().mode() & 0o777, 0o600, "{name}");
    }
    assert_eq!(belljar(folder, &["log", "keygen", "key.pem"]).status.code(), Some(0));
    fs::set_permissions(folder.join("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let output = belljar(folder, &[&run[..], &["--log", "signed.jsonl", "--sign", "key.pem"]].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("chmod 600"), "{output:?}");
    // What stands at a name that is made of another one is not followed.
    fs::set_permissions(folder.join("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("victim", folder.join("signed.jsonl.sig")).unwrap();
    let output = belljar(folder, &[&run[..], &["--log", "signed.jsonl", "--sign", "key.pem"]].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!folder.join("victim").exists());
}
