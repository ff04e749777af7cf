//! The order of acts: those of one run on one capability are performed one after the other.

use std::pin::Pin;

use belljar_core::abi::{Failure, Response};
use belljar_core::{Event, Receipt};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

/// Acts of one run on one capability: they keep the order of their requests, and so do their results.
#[derive(Default)]
pub(crate) struct Line(Option<JoinHandle<()>>);

/// What an act came to.
type Performed = (Receipt, Result<Response, Failure>);

impl Line {
    /// The act, once those before it are done.
    pub(crate) fn after<F: Future<Output = Performed>>(
        &mut self,
        act: F,
    ) -> Pin<Box<impl Future<Output = Performed> + use<F>>> {
        let before = self.0.take();
        Box::pin(async move {
            if let Some(before) = before {
                // If it panicked, its own result is missing, not this one's.
                let _ = before.await;
            }
            act.await
        })
    }

    /// Performs the act without waiting for it.
    pub(crate) fn begin(
        &mut self,
        act: impl Future<Output = Performed> + Send + 'static,
        to: mpsc::UnboundedSender<Event>,
    ) {
        self.0 = Some(tokio::spawn(async move {
            let (receipt, result) = act.await;
            // Nobody listens any more if the run has ended.
            let _ = to.send(Event::Result(receipt, result));
        }));
    }
}

/// What an act came to on a thread of its own. If it was lost, it panicked, or the program ends.
pub(crate) async fn or_lost(done: Result<Performed, JoinError>) -> Performed {
    match done.map_err(JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => std::future::pending().await,
    }
}
