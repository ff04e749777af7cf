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
