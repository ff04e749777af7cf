//! The server's host: the crate `belljar`, as `belljar run` uses it.

use std::collections::VecDeque;
use std::future::{Future, ready};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use belljar_core::hex;
use sha2::{Digest, Sha256};

use belljar::{
    Answer, Answerer, Asker, Belljar, Grant, KvStore, LogSink, MemoryLog, NoOne, Policy, Question, Report, RunOptions,
    Scope, Secrets, SpendLedger, Toolbox, wire,
};

use crate::case::{Edited, Reply};
use crate::host::{Host, Made, Observed, Trial};

/// Exit code for what cannot even start: a policy, a tool or an input that does not fit.
const USAGE: u8 = 2;

/// Exit code for a run whose recording does not replay to the same run: no case expects it.
const REPLAY: u8 = 99;

/// wasmtime, in this process. Nothing is kept on disk between runs but a case's own keys.
#[derive(Debug)]
pub struct Server(Belljar);

impl Server {
    /// Sets the engine up.
    pub fn new() -> Result<Self, String> {
        // The cases' own packages are trusted, and built beside the workspace.
        let builds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/rust");
        Belljar::builder()
            .no_cache()
            .build_dir(builds)
            .trust_builds()
            .build()
            .map(Self)
            .map_err(|error| error.to_string())
    }
}

/// Says what a case has the person say, one answer after the other.
struct Person(Mutex<VecDeque<Reply>>);

impl Asker for Person {
    fn ask(&self, _: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        let who = Answerer::inbox("the case's person");
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Box::pin(ready(match said {
            Some(Reply::Once) => Answer::Once { who },
            Some(Reply::Rule) => Answer::Rule { who, expires: None },
            Some(Reply::Edited(Edited { request, headers, text, base64 })) => {
                Answer::Edited { who, edit: wire::Changed { request, headers, text, base64 }.edit() }
            }
            Some(Reply::Late) => Answer::Rule { who, expires: Some(1_000_000_000) },
            Some(Reply::Silence) => return Box::pin(std::future::pending()),
            Some(Reply::No) => Answer::No { who, scope: Scope::Request, why: None },
            Some(Reply::Never) => Answer::No { who, scope: Scope::Rule, why: None },
            Some(Reply::Because(why)) => Answer::No { who, scope: Scope::Request, why: Some(why) },
            Some(Reply::NeverBecause(why)) => Answer::No { who, scope: Scope::Rule, why: Some(why) },
            Some(Reply::Said(text)) => Answer::Said { who, text },
            None => Answer::Nobody { why: "the case has no more answers".into() },
        }))
    }
}

impl Server {
    /// The component of a tool in Rust, which only this host builds; nothing if the tool is of another language.
    pub fn component(&self, tool: &Path) -> Option<Result<Vec<u8>, Observed>> {
        if !tool.is_dir() && tool.extension().is_none_or(|ending| ending != "rs") {
            return None;
        }
        Some(match self.0.load_path(tool) {
            Ok(tool) => tool.component().map(<[u8]>::to_vec).ok_or_else(Observed::default),
            Err(error) => Err(unstarted(error.exit_code(), error.to_string())),
        })
    }
}

impl Host for Server {
    fn name(&self) -> &'static str {
        "server"
    }

    fn make(&self, tool: &Path) -> Result<Made, String> {
        let tool = self.0.load_path(tool).map_err(|error| error.to_string())?;
        let standalone = self.0.standalone(&tool).map_err(|error| error.to_string())?;
        Ok(Made { identity: tool.identity().to_string(), standalone: hex(&Sha256::digest(standalone)) })
    }

    fn run(&self, trial: &Trial) -> Observed {
        let policy = if trial.wassette { Policy::parse_wassette } else { Policy::parse }(&trial.policy);
        let policy = match policy {
            Ok(policy) => policy,
            Err(error) => return unstarted(USAGE, error.to_string()),
        };
        // As the program and the page do: before anything is compiled.
        if let Some(finding) = policy.unsupported(&belljar::SUPPORTED).first() {
            return unstarted(USAGE, finding.to_string());
        }
        let mut secrets = Secrets::default();
        for (name, value) in &trial.secrets {
            if let Err(fault) = secrets.insert(name, value.clone()) {
                return unstarted(USAGE, fault.to_string());
            }
        }
        if let Err(fault) = secrets.suffice(&policy) {
            return unstarted(USAGE, fault.to_string());
        }
        let tool = match self.0.load_path(&trial.tool) {
            Ok(tool) => tool,
            Err(error) => return unstarted(error.exit_code(), error.to_string()),
        };
        let input = match std::str::from_utf8(&trial.input) {
            Ok(input) => input,
            Err(error) => return unstarted(USAGE, format!("the input is not UTF-8: {error}")),
        };
        let tools = match trial.tools.as_deref().map(Toolbox::of_folder).transpose() {
            Ok(tools) => tools.unwrap_or_default(),
            Err(error) => return unstarted(USAGE, error.to_string()),
        };
        let log = MemoryLog::default();
        let recorder = belljar::recorder(&tool, input, &policy);
        let kept: Box<dyn LogSink> = Box::new(log.clone());
        let kept = match &recorder {
            Ok(recorder) => recorder.log(kept),
            Err(_) => kept,
        };
        let asker: Arc<dyn Asker> = match trial.answers.as_slice() {
            [] => Arc::new(NoOne),
            answers => Arc::new(Person(Mutex::new(answers.to_vec().into()))),
        };
        let options = RunOptions {
            asker,
            secrets,
            tools: Arc::new(tools),
            base: trial.files.clone(),
            kv: KvStore::in_dir(&trial.state.join("kv")),
            spend: Some(SpendLedger::in_dir(&trial.state.join("spend"))),
            log: kept,
            ..RunOptions::with_policy(policy)
        };
        let report = match self.0.run_blocking(&tool, input, options) {
            Ok(report) => report,
            Err(error) => return unstarted(USAGE, error.to_string()),
        };
        if report.log_entries == 0 {
            // It did not start, and there is nothing to replay.
            return observed(report, &log.text());
        }
        let recording = recorder.map_err(|e| e.to_string()).and_then(|r| r.finish().map_err(|e| e.to_string()));
        let recording = match recording {
            Ok(recording) => recording,
            Err(problem) => return unstarted(REPLAY, format!("the run's recording: {problem}")),
        };
        let mut seen = observed(report, &log.text());
        // The same run again, from its recording: everything that can be seen is the same.
        match self.replay(&recording) {
            Ok(again) if again == seen => seen.recording = Some(recording),
            Ok(again) => return unstarted(REPLAY, format!("the run's replay: it is {again:?}, not {seen:?}")),
            Err(problem) => return unstarted(REPLAY, format!("the run's replay: {problem}")),
        }
        seen
    }

    fn replay(&self, recording: &[u8]) -> Result<Observed, String> {
        let replayed = self.0.replay_blocking(recording, Grant::AsRecorded, None).map_err(|error| error.to_string())?;
        match &replayed.report.divergence {
            Some(divergence) => Err(divergence.to_string()),
            None => Ok(observed(replayed.report, &replayed.log)),
        }
    }
}

/// What can be seen of a report and its log.
fn observed(report: Report, log: &str) -> Observed {
    Observed {
        exit: report.outcome.exit_code(),
        output: report.output,
        message: report.message,
        code: report.code,
        stack: report.stack,
        log: log.lines().map(str::to_owned).collect(),
        artifacts: report.artifacts.into_iter().map(|a| (a.name, a.bytes)).collect(),
        fuel: Some(report.usage.fuel),
        recording: None,
    }
}

fn unstarted(exit: u8, message: String) -> Observed {
    Observed { exit, message, ..Observed::default() }
}
