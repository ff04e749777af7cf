//! A run under a plan: what it asks for is compared with what it asked for when it was rehearsed.

use belljar_abi::{Request, Ticket};

use super::judge::Judgement;
use super::state::Run;
use crate::capability::{self, Ask, request_digest};
use crate::outcome::Stop;
use crate::plan::{Planned, PlannedCall};
use crate::tree::Tree;

impl Run {
    /// Compares a request with the next one of the plan. Once something else is asked for, nothing more is approved by it. The
    /// digest of the request is there if somebody needs it.
    pub(super) fn foresee(&mut self, request: &Request, is_canonical: bool) -> Result<Option<[u8; 32]>, Stop> {
        self.is_foreseen = false;
        if !is_canonical || self.terms.plan().is_none() && !self.terms.rehearses() {
            return Ok(None);
        }
        let content = request_digest(&capability::packed(request)?);
        if let Some(plan) = self.terms.plan()
            && !self.deviates
        {
            let next = plan.of_run(&self.place.path).nth(self.foreseen);
            self.is_foreseen = next.is_some_and(|planned| planned.content == content);
            self.deviates = !self.is_foreseen;
            self.foreseen += usize::from(self.is_foreseen);
        }
        Ok(Some(content))
    }

    /// Writes down what is asked for and not refused, if the run is a rehearsal. What a tool asks a person itself is no act.
    pub(super) fn write_down(
        &self,
        ticket: Ticket,
        request: &Request,
        what: &str,
        content: Option<[u8; 32]>,
        judgement: &Judgement,
    ) {
        let (Some(content), true, Ok(act)) = (content, self.terms.rehearses(), &judgement.comes_to) else { return };
        self.place.tree.plan(Planned {
            run: self.place.path.clone(),
            ticket,
            capability: request.capability().name().into(),
            what: what.to_owned(),
            bytes: request.payload().map_or(0, <[u8]>::len) as u64,
            content,
            cost: judgement.cost,
            is_asked: act.is_none(),
        });
    }

    /// Where a run that [rehearses](crate::Terms::rehearsing), and those below it, write down what they ask for.
    pub fn written_down(&self) -> WrittenDown {
        WrittenDown(self.place.tree.clone())
    }
}

/// What is asked for in a rehearsal, and not refused.
#[derive(Debug)]
pub struct WrittenDown(Tree);

impl WrittenDown {
    /// All of it, run by run, and the tools that were called, once the run has ended.
    pub fn take(&self) -> (Vec<Planned>, Vec<PlannedCall>) {
        (self.0.planned(), self.0.planned_calls())
    }
}
