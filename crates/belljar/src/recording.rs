//! Recording a run on this host, and replaying one.

use std::sync::{Arc, Mutex, PoisonError};

use belljar_core::limits::RECORDING;
use belljar_core::{
    LogError, LogSink, MemoryLog, Meter, Parts, Recording, RecordingError, ReplayError, Report, Run, SignedHead, Terms,
    Ticket,
};
use belljar_policy::{Policy, PolicyError};
use thiserror::Error;

use crate::Belljar;
use crate::error::LoadError;
use crate::guest::{self, World};
use crate::run::ConsoleSink;
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
    /// The run cannot be kept.
    #[error("the run cannot be recorded: {0}")]
    NotRecordable(String),
}

/// Keeps everything of one run that its replay needs. It holds it in memory until the run has ended: a recording is
/// for handing a run around; what survives the end of the process is the log.
#[derive(Debug)]
pub struct Recorder {
    kept: Arc<Mutex<Parts>>,
    /// Bytes of what is kept before the run begins.
    bytes: usize,
}

impl Recorder {
    /// A recorder for a run of `tool` on `input` under `policy`.
    ///
    /// # Errors
    ///
    /// If the tool's source is not known, the input does not fit, or the policy cannot be written down.
    pub fn new(tool: &Tool, input: &str, policy: &Policy) -> Result<Self, ReplayFailure> {
        let not = |why: String| ReplayFailure::NotRecordable(why);
        let input = tool.accept_input(input).map_err(|error| not(error.to_string()))?;
        let (file, tool_bytes) = tool.origin().ok_or_else(|| not("the tool's source is not known".into()))?;
        let text = policy.to_toml();
        if Policy::parse(&text).map_err(|error| not(error.to_string()))?.digest() != policy.digest() {
            return Err(not("its policy has amounts that a policy file cannot say".into()));
        }
        let bytes = input.len().saturating_add(text.len()).saturating_add(tool_bytes.len());
        let parts = Parts { input, policy: text, file, tool: tool_bytes, ..Parts::default() };
        Ok(Recorder { kept: Arc::new(Mutex::new(parts)), bytes })
    }

    /// The run's log, which this recorder follows: every line goes to `log` first.
    pub fn log(&self, log: Box<dyn LogSink>) -> Box<dyn LogSink> {
        Box::new(Following { log, kept: self.kept.clone(), bytes: self.bytes })
    }

    /// The recording, after the run has ended.
    ///
    /// # Errors
    ///
    /// If it is too large, or the run did not even start.
    pub fn finish(self) -> Result<Vec<u8>, ReplayFailure> {
        self.packed(None)
    }

    /// [`Recorder::finish`] with the log's head signed.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn finish_signed(self, signed: &SignedHead) -> Result<Vec<u8>, ReplayFailure> {
        self.packed(Some(signed.to_text()))
    }

    fn packed(self, signature: Option<String>) -> Result<Vec<u8>, ReplayFailure> {
        let parts = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        let recording = Recording::new(Parts { signature, ..parts })?;
        Ok(recording.parts().pack()?)
    }
}

struct Following {
    log: Box<dyn LogSink>,
    kept: Arc<Mutex<Parts>>,
    bytes: usize,
}

impl Following {
    /// Refuses what a recording could not hold, before it is kept or done.
    fn reserve(&mut self, bytes: usize) -> Result<(), LogError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > RECORDING {
            return Err(LogError(format!("a recording has at most {RECORDING} bytes: run it without --record")));
        }
        Ok(())
    }
}

impl LogSink for Following {
    fn append(&mut self, line: &str) -> Result<(), LogError> {
        self.reserve(line.len())?;
        self.log.append(line)?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).log.push_str(line);
        Ok(())
    }

    fn keep(&mut self, ticket: Ticket, content: &[u8]) -> Result<(), LogError> {
        // A block of the archive besides.
        self.reserve(content.len().saturating_add(1024))?;
        self.log.keep(ticket, content)?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).results.insert(ticket, content.to_vec());
        Ok(())
    }
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

impl Belljar {
    /// Runs a recorded run again, without performing anything: no keys, no files, no questions, no clock. Its limit of
    /// time is not enforced, that of fuel is.
    ///
    /// # Errors
    ///
    /// If the recording is not usable, or not one of this version's engine and admission. A replay that goes another
    /// way than the recorded run is a report with a divergence.
    pub fn replay_blocking(
        &self,
        recording: &[u8],
        on_console: Option<ConsoleSink>,
    ) -> Result<Replayed, ReplayFailure> {
        self.replay_recording(Recording::parse(recording)?, on_console)
    }

    /// [`Belljar::replay_blocking`] of a recording that was read already.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn replay_recording(
        &self,
        recording: Recording,
        on_console: Option<ConsoleSink>,
    ) -> Result<Replayed, ReplayFailure> {
        let recording = Arc::new(recording);
        let parts = recording.parts();
        let policy = Policy::parse(&parts.policy)?;
        let tool = self.load(&parts.file, &parts.tool)?;
        let log = MemoryLog::default();
        let (meter, first) = Meter::new(policy.limits.fuel);
        let limits = crate::run::Limits { first, pages: policy.limits.memory >> 16, output: policy.limits.output };
        let contract = &tool.0.contract;
        let run = Run::replay(contract, recording.clone(), Terms::from(policy), Box::new(log.clone()))?;
        let world = World { on_console, ..World::nothing(guest::deadline(guest::FOREVER)) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|error| LoadError::Host(format!("cannot start a runtime: {error}")))?;
        let report = runtime.block_on(self.drive_to_end(&tool, &parts.input, run, meter, world, &limits));
        Ok(Replayed { report, log: log.text(), entries: recording.entries(), ended: recording.ended() })
    }
}
