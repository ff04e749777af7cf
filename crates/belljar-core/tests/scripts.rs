//! What must hold for every script and every chance: random ones, driven by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod hand;

use belljar_abi::{
    FileRange, FileWriting, FilesRequest, HumanRequest, KvChange, KvItem, KvRange, KvRequest, Level, WriteMode,
};
use belljar_core::entry::Entry;
use belljar_core::{Outcome, Request, RunPath, parse_hex, verify};
use hand::{Chance, Ended, From, Step, Suspend, World, drive, drive_in_parts, entries};
use proptest::prelude::*;

/// Policies under which every kind of verdict comes about.
const POLICIES: [&str; 5] = [
    "",
    "[kv]\nallow = ['**']\n",
    "[kv]\nask = ['**']\n",
    "[kv]\nallow = ['read **', 'write notes/**']\nask = ['write **']\ndeny = ['secret/**']\n[limits]\ncalls = 6\nlog = '60 B'\nartifacts = '50 B'\n",
    "[kv]\nallow = ['**']\n[files]\nallow = ['read ./d as /d', 'write ./d as /d']\nask = ['write /d/b']\ndeny = ['read /d/b/**']\n",
];

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "notes/1", "notes/2", "secret/x", "", "b*"]).prop_map(str::to_owned)
}

fn file() -> impl Strategy<Value = FilesRequest> {
    let path = || prop::sample::select(vec!["/d", "/d/a", "/d/b", "/d/b/c", "/e", "d"]).prop_map(str::to_owned);
    let mode = prop::sample::select(vec![WriteMode::Create, WriteMode::Replace, WriteMode::Append]);
    let range = (path(), 0..40u64, prop::option::of(0..40u64));
    prop_oneof![
        range.prop_map(|(path, offset, length)| FilesRequest::Read(FileRange { path, offset, length })),
        (path(), 0..90usize, mode).prop_map(|(path, size, mode)| FilesRequest::Write(FileWriting {
            path,
            bytes: vec![1; size],
            mode
        })),
        path().prop_map(FilesRequest::List),
        path().prop_map(FilesRequest::Stat),
        path().prop_map(FilesRequest::Remove),
        path().prop_map(FilesRequest::MakeDirectory),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        1 => key().prop_map(|key| Request::Kv(KvRequest::Get(key))),
        1 => (key(), 0..40usize).prop_map(|(key, size)| Request::Kv(KvRequest::Set(KvItem { key, value: vec![1; size] }))),
        1 => key().prop_map(|key| Request::Kv(KvRequest::Delete(key))),
        1 => key().prop_map(|key| Request::Kv(KvRequest::List(key))),
        1 => (key(), any::<bool>(), 0..40usize).prop_map(|(key, is_new, size)| {
            let expected = (!is_new).then(|| vec![1; size / 2]);
            Request::Kv(KvRequest::Replace(KvChange { key, expected, value: (size > 3).then(|| vec![1; size]) }))
        }),
        1 => (key(), 0..3u32).prop_map(|(prefix, most)| {
            Request::Kv(KvRequest::Page(KvRange { prefix, after: String::new(), most }))
        }),
        4 => file().prop_map(Request::Files),
        1 => prop::collection::vec("[ab]", 0..2)
            .prop_map(|choices| Request::Human(HumanRequest { question: "Which?".into(), choices })),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let most = prop::option::of(0..80u64);
    prop_oneof![
        6 => request().prop_map(Step::Start),
        4 => (prop::collection::vec(0..6usize, 1..4), most).prop_map(|(which, most)| Step::Wait(which, most)),
        3 => (0..6usize).prop_map(Step::Take),
        1 => (0..80u64).prop_map(Step::Sleep),
        1 => "[a-z]{0,30}".prop_map(|text| Step::Say(Level::Info, text)),
        1 => ("[abc]", 0..40usize).prop_map(|(name, size)| Step::Make(name, size)),
        1 => (0..9u32).prop_map(Step::Look),
        1 => Just(Step::Cancel),
    ]
}

fn script() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 0..24)
}

fn world() -> impl Strategy<Value = World> {
    (prop::sample::select(POLICIES.to_vec()), prop::collection::vec(any::<u8>(), 0..120))
        .prop_map(|(policy, chance)| World::new(policy, chance))
}

fn run(world: &World, script: &[Step]) -> (Ended, World) {
    let mut world = world.clone();
    let ended = drive(&mut world, script, &From::Nothing, Suspend::Never);
    (ended, world)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A replay has the same log, byte by byte, the guest sees the same, and nothing is performed.
    #[test]
    fn a_replay_is_the_same_run(world in world(), script in script(), other in prop::collection::vec(any::<u8>(), 0..9)) {
        let (ended, _) = run(&world, &script);
        let mut elsewhere = World { chance: Chance::new(other), now: 1, ..World::new("", Vec::new()) };
        elsewhere.policy = world.policy.clone();
        let again = drive(&mut elsewhere, &script, &From::Replay(ended.recording.unwrap()), Suspend::Never);
        prop_assert_eq!(&again.report.divergence, &None);
        prop_assert_eq!(&again.log, &ended.log);
        // One that was ended from outside is replayed up to its last entry, where it may have done more that left none.
        let from_outside = matches!(ended.report.outcome, Outcome::Cancelled | Outcome::TimedOut);
        let steps = if from_outside { ended.seen.len().min(again.seen.len()) } else { ended.seen.len() };
        prop_assert_eq!(again.seen.get(..steps), ended.seen.get(..steps));
        prop_assert_eq!(again.report.outcome, ended.report.outcome);
        prop_assert_eq!(again.report.usage, ended.report.usage);
        prop_assert_eq!((elsewhere.acts, elsewhere.kept().len()), (0, 0));
    }

    /// A run that is suspended and resumed wherever that may be is the run that went through.
    #[test]
    fn a_run_in_parts_is_the_same_run(world in world(), script in script()) {
        let (ended, after) = run(&world, &script);
        let mut world = world;
        let (parts, _) = drive_in_parts(&mut world, &script);
        prop_assert_eq!(&parts.report.divergence, &None);
        prop_assert_eq!(&parts.log, &ended.log);
        prop_assert_eq!(&parts.seen, &ended.seen);
        prop_assert_eq!(world.kept(), after.kept());
        prop_assert_eq!(world.acts, after.acts);
    }

    /// A run that is kept wherever it can be suspended, and goes on in memory, is the same run; nothing is performed while
    /// somebody else could resume it.
    #[test]
    fn a_run_that_is_kept_is_the_same_run(world in world(), script in script()) {
        let (ended, after) = run(&world, &script);
        let mut world = world;
        let kept = drive(&mut world, &script, &From::Nothing, Suspend::Keeps);
        prop_assert_eq!(&kept.log, &ended.log);
        prop_assert_eq!(&kept.seen, &ended.seen);
        prop_assert_eq!(world.kept(), after.kept());
    }

    /// The log holds, and says of the limits what the report says.
    #[test]
    fn nothing_is_beyond_its_limit(world in world(), script in script()) {
        let (ended, after) = run(&world, &script);
        let summary = verify(ended.log.as_bytes()).unwrap();
        prop_assert_eq!(summary.entries, ended.report.log_entries);
        let sum = |kind: &str, of: fn(&serde_json::Value) -> u64| -> u64 {
            entries(&ended.log).filter(|entry| entry["kind"] == kind).map(|entry| of(&entry)).sum()
        };
        // What is read of a line is all of it.
        for (line, entry) in ended.log.lines().zip(entries(&ended.log)) {
            let mut again = String::new();
            let prev = parse_hex(entry["prev"].as_str().unwrap()).unwrap();
            Entry::read(&entry).unwrap().write(&mut again, &RunPath::default(), entry["n"].as_u64().unwrap(), &prev);
            prop_assert_eq!(&again, line);
        }
        let limits = belljar_policy::Policy::parse(&world.policy).unwrap().limits;
        let console = sum("console", |entry| entry["text"].as_str().unwrap().len() as u64);
        let artifacts = sum("artifact", |entry| entry["bytes"].as_u64().unwrap());
        let performed = sum("request", |entry| u64::from(matches!(entry["verdict"].as_str(), Some("allow" | "ask"))));
        prop_assert!(console <= limits.log && artifacts <= limits.artifacts && performed <= limits.calls);
        prop_assert!(after.acts <= performed);
        let usage = ended.report.usage;
        prop_assert!(usage.calls <= limits.calls + performed + sum("request", |_| 1));
        prop_assert!(usage.artifacts <= limits.artifacts);
        prop_assert_ne!(ended.report.outcome, Outcome::HostFailed);
    }
}
