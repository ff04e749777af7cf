//! `belljar-fuzz TARGET SECONDS FOLDER [SEED]` runs a target and prints what it came to; without arguments it lists the
//! targets. `cargo xtask fuzz` calls it for each.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use belljar_fuzz::campaign::{self, Outcome};
use belljar_fuzz::random::Random;
use belljar_fuzz::targets::TARGETS;
use belljar_fuzz::{Target, coverage};

/// Bytes of stack that a target has (8 MiB): what a program's first thread has.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, seconds, folder, seed @ ..] = arguments.as_slice() else {
        TARGETS.iter().for_each(|target| println!("{}", target.name));
        return ExitCode::SUCCESS;
    };
    let target = TARGETS.iter().find(|target| target.name == name);
    let seed = seed.first().map_or(Ok(1), |seed| seed.parse());
    let (Some(target), Ok(seconds), Ok(seed)) = (target, seconds.parse(), seed) else {
        eprintln!("usage: belljar-fuzz TARGET SECONDS FOLDER [SEED]; without arguments it lists the targets");
        return ExitCode::FAILURE;
    };
    let work = PathBuf::from(folder).join(name);
    let thread = std::thread::Builder::new().stack_size(STACK);
    let run = thread.spawn(move || run(target, Duration::from_secs(seconds), &work, seed));
    match run.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(code))) => code,
        Ok(Ok(Err(error))) | Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
        Ok(Err(_)) => ExitCode::FAILURE,
    }
}

/// Runs a target, beginning with its corpus and what earlier runs kept.
fn run(target: &Target, time: Duration, work: &Path, seed: u64) -> std::io::Result<ExitCode> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let mut known = campaign::inputs(&corpus)?;
    known.extend(campaign::inputs(&work.join("kept"))?);
    let known = known.into_iter().map(|(_, input)| input).collect();
    let outcome = campaign::run(target, time, known, work, Random(seed))?;
    let Outcome { executions, edges, kept, slowest, broken } = outcome;
    let rate = executions / time.as_secs().max(1);
    let counters = coverage::counters();
    println!(
        "{}: {executions} executions ({rate} a second), {edges} of {counters} edges, {kept} inputs kept, the slowest took {} ms",
        target.name,
        slowest.as_millis()
    );
    let Some((input, said)) = broken else { return Ok(ExitCode::SUCCESS) };
    let path = work.join("broken");
    std::fs::write(&path, &input)?;
    // Once more, to be told where.
    campaign::broken(target, &input);
    eprintln!("{}: {} breaks the property: {said}", target.name, path.display());
    Ok(ExitCode::FAILURE)
}
