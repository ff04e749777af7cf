//! The server's host: the crate `belljar`, as `belljar run` uses it.

use std::collections::BTreeMap;
use std::path::Path;

use belljar_core::hex;
use sha2::{Digest, Sha256};

use belljar::{Belljar, KvStore, LogSink, MemoryLog, Policy, Recorder, Report, RunOptions};

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

impl Server {
    /// Replays a recorded run; what differs.
    fn replay(&self, recorder: Recorder, log: &str, report: &Report) -> Result<(), String> {
        let recording = recorder.finish().map_err(|error| error.to_string())?;
        let replayed = self.0.replay_blocking(&recording, None).map_err(|error| error.to_string())?;
        if let Some(divergence) = &replayed.report.divergence {
            return Err(divergence.to_string());
        }
        let seen = |r: &Report| {
            (r.outcome, r.output.clone(), r.message.clone(), r.stack.clone(), r.usage, r.artifacts.clone(), r.log_head)
        };
        if seen(&replayed.report) != seen(report) {
            return Err(format!("ended as {:?}, not as {:?}", seen(&replayed.report), seen(report)));
        }
        if replayed.log != log { Err("its log is another one".into()) } else { Ok(()) }
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
        let tool = match self.0.load_path(&trial.tool) {
            Ok(tool) => tool,
            Err(error) => return unstarted(error.exit_code(), error.to_string()),
        };
        let input = match std::str::from_utf8(&trial.input) {
            Ok(input) => input,
            Err(error) => return unstarted(USAGE, format!("the input is not UTF-8: {error}")),
        };
        let log = MemoryLog::default();
        let recorder = Recorder::new(&tool, input, &policy);
        let kept: Box<dyn LogSink> = Box::new(log.clone());
        let kept = match &recorder {
            Ok(recorder) => recorder.log(kept),
            Err(_) => kept,
        };
        let options = RunOptions {
            base: trial.files.clone(),
            kv: KvStore::in_dir(&trial.state.join("kv")),
            log: kept,
            ..RunOptions::with_policy(policy)
        };
        let report = match self.0.run_blocking(&tool, input, options) {
            Ok(report) => report,
            Err(error) => return unstarted(USAGE, error.to_string()),
        };
        if let Err(problem) = recorder.map_err(|e| e.to_string()).and_then(|r| self.replay(r, &log.text(), &report)) {
            return unstarted(REPLAY, format!("the run's replay: {problem}"));
        }
        let artifacts: BTreeMap<_, _> = report.artifacts.into_iter().map(|a| (a.name, a.bytes)).collect();
        Observed {
            exit: report.outcome.exit_code(),
            output: report.output,
            message: report.message,
            code: report.code,
            stack: report.stack,
            log: log.text().lines().map(str::to_owned).collect(),
            artifacts,
            fuel: Some(report.usage.fuel),
        }
    }
}

fn unstarted(exit: u8, message: String) -> Observed {
    Observed { exit, message, ..Observed::default() }
}
