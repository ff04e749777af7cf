//! Calls of other tools: each is a run of its own, below the one that made it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use belljar_core::abi::Failure;
use belljar_core::{Callee, Calling, Event, Receipt, Recording, Report, Session, limits};
use belljar_policy::Policy;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use crate::Belljar;
use crate::cancel::Cancel;
use crate::guest::{World, wall};
use crate::run::{Conditions, HOST, Limits};
use crate::tool::Tool;
use crate::toolbox::{Missing, Toolbox};

type Called = Pin<Box<dyn Future<Output = Event> + Send>>;

/// What is needed for calls.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) jar: Belljar,
    pub(crate) tools: Arc<Toolbox>,
}

/// The calls of one run. They go on while it waits.
pub(crate) struct Calls {
    running: FuturesUnordered<Called>,
    waiting: VecDeque<(Calling, Receipt)>,
    cancel: Cancel,
}

impl Calls {
    /// None yet, for a run that is ended by this switch.
    pub(crate) fn new(cancel: &Cancel) -> Self {
        Calls { running: FuturesUnordered::new(), waiting: VecDeque::new(), cancel: cancel.below() }
    }

    /// A call that is permitted: it begins now, or as soon as there is room.
    pub(crate) fn push(
        &mut self,
        calling: Calling,
        receipt: Receipt,
        world: &World,
        above: &mpsc::UnboundedSender<Event>,
    ) {
        self.waiting.push_back((calling, receipt));
        self.fill(world, above);
    }

    fn fill(&mut self, world: &World, above: &mpsc::UnboundedSender<Event>) {
        while self.running.len() < limits::CALLS_AT_ONCE
            && let Some((calling, receipt)) = self.waiting.pop_front()
        {
            let below = world.below(self.cancel.clone(), above.clone());
            self.running.push(Box::pin(called(calling, receipt, below)));
        }
    }

    /// How the next call ends; it goes on for ever if there is none.
    pub(crate) async fn next(&mut self, world: &World, above: &mpsc::UnboundedSender<Event>) -> Event {
        match self.running.next().await {
            Some(event) => {
                self.fill(world, above);
                event
            }
            None => std::future::pending().await,
        }
    }

    /// Ends what is under way; each writes the end of its log.
    pub(crate) async fn cancel(&mut self, session: &mut Session, now: belljar_core::Now) {
        self.waiting.clear();
        self.cancel.cancel();
        while let Some(event) = self.running.next().await {
            // The run that called is at its end, whatever comes of it.
            let _ = session.on(event, now);
        }
    }

    /// Leaves what is under way as it is, because it was kept.
    pub(crate) fn leave(&mut self) {
        self.waiting.clear();
        self.running.clear();
    }
}

/// Runs a called tool.
async fn called(calling: Calling, receipt: Receipt, world: World) -> Event {
    match run(calling, world).await {
        Ok(report) => Event::Returned(receipt, Box::new(report)),
        Err(failure) => Event::Result(receipt, Err(failure)),
    }
}

/// The tool of a name, with its own policy; the recorded one, if there is one.
pub(crate) async fn find(
    tools: Option<Tools>,
    name: String,
    recorded: Option<Arc<Recording>>,
) -> Result<(Tool, Policy), Failure> {
    let Some(Tools { jar, tools }) = tools else {
        return Err(Failure::NotFound(format!("{name}: there are no tools to call here")));
    };
    // Compiling takes a while, and must not hold up the deadline.
    let loaded = tokio::task::spawn_blocking(move || match recorded {
        Some(recording) => load(&jar, recording.parts()),
        None => tools.find(&jar, &name).map_err(|missing| match missing {
            Missing::NotThere(why) => Failure::NotFound(why),
            Missing::NotUsable(why) => Failure::Other(why),
        }),
    });
    loaded.await.map_err(|error| Failure::Other(error.to_string()))?
}

async fn run(calling: Calling, mut world: World) -> Result<Report, Failure> {
    let Some(Tools { jar, .. }) = world.tools.clone() else {
        return Err(Failure::NotFound(format!("{}: there are no tools to call here", calling.name())));
    };
    let found = find(world.tools.clone(), calling.name().to_owned(), calling.recording().cloned());
    let (tool, policy) = tokio::select! {
        biased;
        () = world.cancel.cancelled() => return Err(Failure::Other("cancelled".into())),
        found = found => found?,
    };
    let origin = tool.origin();
    let origin = origin.as_ref().map(|(file, bytes)| (&**file, &**bytes));
    let callee = Callee { contract: &tool.0.contract, policy: &policy, origin };
    let (run, input) = calling.begin(callee, HOST, wall())?;
    world.identity = tool.identity();
    let (meter, limits) = Limits::of(&run.policy().limits);
    Ok(jar.drive_to_end(&tool, &input, run, Conditions { world, meter, limits }).await)
}

/// The tool and the policy of a recorded call.
pub(crate) fn load(jar: &Belljar, parts: &belljar_core::Parts) -> Result<(Tool, Policy), Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::Other(format!("the recording of a called tool: {why}"));
    let tool = jar.load(&parts.file, &parts.tool).map_err(|error| failed(&error))?;
    let policy = Policy::parse(&parts.policy).map_err(|error| failed(&error))?;
    Ok((tool, policy))
}
