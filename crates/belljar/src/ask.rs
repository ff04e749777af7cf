//! People who can be asked.

use std::future::Future;
use std::pin::Pin;

use belljar_core::{Answer, Question};

/// Somebody, or a way to somebody, who answers questions.
///
/// The agent that wrote or calls the tool must not be able to reach it.
pub trait Asker: Send + Sync {
    /// Asks. The question's texts come from the tool: show them escaped, in places of their own.
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>>;
}

/// Nobody: every question is refused, and the tool is told so.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOne;

impl Asker for NoOne {
    fn ask(&self, _: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        Box::pin(std::future::ready(Answer::Nobody { why: "this run has no one to ask".into() }))
    }
}

/// Waits without holding up the run, for askers that have to look again and again.
pub async fn sleep(time: std::time::Duration) {
    tokio::time::sleep(time).await;
}
