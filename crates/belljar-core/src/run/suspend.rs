//! A run that is suspended while it waits for a person, and resumed again, here or on another host.
//!
//! What is suspended is its recording so far. To resume it, the tool is run again: until the recording ends everything
//! comes from there, as in a replay; then the run goes on by itself. The tool cannot tell, but by the time that has passed.

use std::collections::BTreeMap;
use std::sync::Arc;

use belljar_abi::cell::{self, unpack};
use belljar_abi::{Failure, Response, Ticket};
use thiserror::Error;

use super::call::Place;
use super::replay::ReplayError;
use super::state::{Run, State};
use crate::capability::Act;
use crate::contract::Contract;
use crate::ledger::Budget;
use crate::outcome::Stop;
use crate::question::Question;
use crate::recording::{Held, Recording};
use crate::run_path::RunPath;
use crate::sink::{LogSink, MemoryLog, SharedSink};
use crate::terms::Terms;

/// Why a run cannot be suspended now.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotSuspendable {
    /// Nobody is asked.
    #[error("a run can be suspended while it waits for a person, and this one does not")]
    AsksNobody,
    /// Something is being done whose result would be lost.
    #[error("a run cannot be suspended while an act is under way")]
    Acting,
}

impl Run {
    /// Resumes a run that was suspended: a replay that goes on by itself where the recording ends. Then the host asks
    /// [`Run::reopened`].
    ///
    /// # Errors
    ///
    /// As [`Run::replay`] and [`Run::start`], and if the recording is not of a run that was suspended.
    pub fn resume(
        contract: &Contract,
        recording: Arc<Recording>,
        terms: impl Into<Arc<Terms>>,
        sink: Box<dyn LogSink>,
    ) -> Result<Self, ReplayError> {
        if recording.suspended().is_none() {
            return Err(ReplayError::NotSuspended);
        }
        let place = Place { recorded: Some(recording.below.clone()), ..Place::first() };
        Self::resume_at(place, contract, recording, terms.into(), SharedSink::new(sink))
    }

    /// The same for a run that stands somewhere below others.
    pub(super) fn resume_at(
        place: Place,
        contract: &Contract,
        recording: Arc<Recording>,
        terms: Arc<Terms>,
        sink: SharedSink,
    ) -> Result<Self, ReplayError> {
        terms.check().map_err(ReplayError::Unstarted)?;
        let mut run = Self::replay_at(place, contract, recording, terms, sink)?;
        run.resumes = true;
        Ok(run)
    }

    /// Whether [`Run::resume`] would begin, before anything is opened or let go of for it.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn check_resumable(
        contract: &Contract,
        recording: &Arc<Recording>,
        terms: impl Into<Arc<Terms>>,
    ) -> Result<(), ReplayError> {
        Self::resume(contract, recording.clone(), terms, Box::<MemoryLog>::default()).map(drop)
    }

    /// The questions that were open when a run that was suspended went on by itself; each is handed out once.
    pub(crate) fn reopened(&mut self) -> Vec<Question> {
        let mut reopened = std::mem::take(&mut self.reopened);
        // One that was withdrawn meanwhile is not asked again.
        reopened.retain(|question| {
            let at = (question.id.ticket as usize).wrapping_sub(1);
            matches!(self.tickets.get(at), Some(State::Asked(_)))
        });
        reopened
    }

    /// The calls that were under way then; each is handed out once.
    pub(crate) fn recalled(&mut self) -> Vec<Act> {
        std::mem::take(&mut self.recalled)
    }

    /// Whether the run can be suspended now, and what must be kept beside its log.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(crate) fn held(&self) -> Result<Held, NotSuspendable> {
        if self.is_replay() || !self.awaits_person() && !self.place.tree.asks_below(&self.place.path) {
            return Err(NotSuspendable::AsksNobody);
        }
        self.left_behind()
    }

    /// What must be kept beside its log of a run that waits, whoever is asked.
    pub(crate) fn left_behind(&self) -> Result<Held, NotSuspendable> {
        let (mut contents, mut order) = (BTreeMap::new(), Vec::new());
        for (ticket, state) in (1..).zip(&self.tickets) {
            match state {
                // A called run is kept with its caller.
                State::Acting(acting) if acting.call.is_some() => {}
                State::Acting(_) | State::Sought(_) => return Err(NotSuspendable::Acting),
                State::Completed(number, result) => {
                    order.push((*number, ticket));
                    // What was lifted can be lowered.
                    let content = cell::pack(result).map_err(|_| NotSuspendable::Acting)?;
                    contents.insert(ticket, content);
                }
                _ => {}
            }
        }
        let by_ticket = order.is_sorted();
        order.sort_unstable();
        let order = if by_ticket { Vec::new() } else { order.into_iter().map(|(_, ticket)| ticket).collect() };
        Ok(Held { contents, order, empty: self.empty() })
    }

    /// What must be kept of the called runs, with what is left of their time; nothing while one of them does not wait.
    pub(crate) fn held_below(&self) -> Result<BTreeMap<RunPath, (Held, u64)>, NotSuspendable> {
        self.place.tree.held().ok_or(NotSuspendable::Acting)
    }

    /// Whether it is resumed.
    pub(crate) fn resumes(&self) -> bool {
        self.resumes
    }

    /// Whether [`Run::held`] has something to say.
    pub(crate) fn is_suspendable(&self) -> bool {
        let (tree, path) = (&self.place.tree, &self.place.path);
        let asks = self.awaits_person() || tree.asks_below(path);
        !self.is_replay() && asks && !self.acts() && tree.waits()
    }

    /// Whether something is under way for it besides calls.
    pub(crate) fn acts(&self) -> bool {
        self.tickets.iter().any(|state| match state {
            State::Acting(acting) => acting.call.is_none(),
            State::Sought(_) => true,
            _ => false,
        })
    }

    /// Whether a run that was resumed has gone beyond where it was suspended.
    pub(crate) fn is_beyond(&self) -> bool {
        self.resumed_at.is_some_and(|at| self.log.count() > at)
    }

    /// The hash of the log's last line, and how many entries it has.
    pub(crate) fn log_head(&self) -> ([u8; 32], u64) {
        (self.log.head(), self.log.count())
    }

    /// Goes on by itself if the recording ends here and is one of a run that was suspended.
    pub(super) fn go_on(&mut self) -> Result<(), Stop> {
        if !self.resumes || self.next().is_some() {
            return Ok(());
        }
        // Waits that had come back empty-handed come before it.
        if self.recording.as_ref().is_some_and(|recording| recording.parts().held.empty > self.empty()) {
            return Ok(());
        }
        let Some(recording) = self.recording.take() else { return Ok(()) };
        self.log.go_on();
        self.resumed_at = Some(self.log.count());
        self.http_left = self.at_once.ledger.left(Budget::HttpBytes);
        // They come in the order in which they came first.
        let order = &recording.parts().held.order;
        let came = |ticket: Ticket| order.iter().position(|held| *held == ticket).unwrap_or(ticket as usize) as u64;
        let mut calls = Vec::new();
        for (ticket, state) in (1..).zip(&mut self.tickets) {
            match state {
                // It begins at a later wait.
                State::Acting(acting) if acting.call.is_some() && !self.at_once.has_begun(ticket) => {}
                State::Acting(acting)
                    if acting.call.is_some() && !recording.parts().held.contents.contains_key(&ticket) =>
                {
                    calls.push(ticket);
                }
                State::Acting(_) => {
                    let held = recording.parts().held.contents.get(&ticket);
                    let Some(response) = held.and_then(|content| unpack::<Result<Response, Failure>>(content).ok())
                    else {
                        return Err(Stop::Host(format!("the recording lacks the result of ticket {ticket}")));
                    };
                    *state = State::Completed(came(ticket), response);
                }
                State::Completed(number, _) => *number = came(ticket),
                State::Asked(asked) => self.reopened.push(asked.question.clone()),
                _ => {}
            }
        }
        for ticket in calls {
            let act = self.recall(ticket);
            self.recalled.extend(act);
        }
        self.completed = self.tickets.len() as u64 + 1;
        Ok(())
    }
}
