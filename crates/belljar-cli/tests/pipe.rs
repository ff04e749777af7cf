//! Nobody reads what the program says: it ends as it would otherwise, and does not panic.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

const TOOL: &str = "export default () => { console.log('hello'); console.error('odd'); return 1; };";

#[test]
fn a_command_whose_reader_is_gone_ends_as_it_would_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tool.js"), TOOL).unwrap();
    std::fs::write(folder.path().join("policy.toml"), "version = 1\n[kv]\nallow = ['**']\n").unwrap();
    // The first commands make what the later ones read.
    let commands = [
        "run tool.js --log log.jsonl --record run.tar",
        "run tool.js --format json",
        "replay run.tar",
        "log show log.jsonl",
        "log verify log.jsonl",
        "log keygen key",
        "log sign log.jsonl --key key",
        "inspect tool.js",
        "inspect tool.js --format json",
        "build tool.js",
        "policy check policy.toml",
        "policy schema",
        "completions bash",
        "--help",
        "--version",
    ];
    for command in commands {
        for gone in ["stdout", "stderr", "both"] {
            // What is there already is not replaced.
            for made in ["key", "log.jsonl.sig"].iter().filter(|_| command.starts_with("log ")) {
                let _absent = std::fs::remove_file(folder.path().join(made)).is_err();
            }
            if command.starts_with("log sign") {
                run(folder.path(), "log keygen key", "");
            }
            let (code, said) = run(folder.path(), command, gone);
            assert_eq!(code, Some(0), "{command}, {gone} gone: {said}");
            assert!(!said.contains("panicked"), "{command}, {gone} gone: {said}");
        }
    }
    // What goes wrong has its exit code all the same.
    for gone in ["stdout", "stderr", "both"] {
        assert_eq!(run(folder.path(), "run none.js", gone).0, Some(2), "{gone}");
    }
}

/// Runs a command with a pipe that nobody reads: its exit code, and what it says to whoever still listens.
fn run(folder: &std::path::Path, arguments: &str, gone: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_belljar"));
    command.args(arguments.split_whitespace()).current_dir(folder).stdin(std::process::Stdio::null());
    command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer
    };
    if matches!(gone, "stdout" | "both") {
        command.stdout(closed());
    } else {
        command.stdout(std::process::Stdio::piped());
    }
    if matches!(gone, "stderr" | "both") {
        command.stderr(closed());
    } else {
        command.stderr(std::process::Stdio::piped());
    }
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}
