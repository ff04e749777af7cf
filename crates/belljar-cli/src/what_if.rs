//! `belljar policy what-if`

use std::path::{Path, PathBuf};

use belljar::log::{Before, Change, ChangeKind, Exhausted, History, Instead as Other, Money, RunIf, what_if as judge};
use belljar::policy::show_money;
use serde_json::json;

use crate::Failure;
use crate::arguments::{Format, Instead};
use crate::inspect::read_policy;
use crate::replay::{Left, recording_or_log};
use crate::run::print;
use crate::show::{say, visible};

/// What another policy would have made of runs that are over.
pub(crate) fn what_if(instead: &Instead, paths: &[PathBuf], format: Format) -> Result<u8, Failure> {
    let other = match (&instead.with, &instead.prices) {
        (Some(path), _) => Other::Policy(read_policy(path)?),
        (None, Some(path)) => Other::Prices(read_policy(path)?),
        (None, None) => return Err(Failure::usage("name the other policy: --with POLICY, or --prices POLICY")),
    };
    let histories = paths.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let runs = judge(&histories, &other).map_err(Failure::usage)?;
    if format == Format::Json {
        print(&json!({ "runs": runs }).to_string())?;
        return Ok(0);
    }
    for run in &runs {
        show(run)?;
    }
    if runs.len() > 1 {
        let sum = |of: fn(&RunIf) -> u64| runs.iter().map(of).sum::<u64>();
        let (before, after) = (sum(|run| run.questions.before), sum(|run| run.questions.after));
        let requests = sum(|run| run.requests);
        say!("all {} runs: {requests} requests, {}", runs.len(), counts(&runs))?;
        say!("  questions: {before} before, {after} after")?;
    }
    Ok(0)
}

fn read(path: &Path) -> Result<History, Failure> {
    let name = path.display().to_string();
    Ok(match recording_or_log(path)? {
        Left::Recording(recording) => History::recording(name, &recording),
        Left::Log(log) => History::log(name, log),
    })
}

fn show(run: &RunIf) -> Result<(), Failure> {
    let requests = run.requests;
    say!("{}: {requests} {}, {}", visible(&run.name), noun(requests, "request"), counts(std::slice::from_ref(run)))?;
    for change in &run.changes {
        say!("  {}", visible(&sentence(change)))?;
    }
    for unknown in &run.unknown {
        let (entry, capability, request, why) = (unknown.entry, &unknown.capability, &unknown.request, &unknown.why);
        say!("  {}", visible(&format!("cannot be told from a log: entry {entry}: {capability} {request}: {why}")))?;
    }
    for Exhausted { budget, entry, limit } in &run.exhausted {
        let limit = match (budget.as_str(), &run.money.currency_after) {
            ("spend", Some(currency)) => show_money(*limit, currency),
            _ => limit.to_string(),
        };
        say!("  out of budget: entry {entry}: {budget} has no room, the limit is {limit}")?;
    }
    if run.answered > 0 {
        say!("  answered by the policy, so that nothing is sent: {}", run.answered)?;
    }
    say!("  questions: {} before, {} after", run.questions.before, run.questions.after)?;
    if let Some(line) = money(&run.money) {
        say!("  {}", visible(&line))?;
    }
    if !run.ended {
        say!("  the log has no end, so what the run used in all is not known")?;
    }
    Ok(())
}

/// How many requests there are of each kind of change.
fn counts(runs: &[RunIf]) -> String {
    let of = |kind| runs.iter().flat_map(|run| &run.changes).filter(|change| change.kind == kind).count();
    let unknown: usize = runs.iter().map(|run| run.unknown.len()).sum();
    let all = [
        ("newly refused", of(ChangeKind::Refused)),
        ("newly asked about", of(ChangeKind::Asked)),
        ("no longer asked about", of(ChangeKind::NotAsked)),
        ("no longer refused", of(ChangeKind::NotRefused)),
        ("sent, and answered by the policy before", of(ChangeKind::Sent)),
        ("not to be told", unknown),
    ];
    let some: Vec<String> =
        all.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{count} {what}")).collect();
    if some.is_empty() { "all decided as they were".to_owned() } else { some.join(", ") }
}

fn sentence(change: &Change) -> String {
    let Change { entry, kind, capability, request, after, rule, .. } = change;
    let word = match kind {
        ChangeKind::Refused => "refused",
        ChangeKind::Asked => "asked about",
        ChangeKind::NotAsked => "no longer asked about",
        ChangeKind::NotRefused => "no longer refused",
        ChangeKind::Sent => "sent, and answered by the policy before",
    };
    let comes_to = match (kind, after) {
        (ChangeKind::NotAsked, Before::Refused) => ", but refused",
        (ChangeKind::NotAsked, Before::Exhausted) => ", but out of budget",
        (ChangeKind::NotRefused | ChangeKind::Sent, Before::Asked) => ", but asked about",
        _ => "",
    };
    format!("{word}{comes_to}: entry {entry}: {capability} {request}: {rule}")
}

fn money(money: &Money) -> Option<String> {
    let show = |amount: u64, currency: &Option<String>| match currency {
        Some(currency) => show_money(amount, currency),
        // A log does not name it.
        None => show_money(amount, "").trim_end().to_owned(),
    };
    let before = money.before.map(|amount| format!("{} before", show(amount, &money.currency_before)));
    let most = if money.at_most > 0 { "at most " } else { "" };
    let after = money.after.map(|amount| format!("{most}{} after", show(amount, &money.currency_after)));
    let all = match (before, after) {
        (None, None) => return None,
        (Some(before), None) => format!("money: {before}, not counted after"),
        (None, Some(after)) => format!("money: not counted before, {after}"),
        (Some(before), Some(after)) => format!("money: {before}, {after}"),
    };
    let unknown = money.at_most;
    let why = format!("; what {unknown} of the requests cost cannot be told without the answer");
    Some(if unknown > 0 { all + &why } else { all })
}

fn noun(count: u64, one: &str) -> String {
    if count == 1 { one.to_owned() } else { format!("{one}s") }
}
