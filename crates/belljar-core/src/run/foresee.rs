//! A run under a plan: what it asks for is compared with what it asked for when it was rehearsed.

use belljar_abi::{Request, Ticket};

use super::judge::Judgement;
use super::state::Run;
use crate::capability::{self, Act, Ask, Judge, Judged, request_digest};
use crate::outcome::Stop;
use crate::plan::{Carried, Planned, PlannedCall, too_large};
use crate::tree::Tree;

impl Run {
    /// Compares a request with the next one of the plan. Once something else is asked for, nothing more is approved by it. All that
    /// the plan shows is compared, so that nobody approves by a plan that shows one thing and has the digest of another. Returns
    /// what a plan has of the request, if the run makes one.
    pub(super) fn foresee(
        &mut self,
        ticket: Ticket,
        request: &Request,
        what: &str,
        is_canonical: bool,
    ) -> Result<Option<Planned>, Stop> {
        self.is_foreseen = false;
        if !is_canonical || self.terms.plan().is_none() && !self.terms.rehearses() {
            return Ok(None);
        }
        let act = match request.judge(ticket, &self.terms) {
            Ok(Judged::ByRules(_, act)) => act,
            _ => None,
        };
        let planned = Planned {
            run: self.place.path.clone(),
            ticket,
            capability: request.capability().name().into(),
            what: what.to_owned(),
            headers: request.headers().to_vec(),
            secrets: act.as_ref().map(Act::secrets).unwrap_or_default(),
            keys: act.as_ref().map(Act::keys).unwrap_or_default(),
            carries: Carried::of(request),
            content: request_digest(&capability::packed(request)?),
            cost: None,
            is_asked: false,
        };
        if let Some(plan) = self.terms.plan()
            && !self.deviates
        {
            let next = plan.of_run(&self.place.path).nth(self.foreseen);
            self.is_foreseen = next.is_some_and(|next| next.shows(&planned));
            self.deviates = !self.is_foreseen;
            self.foreseen += usize::from(self.is_foreseen);
        }
        Ok(self.terms.rehearses().then_some(planned))
    }

    /// Writes down what is asked for and not refused, if the run is a rehearsal.
    ///
    /// # Errors
    ///
    /// If a plan has no room for it.
    pub(super) fn write_down(&self, planned: Option<Planned>, judgement: &Judgement) -> Result<(), Stop> {
        let (Some(planned), Ok(act)) = (planned, &judgement.comes_to) else { return Ok(()) };
        let planned = Planned { cost: judgement.cost, is_asked: act.is_none(), ..planned };
        if self.place.tree.plan(planned) { Ok(()) } else { Err(Stop::Host(too_large())) }
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
