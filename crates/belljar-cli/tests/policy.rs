//! `--policy` and `belljar policy check` read a policy by what its file is called.

use std::path::Path;
use std::process::{Command, Output};

fn belljar(folder: &Path, arguments: &[&str]) -> Output {
    let mut belljar = Command::new(env!("CARGO_BIN_EXE_belljar"));
    // Compiled code is kept from one test run to the next.
    belljar.current_dir(folder).args(arguments).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    belljar.output().unwrap_or_else(|error| unreachable!("the program was just built: {error}"))
}

#[test]
fn a_yaml_file_is_wassettes_policy() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it can be written");
    let wassette = "version: '1.0'\npermissions:\n  storage:\n    allow:\n    - { uri: 'fs://data', access: [read] }\n";
    for name in ["policy.yaml", "policy.yml"] {
        write(name, wassette);
        let checked = belljar(folder.path(), &["policy", "check", name]);
        let text = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success() && text.contains("[files] allow \"read data as /data\""), "{checked:?}");
    }
    std::fs::create_dir(folder.path().join("data")).expect("a folder");
    write("data/a.txt", "under glass");
    write("tool.js", "export default () => belljar.files.readText('/data/a.txt');");
    let run = belljar(folder.path(), &["run", "tool.js", "--input", "{}", "--policy", "policy.yaml"]);
    assert!(String::from_utf8_lossy(&run.stdout).contains("under glass"), "{run:?}");

    write("policy.toml", wassette);
    let checked = belljar(folder.path(), &["policy", "check", "policy.toml"]);
    assert_eq!(checked.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&checked.stderr).contains("not valid TOML"), "{checked:?}");
}

/// What a tool did is gone through under another policy; what the log does not show is said.
#[test]
fn a_run_that_is_over_is_judged_by_another_policy() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it can be written");
    let tool = "export const tool = { name: 'notes', wants: ['kv read notes/**', 'kv write notes/today', 'mail send'] };\n\
        export default async () => { await belljar.kv.set('notes/today', '1'); return await belljar.kv.get('notes/today'); };";
    write("tool.js", tool);
    write("policy.toml", "version = 1\n[kv]\nallow = ['notes/**', 'list old/**']\n");
    write("other.toml", "version = 1\n[kv]\nallow = ['read **']\n[limits]\ncalls = 1\n");
    let arguments =
        ["run", "tool.js", "--input", "{}", "--policy", "policy.toml", "--log", "a.jsonl", "--record", "a.run"];
    let run = belljar(folder.path(), &arguments);
    assert!(run.status.success(), "{run:?}");
    for name in ["a.jsonl", "a.run"] {
        let same = belljar(folder.path(), &["policy", "what-if", "--with", "policy.toml", name]);
        let text = String::from_utf8_lossy(&same.stdout).into_owned();
        assert!(same.status.success() && text.contains("2 requests, all decided as they were"), "{same:?}");
        let other = belljar(folder.path(), &["policy", "what-if", "--with", "other.toml", name]);
        let text = String::from_utf8_lossy(&other.stdout).into_owned();
        assert!(other.status.success() && text.contains("2 requests, 2 newly refused"), "{other:?}");
        assert!(text.contains("refused: entry 3: kv set notes/today: no rule in [kv] allows it"), "{text}");
        assert!(text.contains("out of budget: entry 5: calls has no room, the limit is 1"), "{text}");
        assert!(text.contains("questions: 0 before, 0 after"), "{text}");
    }
    let json =
        belljar(folder.path(), &["policy", "what-if", "--with", "other.toml", "--format", "json", "a.run", "a.jsonl"]);
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(report["runs"][1]["changes"][0]["kind"], "refused");
    let none = belljar(folder.path(), &["policy", "what-if", "--prices", "other.toml", "a.run"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("has no [spend]"), "{none:?}");

    let inspected = belljar(folder.path(), &["inspect", "tool.js", "--against", "other.toml"]);
    let text = String::from_utf8_lossy(&inspected.stdout).into_owned();
    assert!(text.contains("  allowed: kv read notes/**: [kv] allow \"read **\""), "{text}");
    assert!(text.contains("  refused: kv write notes/today: no rule in [kv] allows it"), "{text}");
    assert!(text.contains("  no wish: mail send: "), "{text}");
    let inspected = belljar(folder.path(), &["inspect", "tool.js", "--against", "policy.toml", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&inspected.stdout).expect("JSON");
    assert_eq!(report["against"]["notWanted"], serde_json::json!(["[kv] allow \"list old/**\""]));
}
