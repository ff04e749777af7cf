//! Runs case directories on a host: `belljar-cases [--host server] --dir DIR [--filter TEXT]`.
//!
//! A case is data: a tool, its input and policy, and what must be seen. The harness knows nothing of
//! the engine; a host is a parameter, so that the same cases hold for every host. The format is in
//! `tests/README.md`. `BELLJAR_UPDATE=1` writes the expected files anew. The last line is
//! `N passed, N failed`.

#![forbid(unsafe_code)]

mod case;
mod check;
mod host;
mod run;
#[cfg(test)]
mod run_tests;
mod server;
mod short_log;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Parser;

use case::{Case, Unreadable};
use check::Mode;
use host::Host;
use run::Verdict;
use server::Server;

/// Run case directories on a host.
#[derive(Parser)]
#[command(name = "belljar-cases")]
struct Options {
    /// The host that runs the tools
    #[arg(long, default_value = "server", value_parser = ["server"])]
    host: String,
    /// The folder whose cases are run
    #[arg(long)]
    dir: PathBuf,
    /// Only cases whose path contains this text
    #[arg(long)]
    filter: Option<String>,
}

fn main() -> ExitCode {
    match cases(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("belljar-cases: {problem}");
            println!("0 passed, 1 failed");
            ExitCode::FAILURE
        }
    }
}

/// Runs everything; true if nothing failed.
fn cases(options: &Options) -> Result<bool, String> {
    let mut found = case::find(&options.dir)?;
    if let Some(text) = &options.filter {
        found.retain(|case| name(case).contains(text.as_str()));
    }
    if found.is_empty() {
        return Err(format!("there are no cases in {} that were asked for", options.dir.display()));
    }
    let mode = match std::env::var_os("BELLJAR_UPDATE") {
        Some(value) if value == "1" => Mode::Update,
        _ => Mode::Compare,
    };
    let host: Arc<dyn Host> = Arc::new(Server::new()?);
    let verdicts = run_all(&found, &host, mode);

    let (mut passed, mut failed, mut skipped, mut known) = (0, 0, 0, 0);
    for (case, verdict) in found.iter().zip(&verdicts) {
        match verdict {
            Verdict::Passed => passed += 1,
            Verdict::Skipped => skipped += 1,
            Verdict::KnownFailure => {
                known += 1;
                passed += 1;
            }
            Verdict::Failed(problems) => {
                failed += 1;
                println!("failed: {}", name(case));
                for problem in problems.iter().take(SHOWN) {
                    println!("    {}", visible(problem).replace('\n', "\n    "));
                }
                if problems.len() > SHOWN {
                    println!("    and {} more", problems.len() - SHOWN);
                }
            }
        }
    }
    if skipped > 0 || known > 0 {
        println!("on host {}: {skipped} are for other hosts, {known} fail as known", host.name());
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

/// Problems of one case that are printed.
const SHOWN: usize = 10;

/// Runs the cases on as many threads as there are processors; the verdicts are in the cases' order.
fn run_all(cases: &[Result<Case, Unreadable>], host: &Arc<dyn Host>, mode: Mode) -> Vec<Verdict> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(cases.len());
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(vec![Verdict::Skipped; cases.len()]);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, case)) = take(&next, cases) {
                    let verdict = match case {
                        Ok(case) => run::run(case, host, mode),
                        Err(unreadable) => Verdict::Failed(vec![unreadable.reason.clone()]),
                    };
                    if let Some(slot) = verdicts.lock().unwrap_or_else(PoisonError::into_inner).get_mut(at) {
                        *slot = verdict;
                    }
                }
            });
        }
    });
    verdicts.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn take<'a, T>(next: &AtomicUsize, items: &'a [T]) -> Option<(usize, &'a T)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    items.get(at).map(|item| (at, item))
}

fn name(case: &Result<Case, Unreadable>) -> &str {
    match case {
        Ok(case) => &case.name,
        Err(unreadable) => &unreadable.name,
    }
}

/// A guest's text without what could move the cursor or change the colour of a terminal.
fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() && c != '\n' { c.escape_default().collect() } else { vec![c] })
        .collect()
}
