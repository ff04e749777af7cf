//! What the runs of one tree know of each other: who waits, who asks a person, and whether all of it is kept outside.
//!
//! A tool that calls other tools has runs below its own. They are kept, let go of and resumed together: a run that asks a person
//! suspends those above it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use belljar_abi::{Request, Response};

use crate::plan::{Planned, PlannedCall, Sheet};
use crate::read::Reads;
use crate::recording::Held;
use crate::run_path::RunPath;

/// Whether a tree of runs is kept outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kept {
    #[default]
    No,
    /// As it was when it was suspended, before it was resumed here.
    Before,
    /// The same, and the host knows that it waits there again.
    Still,
    /// As it is now.
    Now,
}

/// What one run says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// It asks a person.
    pub(crate) asks: bool,
    /// It waits, and nothing is under way for it but calls: what must be kept of it, and milliseconds that are left of its time.
    pub(crate) held: Option<(Held, u64)>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The runs below the first one that have begun, or are about to.
    called: BTreeMap<RunPath, Node>,
    kept: Kept,
    /// What they ask for, if it is written down.
    planned: Sheet,
    planned_calls: Vec<PlannedCall>,
    /// Who started the first one, if that is known.
    starter: Option<String>,
    /// What they have read.
    reads: Reads,
}

/// What the runs of one tree share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree(Arc<Mutex<Shared>>);

impl Tree {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run says what it is; true if that is something else than before.
    pub(crate) fn say(&self, run: &RunPath, node: Node) -> bool {
        let mut shared = self.shared();
        match shared.called.get_mut(run) {
            Some(known) if *known == node => false,
            Some(known) => {
                *known = node;
                true
            }
            None => false,
        }
    }

    /// The first run begins.
    pub(crate) fn start(&self, starter: Option<&str>) {
        self.shared().starter = starter.map(str::to_owned);
    }

    /// Who started the first run, if that is known.
    pub(crate) fn starter(&self) -> Option<String> {
        self.shared().starter.clone()
    }

    /// A run is about to be called.
    pub(crate) fn begin(&self, run: RunPath) {
        self.shared().called.insert(run, Node::default());
    }

    /// A called run has ended, and with it those below it.
    pub(crate) fn end(&self, run: &RunPath) {
        self.shared().called.retain(|known, _| known != run && !known.is_below(run));
    }

    /// Whether a run below this one asks a person.
    pub(crate) fn asks_below(&self, run: &RunPath) -> bool {
        self.shared().called.iter().any(|(known, node)| node.asks && known.is_below(run))
    }

    /// What must be kept of the called runs; nothing if one of them does something else than to wait.
    pub(crate) fn held(&self) -> Option<BTreeMap<RunPath, (Held, u64)>> {
        let shared = self.shared();
        shared.called.iter().map(|(run, node)| Some((run.clone(), node.held.clone()?))).collect()
    }

    /// Whether all called runs wait.
    pub(crate) fn waits(&self) -> bool {
        self.shared().called.values().all(|node| node.held.is_some())
    }

    /// Writes down what a run asks for; false if a plan has no room for it.
    pub(crate) fn plan(&self, planned: Planned) -> bool {
        self.shared().planned.add(planned)
    }

    /// What was written down, run by run.
    pub(crate) fn planned(&self) -> Vec<Planned> {
        self.shared().planned.take()
    }

    /// Writes down which tool a run below is of.
    pub(crate) fn plan_call(&self, call: PlannedCall) {
        self.shared().planned_calls.push(call);
    }

    /// The tools that were written down, in the order of their runs.
    pub(crate) fn planned_calls(&self) -> Vec<PlannedCall> {
        let mut planned = std::mem::take(&mut self.shared().planned_calls);
        planned.sort_by(|one, other| one.run.cmp(&other.run));
        planned
    }

    /// One of the runs is given what it asked for.
    pub(crate) fn reads(&self, response: &Response) {
        self.shared().reads.add(response);
    }

    /// What was read that may be in a request, in words.
    pub(crate) fn told(&self, request: &Request) -> Vec<String> {
        self.shared().reads.told(request)
    }

    pub(crate) fn kept(&self) -> Kept {
        self.shared().kept
    }

    pub(crate) fn set_kept(&self, kept: Kept) {
        self.shared().kept = kept;
    }
}
