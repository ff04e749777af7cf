//! Runs case directories on hosts: `belljar-cases [--host server|browser|browser-replay|all] --dir DIR [--filter TEXT]`.
//!
//! A case is data: a tool, its input and policy, and what must be seen. The harness knows nothing of
//! the engine; a host is a parameter, so that the same cases hold for every host. The format is in
//! `tests/README.md`. `BELLJAR_UPDATE=1` writes the expected files anew. The last line is
//! `N passed, N failed`.

#![forbid(unsafe_code)]

mod agree;
mod browser;
mod case;
mod check;
mod host;
mod run;
#[cfg(test)]
mod run_tests;
#[cfg(test)]
mod security;
mod server;
mod short_log;
mod stage;
mod tamper;
mod web;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Parser, ValueEnum};

use browser::Browser;
use case::{Case, Unreadable};
use check::Mode;
use host::Host;
use run::{Agreement, Firsts, Verdict};
use server::Server;
use web::Web;

/// Where the tools run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Hosts {
    /// wasmtime
    Server,
    /// Chromium, where guests that wait are suspended
    Browser,
    /// Chromium, where guests that wait are run again
    BrowserReplay,
    /// All of these, compared
    All,
}

/// Run case directories on a host.
#[derive(Parser)]
#[command(name = "belljar-cases")]
struct Options {
    /// The host that runs the tools
    #[arg(long, value_enum, default_value_t = Hosts::Server)]
    host: Hosts,
    /// The folder whose cases are run
    #[arg(long)]
    dir: PathBuf,
    /// Only cases whose path contains this text
    #[arg(long)]
    filter: Option<String>,
    /// Compares the hosts and judges nothing else
    #[arg(long)]
    agree: bool,
}

fn main() -> ExitCode {
    belljar::compile_server();
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
    let web = Web::start()?;
    let server = Arc::new(Server::new()?);
    let mut hosts: Vec<Arc<dyn Host>> = Vec::new();
    let wanted = |host| options.host == host || options.host == Hosts::All;
    if wanted(Hosts::Server) {
        hosts.push(server.clone());
    }
    for (host, replay) in [(Hosts::Browser, false), (Hosts::BrowserReplay, true)] {
        if wanted(host) {
            hosts.push(Arc::new(Browser::new(server.clone(), replay)?));
        }
    }
    let mut total = (0, 0);
    let mut add = |(right, wrong): (usize, usize)| total = (total.0 + right, total.1 + wrong);
    if let [first, others @ ..] = hosts.as_slice() {
        let firsts = Firsts::default();
        if !options.agree {
            add(judge(&found, first, &web, mode, |_| false));
        }
        for other in others {
            let (agreements, counts) = compare(&found, [first, other], &web, &firsts);
            println!("{} and {}: {} agree, {} differ", first.label(), other.label(), counts.0, counts.1);
            add(counts);
            if !options.agree {
                // What came out as expected there needs no further run.
                add(judge(&found, other, &web, mode, |at| agreements.get(at).is_some_and(|found| found.expected)));
            }
        }
    }
    if let [server, browser, ..] = hosts.as_slice()
        && !options.agree
    {
        let (same, different) = make(&found, server, browser);
        println!("{same} examples are made into the same bytes on both hosts, {different} are not");
        add((same, different));
    }
    println!("{} passed, {} failed", total.0, total.1);
    Ok(total.1 == 0)
}

/// Runs all cases on one host but those, by their places, that passed there already, and prints what failed; how many passed and
/// failed.
fn judge(
    found: &[Result<Case, Unreadable>],
    host: &Arc<dyn Host>,
    web: &Web,
    mode: Mode,
    passed_already: impl Fn(usize) -> bool + Sync,
) -> (usize, usize) {
    let verdicts = each(found, |at, case| match case {
        Ok(_) if mode == Mode::Compare && passed_already(at) => Verdict::Passed,
        Ok(case) => run::run(case, host, web, mode),
        Err(unreadable) => Verdict::Failed(vec![unreadable.reason.clone()]),
    });
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
                println!("failed on host {}: {}", host.label(), name(case));
                print(problems);
            }
        }
    }
    if skipped > 0 || known > 0 {
        println!("on host {}: {skipped} are for other hosts, {known} fail as known", host.label());
    }
    println!("on host {}: {passed} passed, {failed} failed", host.label());
    (passed, failed)
}

/// Runs each case that is for both hosts on both, and prints what differs, and a table; what each came to, and how many agree and
/// differ.
fn compare(
    found: &[Result<Case, Unreadable>],
    [one, other]: [&Arc<dyn Host>; 2],
    web: &Web,
    firsts: &Firsts,
) -> (Vec<Agreement>, (usize, usize)) {
    let agreements = each(found, |_, case| match case {
        Ok(case) => run::compare(case, [one, other], web, firsts),
        Err(_) => Agreement::default(),
    });
    let mut different = 0;
    // What cannot be read agrees with nothing.
    let unreadable: Vec<_> = found.iter().filter_map(|case| case.as_ref().err()).collect();
    for case in &unreadable {
        println!("not compared: {}", case.reason);
    }
    for (case, agreement) in found.iter().zip(&agreements) {
        let differences = agreement.differences.iter().map(|difference| difference.text.clone());
        let problems: Vec<String> = differences.chain(agreement.unnoticed.iter().cloned()).collect();
        if !problems.is_empty() {
            different += 1;
            println!("the hosts differ: {}", name(case));
            print(&problems);
        }
    }
    let compared = agreements.iter().filter(|agreement| agreement.compared).count();
    println!("\n| {} and {} | the same | of |\n| --- | ---: | ---: |", one.label(), other.label());
    for what in agree::WHAT {
        let differs = |agreement: &&Agreement| agreement.differences.iter().any(|found| found.what == what);
        let of = match what {
            "replay back" => agreements.iter().filter(|agreement| agreement.replayed_back).count(),
            _ => compared,
        };
        if of > 0 {
            println!("| {what} | {} | {of} |", of - agreements.iter().filter(differs).count());
        }
    }
    let tampered: usize = agreements.iter().map(|agreement| agreement.tampered).sum();
    let unnoticed: usize = agreements.iter().map(|agreement| agreement.unnoticed.len()).sum();
    if tampered > 0 {
        println!("| tampering noticed | {} | {tampered} |", tampered - unnoticed);
    }
    println!();
    let alone = found.len() - unreadable.len() - compared;
    if alone > 0 {
        println!("{alone} cases are for one host alone, or are not compared");
    }
    let counts = (compared.saturating_sub(different), different + unreadable.len());
    (agreements, counts)
}

/// Makes each example that a page can compile on both hosts: its identity and its standalone component are the same.
fn make(found: &[Result<Case, Unreadable>], one: &Arc<dyn Host>, other: &Arc<dyn Host>) -> (usize, usize) {
    let paths = found.iter().flatten().map(|case| case.folder.join(&case.file.tool));
    let compiles =
        |path: &PathBuf| path.extension().is_some_and(|ending| ["js", "ts", "wat"].iter().any(|e| ending == *e));
    let example = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "examples") && path.is_file();
    let tools: BTreeSet<PathBuf> =
        paths.filter(compiles).filter_map(|path| path.canonicalize().ok()).filter(example).collect();
    let mut different = 0;
    for tool in &tools {
        let (a, b) = (one.make(tool), other.make(tool));
        if a.is_err() || a != b {
            different += 1;
            println!("made differently: {}", tool.display());
            print(&[format!("{}: {a:?}", one.label()), format!("{}: {b:?}", other.label())]);
        }
    }
    (tools.len() - different, different)
}

fn print(problems: &[String]) {
    for problem in problems.iter().take(SHOWN) {
        println!("    {}", visible(problem).replace('\n', "\n    "));
    }
    if problems.len() > SHOWN {
        println!("    and {} more", problems.len() - SHOWN);
    }
}

/// Problems of one case that are printed.
const SHOWN: usize = 10;

/// Does something with every case and its place, on as many threads as there are processors; the results are in the cases'
/// order.
fn each<T: Send>(
    cases: &[Result<Case, Unreadable>],
    act: impl Fn(usize, &Result<Case, Unreadable>) -> T + Sync,
) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(cases.len());
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, case)) = take(&next, cases) {
                    let result = act(at, case);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
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
