//! What becomes of a run while it waits for a person.

use std::sync::Arc;

use belljar_core::{NotSuspendable, Recorder, Run, Stop, SuspendError};

/// Whether a run that was kept goes on waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It waits in memory; what was kept is for the case that the process ends.
    Waiting,
    /// It ends here as [`crate::Outcome::Suspended`], and is taken up by [`crate::Belljar::resume`].
    Away,
}

/// Whether a run is kept somewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kept {
    /// No.
    #[default]
    Not,
    /// As it was when it was put away.
    Before,
    /// As it is now.
    Now,
}

/// Keeps a run's recording whenever it begins to wait for a person, so that it can be taken up after the end of the
/// process, or elsewhere.
#[derive(Clone)]
pub struct Suspender {
    recorder: Recorder,
    keep: KeepFn,
}

type KeepFn = Arc<dyn Fn(Option<&[u8]>) -> Result<Keep, String> + Send + Sync>;

impl std::fmt::Debug for Suspender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Suspender").finish_non_exhaustive()
    }
}

impl Suspender {
    /// `recorder` is the one that the run's log goes through. `keep` is given the recording, or nothing when the run is
    /// about to go on: what was kept must then be gone before it returns, because whoever took it up would do everything
    /// once more that is done from now on.
    pub fn new(recorder: Recorder, keep: KeepFn) -> Self {
        Suspender { recorder, keep }
    }

    /// The run waits for a person. True if it was kept; false if something is under way, so that it cannot be kept yet.
    pub(crate) fn keep(&self, run: &Run, left: u64) -> Result<bool, Stop> {
        let recording = match self.recorder.suspended(run, left) {
            Ok(recording) => recording,
            Err(SuspendError::NotNow(NotSuspendable::Acting | NotSuspendable::AsksNobody)) => return Ok(false),
            Err(error) => return Err(Stop::Host(format!("the run cannot be put away: {error}"))),
        };
        match (self.keep)(Some(&recording)) {
            Ok(Keep::Waiting) => Ok(true),
            Ok(Keep::Away) => Err(Stop::Suspended),
            Err(why) => Err(Stop::Host(format!("the run cannot be put away: {why}"))),
        }
    }

    /// The run goes on.
    pub(crate) fn forget(&self) -> Result<(), Stop> {
        let forgotten = (self.keep)(None);
        forgotten.map(|_| ()).map_err(|why| Stop::Host(format!("the run that was put away cannot be taken up: {why}")))
    }
}
