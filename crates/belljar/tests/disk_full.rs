//! A log that cannot be written: what is not in it was not done.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::sync::{Arc, Mutex};

use belljar::log::verify;
use belljar::{Belljar, Effect, KvStore, LogError, LogSink, MemoryLog, Outcome, Policy, RunOptions, Terms, Tool};

/// Writes keys and files in turn, and goes on after a failure as far as it is let.
const TOOL: &str = r#"export default async (count) => {
    for (let i = 0; i < count; i++) {
        await belljar.kv.set("k" + i, "x").catch(() => 0);
        await belljar.files.write("/out/f" + i, "x").catch(() => 0);
    }
};"#;

const COUNT: usize = 2;

/// A disk with room for so many bytes: a line that does not fit is written in part.
#[derive(Clone)]
struct Disk {
    room: usize,
    text: Arc<Mutex<String>>,
}

impl LogSink for Disk {
    fn append(&mut self, line: &str) -> Result<(), LogError> {
        let mut text = self.text.lock().unwrap();
        let fits = self.room.saturating_sub(text.len()).min(line.len());
        text.push_str(&line[..fits]);
        if fits == line.len() { Ok(()) } else { Err(LogError("no space left on device".into())) }
    }
}

struct Ran {
    outcome: Outcome,
    message: String,
    keys: Vec<String>,
    files: Vec<String>,
}

/// Runs the tool, then lists what it did with another one.
fn run(jar: &Belljar, [tool, lister]: [&Tool; 2], log: Box<dyn LogSink>) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut policy = Policy::deny_all();
    policy.add(Effect::Allow, "kv **").unwrap();
    policy.add(Effect::Allow, "files write . as /out").unwrap();
    let kv = KvStore::in_memory();
    let options = |policy: Policy, log| RunOptions {
        terms: Arc::new(Terms::from(policy)),
        base: folder.path().to_owned(),
        kv: kv.clone(),
        kv_namespace: Some("test".into()),
        log,
        ..RunOptions::default()
    };
    let report = jar.run_blocking(tool, &COUNT.to_string(), options(policy.clone(), log)).unwrap();
    let listed = jar.run_blocking(lister, "{}", options(policy, Box::<MemoryLog>::default())).unwrap();
    let listed: String = serde_json::from_str(&listed.output.unwrap()).unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    let (mut keys, mut files): (Vec<_>, Vec<_>) =
        (listed.split_whitespace().map(str::to_owned).collect(), files.collect());
    keys.sort();
    files.sort();
    Ran { outcome: report.outcome, message: report.message, keys, files }
}

/// What the whole entries of a log say was permitted.
fn permitted(log: &str, capability: &str) -> Vec<String> {
    let whole = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let entries = whole.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let requests =
        entries.filter(|e| e["kind"] == "request" && e["capability"] == capability && e["verdict"] == "allow");
    let mut names: Vec<String> =
        requests.map(|e| e["what"].as_str().unwrap().rsplit([' ', '/']).next().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn an_act_is_performed_if_and_only_if_its_entry_was_written() {
    let jar = Belljar::builder().no_cache().pool(4).build().unwrap();
    let tool = jar.load("tool.js", TOOL.as_bytes()).unwrap();
    let lister = jar.load("list.js", b"export default async () => (await belljar.kv.list('')).join(' ')").unwrap();
    let try_with = |room: usize| {
        let disk = Disk { room, text: Arc::default() };
        let ran = run(&jar, [&tool, &lister], Box::new(disk.clone()));
        let text = disk.text.lock().unwrap().clone();
        (ran, text)
    };
    let (ran, whole) = try_with(usize::MAX);
    assert_eq!((ran.outcome, ran.keys.len(), ran.files.len()), (Outcome::Returned, COUNT, COUNT));
    let mut failures = 0;
    // Moments have the same length in each run but for their nanoseconds, which may be left out.
    for room in 0..whole.len() + 100 {
        let (ran, log) = try_with(room);
        assert_eq!(ran.keys, permitted(&log, "kv"), "room for {room} bytes");
        assert_eq!(ran.files, permitted(&log, "files"), "room for {room} bytes");
        match verify(log.as_bytes()) {
            Ok(summary) if summary.ended => assert_eq!(ran.outcome, Outcome::Returned, "room for {room} bytes"),
            Ok(_) | Err(_) => {
                failures += 1;
                assert_eq!(ran.outcome, Outcome::HostFailed, "room for {room} bytes");
                assert!(
                    ran.message.contains("the log could not be written: no space left on device"),
                    "{}",
                    ran.message
                );
                // Nothing stands behind the line that did not fit.
                let whole = log.rfind('\n').map_or(0, |at| at + 1);
                assert!(whole == 0 || verify(&log.as_bytes()[..whole]).is_ok(), "{log}");
            }
        }
    }
    assert!(failures > whole.len() - 100, "{failures}");
}
