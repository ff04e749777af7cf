//! Waiting for results, and taking them.

use belljar_abi::{Failure, Moment, Response, Ticket, cell};
use belljar_policy::limits::MOST_MONEY;

use super::state::{Run, State, Waited};
use crate::capability::{Answered, Capability};
use crate::contract::sha256;
use crate::entry::{At, Entry};
use crate::ledger::Budget;
use crate::outcome::Stop;

impl Run {
    /// Whether one of the tickets has its result, so that a wait for them ends at once.
    pub(crate) fn has_any(&self, tickets: &[Ticket]) -> bool {
        let state = |ticket: &Ticket| self.tickets.get((*ticket as usize).wrapping_sub(1));
        tickets.iter().filter_map(state).any(|state| matches!(state, State::Completed(..) | State::Settled(_)))
    }

    /// What a wait of the guest comes to. `now` is the host's clock.
    pub(crate) fn wait(&mut self, tickets: &[Ticket], until: Option<Moment>, now: Moment) -> Result<Waited, Stop> {
        if tickets.is_empty() && until.is_none() {
            return Err(Stop::Protocol("the tool waits for nothing at all".into()));
        }
        // A run that was suspended goes on by itself where it waited, and nowhere else.
        self.feed_answers()?;
        self.go_on()?;
        self.feed()?;
        let mut first = None;
        for &ticket in tickets {
            match self.slot(ticket)? {
                // The first that was handed in comes first.
                State::Completed(order, _) if first.is_none_or(|(least, _)| *order < least) => {
                    first = Some((*order, ticket));
                }
                State::Settled(_) => {
                    self.give_back(ticket);
                    return Ok(Waited::Ready(Some(ticket)));
                }
                State::Taken => {
                    return Err(Stop::Protocol(format!(
                        "the tool waits for ticket {ticket}, which it has taken already"
                    )));
                }
                _ => {}
            }
        }
        if self.is_replay() {
            return self.replayed_wait(tickets, until).map(Waited::Ready);
        }
        if let Some((_, ticket)) = first {
            self.hand_over(ticket, now)?;
            return Ok(Waited::Ready(Some(ticket)));
        }
        match until {
            Some(until) if self.at_once.clock.now() >= until => {
                self.came_back_empty(tickets);
                Ok(Waited::Ready(None))
            }
            Some(until) => Ok(Waited::Pending(Some(self.at_once.clock.remaining(until, now)))),
            None => Ok(Waited::Pending(None)),
        }
    }

    /// Hands a completed result over to the guest that waited for it.
    pub(super) fn hand_over(&mut self, ticket: Ticket, now: Moment) -> Result<(), Stop> {
        self.at_once.clock.advance(now);
        let slot = self.slot(ticket)?;
        let result = match std::mem::replace(slot, State::Taken) {
            State::Completed(_, result) => result,
            _ => return Err(Stop::Host(format!("ticket {ticket} has no result to hand over"))),
        };
        let (outcome, bytes) = match &result {
            Ok(response) => ("ok", response.size()),
            Err(failure) => (failure_name(failure), 0),
        };
        let called = self.called.get(&ticket).copied();
        self.give_back(ticket);
        let bill = self.bills.remove(&ticket);
        let possibly = bill.as_ref().and_then(|bill| bill.possibly(&result));
        self.possibly = self.possibly.saturating_add(possibly.unwrap_or_default());
        let is_bounded = self.terms.policy().limits.spend.is_some();
        let cost = bill.filter(|_| is_bounded).map(|bill| bill.total(&result));
        if let Some(reservation) = self.reserved.remove(&ticket) {
            // What a request carries is held no longer.
            let requests = reservation.amount(Budget::HttpRequests);
            // What was sent counts, and what came; of each hop a byte was reserved for what comes.
            let sent = reservation.amount(Budget::HttpBytes).saturating_sub(requests);
            let actual = if requests > 0 { bytes.saturating_add(sent) } else { 0 };
            // A write that failed in words of the system's may have been done in part.
            let wrote = match &result {
                Ok(_) | Err(Failure::Other(_)) => reservation.amount(Budget::FilesBytes),
                Err(_) => 0,
            };
            let actual = [
                (Budget::HttpRequests, requests),
                (Budget::HttpBytes, actual),
                (Budget::Spend, cost.unwrap_or(0)),
                (Budget::FilesBytes, wrote),
            ];
            self.at_once.ledger.settle(reservation, &actual);
        }
        if let Err(Failure::Exhausted(text)) = &result {
            // Here, and not when the result came: a replay hands it over, too.
            // The longer names come first. Before there were limits of that name, a full store was called "kv".
            let budgets = [
                "in-flight",
                "kv-bytes",
                "kv-keys",
                "kv",
                "files-bytes",
                "files",
                "http-bytes",
                "http-requests",
                "spend",
            ];
            let budget = budgets.into_iter().find(|name| text.starts_with(name)).unwrap_or("results");
            self.at_once.ledger.exhausted.get_or_insert(budget);
        }
        if let Ok(response) = &result {
            self.place.tree.reads(response);
        }
        let content = cell::pack(&result).map_err(|fault| Stop::Host(fault.to_string()))?;
        *self.slot(ticket)? = State::Settled(result);
        let empty = self.empty();
        self.log.entry(&Entry::Result {
            at: At(self.at_once.clock.now()),
            bytes,
            cost: cost.map(|cost| cost.min(MOST_MONEY)),
            empty: (empty > 0).then_some(empty),
            log: called.map(|called| called.head),
            possibly: possibly.map(|possibly| possibly.min(MOST_MONEY)),
            result: outcome.into(),
            sha256: sha256(&content),
            ticket,
            usage: called.map(|called| called.usage),
        })?;
        self.log.keep(ticket, &content)?;
        Ok(())
    }

    /// The guest is told of a call's result: what was set aside for it and not used is there again.
    fn give_back(&mut self, ticket: Ticket) {
        let (aside, used) = (self.at_once.aside(ticket, Budget::HttpBytes), self.used_by_call(ticket));
        self.http_left = self.http_left.saturating_add(aside.saturating_sub(used.http_bytes.unwrap_or(0)));
        self.at_once.give_back(ticket, &used);
    }

    /// A wait whose time had passed found nothing. Whether something is there by then is chance, so a replay must know
    /// how often it was not: the next answer or result tells.
    pub(super) fn came_back_empty(&mut self, tickets: &[Ticket]) {
        if !tickets.is_empty() {
            self.empty = (self.empty() + 1, self.log.count());
        }
    }

    /// How many waits came back empty-handed since the last entry.
    pub(super) fn empty(&self) -> u64 {
        if self.empty.1 == self.log.count() { self.empty.0 } else { 0 }
    }

    /// The time of a pending wait came before any result.
    pub(crate) fn elapsed(&mut self, until: Moment, now: Moment) -> Result<(), Stop> {
        self.at_once.clock.elapse(until, now);
        self.log.entry(&Entry::Wait { at: At(self.at_once.clock.now()) })?;
        Ok(())
    }

    /// The result of a request that the guest may take, for handing it to where the guest is.
    pub fn settled(&self, ticket: Ticket) -> Option<&Result<Response, Failure>> {
        match (ticket as usize).checked_sub(1).and_then(|at| self.tickets.get(at)) {
            Some(State::Settled(result)) => Some(result),
            _ => None,
        }
    }

    /// The result of a finished request.
    pub fn take(&mut self, ticket: Ticket, capability: Capability) -> Result<Result<Response, Failure>, Stop> {
        let slot = self.slot(ticket)?;
        match std::mem::replace(slot, State::Taken) {
            State::Settled(result) => {
                if let Ok(response) = &result
                    && response.capability() != capability
                {
                    return Err(Stop::Protocol(format!("ticket {ticket} is not one of {}", capability.name())));
                }
                self.flight.taken(&result);
                // Of a call that was refused, whoever has not waited for it is told here.
                self.give_back(ticket);
                Ok(result)
            }
            State::Taken => Err(Stop::Protocol(format!("the tool takes ticket {ticket} twice"))),
            other => {
                *slot = other;
                Err(Stop::Protocol(format!("the tool takes ticket {ticket} before it has waited for it")))
            }
        }
    }
}

pub(super) fn failure_name(failure: &Failure) -> &'static str {
    match failure {
        Failure::Denied(_) => "denied",
        Failure::Exhausted(_) => "exhausted",
        Failure::NotFound(_) => "not-found",
        Failure::Invalid(_) => "invalid",
        Failure::TooLarge(_) => "too-large",
        Failure::TimedOut(_) => "timed-out",
        Failure::Other(_) => "other",
    }
}
