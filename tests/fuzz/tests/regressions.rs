//! What fuzzing found stays mended: every target gets the inputs of its corpus, and some changes of them.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::path::{Path, PathBuf};

use belljar_fuzz::Target;
use belljar_fuzz::campaign::inputs;
use belljar_fuzz::mutation::mutate;
use belljar_fuzz::random::Random;
use belljar_fuzz::targets::TARGETS;

/// How many changed inputs each target gets. A long run is `cargo xtask fuzz`.
const CHANGED: usize = 1_500;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn replay(target: &Target) {
    let files = inputs(&corpus().join(target.name)).unwrap();
    let mut known: Vec<Vec<u8>> = Vec::new();
    for (path, input) in files {
        println!("{}", path.display());
        (target.check)(&input);
        known.push(input);
    }
    known.extend((target.seeds)());
    assert!(!known.is_empty(), "{} has nothing to begin with", target.name);
    let mut random = Random(1);
    for _ in 0..CHANGED {
        let (one, other) = (random.clone().pick(&known).unwrap().clone(), random.pick(&known).unwrap().clone());
        let changed = mutate(&one, &other, target.words, target.most, &mut random);
        println!("{}: {}", target.name, String::from_utf8_lossy(&changed).escape_debug());
        (target.check)(&changed);
    }
}

#[test]
fn every_folder_of_the_corpus_is_a_targets() {
    for entry in std::fs::read_dir(corpus()).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(TARGETS.iter().any(|target| target.name == name), "{} is the folder of no target", name.display());
    }
}

/// One test for each target, so that they run side by side.
macro_rules! replay {
    ($($name:ident),*) => {
        const REPLAYED: &[&str] = &[$(stringify!($name)),*];
        $(#[test]
        fn $name() {
            replay(TARGETS.iter().find(|target| target.name == stringify!($name)).unwrap());
        })*
    };
}

replay!(admission, cell, log, pattern, policy, recording, rule, schema, typescript);

#[test]
fn every_target_is_replayed() {
    assert_eq!(TARGETS.iter().map(|target| target.name).collect::<Vec<_>>(), REPLAYED);
}
