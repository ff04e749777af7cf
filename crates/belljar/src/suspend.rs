//! What becomes of a run while it waits for a person.

use std::sync::Arc;

use belljar_core::{NotSuspendable, Recorder, Run, Sign, SigningKey, Stop, SuspendError};

/// Whether a run that was kept goes on waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It waits in memory; what was kept is for the case that the process ends.
    Waiting,
    /// It ends here as [`crate::Outcome::Suspended`], and is taken up by [`crate::Belljar::resume`].
    Away,
}

/// Where a run is put while it waits for a person.
pub trait Shelf: Send + Sync {
    /// The run begins to wait; this is its recording.
    ///
    /// # Errors
    ///
    /// Why it cannot be kept: the run then ends.
    fn keep(&self, recording: &[u8]) -> Result<Keep, String>;

    /// A run that was taken up waits as it did when it was put away: what is kept is still right.
    fn leave(&self) -> Keep;

    /// The run is about to go on: what was kept must be gone before this returns, because whoever took it up would do
    /// everything once more that is done from now on.
    ///
    /// # Errors
    ///
    /// Why it cannot be removed, or that it is not there: the run then ends.
    fn forget(&self) -> Result<(), String>;
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
    shelf: Arc<dyn Shelf>,
    key: Option<Arc<SigningKey>>,
}

impl std::fmt::Debug for Suspender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Suspender").finish_non_exhaustive()
    }
}

impl Suspender {
    /// `recorder` is the one that the run's log goes through. With a key, what is kept is signed.
    pub fn new(recorder: Recorder, shelf: Arc<dyn Shelf>, key: Option<Arc<SigningKey>>) -> Self {
        Suspender { recorder, shelf, key }
    }

    /// The run waits for a person. True if it was kept; false if something is under way, so that it cannot be kept yet.
    pub(crate) fn keep(&self, run: &Run, left: u64) -> Result<bool, Stop> {
        let sign = self.key.as_ref().map(|key| |head, entries, beside| key.sign_put_away(head, entries, beside));
        let recording = match self.recorder.suspended(run, left, sign.as_ref().map(|sign| sign as Sign<'_>)) {
            Ok(recording) => recording,
            Err(SuspendError::NotNow(NotSuspendable::Acting | NotSuspendable::AsksNobody)) => return Ok(false),
            Err(error) => return Err(Stop::Host(format!("the run cannot be put away: {error}"))),
        };
        match self.shelf.keep(&recording) {
            Ok(Keep::Waiting) => Ok(true),
            Ok(Keep::Away) => Err(Stop::Suspended),
            Err(why) => Err(Stop::Host(format!("the run cannot be put away: {why}"))),
        }
    }

    /// The run waits as it did when it was put away.
    pub(crate) fn leave(&self) -> Result<(), Stop> {
        match self.shelf.leave() {
            Keep::Waiting => Ok(()),
            Keep::Away => Err(Stop::Suspended),
        }
    }

    /// The run goes on.
    pub(crate) fn forget(&self) -> Result<(), Stop> {
        let forgotten = self.shelf.forget();
        forgotten.map_err(|why| Stop::Host(format!("the run that was put away cannot be taken up: {why}")))
    }
}
