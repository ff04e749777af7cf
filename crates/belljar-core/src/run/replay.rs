//! A run that is fed from a recording instead of from effects.
//!
//! It is the same state machine. What came from outside (moments, the seed, results, people's answers, the order in
//! which things were done) comes from the recording; no permit and no question leaves the core; and every line of the
//! log is compared as it is written. The first one that differs ends the run.

use std::sync::Arc;

use belljar_abi::{Moment, Response, Ticket};
use thiserror::Error;

use super::call::Place;
use super::state::{Called, Run, Setup, State};
use crate::clock::format_moment;
use crate::contract::{Contract, hex};
use crate::edit::Edit;
use crate::entry::Usage;
use crate::outcome::{Exit, Stop};
use crate::question::Answer;
use crate::recording::{Kind, Recording};
use crate::sink::{Divergence, LogSink, SharedSink};
use crate::terms::Terms;

/// Why a recording cannot be replayed here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReplayError {
    /// Something that the log's start names is another one here.
    #[error("the recording cannot be replayed here: its {what} is {recorded}, and here it is {here}; {hint}")]
    Other {
        /// What: "tool", "engine", "admission version" or "policy".
        what: &'static str,
        /// As recorded.
        recorded: String,
        /// As it is here.
        here: String,
        /// How to mend it.
        hint: &'static str,
    },
    /// It was to be resumed, and was not suspended.
    #[error("this recording is not of a run that was suspended: `belljar replay` runs it again")]
    NotSuspended,
    /// The input is not one that the tool can have got.
    #[error("the recording cannot be replayed here: its input is none that the tool accepts in that form")]
    Input,
    /// The start or the seed already differ.
    #[error(transparent)]
    Diverged(Box<Divergence>),
    /// The run could not be started.
    #[error("{0}")]
    Unstarted(Stop),
}

impl Run {
    /// Starts a run that repeats a recorded one. It performs nothing: it never hands out a permit or a question, and
    /// a wait is always ready. Moments that a host hands in are not used.
    ///
    /// The lines of its log go to `sink` after they were compared. A line that differs ends the run, and
    /// [`crate::Report::divergence`] shows both sides. A run that was ended from outside (by time, cancelled, by a failure of
    /// its host) is replayed up to its last entry and ends as recorded, with the recorded measures.
    ///
    /// # Errors
    ///
    /// If the tool, its engine, the version of admission or the policy is not the recorded one.
    pub fn replay(
        contract: &Contract,
        recording: Arc<Recording>,
        terms: impl Into<Arc<Terms>>,
        sink: Box<dyn LogSink>,
    ) -> Result<Self, ReplayError> {
        let place = Place { recorded: Some(recording.below.clone()), ..Place::first() };
        Self::replay_at(place, contract, recording, terms.into(), SharedSink::new(sink))
    }

    /// The same for a run that stands somewhere below others.
    pub(super) fn replay_at(
        place: Place,
        contract: &Contract,
        recording: Arc<Recording>,
        terms: Arc<Terms>,
        sink: SharedSink,
    ) -> Result<Self, ReplayError> {
        let start = &recording.start;
        let engine = |engine: Option<[u8; 32]>| engine.map_or_else(|| "none".into(), |engine| hex(&engine));
        let version = "replay it with the version of Belljar that recorded it";
        for (what, recorded, here, hint) in [
            (
                "tool",
                format!("{} {}", start.tool, hex(&start.tool_hash)),
                format!("{} {}", contract.name, hex(&contract.identity)),
                "the tool was changed",
            ),
            ("engine", engine(start.engine), engine(contract.engine), version),
            ("admission version", start.admission.to_string(), belljar_admit::VERSION.to_string(), version),
            (
                "policy",
                hex(&start.policy),
                hex(terms.digest()),
                "the policy was changed, or an earlier version of Belljar recorded it, which wrote policies down in another way",
            ),
        ] {
            if recorded != here {
                return Err(ReplayError::Other { what, recorded, here, hint });
            }
        }
        // The host that recorded it gave the tool only what its contract accepts, in that form.
        let input = &recording.parts().input;
        if !contract.accept_input(input).is_ok_and(|accepted| accepted == *input) {
            return Err(ReplayError::Input);
        }
        let setup =
            Setup { contract, input: &recording.parts().input, host: &start.host, now: start.at, seed: start.seed };
        let allowance = start.allowance.as_ref();
        Run::begin(setup, terms, sink, place, allowance, Some(recording.clone())).map_err(|(stop, divergence)| {
            match divergence {
                Some(divergence) => ReplayError::Diverged(divergence),
                None => ReplayError::Unstarted(stop),
            }
        })
    }

    /// Whether this run repeats a recorded one now.
    pub fn is_replay(&self) -> bool {
        self.recording.is_some()
    }

    /// Whether a replay must end here, where the guest has used so much fuel: the recorded run was ended from outside
    /// while the tool computed. A host asks it whenever it hands out fuel.
    ///
    /// # Errors
    ///
    /// Why the recorded run ended.
    pub fn checkpoint(&self, fuel: u64) -> Result<(), Stop> {
        match self.next() {
            Some(Kind::End { stop: Some(stop), fuel: recorded, .. }) if fuel >= *recorded => Err(stop.clone()),
            _ => Ok(()),
        }
    }

    /// The recorded entry that must be written next.
    pub(super) fn next(&self) -> Option<&Kind> {
        let recording = self.recording.as_ref()?;
        recording.entries.get(usize::try_from(self.log.count()).ok()?).map(|entry| &entry.kind)
    }

    /// Hands in the answers that came before whatever happens now, and ends the run where the recorded one was ended.
    pub(super) fn feed(&mut self) -> Result<(), Stop> {
        if self.recording.is_none() {
            return Ok(());
        }
        self.feed_answers()?;
        match self.next() {
            Some(Kind::End { stop: Some(stop), .. }) => Err(stop.clone()),
            // A run that was suspended goes on by itself at its next wait. What leaves no entry (a line that the console has no
            // room for) can come before that; an entry would be another one than was recorded.
            None if self.resumes => Ok(()),
            None => Err(Stop::Host(ENDS.into())),
            _ => Ok(()),
        }
    }

    pub(super) fn feed_answers(&mut self) -> Result<(), Stop> {
        if self.recording.is_none() {
            return Ok(());
        }
        loop {
            let (ticket, mut answer, at) = match self.next() {
                Some(Kind::Answer { ticket, answer, at, empty }) if *empty == self.empty() => {
                    (*ticket, answer.clone(), *at)
                }
                Some(&Kind::Found { ticket, found, empty }) if empty == self.empty() => {
                    // Nobody is asked: the answer is recorded.
                    drop(self.found(ticket, Ok(found))?);
                    continue;
                }
                Some(Kind::Redirect { ticket, status, url, empty }) if *empty == self.empty() => {
                    let (ticket, status, url) = (*ticket, *status, url.clone());
                    // The hop is not performed: its permit ends here.
                    drop(self.hop(ticket, status, &url)?);
                    continue;
                }
                _ => return Ok(()),
            };
            // What a person said is the result of the question.
            if let Answer::Said { text, .. } = &mut answer
                && let Some(Ok(Response::Human(said))) = self.recording.as_ref().and_then(|r| r.result(ticket))
            {
                *text = said.answer;
            }
            // What a person approved in the place of the request, too.
            if let Answer::Edited { edit, .. } = &mut answer
                && let Some(request) = self.recording.as_ref().and_then(|recording| recording.edited(ticket))
            {
                *edit = Edit::of(&request);
            }
            // The act that a "yes" permits is not performed: its permit ends here.
            drop(self.answered(ticket, answer, at)?);
        }
    }

    /// What a wait came to that was not settled before it began.
    pub(super) fn replayed_wait(&mut self, tickets: &[Ticket], until: Option<Moment>) -> Result<Option<Ticket>, Stop> {
        let passed = until.is_some_and(|until| self.at_once.clock.now() >= until);
        match (self.next(), until) {
            (Some(&Kind::Result { ticket, at, empty, called }), _)
                if empty == self.empty() && tickets.contains(&ticket) =>
            {
                let result = self.recording.as_ref().and_then(|recording| recording.result(ticket));
                if let Some((usage, head)) = called {
                    self.called.insert(ticket, Called { usage, head });
                }
                let slot = self.slot(ticket)?;
                if let (State::Acting(_), Some(result)) = (&*slot, result) {
                    *slot = State::Completed(0, result);
                }
                self.hand_over(ticket, at)?;
                Ok(Some(ticket))
            }
            (Some(&Kind::Wait { at }), Some(until)) if !passed => {
                self.elapsed(until, at)?;
                Ok(None)
            }
            _ if passed => {
                self.came_back_empty(tickets);
                Ok(None)
            }
            _ => {
                let until = until.map(|until| format!(" until {}", format_moment(until))).unwrap_or_default();
                Err(self.log.diverge(&format!("(the tool waits for the tickets {tickets:?}{until})")).into())
            }
        }
    }

    /// The moment, exit and measures with which a replay ends; nothing changes otherwise.
    pub(super) fn replayed_end(&mut self, now: &mut Moment, exit: &mut Exit, usage: &mut Usage) {
        if self.recording.is_none() {
            return;
        }
        // What goes wrong here shows in the comparison of the end entry.
        let _fed = self.feed_answers();
        match self.next() {
            Some(Kind::End { at, stop, fuel, pages, console_dropped }) => {
                *now = *at;
                if let Some(stop) = stop
                    && !self.log.has_diverged()
                {
                    *exit = Exit::Stopped(stop.clone());
                    (usage.fuel, usage.pages, usage.console_dropped) = (*fuel, *pages, *console_dropped);
                }
            }
            // Somebody may have ended it meanwhile.
            None if !matches!(exit, Exit::Stopped(_)) => *exit = Exit::Stopped(Stop::Host(ENDS.into())),
            None | Some(_) => {}
        }
    }
}

/// Why a replay ends whose recording has no end entry.
pub(crate) const ENDS: &str = "the recording ends here, without an end entry: the recorded run was cut off";
