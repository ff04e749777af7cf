//! A file is not a grant: what a recording asks for is given by the command, by a named signer, or not at all.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::path::Path;
use std::process::{Command, Stdio};

/// Asks once, then writes a file.
const WRITER: &str = "export default async () => { const who = await belljar.ask('Your name?'); \
                      await belljar.files.write('/d/made', who); return 'ok'; };";

/// Runs `belljar` without a terminal: its exit code and everything that it says.
fn belljar(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_belljar"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    // The engine's compiled code is kept from one test run to the next.
    let output = command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

const RULE: &str = "files write out as /d";

/// A folder with a run that was suspended by somebody else, in `other.tar`; it writes into `out`.
fn set_up() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("out")).unwrap();
    std::fs::write(folder.path().join("writer.js"), WRITER).unwrap();
    let run = ["run", "writer.js", "--input", "{}", "--allow", RULE, "--suspend", "other.tar"];
    let (code, said) = belljar(folder.path(), &run);
    assert_eq!(code, Some(75), "{said}");
    // How to resume it says what must be given again.
    assert!(said.contains("belljar resume other.tar --allow 'files write out as /d'"), "{said}");
    folder
}

/// Resumes a copy of `other.tar`: its exit code, what it says, and whether the file was written.
fn resume(folder: &Path, more: &[&str]) -> (Option<i32>, String, bool) {
    std::fs::copy(folder.join("other.tar"), folder.join("run.tar")).unwrap();
    let (code, said) = belljar(folder, &[&["resume", "run.tar", "--say", "me"], more].concat());
    let made = std::fs::remove_file(folder.join("out/made")).is_ok();
    // The file is gone exactly if the run went on.
    assert_eq!(!folder.join("run.tar").exists(), made, "{said}");
    (code, said, made)
}

#[test]
fn a_run_goes_on_only_with_what_this_command_gives() {
    let folder = set_up();
    let folder = folder.path();
    std::fs::write(folder.join("same.toml"), "version = 1\n[files]\nallow = ['write out as /d']\n").unwrap();
    for (more, words) in [
        (&[][..], "a file grants nothing"),
        (&["--allow", "kv **"], "another policy"),
        (&["--allow", "files write ./out as /d"], "another policy"),
        (&["--allow", RULE, "--allow", "kv **"], "another policy"),
        (&["--allow", RULE, "--fuel", "1M"], "another policy"),
        (&["--ask", RULE], "another policy"),
        // What is confirmed is not another policy than the one that is given.
        (&["--deny", RULE, "--as-recorded"], "another policy"),
        (
            &["--as-recorded=0000000000000000000000000000000000000000000000000000000000000000"],
            "something else than what was seen",
        ),
        (&["--as-recorded=yes"], "64 hexadecimal digits"),
    ] {
        let (code, said, made) = resume(folder, more);
        assert!(code == Some(2) && !made && said.contains(words), "{more:?}: {code:?} {said}");
    }
    for more in
        [&["--allow", RULE][..], &["--policy", "same.toml"], &["--as-recorded"], &["--allow", RULE, "--as-recorded"]]
    {
        let (code, said, made) = resume(folder, more);
        assert!(code == Some(0) && made, "{more:?}: {code:?} {said}");
        // It is shown in any case, with the folder that it means here.
        let here = folder.canonicalize().unwrap().join("out");
        assert!(
            said.contains("[files] allow") && said.contains(&format!("/d is the folder {}", here.display())),
            "{said}"
        );
    }
}

#[test]
fn what_is_confirmed_is_what_was_shown() {
    let folder = set_up();
    let folder = folder.path();
    let (_, said, _) = resume(folder, &[]);
    let command = said.lines().last().unwrap().trim();
    assert!(command.starts_with("belljar resume run.tar --say me --as-recorded="), "{said}");
    let seen = command.split_whitespace().last().unwrap();
    let (code, said, made) = resume(folder, &[seen]);
    assert!(code == Some(0) && made, "{code:?} {said}");
    // Another file under the same name asks for more meanwhile.
    let run = ["run", "writer.js", "--input", "{}", "--allow", "files write . as /d", "--suspend", "more.tar"];
    assert_eq!(belljar(folder, &run).0, Some(75));
    std::fs::rename(folder.join("more.tar"), folder.join("other.tar")).unwrap();
    let (code, said, made) = resume(folder, &[seen]);
    assert!(code == Some(2) && !made && said.contains("something else"), "{code:?} {said}");
}

#[test]
fn a_relative_folder_is_one_of_this_command() {
    let folder = set_up();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::create_dir(elsewhere.path().join("out")).unwrap();
    std::fs::copy(folder.path().join("other.tar"), elsewhere.path().join("run.tar")).unwrap();
    let (code, said) = belljar(elsewhere.path(), &["resume", "run.tar", "--say", "me", "--allow", RULE]);
    assert_eq!(code, Some(0), "{said}");
    assert!(elsewhere.path().join("out/made").exists() && !folder.path().join("out/made").exists());
}

#[test]
fn what_needs_nothing_needs_no_grant() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("asker.js"), "export default () => belljar.ask('Well?');").unwrap();
    assert_eq!(belljar(folder, &["run", "asker.js", "--input", "{}", "--suspend", "run.tar"]).0, Some(75));
    let (code, said) = belljar(folder, &["resume", "run.tar", "--say", "yes"]);
    assert!(code == Some(0) && said.contains("\"yes\""), "{code:?} {said}");
    // But more work than a run gets that nobody gave anything is a grant.
    let run = ["run", "asker.js", "--input", "{}", "--time", "20h", "--suspend", "run.tar"];
    assert_eq!(belljar(folder, &run).0, Some(75));
    assert_eq!(belljar(folder, &["resume", "run.tar", "--say", "yes"]).0, Some(2));
    assert_eq!(belljar(folder, &["resume", "run.tar", "--say", "yes", "--time", "20h"]).0, Some(0));
}

/// A yes for the whole run that stands in the file is one that the file gives.
#[test]
fn a_standing_approval_is_a_grant() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let tool = "export default async () => { await belljar.kv.set('a', '1'); await belljar.ask('b?'); \
                await belljar.kv.set('c', '1'); return 'done'; };";
    std::fs::write(folder.join("keys.js"), tool).unwrap();
    let run = ["run", "keys.js", "--input", "{}", "--ask", "kv **", "--kv", "kv", "--suspend", "run.tar"];
    assert_eq!(belljar(folder, &run).0, Some(75));
    let (code, said) = belljar(folder, &["resume", "run.tar", "--kv", "kv", "--ask", "kv **", "--answer", "rule"]);
    assert_eq!(code, Some(75), "{said}");
    let third = ["resume", "run.tar", "--kv", "kv", "--ask", "kv **", "--say", "x"];
    let (code, said) = belljar(folder, &third);
    assert!(code == Some(2) && said.contains("allowed for this run, by an earlier answer"), "{code:?} {said}");
    let seen = said.split_whitespace().last().unwrap();
    let (code, said) = belljar(folder, &[&third[..], &[seen]].concat());
    assert!(code == Some(0) && said.contains("done"), "{code:?} {said}");
}

#[test]
fn a_named_signer_grants_what_it_signed() {
    let folder = set_up();
    let folder = folder.path();
    let public = belljar(folder, &["log", "keygen", "key.pem"]).1.trim().to_owned();
    let run = ["run", "writer.js", "--input", "{}", "--allow", RULE, "--suspend", "other.tar", "--sign", "key.pem"];
    std::fs::remove_file(folder.join("other.tar")).unwrap();
    assert_eq!(belljar(folder, &run).0, Some(75));
    // A signature of somebody who is not named says nothing.
    let (code, said, made) = resume(folder, &[]);
    assert!(code == Some(2) && !made, "{code:?} {said}");
    let (code, said, made) = resume(folder, &["--signed-by", &public]);
    assert!(code == Some(0) && made, "{code:?} {said}");
}

/// A replay performs nothing, whatever the recording's policy says; what it gets is work, and no more than the usual.
#[test]
fn a_replay_gets_no_more_than_a_run_without_grants() {
    let folder = set_up();
    let folder = folder.path();
    let tool =
        "export default async () => { await belljar.files.write('/d/made', 'x'); await belljar.kv.set('a', 'x'); };";
    std::fs::write(folder.join("now.js"), tool).unwrap();
    let run = ["run", "now.js", "--input", "{}", "--allow", RULE, "--allow", "kv **", "--kv", "kv", "--record"];
    assert_eq!(belljar(folder, &[&run[..], &["usual.tar"]].concat()).0, Some(0));
    assert_eq!(
        belljar(folder, &[&run[..], &["much.tar", "--fuel", "9000000000000000", "--memory", "4GiB"]].concat()).0,
        Some(0)
    );
    std::fs::remove_dir_all(folder.join("kv")).unwrap();
    std::fs::remove_file(folder.join("out/made")).unwrap();
    let (code, said) = belljar(folder, &["replay", "usual.tar"]);
    assert!(code == Some(0) && said.contains("the same"), "{code:?} {said}");
    let (code, said) = belljar(folder, &["replay", "much.tar"]);
    assert!(code == Some(2) && said.contains("fuel 9000000000000000 instead of"), "{code:?} {said}");
    let seen = said.split_whitespace().last().unwrap();
    for more in [seen, "--as-recorded"] {
        let (code, said) = belljar(folder, &["replay", "much.tar", more]);
        assert!(code == Some(0) && said.contains("the same"), "{code:?} {said}");
    }
    // One that was cut off, or suspended, does not go on.
    assert_eq!(belljar(folder, &["replay", "other.tar", "--as-recorded"]).0, Some(1));
    assert!(!folder.join("out/made").exists() && !folder.join("kv").exists(), "nothing was performed");
}
