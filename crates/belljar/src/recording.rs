//! Recording a run on this host, and replaying one.

use std::sync::Arc;

use belljar_core::{
    Asks, Callee, Calling, Grant, MemoryLog, NotGranted, Recorder, Recording, RecordingError, ReplayError, Report, Run,
    Terms, in_order_of,
};
use belljar_policy::{Policy, PolicyError};
use thiserror::Error;

use crate::Belljar;
use crate::effects::spend;
use crate::error::LoadError;
use crate::guest::World;
use crate::run::{Conditions, ConsoleSink, Limits, RunOptions};
use crate::tool::Tool;

/// Why a run cannot be recorded, or a recording not be replayed.
#[derive(Debug, Error)]
pub enum ReplayFailure {
    /// The recording is not usable.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Its policy is not usable.
    #[error("the recording's policy.toml: {0}")]
    Policy(#[from] PolicyError),
    /// Its tool is not usable.
    #[error("the recording's tool: {0}")]
    Tool(#[from] LoadError),
    /// It is not one of this tool, engine, admission or policy.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// What it asks for is not granted.
    #[error(transparent)]
    NotGranted(#[from] NotGranted),
    /// The run cannot be kept.
    #[error("the run cannot be recorded: {0}")]
    NotRecordable(String),
}

/// A recorder for a run of `tool` on `input` under `policy`.
///
/// # Errors
///
/// If the tool's source is not known, the input does not fit, or the policy cannot be written down.
pub fn recorder(tool: &Tool, input: &str, policy: &Policy) -> Result<Recorder, ReplayFailure> {
    let not = |why: String| ReplayFailure::NotRecordable(why);
    let input = tool.accept_input(input).map_err(|error| not(error.to_string()))?;
    let (file, bytes) = tool.origin().ok_or_else(|| not("the tool's source is not known".into()))?;
    Recorder::new(&input, policy, file, bytes).map_err(|error| not(error.to_string()))
}

/// A finished replay.
#[derive(Debug)]
pub struct Replayed {
    /// How it ended; its `divergence` tells whether it is the recorded run.
    pub report: Report,
    /// The log that the replay wrote.
    pub log: String,
    /// Entries of the recorded log.
    pub entries: u64,
    /// Whether the recorded log has an end entry.
    pub ended: bool,
}

/// A run that was suspended, opened: it can be resumed here.
#[derive(Clone, Debug)]
pub struct Suspended {
    recording: Arc<Recording>,
    tool: Tool,
    terms: Arc<Terms>,
}

impl Suspended {
    /// Its recording so far.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// The tool.
    pub fn tool(&self) -> &Tool {
        &self.tool
    }

    /// What it goes on under.
    pub fn policy(&self) -> &Policy {
        self.terms.policy()
    }
}

impl Belljar {
    /// Runs a recorded run again, without performing anything: no keys, no files, no questions, no clock. Its limit of
    /// time is not enforced, that of fuel is; so the grant is about limits alone, for which [`Grant::Limits`] is there.
    ///
    /// # Errors
    ///
    /// If the recording is not usable, or not one of this version's engine and admission. A replay that goes another
    /// way than the recorded run is a report with a divergence.
    pub fn replay_blocking(
        &self,
        recording: &[u8],
        grant: Grant<'_>,
        on_console: Option<ConsoleSink>,
    ) -> Result<Replayed, ReplayFailure> {
        self.replay_recording(Recording::parse(recording)?, grant, on_console)
    }

    /// [`Belljar::replay_blocking`] of a recording that was read already.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn replay_recording(
        &self,
        recording: Recording,
        grant: Grant<'_>,
        on_console: Option<ConsoleSink>,
    ) -> Result<Replayed, ReplayFailure> {
        let recording = Arc::new(recording);
        let parts = recording.parts();
        // Before the tool is compiled: what is not granted costs nothing.
        let policy = Asks::of(&recording)?.granted(grant)?;
        let tool = self.load(&parts.file, &parts.tool)?;
        let log = MemoryLog::default();
        let (meter, limits) = Limits::of(&policy.limits);
        let contract = &tool.0.contract;
        let run = Run::replay(contract, recording.clone(), Arc::new(recording.terms(policy)), Box::new(log.clone()))?;
        let world = World { on_console, ..World::nothing() };
        let conditions = Conditions { world, meter, limits };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|error| LoadError::Host(format!("cannot start a runtime: {error}")))?;
        let (mut report, calls) = runtime.block_on(self.drive_out(&tool, &parts.input, run, conditions));
        let mut lines = log.text();
        for calling in calls {
            self.replay_call(calling, &mut lines, &mut report, &runtime)?;
        }
        let log = in_order_of(&parts.log, &lines);
        Ok(Replayed { report, log, entries: recording.entries(), ended: recording.ended() })
    }

    /// Repeats a called run, and those that it called. What goes another way is told in the report of the first run.
    fn replay_call(
        &self,
        calling: Calling,
        lines: &mut String,
        first: &mut Report,
        runtime: &tokio::runtime::Runtime,
    ) -> Result<(), ReplayFailure> {
        let Some(recording) = calling.recording().cloned() else { return Ok(()) };
        let parts = recording.parts();
        let loaded = crate::calls::load(self, parts);
        let (tool, policy) = loaded.map_err(|failure| LoadError::Host(format!("{failure:?}")))?;
        let (log, input) = (MemoryLog::default(), parts.input.clone());
        let callee = Callee { contract: &tool.0.contract, policy: &policy, origin: None };
        let run = match calling.replay(callee, Box::new(log.clone())) {
            Ok(run) => run,
            Err(ReplayError::Diverged(divergence)) => {
                first.divergence.get_or_insert(divergence);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let (meter, limits) = Limits::of(&run.policy().limits);
        let conditions = Conditions { world: World::nothing(), meter, limits };
        let (report, calls) = runtime.block_on(self.drive_out(&tool, &input, run, conditions));
        lines.push_str(&log.text());
        if let Some(divergence) = report.divergence {
            first.divergence.get_or_insert(divergence);
        }
        calls.into_iter().try_for_each(|calling| self.replay_call(calling, lines, first, runtime))
    }

    /// Opens a run that was suspended: compiles its tool and reads its policy, before anything is opened or made for it. The
    /// recording grants nothing: `grant` says who gives what it asks for, which [`Asks`] shows.
    ///
    /// # Errors
    ///
    /// If what it asks for is not granted, or the recording is not usable, not one of this version's engine and admission, or not of a run that was suspended.
    pub fn open_suspended(&self, recording: Recording, grant: Grant<'_>) -> Result<Suspended, ReplayFailure> {
        let recording = Arc::new(recording);
        let parts = recording.parts();
        let terms = Arc::new(recording.terms(Asks::of(&recording)?.granted(grant)?));
        let tool = self.load(&parts.file, &parts.tool)?;
        Run::check_resumable(&tool.0.contract, &recording, terms.clone())?;
        Ok(Suspended { recording, tool, terms })
    }

    /// Resumes a run that was suspended: runs the tool again from its recording, without performing anything, and goes on
    /// from where it waited for a person. The terms in the options give way to the policy that was granted when it was opened;
    /// log, keys, files and whom to ask are the options'. The log gets all entries, also those that were recorded.
    ///
    /// # Errors
    ///
    /// If the log cannot be written.
    pub async fn resume(&self, suspended: Suspended, options: RunOptions) -> Result<Report, ReplayFailure> {
        let Suspended { recording, tool, terms } = suspended;
        options.secrets.suffice(terms.policy()).map_err(|missing| LoadError::Host(missing.to_string()))?;
        let (ledger, allowance) = (options.spend.clone(), recording.allowance().cloned());
        if let Some(allowance) = allowance.clone() {
            // It goes on with what it drew, also on another day, unless somebody settled it meanwhile.
            let why = || LoadError::Host("its policy bounds money by day, and there is no ledger for that here".into());
            let (ledger, terms) = (ledger.clone().ok_or_else(why)?, terms.clone());
            let checked = spend::apart(move || ledger.check(terms.policy(), &allowance)).await;
            checked.map_err(|error| LoadError::Host(error.to_string()))?;
        }
        let (conditions, log) = options.split(&tool, &terms, self);
        let run = Run::resume(&tool.0.contract, recording.clone(), terms.clone(), log)?;
        let report = self.drive_to_end(&tool, &recording.parts().input, run, conditions).await;
        self.settle_end(ledger, terms, allowance, &report).await;
        Ok(report)
    }

    /// [`Belljar::resume`] without a runtime around it, cancelled when the process is interrupted (Ctrl-C).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn resume_interruptible(&self, suspended: Suspended, options: RunOptions) -> Result<Report, ReplayFailure> {
        let cancel = options.cancel.clone();
        crate::run::interruptible(cancel, self.resume(suspended, options))
            .map_err(|stop| LoadError::Host(stop.to_string()))?
    }
}
