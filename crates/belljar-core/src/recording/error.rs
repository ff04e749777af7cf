//! Why something is no recording.

use thiserror::Error;

use crate::entry;
use crate::limits;
use crate::verify::Broken;

/// Why something is no recording.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordingError {
    /// It is too large to be read, or to be made.
    #[error("a recording has at most {most} bytes, not {0}", most = limits::RECORDING)]
    TooLarge(usize),
    /// It is not the archive that Belljar writes.
    #[error("this is no recording of Belljar, or a damaged one: at byte {at}, {reason}")]
    Container {
        /// The byte.
        at: usize,
        /// Why.
        reason: String,
    },
    /// An earlier version of Belljar made it.
    #[error(
        "an earlier Belljar recorded this run, as version {0}; this one replays and resumes recordings of version {VERSION} only. \
         Its log can still be verified: tar -xf FILE log.jsonl && belljar log verify log.jsonl"
    )]
    Earlier(u64),
    /// A part is missing, does not belong there, or is not what it should be.
    #[error("the recording's part {part:?} {reason}")]
    Part {
        /// The part's name in the archive.
        part: String,
        /// Why.
        reason: String,
    },
    /// The policy of a run that is to be recorded has no form as a file.
    #[error("its policy has amounts that a policy file cannot say")]
    Policy,
    /// Its log does not hold.
    #[error("the recording's log: {0}")]
    Log(#[from] Broken),
}

/// The version of recordings that are made and read. It is that of their logs.
pub(super) const VERSION: u64 = entry::VERSION;

pub(super) fn wrong(part: &str, reason: impl Into<String>) -> RecordingError {
    RecordingError::Part { part: part.into(), reason: reason.into() }
}
