//! Cancelling a run from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// A switch that ends a run as soon as it waits or uses up its slice of fuel, about a millisecond of work.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    set: AtomicBool,
    notify: Notify,
    /// It is off only as long as this one is.
    above: Option<Cancel>,
}

impl Cancel {
    /// A switch that is off.
    pub fn new() -> Self {
        Self::default()
    }

    /// A switch that this one turns on as well.
    pub(crate) fn below(&self) -> Self {
        Cancel(Arc::new(Inner { above: Some(self.clone()), ..Inner::default() }))
    }

    /// Ends the runs that hold this switch.
    pub fn cancel(&self) {
        self.0.set.store(true, Ordering::SeqCst);
        self.0.notify.notify_waiters();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.set.load(Ordering::SeqCst) || self.0.above.as_ref().is_some_and(Cancel::is_cancelled)
    }

    /// Resolves when it is cancelled.
    pub(crate) async fn cancelled(&self) {
        loop {
            let notified = self.0.notify.notified();
            if self.is_cancelled() {
                return;
            }
            match &self.0.above {
                None => notified.await,
                Some(above) => tokio::select! {
                    () = notified => {}
                    () = Box::pin(above.cancelled()) => {}
                },
            }
        }
    }
}
