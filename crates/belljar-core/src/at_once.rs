//! What a run answers at once, without a host and without a person: clock, randomness, console and artifacts, and the
//! count of requests.
//!
//! These answers follow from the run's seed, its limits and what the guest did so far. So the half of a browser's host
//! that holds the guest gives them by the same code as [`crate::Run`], with the same result, and sends no message.

use std::collections::HashSet;

use belljar_abi::{Failure, Moment};

use crate::artifact_name::artifact_name;
use crate::clock::Clock;
use crate::ledger::{Budgets, Ledger};
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
}

impl AtOnce {
    pub(crate) fn new(clock: Clock, seed: [u8; 32], budgets: Budgets) -> Self {
        AtOnce {
            clock,
            ledger: Ledger::new(budgets),
            random: Random::new(seed),
            loading_random: None,
            artifacts: HashSet::new(),
        }
    }

    /// While an engine loads a program the clock stands at zero and randomness comes from a fixed seed.
    pub(crate) fn set_loading(&mut self, loading: bool) {
        self.loading_random = loading.then(|| Random::new([0; 32]));
    }

    pub(crate) fn is_loading(&self) -> bool {
        self.loading_random.is_some()
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
