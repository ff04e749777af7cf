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

/// A recording teaches what its log does, and what is wrong with a policy's rules is noted when it is checked.
#[test]
fn a_policy_is_learned_from_a_recording_and_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it can be written");
    write("tool.js", "export default async () => { await belljar.kv.set('a', '1'); await belljar.kv.set('b', '1'); };");
    write("policy.toml", "version = 1\n[kv]\nallow = ['a']\nask = ['b']\n");
    let run = ["run", "tool.js", "--input", "{}", "--policy", "policy.toml", "--kv", "kv", "--suspend", "a.run"];
    let run = belljar(folder.path(), &run);
    assert_eq!(run.status.code(), Some(75), "{run:?}");
    let learned = belljar(folder.path(), &["policy", "learn", "a.run"]);
    let text = String::from_utf8_lossy(&learned.stdout).into_owned();
    assert!(learned.status.success() && text.contains("\"set a\",") && !text.contains("\"set b\""), "{learned:?}");
    assert!(text.contains("asked about, and not answered where the log ends, so no rule allows it: a.run:"), "{text}");
    write("learned.toml", &text);
    let checked = belljar(folder.path(), &["policy", "check", "learned.toml"]);
    assert!(checked.status.success(), "{checked:?}");

    write(
        "deny.toml",
        "version = 1\n[http]\nallow = ['GET https://a.example/**']\ndeny = ['* https://a.example/admin/**']\n",
    );
    let checked = belljar(folder.path(), &["policy", "check", "deny.toml"]);
    let said = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(checked.status.success() && said.contains("such as //a"), "{checked:?}");
    write("bad.toml", "version = 1\n[ask]\nleast = 'terminal'\n");
    let checked = belljar(folder.path(), &["policy", "check", "bad.toml"]);
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert_eq!(checked.status.code(), Some(2));
    assert!(said.contains("line 3, column 9") && said.contains("\"client\", \"command\" and \"inbox\""), "{said}");
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
