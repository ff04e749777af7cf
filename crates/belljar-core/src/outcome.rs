//! How a run ends: the outcome, its exit code, and the report.

use belljar_abi::{Fault, ToolFault};
use serde::Serialize;

use crate::daybook::DrawError;
use crate::edit::Part;
use crate::entry::Usage;
use crate::sink::{Divergence, LogError};

/// Why a run must end now, before the tool returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The guest broke the Canonical ABI.
    Abi(Fault),
    /// The guest broke a rule of the world, such as waiting for a ticket that it never got.
    Protocol(String),
    /// The fuel is used up.
    Fuel,
    /// The guest's call depth is used up.
    Stack,
    /// The budget for calls is used up and the tool does not stop asking.
    Calls,
    /// The time is used up.
    Time,
    /// The run was cancelled.
    Cancelled,
    /// The log could not be written.
    Log(LogError),
    /// The run was suspended; it has not ended.
    Suspended,
    /// The tool ended it, with an output or a fault.
    Ended(Result<String, ToolFault>),
    /// The host itself failed.
    Host(String),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stop::Abi(fault) => fault.fmt(f),
            Stop::Protocol(text) | Stop::Host(text) => f.write_str(text),
            Stop::Fuel => f.write_str("the fuel is used up"),
            Stop::Stack => f.write_str("the call stack is used up"),
            Stop::Calls => f.write_str("the budget for requests is used up"),
            Stop::Time => f.write_str("the time is used up"),
            Stop::Cancelled => f.write_str("the run was cancelled"),
            Stop::Suspended => f.write_str("the run was suspended"),
            Stop::Ended(_) => f.write_str("the tool ended the run"),
            Stop::Log(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Stop {}

impl From<LogError> for Stop {
    fn from(error: LogError) -> Self {
        Stop::Log(error)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Abi(fault)
    }
}

/// A trap, in words that do not depend on the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Trap {
    /// Any other.
    Other,
    /// `unreachable` was executed.
    Unreachable,
    /// A memory access out of bounds.
    Memory,
    /// A table access out of bounds.
    Table,
    /// An indirect call of nothing, or of a function of another type. (Not every engine tells them apart.)
    Indirect,
    /// A number does not fit into an integer: a quotient, or a converted float. (Not every engine tells them apart.)
    Overflow,
    /// A division by zero.
    DivisionByZero,
}

impl Trap {
    /// All of them, in the order of their numbers.
    pub const ALL: [Trap; 7] = [
        Trap::Other,
        Trap::Unreachable,
        Trap::Memory,
        Trap::Table,
        Trap::Indirect,
        Trap::Overflow,
        Trap::DivisionByZero,
    ];

    /// The trap with that number.
    pub fn of(number: u32) -> Trap {
        Trap::ALL.get(number as usize).copied().unwrap_or(Trap::Other)
    }

    /// What happened, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Trap::Other => "the tool broke: it trapped",
            Trap::Unreachable => {
                "the tool broke: it reached an `unreachable` instruction (a panic, an abort, or the exit of a process, which a tool \
                 is not: it returns)"
            }
            Trap::Memory => "the tool broke: it reached outside its memory",
            Trap::Table => "the tool broke: it reached outside a table",
            Trap::Indirect => {
                "the tool broke: it called through a table entry that is empty or a function of another type"
            }
            Trap::Overflow => "the tool broke: a number did not fit into an integer (a division or a conversion)",
            Trap::DivisionByZero => "the tool broke: it divided by zero",
        }
    }
}

/// Why a tool does not start whose memory begins with more pages than it may have.
pub fn starts_too_large(pages: u32, memory: u64) -> String {
    format!(
        "the tool starts with {} KiB of memory; its limit is {} KiB (limits.memory, --memory)",
        u64::from(pages) * 64,
        memory >> 10
    )
}

/// What a host saw at the end of the guest.
#[derive(Clone, Debug)]
pub enum Exit {
    /// `run` returned an output.
    Returned(String),
    /// `run` returned an output of so many bytes, which are more than were copied.
    TooLarge(u64),
    /// `run` or `load` returned a fault.
    Fault(ToolFault),
    /// The guest trapped.
    Trap(Trap),
    /// The core or the host ended it.
    Stopped(Stop),
}

impl From<Stop> for Exit {
    /// What the tool ended by itself ended as if it had returned.
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Ended(Ok(text)) => Exit::Returned(text),
            Stop::Ended(Err(fault)) => Exit::Fault(fault),
            stop => Exit::Stopped(stop),
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Outcome {
    /// The tool returned an output.
    Returned,
    /// The tool said that it cannot do its work.
    Failed,
    /// The tool broke: a trap, an uncaught exception, an output that does not fit.
    Crashed,
    /// A refused capability ended it.
    Denied,
    /// A budget ran out.
    Exhausted,
    /// Its time ran out.
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// It was suspended while it waits for a person, and can be resumed again.
    Suspended,
    /// Belljar or its host failed.
    HostFailed,
}

impl Outcome {
    /// The exit code of the command line.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Returned => 0,
            Outcome::HostFailed => 1,
            Outcome::Failed => 3,
            Outcome::Crashed => 4,
            Outcome::Denied => 5,
            Outcome::Exhausted => 6,
            Outcome::Suspended => 75,
            Outcome::TimedOut => 124,
            Outcome::Cancelled => 130,
        }
    }

    /// The name in reports and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Returned => "returned",
            Outcome::HostFailed => "host-failed",
            Outcome::Failed => "failed",
            Outcome::Crashed => "crashed",
            Outcome::Denied => "denied",
            Outcome::Exhausted => "exhausted",
            Outcome::Suspended => "suspended",
            Outcome::TimedOut => "timed-out",
            Outcome::Cancelled => "cancelled",
        }
    }
}

/// A file that the tool made as part of its report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// A plain file name.
    pub name: String,
    /// Such as "image/svg+xml"; the tool's claim.
    pub media_type: String,
    /// The contents.
    pub bytes: Vec<u8>,
}

/// A request that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Refusal {
    /// The capability.
    pub capability: String,
    /// What was asked, in the words of a rule.
    pub request: String,
    /// The rule that decided, or why none allowed it.
    pub rule: String,
    /// The rule that would allow it, as it can be pasted into `--allow '…'`, a `policy.toml` or the page; nothing where a
    /// rule or a person refuses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub grant: Option<String>,
}

/// A request that a person changed and approved so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Edited {
    /// The capability.
    pub capability: String,
    /// What the tool asked for, in the words of a rule.
    pub request: String,
    /// What was approved in its place.
    pub performed: String,
    /// What was changed.
    pub parts: Vec<Part>,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// JSON text, if it returned.
    pub output: Option<String>,
    /// What a person should know; empty if it returned.
    pub message: String,
    /// The word that the tool gave with a failure of its own.
    pub code: String,
    /// The tool's own call stack, a frame a line; may be empty.
    pub stack: String,
    /// The budget that ended it: "fuel", "stack", "calls", "output" …
    pub budget: Option<String>,
    /// The first requests that were refused, each once, whatever the tool did then.
    pub refusals: Vec<Refusal>,
    /// The first requests that a person changed and approved so.
    pub edited: Vec<Edited>,
    /// Files that it made.
    pub artifacts: Vec<Artifact>,
    /// How many questions people were asked: as many as its log has entries of that kind.
    pub questions: u64,
    /// What it used.
    pub usage: Usage,
    /// SHA-256 of the log's last line.
    pub log_head: [u8; 32],
    /// How many log entries there are.
    pub log_entries: u64,
    /// Whether the run has ended: one that was suspended goes on some time, and one that could not start never does.
    pub ended: bool,
    /// In a replay, the first entry that is not the recorded one.
    pub divergence: Option<Box<Divergence>>,
}

impl Report {
    /// The report of a run that could not even write its start entry.
    pub fn unstarted(stop: &Stop) -> Self {
        Report {
            outcome: Outcome::HostFailed,
            output: None,
            message: stop.to_string(),
            code: String::new(),
            stack: String::new(),
            budget: None,
            refusals: Vec::new(),
            edited: Vec::new(),
            artifacts: Vec::new(),
            questions: 0,
            usage: Usage::default(),
            log_head: [0; 32],
            log_entries: 0,
            ended: false,
            divergence: None,
        }
    }

    /// The report of a run that did not start, because nothing is left of a day's money.
    pub fn without_money(error: &DrawError) -> Self {
        let budget = Some("per-day".to_owned());
        Report { outcome: Outcome::Exhausted, message: error.to_string(), budget, ..Self::unstarted(&Stop::Cancelled) }
    }
}
