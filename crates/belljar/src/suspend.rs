//! What becomes of a run while it waits for a person.

use std::sync::Arc;

use belljar_core::{Increment, Keep, Now, Recorder, Session, Sign, SigningKey, Stop};

/// Where a run is put while it waits for a person.
pub trait Shelf: Send + Sync {
    /// The run begins to wait; this is what is new in its recording since it was kept last. Whoever keeps recordings in one
    /// piece takes [`Increment::whole`].
    ///
    /// # Errors
    ///
    /// Why it cannot be kept: the run then ends.
    fn keep(&self, new: &Increment<'_>) -> Result<Keep, String>;

    /// A run that was resumed waits as it did when it was suspended: what is kept is still right.
    fn leave(&self) -> Keep;

    /// The run is about to go on: what was kept must be gone before this returns, because whoever resumed it would do
    /// everything once more that is done from now on.
    ///
    /// # Errors
    ///
    /// Why it cannot be removed, or that it is not there: the run then ends.
    fn forget(&self) -> Result<(), String>;
}

/// Keeps a run's recording whenever it begins to wait for a person, so that it can be resumed after the end of the
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

    /// The run waits for a person.
    pub(crate) fn keep(&self, session: &Session, now: Now) -> Result<Keep, Stop> {
        let sign = self.key.as_ref().map(|key| |head, entries, beside| key.sign_suspended(head, entries, beside));
        let sign = sign.as_ref().map(|sign| sign as Sign<'_>);
        let kept = session.keep(&self.recorder, sign, now, |new| self.shelf.keep(new));
        let kept = kept.map_err(|error| error.to_string()).flatten();
        kept.map_err(|why| Stop::Host(format!("the run cannot be suspended: {why}")))
    }

    /// The run waits as it did when it was suspended.
    pub(crate) fn leave(&self) -> Keep {
        self.shelf.leave()
    }

    /// The run goes on.
    pub(crate) fn forget(&self) -> Result<(), Stop> {
        let forgotten = self.shelf.forget();
        forgotten.map_err(|why| Stop::Host(format!("the run that was suspended cannot be resumed: {why}")))
    }
}
