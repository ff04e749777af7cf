//! What a run answers at once, without a host and without a person: clock, randomness, console and artifacts, and the
//! count of requests.
//!
//! These answers follow from the run's seed, its limits and what the guest did so far. So the half of a browser's host
//! that holds the guest gives them by the same code as [`crate::Run`], with the same result, and sends no message.

use std::collections::{BTreeSet, HashMap, HashSet};

use belljar_abi::{Failure, Moment, Ticket, ToolFault};

use crate::artifact_name::artifact_name;
use crate::clock::Clock;
use crate::entry::Usage;
use crate::ledger::{Budget, Budgets, Ledger, Reservation};
use crate::limits;
use crate::outcome::Stop;
use crate::random::Random;

#[derive(Debug)]
pub(crate) struct AtOnce {
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    random: Random,
    loading_random: Option<Random>,
    artifacts: HashSet<String>,
    /// What is set aside for calls of tools that have begun and whose results were not handed over yet.
    aside: HashMap<Ticket, Reservation>,
    /// Calls of tools that have not begun.
    queued: BTreeSet<Ticket>,
}

impl AtOnce {
    pub(crate) fn new(clock: Clock, seed: [u8; 32], budgets: Budgets) -> Self {
        AtOnce {
            clock,
            ledger: Ledger::new(budgets),
            random: Random::new(seed),
            loading_random: None,
            artifacts: HashSet::new(),
            aside: HashMap::new(),
            queued: BTreeSet::new(),
        }
    }

    /// While an engine loads a program the clock stands at zero and randomness comes from a fixed seed.
    pub(crate) fn set_loading(&mut self, loading: bool) {
        self.loading_random = loading.then(|| Random::new([0; 32]));
    }

    pub(crate) fn is_loading(&self) -> bool {
        self.loading_random.is_some()
    }

    /// The outcome with which the tool ends its run, which it may not while an engine loads its program.
    pub(crate) fn ends(&self, outcome: Result<String, ToolFault>) -> Result<Result<String, ToolFault>, Stop> {
        if self.is_loading() {
            return Err(Stop::Protocol("the tool ends its run while its program is loaded".into()));
        }
        Ok(outcome)
    }

    pub(crate) fn now(&self) -> Moment {
        if self.is_loading() { 0 } else { self.clock.now() }
    }

    pub(crate) fn random(&mut self, length: u32) -> Result<Vec<u8>, Stop> {
        if length > limits::RANDOM {
            return Err(Stop::Protocol(format!(
                "the tool asked for {length} random bytes at once; the limit is {}",
                limits::RANDOM
            )));
        }
        Ok(self.loading_random.as_mut().unwrap_or(&mut self.random).bytes(length))
    }

    /// A line of the console, cut where it is too long; nothing if the budget is used up.
    pub(crate) fn line(&mut self, mut text: String) -> Option<String> {
        // The half that holds the guest has cut it; one that did not is cut here.
        if !limits::is_line(&text) {
            limits::shorten(&mut text, limits::CONSOLE_LINE);
        }
        self.ledger.line(text.len()).then_some(text)
    }

    /// Whether there may be an artifact, and if so, reserves its bytes.
    pub(crate) fn artifact(&mut self, name: &str, media_type: &str, bytes: usize) -> Result<(), Failure> {
        artifact_name(name).and_then(|()| media_type_fits(media_type)).map_err(Failure::Invalid)?;
        let known = self.artifacts.contains(name);
        if !known && self.artifacts.len() >= limits::ARTIFACTS {
            self.ledger.exhausted.get_or_insert("artifacts");
            return Err(Failure::Exhausted(format!("artifacts: the limit is {} files", limits::ARTIFACTS)));
        }
        self.ledger.artifact(bytes).map_err(Failure::Exhausted)?;
        if !known {
            self.artifacts.insert(name.to_owned());
        }
        Ok(())
    }

    /// A tool is called, whatever becomes of the call: that is decided elsewhere. Says whether it begins now, with a share of each
    /// budget set aside for it; else it is one of [`AtOnce::begin`]. Which it is follows from what the guest did and was told, so it
    /// is the same in a replay and in either half of a host.
    pub(crate) fn calls_tool(&mut self, ticket: Ticket) -> bool {
        self.queued.insert(ticket);
        self.has_room() && self.begins(ticket)
    }

    /// The guest waits for these tickets: the calls that begin by that, each with its share set aside. A wait for nothing but calls
    /// that have not begun would never end, so one of them begins even where there is no room.
    pub(crate) fn begin(&mut self, waits_for: &[Ticket]) -> Vec<Ticket> {
        let mut begun = Vec::new();
        while self.has_room()
            && let Some(&ticket) = self.queued.first()
        {
            self.begins(ticket);
            begun.push(ticket);
        }
        if let Some(&first) = waits_for.iter().min()
            && waits_for.iter().all(|ticket| self.queued.contains(ticket))
        {
            self.begins(first);
            begun.push(first);
        }
        begun
    }

    /// Whether a call has begun, or is none.
    pub(crate) fn has_begun(&self, ticket: Ticket) -> bool {
        !self.queued.contains(&ticket)
    }

    /// Whether something is set aside for called tools that have not answered.
    pub(crate) fn has_aside(&self) -> bool {
        !self.aside.is_empty()
    }

    fn has_room(&self) -> bool {
        self.aside.len() < limits::CALLS_AT_ONCE
    }

    fn begins(&mut self, ticket: Ticket) -> bool {
        let is_queued = self.queued.remove(&ticket);
        if is_queued {
            let share = self.ledger.share();
            self.aside.insert(ticket, share);
        }
        is_queued
    }

    /// How much of a budget is set aside for a call.
    pub(crate) fn aside(&self, ticket: Ticket, budget: Budget) -> u64 {
        self.aside.get(&ticket).map_or(0, |share| share.amount(budget))
    }

    /// The result of a call is handed over: what the called tool used is used, and the rest is there again.
    pub(crate) fn give_back(&mut self, ticket: Ticket, used: &Usage) {
        // One that was refused need not have begun.
        self.queued.remove(&ticket);
        // It was handed over before.
        let Some(share) = self.aside.remove(&ticket) else { return };
        let used = [
            (Budget::Calls, used.calls),
            (Budget::Console, used.console),
            (Budget::Artifacts, used.artifacts),
            (Budget::HttpRequests, used.http_requests.unwrap_or(0)),
            (Budget::HttpBytes, used.http_bytes.unwrap_or(0)),
            (Budget::Spend, used.spent.unwrap_or(0)),
            (Budget::FilesBytes, used.files_bytes.unwrap_or(0)),
        ];
        self.ledger.settle_share(share, &used);
    }

    /// Counts a request. The inner error is what the guest is told; the outer one ends the run.
    pub(crate) fn call(&mut self) -> Result<Result<(), Failure>, Stop> {
        match self.ledger.call() {
            Ok(()) => Ok(Ok(())),
            Err(_) if self.ledger.storms() => {
                // It ends the run where it is made, so it is none that anybody else hears of.
                self.ledger.forget_call();
                Err(Stop::Calls)
            }
            Err(text) => Ok(Err(Failure::Exhausted(text))),
        }
    }
}

fn media_type_fits(media_type: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_graphic() || c == ' ';
    if media_type.len() <= 255 && media_type.contains('/') && media_type.chars().all(plain) {
        Ok(())
    } else {
        Err(format!("a media type is like \"image/svg+xml\": not {media_type:?}"))
    }
}
