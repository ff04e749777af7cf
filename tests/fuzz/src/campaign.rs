//! A campaign: one target, for so long.

use std::fs::{self, File};
use std::io::{self, Seek as _, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Target;
use crate::coverage::Reached;
use crate::mutation::mutate;
use crate::random::Random;

/// What one input may take, on a machine that is busy with other things.
const SLOW: Duration = Duration::from_secs(20);

/// How often a smaller input is tried in place of one that breaks a property.
const SMALLER: usize = 4_000;

/// What a campaign came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many inputs were tried.
    pub executions: u64,
    /// How many edges of the instrumented code were reached; 0 without counters.
    pub edges: usize,
    /// How many inputs are known now that reach something of their own.
    pub kept: usize,
    /// What the slowest input took.
    pub slowest: Duration,
    /// An input that breaks the property, made small, and what the property said.
    pub broken: Option<(Vec<u8>, String)>,
}

/// The inputs of a folder; none if there is no such folder.
///
/// # Errors
///
/// If a file cannot be read.
pub fn inputs(folder: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            found.push((path.clone(), fs::read(path)?));
        }
    }
    found.sort();
    Ok(found)
}

/// What a target says of an input that breaks its property.
pub fn broken(target: &Target, input: &[u8]) -> Option<String> {
    let result = panic::catch_unwind(AssertUnwindSafe(|| (target.check)(input)));
    let said = result.err()?;
    let text = said.downcast_ref::<String>().cloned().or_else(|| said.downcast_ref::<&str>().map(|s| (*s).to_owned()));
    Some(text.unwrap_or_else(|| "it panics".to_owned()))
}

/// Runs a target until the time is over or its property is broken. `known` are inputs to begin with. What reaches
/// something new is kept in the folder `work`; the input at hand stands there in `last`, should the process die of it.
///
/// # Errors
///
/// If the folder cannot be written.
pub fn run(
    target: &Target,
    time: Duration,
    known: Vec<Vec<u8>>,
    work: &Path,
    mut random: Random,
) -> io::Result<Outcome> {
    let kept = work.join("kept");
    fs::create_dir_all(&kept)?;
    let last = work.join("last");
    let mut last_input = File::create(&last)?;
    let watch = Watch::start(last);
    let mut reached = Reached::default();
    let mut outcome = Outcome::default();
    let mut corpus: Vec<Vec<u8>> = Vec::new();
    let begun = Instant::now();
    // What is said is kept; a small input may be looked for by thousands of panics.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let mut waiting = known;
    waiting.extend((target.seeds)());
    waiting.push(Vec::new());
    waiting.reverse();
    while begun.elapsed() < time {
        let given = waiting.pop();
        let is_given = given.is_some();
        let input = given.unwrap_or_else(|| {
            let none = Vec::new();
            // What was found last has been changed the least so far.
            let recent = corpus.len() - random.below(corpus.len().min(20) + 1).min(corpus.len());
            let chosen = if random.below(3) == 0 { corpus.get(recent) } else { random.pick(&corpus) };
            let other = random.clone().pick(&corpus).unwrap_or(&none).clone();
            mutate(chosen.unwrap_or(&none), &other, target.words, target.most, &mut random)
        });
        // One open file, because this is done for each input.
        last_input.rewind()?;
        last_input.write_all(&input)?;
        last_input.set_len(input.len() as u64)?;
        reached.take();
        let started = Instant::now();
        watch.begin(begun.elapsed());
        let said = broken(target, &input);
        watch.end();
        outcome.slowest = outcome.slowest.max(started.elapsed());
        outcome.executions += 1;
        if let Some(said) = said {
            outcome.broken = Some((smaller(target, input), said));
            break;
        }
        if reached.take() || is_given {
            if !is_given {
                fs::write(kept.join(format!("{:016x}", name(&input))), &input)?;
            }
            corpus.push(input);
        }
    }
    panic::set_hook(hook);
    outcome.edges = reached.edges();
    outcome.kept = corpus.len();
    Ok(outcome)
}

/// A file's name for an input: FNV-1a.
fn name(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Takes parts away from an input for as long as it breaks the property.
fn smaller(target: &Target, mut input: Vec<u8>) -> Vec<u8> {
    let mut tries = 0;
    let mut part = input.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < input.len() && tries < SMALLER {
            let mut less = input.clone();
            less.drain(at..(at + part).min(input.len()));
            tries += 1;
            if broken(target, &less).is_some() { input = less } else { at += part }
        }
        part /= 2;
    }
    input
}

/// Ends the process when an input takes too long.
struct Watch(Arc<AtomicU64>);

impl Watch {
    /// Starts it. `last` is where the input at hand is, for the message.
    fn start(last: PathBuf) -> Self {
        let since = Arc::new(AtomicU64::new(0));
        let (watched, begun) = (Arc::clone(&since), Instant::now());
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_millis(500));
                let since = Duration::from_millis(watched.load(Ordering::Relaxed));
                if !since.is_zero() && begun.elapsed() > since + SLOW {
                    eprintln!("the input {} takes more than {SLOW:?}", last.display());
                    std::process::exit(3);
                }
            }
        });
        Watch(since)
    }

    /// An input begins, so long after the start.
    fn begin(&self, at: Duration) {
        self.0.store(u64::try_from(at.as_millis()).unwrap_or(u64::MAX).max(1), Ordering::Relaxed);
    }

    fn end(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
