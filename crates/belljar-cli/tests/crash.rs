//! The process is killed at random moments: whatever was done is in the log.
//!
//! `BELLJAR_KILLS` says how often (50), `BELLJAR_SEED` repeats a run of this test.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use belljar::log::verify;
use belljar::{Belljar, Effect, KvStore, Policy, RunOptions, Terms};

/// Writes keys and files until it is killed, several at once.
const TOOL: &str = r#"export default async () => {
    for (let i = 0; ; i += 2) {
        await Promise.all([
            belljar.kv.set("k" + i, "x"), belljar.files.write("/out/f" + i, "x"),
            belljar.files.write("/out/f" + (i + 1), "x"), belljar.kv.set("k" + (i + 1), "x"),
        ]);
    }
};"#;

const POLICY: &str = "version = 1\n[kv]\nallow = ['**']\n[files]\nallow = ['write ./out as /out']\n\
    [limits]\ncalls = 1000000\nfuel = '1000 G'\ntime = '1 h'\n";

/// How long the process is left alone at most, from its start or from the first entry of its log.
const LONGEST: Duration = Duration::from_millis(60);

/// How long a process may take to its first entry (30 s), so that the test ends.
const SLOW: Duration = Duration::from_secs(30);

/// Numbers from a seed (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % most
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// What was done: keys in the store and files in the folder.
fn done(jar: &Belljar, namespace: &str, folder: &Path) -> HashSet<String> {
    let mut policy = Policy::deny_all();
    policy.add(Effect::Allow, "kv read **").unwrap();
    let lister = jar.load("list.js", b"export default async () => (await belljar.kv.list('')).join(' ')").unwrap();
    let options = RunOptions {
        terms: Arc::new(Terms::from(policy)),
        kv: KvStore::in_dir(&folder.join("kv")),
        kv_namespace: Some(namespace.into()),
        ..RunOptions::default()
    };
    let listed = jar.run_blocking(&lister, "{}", options).unwrap();
    let listed: String = serde_json::from_str(listed.output.as_ref().unwrap_or(&listed.message)).unwrap();
    let files = std::fs::read_dir(folder.join("out")).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    listed.split_whitespace().map(str::to_owned).chain(files).collect()
}

#[test]
fn what_was_done_before_the_process_was_killed_is_in_the_log() {
    let kills = number("BELLJAR_KILLS").unwrap_or(50);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = number("BELLJAR_SEED").unwrap_or(now.as_nanos() as u64).max(1);
    eprintln!("BELLJAR_SEED={seed}");
    let mut random = Random(seed);
    // The engine's compiled code is kept from one test run to the next.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let jar = Belljar::builder().cache_dir(cache.join("belljar").join("code")).build().unwrap();
    let tool = jar.load("tool.js", TOOL.as_bytes()).unwrap().identity().to_string();
    let (mut acts, mut hits, mut torn) = (0, 0, 0);
    for kill in 0..kills {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        std::fs::create_dir(place.join("out")).unwrap();
        std::fs::write(place.join("tool.js"), TOOL).unwrap();
        std::fs::write(place.join("policy.toml"), POLICY).unwrap();
        let mut run = Command::new(env!("CARGO_BIN_EXE_belljar"));
        run.args(["run", "tool.js", "--input", "{}", "--policy", "policy.toml", "--log", "log", "--kv", "kv"]);
        run.current_dir(place).env("XDG_CACHE_HOME", cache).stdout(Stdio::null()).stderr(Stdio::piped());
        let began = Instant::now();
        let mut process = run.spawn().unwrap();
        let delay = Duration::from_micros(random.below(LONGEST.as_micros() as u64));
        // Most while they run, some while they start.
        let started = || std::fs::metadata(place.join("log")).is_ok_and(|log| log.len() > 0);
        let running = random.below(4) > 0;
        while running && !started() && began.elapsed() < SLOW {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(delay);
        // SIGKILL: nothing in the process can do anything about it.
        process.kill().unwrap();
        let output = process.wait_with_output().unwrap();
        assert_eq!(output.status.code(), None, "it ended by itself: {}", String::from_utf8_lossy(&output.stderr));

        let done = done(&jar, &tool, place);
        let log = std::fs::read(place.join("log")).unwrap_or_default();
        let whole = log.iter().rposition(|byte| *byte == b'\n').map_or(&log[..0], |at| &log[..=at]);
        if !whole.is_empty() {
            let summary = verify(&log[..]).unwrap_or_else(|broken| panic!("kill {kill} of seed {seed}: {broken}"));
            assert!(!summary.ended);
            torn += usize::from(summary.torn > 0);
        }
        let entries = std::str::from_utf8(whole).unwrap().lines();
        let entries = entries.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let requests = entries.filter(|entry| entry["kind"] == "request" && entry["verdict"] == "allow");
        let logged: HashSet<String> =
            requests.map(|e| e["what"].as_str().unwrap().rsplit([' ', '/']).next().unwrap().to_owned()).collect();
        let missing: Vec<_> = done.difference(&logged).collect();
        assert!(missing.is_empty(), "kill {kill} of seed {seed}, after {delay:?}: done, but not logged: {missing:?}");
        acts += done.len();
        hits += usize::from(!done.is_empty());
    }
    eprintln!("{kills} kills, {hits} of them after something was done; {acts} acts, {torn} torn lines");
    // If hardly any did anything, this shows nothing.
    assert!(hits as u64 * 2 >= kills, "only {hits} of {kills} processes had done anything when they were killed");
}
