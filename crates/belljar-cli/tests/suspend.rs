//! A run that is suspended whenever it asks, killed, and resumed by another process, against one that never stops.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by them")]

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Output};
use std::sync::Arc;

use belljar::{Answer, Asker, Belljar, KvStore, LogSink, MemoryLog, Policy, Question, RunOptions, Terms};

/// Asks ten times: by itself, and by what a rule asks about. Between, it looks at everything that could betray that it was
/// suspended.
const TOOL: &str = r#"export const tool = { name: "asker" };
export default async () => {
  const seen = [Math.random(), Date.now(), performance.now()];
  await belljar.kv.set("begun", "1");
  for (let n = 0; n < 5; n++) {
    const said = await belljar.ask(`What is number ${n}?`, n % 2 ? { choices: ["a", "b"] } : {});
    console.log(said, Math.random());
    await belljar.kv.set(`notes/${n}`, said);
    seen.push(said, await belljar.kv.get(`notes/${n}`), crypto.randomUUID(), Date.now());
    // Two things at a time, of which one waits: long enough that the other is there first, also on a busy machine.
    const [list] = await Promise.all([belljar.kv.list("notes/"), new Promise((done) => setTimeout(done, 200))]);
    seen.push(list.length);
  }
  belljar.artifact("seen.json", "application/json", new TextEncoder().encode(JSON.stringify(seen)));
  return seen;
};"#;

const POLICY: &str = r#"version = 1
[kv]
allow = ["read **", "write begun"]
ask = ["write notes/**"]
[random]
seed = 7
[clock]
frozen = "2026-01-01T00:00:00Z"
"#;

/// What is answered, in order.
const ANSWERS: [&str; 10] = ["one", "once", "a", "once", "zwei\n", "once", "b", "rule", "", "unused"];

fn answer(question: &Question, word: &str) -> Answer {
    let who = belljar::Answerer::command("the person at the command line");
    match (&question.human, word) {
        (Some(_), text) => Answer::Said { who, text: text.to_owned() },
        (None, "once") => Answer::Once { who },
        (None, _) => Answer::Rule { who, expires: None },
    }
}

struct Ready(std::sync::Mutex<usize>);

impl Asker for Ready {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        let mut next = self.0.lock().unwrap();
        let given = answer(&question, ANSWERS[*next]);
        *next += 1;
        Box::pin(std::future::ready(given))
    }
}

fn belljar(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_belljar"));
    command.args(arguments).current_dir(folder).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.stdin(std::process::Stdio::null()).output().unwrap()
}

/// A folder with the tool and its policy.
fn set_up() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("asker.ts"), TOOL).unwrap();
    std::fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
    folder
}

/// Starts it on a terminal, and stops it by a signal when it asks something.
fn stopped_at_the_question(folder: &Path, signal: &str, arguments: &[&str]) {
    let mut stop = Command::new("python3");
    stop.args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kill.py"), signal, env!("CARGO_BIN_EXE_belljar")]);
    stop.args(arguments).current_dir(folder).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    let stopped = stop.output().unwrap();
    assert!(stopped.status.success(), "{signal} {arguments:?}: {stopped:?}");
}

/// The log without what must differ: moments of answers, and the hashes that follow from them.
fn lines(log: &str) -> Vec<String> {
    let plain = |line: &str| {
        let mut entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let entry = entry.as_object_mut().unwrap();
        entry.remove("prev");
        entry.remove("at");
        // A question's follows from the hash before it.
        entry.remove("digest");
        serde_json::to_string(entry).unwrap()
    };
    log.lines().map(plain).collect()
}

#[test]
fn ten_questions_and_another_process_after_each() {
    let folder = set_up();
    let folder = folder.path();

    let jar = Belljar::builder().cache_dir(env!("CARGO_TARGET_TMPDIR")).build().unwrap();
    let tool = jar.load_path(&folder.join("asker.ts")).unwrap();
    let log = MemoryLog::default();
    let options = RunOptions {
        terms: Arc::new(Terms::from(Policy::parse(POLICY).unwrap())),
        kv: KvStore::in_memory(),
        asker: Arc::new(Ready(std::sync::Mutex::new(0))),
        log: Box::new(log.clone()) as Box<dyn LogSink>,
        ..RunOptions::default()
    };
    let straight = jar.run_blocking(&tool, "{}", options).unwrap();
    assert_eq!(straight.outcome, belljar::Outcome::Returned, "{}", straight.message);

    let first = ["run", "asker.ts", "--input", "{}", "--policy", "policy.toml", "--kv", "kv", "--suspend", "run.tar"];
    let begun = belljar(folder, &first);
    assert_eq!(begun.status.code(), Some(75), "{begun:?}");
    let mut last = begun;
    // After "rule" nothing of that kind is asked any more: nine questions, then.
    for (number, word) in ANSWERS[..9].iter().enumerate() {
        let before = std::fs::read(folder.join("run.tar")).unwrap();
        // A process that waits at the terminal is killed, or interrupted, and nothing has happened.
        for signal in ["KILL", "INT"] {
            stopped_at_the_question(folder, signal, &["resume", "run.tar", "--kv", "kv", "--as-recorded"]);
            let after = std::fs::read(folder.join("run.tar")).unwrap();
            assert!(before == after, "{number}: the run that was suspended is what it was");
        }

        let how = if matches!(*word, "once" | "rule") { "--answer" } else { "--say" };
        let arguments = [
            "resume",
            "run.tar",
            "--as-recorded",
            "--kv",
            "kv",
            how,
            word,
            "--log",
            "log.jsonl",
            "--record",
            "whole.tar",
        ];
        last = belljar(folder, &[&arguments[..], &["--format", "json", "--artifacts", "made"]].concat());
        let expected = if number == 8 { 0 } else { 75 };
        assert_eq!(last.status.code(), Some(expected), "{number}: {last:?}");
        assert_eq!(folder.join("run.tar").exists(), number != 8, "{number}");
    }

    let report: serde_json::Value = serde_json::from_slice(&last.stdout).unwrap();
    assert_eq!(report["output"].to_string(), straight.output.unwrap());
    assert_eq!(report["usage"]["fuel"], straight.usage.fuel);
    assert_eq!(std::fs::read(folder.join("made/seen.json")).unwrap(), straight.artifacts[0].bytes);
    let resumed = std::fs::read_to_string(folder.join("log.jsonl")).unwrap();
    assert_eq!(lines(&resumed), lines(&log.text()));
    let replayed = belljar(folder, &["replay", "whole.tar"]);
    assert_eq!(replayed.status.code(), Some(0), "{replayed:?}");
}

#[test]
fn a_wrong_answer_leaves_the_run_where_it_is() {
    let folder = set_up();
    let folder = folder.path();
    let first = ["run", "asker.ts", "--input", "{}", "--policy", "policy.toml"];
    let lost = belljar(folder, &[&first[..], &["--suspend", "run.tar"]].concat());
    assert_eq!(lost.status.code(), Some(2), "keys would be lost: {lost:?}");
    assert_eq!(
        belljar(folder, &[&first[..], &["--suspend", "run.tar", "--kv", "kv"]].concat()).status.code(),
        Some(75)
    );
    for (arguments, code, says) in [
        (&["resume", "run.tar", "--as-recorded", "--say", "x"][..], 2, "--kv DIR"),
        (&["resume", "run.tar", "--kv", "kv", "--say", "x", "--log", "run.tar"][..], 2, "two things"),
        (&["run", "asker.ts", "--input", "{}", "--suspend", "run.tar"][..], 2, "there already"),
        (&["resume", "run.tar", "--as-recorded", "--kv", "kv", "--answer", "once"][..], 75, "answered with a text"),
        (&["resume", "run.tar", "--as-recorded", "--kv", "kv"][..], 2, "--say"),
        (&["resume", "run.tar", "--kv", "kv", "--say", "x", "--sign", "asker.ts"][..], 2, "--signed-by"),
        (&["resume", "nothing.tar", "--answer", "no"][..], 2, "nothing.tar"),
        (&["resume", "asker.ts", "--answer", "no"][..], 1, "no recording"),
        (&["replay", "run.tar"][..], 1, "cut off"),
    ] {
        let output = belljar(folder, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(says), "{arguments:?}: {output:?}");
        assert!(folder.join("run.tar").exists(), "{arguments:?}");
    }
    // A lock is only what is one.
    std::fs::write(folder.join("Cargo.lock"), "version = 4\n").unwrap();
    for arguments in
        [&["resume", "Cargo", "--say", "x"][..], &["run", "asker.ts", "--input", "{}", "--suspend", "Cargo"]]
    {
        let output = belljar(folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("no lock of Belljar's"), "{arguments:?}: {output:?}");
    }
    assert_eq!(std::fs::read_to_string(folder.join("Cargo.lock")).unwrap(), "version = 4\n");
    // What a usage error finds is left as it is.
    std::fs::write(folder.join("old.log"), "kept").unwrap();
    let output = belljar(folder, &[&first[..], &["--suspend", "new.tar", "--log", "old.log"]].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(std::fs::read_to_string(folder.join("old.log")).unwrap(), "kept");
    // Somebody else has it.
    let held = std::fs::OpenOptions::new().create(true).write(true).truncate(false).open(folder.join("run.tar.lock"));
    let held = held.unwrap();
    held.lock().unwrap();
    let output = belljar(folder, &["resume", "run.tar", "--kv", "kv", "--say", "x"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("another process has"), "{output:?}");
    drop(held);
    // Another tool or policy is not what was suspended.
    let archive = std::fs::read(folder.join("run.tar")).unwrap();
    let mut parts = belljar::Parts::unpack(&archive).unwrap();
    parts.policy = parts.policy.replace("read **", "read *");
    std::fs::write(folder.join("other.tar"), parts.pack().unwrap()).unwrap();
    let output = belljar(folder, &["resume", "other.tar", "--as-recorded", "--kv", "kv", "--say", "x"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("policy was changed"), "{output:?}");
    // Nor is a run that asks nobody anything.
    let mut parts = belljar::Parts::unpack(&archive).unwrap();
    parts.requests.clear();
    parts.results.clear();
    parts.held.contents.clear();
    parts.log = parts.log.lines().take(2).map(|line| format!("{line}\n")).collect();
    std::fs::write(folder.join("other.tar"), parts.pack().unwrap()).unwrap();
    let output = belljar(folder, &["resume", "other.tar", "--kv", "kv", "--say", "x"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no open question"), "{output:?}");
}

/// A run that is interrupted while it waits still waits; and through a link it is the file that is resumed, and gone.
#[test]
fn a_link_to_a_run_is_that_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(
        folder.join("asker.ts"),
        "export default async () => [await belljar.ask('a?'), await belljar.ask('b?')];",
    )
    .unwrap();
    stopped_at_the_question(folder, "INT", &["run", "asker.ts", "--input", "{}", "--suspend", "run.tar"]);
    std::os::unix::fs::symlink("run.tar", folder.join("latest")).unwrap();
    let first = belljar(folder, &["resume", "latest", "--say", "1"]);
    assert_eq!(first.status.code(), Some(75), "{first:?}");
    assert!(folder.join("latest").is_symlink());
    let second = belljar(folder, &["resume", "latest", "--say", "2"]);
    assert_eq!((second.status.code(), second.stdout), (Some(0), b"[\"1\",\"2\"]\n".to_vec()));
    assert!(!folder.join("run.tar").exists());
}

/// A file that may come from anybody is resumed only if the right key signed it, with all that stands beside its log.
#[test]
fn what_is_suspended_can_be_signed() {
    let folder = set_up();
    let folder = folder.path();
    let keygen = |name: &str| {
        let made = belljar(folder, &["log", "keygen", name]);
        assert_eq!(made.status.code(), Some(0), "{made:?}");
        let said = String::from_utf8(made.stdout).unwrap();
        said.split_whitespace().find(|word| word.len() == 64).unwrap().to_owned()
    };
    let (ours, others) = (keygen("ours.pem"), keygen("others.pem"));
    let run = ["run", "asker.ts", "--input", "{}", "--policy", "policy.toml", "--kv", "kv"];
    let signing = |file| belljar(folder, &[&run[..], &["--suspend", file, "--sign", "ours.pem"]].concat());
    assert_eq!(signing("run.tar").status.code(), Some(75));
    assert_eq!(belljar(folder, &[&run[..], &["--suspend", "plain.tar"]].concat()).status.code(), Some(75));

    // More time than it was suspended with, and another signature.
    let parts = belljar::Parts::unpack(&std::fs::read(folder.join("run.tar")).unwrap()).unwrap();
    let longer = belljar::Parts { suspended: Some(parts.suspended.unwrap() + 1), ..parts.clone() };
    std::fs::write(folder.join("longer.tar"), longer.pack().unwrap()).unwrap();
    let bare = belljar::Parts { signature: None, ..parts };
    std::fs::write(folder.join("bare.tar"), bare.pack().unwrap()).unwrap();

    let take = |file: &str, key: &str| {
        belljar(folder, &["resume", file, "--kv", "kv", "--say", "x", "--sign", "ours.pem", "--signed-by", key])
    };
    for (file, key, says) in [
        ("run.tar", &others, "signed by"),
        ("plain.tar", &ours, "not signed"),
        ("bare.tar", &ours, "not signed"),
        ("longer.tar", &ours, "beside the log"),
    ] {
        let output = take(file, key);
        assert_eq!(output.status.code(), Some(1), "{file}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(says), "{file}: {output:?}");
        assert!(folder.join(file).exists(), "{file}");
    }
    // It is suspended again, signed again, until its end.
    let output = take("run.tar", &ours);
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    let output = belljar(
        folder,
        &[
            "resume",
            "run.tar",
            "--kv",
            "kv",
            "--answer",
            "no",
            "--signed-by",
            &ours,
            "--sign",
            "ours.pem",
            "--log",
            "log",
        ],
    );
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let verified = belljar(folder, &["log", "verify", "log", "--signed-by", &ours]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}

#[test]
fn a_run_that_is_suspended_leaves_no_empty_recording() {
    let folder = set_up();
    let place = folder.path();
    let run = ["run", "asker.ts", "--input", "{}", "--policy", "policy.toml", "--kv", "kv"];
    let run = [&run[..], &["--suspend", "waits", "--record", "whole.belljar"]].concat();
    let output = belljar(place, &run);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(place.join("waits").exists(), "{said}");
    assert!(!place.join("whole.belljar").exists() && said.contains("--record whole.belljar"), "{said}");
}

#[test]
fn a_changed_request_is_an_answer_to_a_run_that_waits() {
    let folder = set_up();
    let folder = folder.path();
    let tool = r#"export default async () => {
      await belljar.kv.set("notes/all", "milk");
      return belljar.kv.get("notes/all");
    };"#;
    std::fs::write(folder.join("keeps.ts"), tool).unwrap();
    let begun = belljar(folder, &["run", "keeps.ts", "--policy", "policy.toml", "--kv", "kv", "--suspend", "run.tar"]);
    assert_eq!(begun.status.code(), Some(75), "{begun:?}");
    let resume = ["resume", "run.tar", "--as-recorded", "--kv", "kv", "--edited", "edited.json"];
    for (edited, code, says) in [
        ("tea", 2, "cannot read edited.json"),
        (r#"{"text":"tea"}"#, 2, "cannot read edited.json"),
        (r#"{"request":"set notes/all","text":"tea","base64":"dGVh"}"#, 2, "cannot read edited.json"),
        (r#"{"request":"set notes/all","text":"tea","text":"all"}"#, 2, "the member \"text\" is there twice"),
        (r#"{"request":"set begun","text":"tea"}"#, 75, "it stays \"set notes/all\""),
        (r#"{"request":"set notes/all","text":"milk"}"#, 75, "nothing is changed"),
    ] {
        std::fs::write(folder.join("edited.json"), edited).unwrap();
        let output = belljar(folder, &resume);
        assert_eq!(output.status.code(), Some(code), "{edited}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(says), "{edited}: {output:?}");
        assert!(folder.join("run.tar").exists(), "{edited}");
    }
    std::fs::write(folder.join("edited.json"), r#"{"request":"set notes/all","text":"tea"}"#).unwrap();
    let output = belljar(folder, &[&resume[..], &["--log", "log.jsonl", "--record", "whole.tar"]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "\"tea\"");
    assert!(String::from_utf8_lossy(&output.stderr).contains("- milk\n  + tea"), "{output:?}");
    let log = std::fs::read_to_string(folder.join("log.jsonl")).unwrap();
    assert!(
        log.contains(r#""answer":"edited""#) && log.contains(r#""bytes":4"#) && log.contains(r#""bytes":3"#),
        "{log}"
    );
    let replayed = belljar(folder, &["replay", "whole.tar"]);
    assert_eq!(replayed.status.code(), Some(0), "{replayed:?}");
}

/// A command can be written by a program, so that a policy can want an answer on a terminal; four eyes are nobody's here.
#[test]
fn an_answer_that_is_given_with_a_command_is_of_its_level() {
    let folder = set_up();
    let folder = folder.path();
    std::fs::write(folder.join("keeps.js"), r#"export default () => belljar.kv.set("notes/all", "milk");"#).unwrap();
    for (more, says) in [
        ("least = 'inbox'", "it takes an answer of level inbox at least, and this one is of level command"),
        ("four-eyes = true", "it is not known who started this run"),
    ] {
        let policy = format!("version = 1\n[kv]\nask = ['write notes/**']\n[ask]\n{more}\n");
        std::fs::write(folder.join("strict.toml"), policy).unwrap();
        let begin = ["run", "keeps.js", "--policy", "strict.toml", "--kv", "kv", "--suspend", "run.tar"];
        let begun = belljar(folder, &begin);
        assert_eq!(begun.status.code(), Some(75), "{begun:?}");
        assert!(String::from_utf8_lossy(&begun.stderr).contains("yes from"), "{begun:?}");
        let resume = ["resume", "run.tar", "--as-recorded", "--kv", "kv", "--answer"];
        for word in ["once", "rule"] {
            let output = belljar(folder, &[&resume[..], &[word]].concat());
            assert_eq!(output.status.code(), Some(75), "{more} {word}: {output:?}");
            assert!(String::from_utf8_lossy(&output.stderr).contains(says), "{more} {word}: {output:?}");
        }
        let output = belljar(folder, &[&resume[..], &["no", "--log", "log.jsonl"]].concat());
        assert_eq!(output.status.code(), Some(5), "{more}: {output:?}");
        let log = std::fs::read_to_string(folder.join("log.jsonl")).unwrap();
        assert!(log.contains(r#""answer":"no","assurance":"command""#), "{log}");
        assert!(!folder.join("kv/notes").exists());
        std::fs::remove_file(folder.join("log.jsonl")).unwrap();
    }
}

/// An answer about a call is to the tool that would have been called when it was asked, and to no other; the question names it.
#[test]
fn a_call_that_was_approved_is_of_the_tool_that_was_shown() {
    const CALLER: &str =
        r#"export default async () => [await belljar.tools.call("keep", "x"), await belljar.tools.call("keep", "y")];"#;
    const KEEP: &str = "export default async (text) => { await belljar.kv.set(text, text); return `kept ${text}`; };";
    const OWN: &str = "version = 1\n[kv]\nallow = [\"write *\"]\n";
    let changed_tool = KEEP.replace("kept", "sold");
    let changed_policy = "version = 1\n[kv]\nallow = [\"**\"]\n";
    for (answer, tool, own, code, says) in [
        ("once", KEEP, OWN, 75, "belljar: suspended"),
        ("rule", KEEP, OWN, 0, ""),
        ("once", &changed_tool, OWN, 5, "keep or its policy was changed after a person was asked"),
        ("once", KEEP, changed_policy, 5, "keep or its policy was changed after a person was asked"),
        ("rule", &changed_tool, OWN, 5, "keep or its policy was changed after a person was asked"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir(folder.join("tools")).unwrap();
        let file = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        file("caller.ts", CALLER);
        file("policy.toml", "version = 1\n[tools]\nask = [\"keep\"]\n[kv]\nallow = [\"**\"]\n");
        file("tools/keep.ts", KEEP);
        file("tools/keep.policy.toml", OWN);
        let begun =
            ["run", "caller.ts", "--policy", "policy.toml", "--tools", "tools", "--kv", "kv", "--suspend", "run.tar"];
        let begun = belljar(folder, &begun);
        assert_eq!(begun.status.code(), Some(75), "{begun:?}");
        file("tools/keep.ts", tool);
        file("tools/keep.policy.toml", own);
        let resume = [
            "resume",
            "run.tar",
            "--as-recorded",
            "--tools",
            "tools",
            "--kv",
            "kv",
            "--answer",
            answer,
            "--log",
            "log.jsonl",
        ];
        let output = belljar(folder, &resume);
        let (said, case) = (String::from_utf8_lossy(&output.stderr), format!("{answer} {tool} {own}: {output:?}"));
        assert_eq!(output.status.code(), Some(code), "{case}");
        assert!(said.contains(says), "{case}");
    }
}
