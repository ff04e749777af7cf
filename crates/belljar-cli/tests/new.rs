//! What `belljar new` makes runs.

use std::path::Path;
use std::process::{Command, Output};

fn belljar(folder: &Path, arguments: &[&str]) -> Output {
    let mut belljar = Command::new(env!("CARGO_BIN_EXE_belljar"));
    // Compiled code and builds are kept from one test run to the next.
    belljar.current_dir(folder).args(arguments).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    belljar.output().unwrap_or_else(|error| unreachable!("the program was just built: {error}"))
}

#[test]
fn a_new_tool_runs_in_every_language() {
    let folder = tempfile::tempdir().unwrap();
    for (language, file, answer) in [
        ("ts", "tool.ts", r#"{"greeting":"Hello, you!","times":1}"#),
        ("js", "tool.js", r#"{"greeting":"Hello, you!","times":1}"#),
        ("python", "tool.py", r#"{"greeting":"Hello, you!","times":1}"#),
        ("rust", "tool.rs", r#"{"greeting":"Hello, you!","times":1}"#),
        ("wat", "tool.wat", r#"{"name":"you"}"#),
    ] {
        let name = format!("hello-{language}");
        let made = belljar(folder.path(), &["new", &name, "--lang", language]);
        assert!(made.status.success(), "{made:?}");
        let (tool, policy) = (format!("{name}/{file}"), format!("{name}/policy.toml"));
        assert!(belljar(folder.path(), &["policy", "check", &policy]).status.success());
        let run = belljar(folder.path(), &["run", &tool, "--input", r#"{"name":"you"}"#, "--policy", &policy]);
        assert_eq!(String::from_utf8_lossy(&run.stdout).trim(), answer, "{language}: {run:?}");
        let inspected = belljar(folder.path(), &["inspect", &tool, "--format", "json"]);
        let text = String::from_utf8_lossy(&inspected.stdout).into_owned();
        assert!(language == "wat" || text.contains(&format!("\"name\": \"{name}\"")), "{text}");
    }
}

#[test]
fn nothing_is_overwritten_and_names_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    assert!(belljar(folder.path(), &["new", "once"]).status.success());
    for arguments in [["new", "once"], ["new", "../up"], ["new", "Upper"], ["new", "a/b"]] {
        let refused = belljar(folder.path(), &arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {refused:?}");
    }
}
