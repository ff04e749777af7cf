//! Runs one case on one host and judges it.

use std::collections::HashMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crate::agree::{self, Difference};
use crate::case::{Case, Generate};
use crate::check::{self, Mode};
use crate::host::{Host, Observed, Trial};
use crate::stage::Stage;
use crate::tamper;
use crate::web::Web;

/// How long a run may take (180 s), whatever its policy says; it covers building a tool in Rust.
const HANG: Duration = Duration::from_secs(180);

/// Bytes of stack (8 MiB): what a program's main thread has.
const STACK: usize = 8 << 20;

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Passed,
    /// As expected of a known failure: it still fails.
    KnownFailure,
    /// Not for this host.
    Skipped,
    /// What is wrong, a sentence each.
    Failed(Vec<String>),
}

/// Runs the case.
pub fn run(case: &Case, host: &Arc<dyn Host>, web: &Web, mode: Mode) -> Verdict {
    if !case.file.hosts.is_empty() && !case.file.hosts.iter().any(|name| name == host.name()) {
        return Verdict::Skipped;
    }
    if case.file.not_again.is_some() && host.runs_again() {
        return Verdict::Skipped;
    }
    let mode = if case.file.known_failure.is_some() { Mode::Compare } else { mode };
    let problems = attempt(case, host, web, mode).unwrap_or_else(|problem| vec![problem]);
    match (&case.file.known_failure, problems.is_empty()) {
        (None, true) => Verdict::Passed,
        (None, false) => Verdict::Failed(problems),
        (Some(_), false) => Verdict::KnownFailure,
        (Some(reason), true) => {
            Verdict::Failed(vec![format!("it passes, though it is a known failure ({reason}): remove known-failure")])
        }
    }
}

/// Two hosts on one case.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    /// Whether it is for both.
    pub compared: bool,
    /// Whether the other host's run was as the case expects, without chance and without a clock as it was.
    pub expected: bool,
    /// Whether the other host's recording was replayed on the first one.
    pub replayed_back: bool,
    /// What differs.
    pub differences: Vec<Difference>,
    /// How often one of the logs was tampered with.
    pub tampered: usize,
    /// What of that was not noticed.
    pub unnoticed: Vec<String>,
}

/// What the first of the compared hosts came to, by the names of the cases: it runs each once, with however many others it is
/// compared.
pub type Firsts = Mutex<HashMap<String, Result<Observed, String>>>;

/// Runs a case that is for both hosts on both, without chance and without a clock; says whether the other one's run is as the
/// case expects; replays each run on the other host; and tampers with both logs. The first host has replayed a run and its log was
/// tampered with already where it was compared before: then a run of the other one that is the same in all is not a new one.
pub fn compare(case: &Case, [one, other]: [&Arc<dyn Host>; 2], web: &Web, firsts: &Firsts) -> Agreement {
    if !case.file.hosts.is_empty()
        || case.file.generate.is_some()
        || case.file.not_again.is_some() && other.runs_again()
    {
        return Agreement::default();
    }
    let mut agreement = Agreement { compared: true, ..Agreement::default() };
    let known = firsts.lock().unwrap_or_else(PoisonError::into_inner).get(&case.name).cloned();
    let tamper_first = known.is_none();
    let first = known.unwrap_or_else(|| {
        let first = ran(case, one, web, Mode::Compare, agree::fixed).map(|(seen, _)| seen);
        firsts.lock().unwrap_or_else(PoisonError::into_inner).insert(case.name.clone(), first.clone());
        first
    });
    match (first, ran(case, other, web, Mode::Compare, agree::fixed)) {
        (Ok(a), Ok((b, problems))) => {
            agreement.expected = problems.is_empty() && case.file.known_failure.is_none();
            agreement.differences = agree::differences((one.label(), &a), (other.label(), &b));
            let is_new = tamper_first || !agreement.differences.is_empty() || !agree::is_same_log(&a, &b);
            agreement.replayed_back = is_new;
            let replays = [("replay there", &a, other), ("replay back", &b, one)];
            for (what, recorded, host) in replays.into_iter().take(if is_new { 2 } else { 1 }) {
                if let Some(recording) = &recorded.recording {
                    let again = host.replay(recording);
                    agreement.differences.extend(agree::replayed(what, host.label(), recorded, again));
                }
            }
            let logs = [(&b.log, &a.log), (&a.log, &b.log)];
            for (log, another) in logs.into_iter().take(if tamper_first { 2 } else { usize::from(is_new) }) {
                let (tried, missed) = tamper::try_all(log, another);
                agreement.tampered += tried;
                agreement.unnoticed.extend(missed);
            }
        }
        (a, b) => {
            let text = [a.err(), b.map(drop).err()].into_iter().flatten().collect::<Vec<_>>().join("; ");
            agreement.differences = vec![Difference { what: "exit code", text }];
        }
    }
    agreement
}

fn trial(case: &Case, stage: &Stage, web: &Web) -> Result<Trial, String> {
    let mut trial = Trial {
        tool: case.folder.join(&case.file.tool),
        input: input(case)?,
        policy: policy(case)?,
        wassette: is_wassette(case),
        tools: case.file.tools.as_ref().map(|tools| case.folder.join(tools)),
        secrets: case.file.secrets.clone(),
        answers: case.file.answers.clone(),
        files: stage.files(),
        state: stage.state(),
    };
    web.set(case, &mut trial);
    Ok(trial)
}

fn attempt(case: &Case, host: &Arc<dyn Host>, web: &Web, mode: Mode) -> Result<Vec<String>, String> {
    match &case.file.generate {
        Some(generate) => {
            let stage = Stage::set(case)?;
            generated(case, generate, &trial(case, &stage, web)?, &stage, host)
        }
        None => ran(case, host, web, mode, str::to_owned).map(|(_, problems)| problems),
    }
}

/// Runs the case as often as it says, under its policy as `under` makes it; what the last run came to, and what of all of them is
/// not as expected.
fn ran(
    case: &Case,
    host: &Arc<dyn Host>,
    web: &Web,
    mode: Mode,
    under: fn(&str) -> String,
) -> Result<(Observed, Vec<String>), String> {
    let stage = Stage::set(case)?;
    let mut trial = trial(case, &stage, web)?;
    trial.policy = under(&trial.policy);
    let mut problems = Vec::new();
    let mut last = Observed::default();
    for _ in 0..case.file.runs.max(1) {
        last = observe(host, &trial)?;
        problems.extend(check::sound(&last));
        problems.extend(check::keeps(&case.file.secrets, &last));
    }
    let mut shown = last.clone();
    web.hide(case, &mut shown);
    if let Some(expected) = &case.file.expect.asked {
        let asked = web.asked(case);
        if asked != *expected {
            problems.push(format!("the web was asked {asked:?}, expected {expected:?}"));
        }
    }
    problems.extend(check::check(case, &shown, &stage.files(), mode));
    Ok((last, problems))
}

/// Runs the trial on a thread of its own; a panic or a hang is a failed case, not the end of the harness.
fn observe(host: &Arc<dyn Host>, trial: &Trial) -> Result<Observed, String> {
    let (sender, receiver) = mpsc::channel();
    let (host, trial) = (Arc::clone(host), trial.clone());
    let run = move || {
        let seen = catch_unwind(AssertUnwindSafe(|| host.run(&trial)));
        // Nobody listens any more once the run has hung.
        let _ = sender.send(seen);
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(run);
    thread.map_err(|error| format!("no thread could be started: {error}"))?;
    match receiver.recv_timeout(HANG) {
        Ok(Ok(seen)) => Ok(seen),
        Ok(Err(payload)) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without a message");
            Err(format!("the host panicked: {text}"))
        }
        Err(_) => Err(format!("the run did not end within {} s", HANG.as_secs())),
    }
}

/// Runs every generated trial; each must be sound and end with an expected exit code.
fn generated(
    case: &Case,
    generate: &Generate,
    trial: &Trial,
    stage: &Stage,
    host: &Arc<dyn Host>,
) -> Result<Vec<String>, String> {
    let Generate::CorruptEveryByte { of } = generate;
    let whole = wat::parse_file(case.folder.join(of)).map_err(|error| format!("{of}: {error}"))?;
    let tool = stage.state().join("corrupted.wasm");
    fs::create_dir_all(stage.state()).map_err(|error| format!("no state folder: {error}"))?;
    let trial = Trial { tool: tool.clone(), ..trial.clone() };
    let mut problems = Vec::new();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 0xff;
        }
        fs::write(&tool, &bytes).map_err(|error| format!("{}: {error}", tool.display()))?;
        let found = match observe(host, &trial) {
            Ok(seen) => {
                let mut found = check::sound(&seen);
                found.extend(check::check(case, &seen, &stage.files(), Mode::Compare));
                found
            }
            Err(panic) => vec![panic],
        };
        problems.extend(found.into_iter().map(|problem| format!("byte {at} of {of} inverted: {problem}")));
    }
    Ok(problems)
}

fn input(case: &Case) -> Result<Vec<u8>, String> {
    match (&case.file.input, &case.file.input_text) {
        (Some(_), Some(_)) => Err("case.toml: input and input-text exclude each other".to_owned()),
        (Some(file), None) => read(&case.folder, file),
        (None, text) => Ok(text.as_deref().unwrap_or("{}").as_bytes().to_vec()),
    }
}

/// The policy's text, with the case's limits at its end, so that its lines keep their numbers.
fn policy(case: &Case) -> Result<String, String> {
    let mut text = match &case.file.policy {
        Some(file) => String::from_utf8(read(&case.folder, file)?).map_err(|_| format!("{file} is not UTF-8"))?,
        None => "version = 1\n".to_owned(),
    };
    if !case.file.limits.is_empty() {
        if is_wassette(case) {
            return Err("case.toml has [limits], which a policy.yaml cannot take: write a policy.toml".to_owned());
        }
        if toml::from_str::<toml::Table>(&text).is_ok_and(|policy| policy.contains_key("limits")) {
            return Err("case.toml has [limits] and so has the policy: keep one of them".to_owned());
        }
        let limits = toml::to_string(&case.file.limits).map_err(|error| format!("[limits]: {error}"))?;
        text.push_str("\n[limits]\n");
        text.push_str(&limits);
    }
    Ok(text)
}

/// Whether the policy is Wassette's, as `belljar run` tells it: by the file's ending.
fn is_wassette(case: &Case) -> bool {
    case.file.policy.as_deref().is_some_and(|file| file.ends_with(".yaml") || file.ends_with(".yml"))
}

fn read(folder: &Path, file: &str) -> Result<Vec<u8>, String> {
    fs::read(folder.join(file)).map_err(|error| format!("{file} cannot be read: {error}"))
}
