//! A run as the guest's half of a host sees it, where that half is not trusted: it answers what [`crate::Run`] answers
//! at once by the same code, keeps what else happened for the trusted half, and is told what the guest may take.
//!
//! It knows no policy and performs nothing. What it says is judged again by the half that holds the [`crate::Run`].
//!
//! A guest that waits is either suspended by its engine, or, where the engine cannot do that, given up and run again:
//! [`RemoteRun::again`] answers everything as before, without saying it a second time, up to where it waited.

use std::collections::HashMap;

use belljar_abi::cell::{self, Answer, Asked, End, Event, Line, Message, Settled, Setup, Take, Used};
use belljar_abi::{Failure, Fault, Lower, Memory, Request, Response, Ticket, ToolFault, Writer};

use crate::at_once::AtOnce;
use crate::calls::{self, Call, Import};
use crate::capability::{self, Answered, Ask, Capability};
use crate::clock::Clock;
use crate::entry::Usage;
use crate::ledger::Budgets;
use crate::meter::Meter;
use crate::outcome::{Stop, Trap};

/// Bytes of output beyond its limit that are still copied, so that the report can say how large it was.
pub const SLACK: u64 = 1 << 20;

/// Bytes of events that are kept before they are sent without need (64 KiB).
const BATCH: usize = 64 << 10;

/// What the guest is answered.
#[derive(Debug)]
pub enum Reply {
    /// Nothing to return.
    Nothing,
    /// One core value, `i32` values zero-extended.
    Value(u64),
    /// A value to lower at this address.
    Store(u32, Writer),
    /// The guest must wait for [`RemoteRun::answer`]; then [`RemoteRun::go_on`] says what it is answered.
    Suspend,
    /// The run ends with [`Stop::Ended`] and this outcome.
    End(Result<String, ToolFault>),
}

/// What the guest waits for.
#[derive(Clone, Copy, Debug)]
enum Pending {
    Wait { head: u32 },
    Take { capability: Capability, ticket: Ticket, head: u32 },
}

/// The guest's half of a run.
#[derive(Debug)]
pub struct RemoteRun {
    setup: Setup,
    at_once: AtOnce,
    meter: Meter,
    tickets: Ticket,
    results: HashMap<Ticket, Result<Response, Failure>>,
    pending: Option<Pending>,
    /// Everything that was answered, for running again.
    journal: Vec<Answer>,
    /// How many answers were given in this round.
    answered: usize,
    /// Events of this round, and how many of the run were kept for sending.
    events: usize,
    kept: usize,
    outbox: Vec<Event>,
    outbox_bytes: usize,
    full: bool,
}

impl RemoteRun {
    /// A run that begins.
    ///
    /// # Errors
    ///
    /// If the setup is not one that [`setup`] made.
    pub fn new(setup: Setup) -> Result<(Self, i64), Stop> {
        Self::round(setup, Vec::new(), 0)
    }

    fn round(setup: Setup, journal: Vec<Answer>, kept: usize) -> Result<(Self, i64), Stop> {
        let seed = <[u8; 32]>::try_from(setup.seed.as_slice());
        let seed = seed.map_err(|_| Stop::Host("the seed is not 32 bytes long".into()))?;
        let budgets = Budgets {
            console: setup.console,
            artifacts: setup.artifacts,
            calls: setup.calls,
            // The trusted half counts them.
            http_requests: 0,
            http_bytes: 0,
            files_bytes: 0,
            spend: None,
        };
        let (meter, first) = Meter::new(setup.fuel);
        let run = RemoteRun {
            at_once: AtOnce::new(Clock::told(setup.now), seed, budgets),
            meter,
            setup,
            tickets: 0,
            results: HashMap::new(),
            pending: None,
            journal,
            answered: 0,
            events: 0,
            kept,
            outbox: Vec::new(),
            outbox_bytes: 0,
            full: false,
        };
        Ok((run, first))
    }

    /// The same run from its start, with the answers that it has got so far. The number is the first slice of fuel.
    pub fn again(self) -> Result<(Self, i64), Stop> {
        Self::round(self.setup, self.journal, self.kept)
    }

    /// What the run was set up with.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The counter fell to `counter`: its new value, or why the run ends.
    pub fn refill(&mut self, counter: i64) -> Result<i64, Stop> {
        let next = self.meter.refill(counter)?;
        // The page knows why the recorded run ended there.
        if self.setup.until > 0 && self.meter.used(next) >= self.setup.until { Err(Stop::Fuel) } else { Ok(next) }
    }

    /// The guest is done: whether it used more than it has since its last check.
    ///
    /// # Errors
    ///
    /// If it did.
    pub fn settle(&self, counter: i64) -> Result<(), Stop> {
        self.meter.settle(counter)
    }

    /// Whether an engine is loading a program.
    pub fn set_loading(&mut self, loading: bool) {
        self.at_once.set_loading(loading);
        self.push(Event::Loading(loading.into()), 0);
    }

    /// Answers a call of the guest, whose counter stands at `counter`; the number is the fuel that it costs.
    pub fn call(
        &mut self,
        import: Import,
        arguments: &[u64],
        memory: &Memory<'_>,
        counter: i64,
    ) -> Result<(Reply, i64), Stop> {
        let left = self.meter.left(counter);
        let (call, fuel) = Call::lift(import, arguments, memory, left)?;
        let reply = match call {
            Call::ClockNow => Reply::Value(self.at_once.now()),
            Call::Console(level, text) => {
                if let Some(text) = self.at_once.line(text) {
                    let size = text.len();
                    self.push(Event::Console(Line { level, text }), size);
                }
                Reply::Nothing
            }
            Call::Random { length, head } => Reply::Store(head, self.at_once.random(length)?.plan()),
            Call::Artifact { name, media_type, bytes, head } => {
                let made = self.at_once.artifact(&name, &media_type, bytes.len());
                match &made {
                    Ok(()) => {
                        let size = bytes.len();
                        self.push(Event::Artifact(cell::Artifact { name, media_type, bytes }), size);
                    }
                    Err(Failure::Exhausted(_)) if !self.full => {
                        self.full = true;
                        self.push(Event::ArtifactsFull(()), 0);
                    }
                    Err(_) => {}
                }
                Reply::Store(head, made.plan())
            }
            Call::Start(request) => {
                // Counted here, too, so that a storm of requests ends at the same place everywhere.
                let _told = self.at_once.call()?;
                self.tickets += 1;
                let mut aside = 0;
                if let Request::Tools(_) = &request
                    && self.at_once.calls_tool(self.tickets)
                {
                    aside = self.meter.set_aside(self.tickets, left - fuel);
                }
                let size = request.carries();
                self.push(Event::Request(Asked { request, aside }), size);
                Reply::Value(self.tickets.into())
            }
            Call::Take { capability, ticket, head } => {
                if let Some(result) = self.results.remove(&ticket) {
                    let take = Take { ticket, capability: capability as u32 };
                    self.push(Event::Took(take), 0);
                    let (writer, fuel) = taken(result, capability, ticket, left)?;
                    return Ok((Reply::Store(head, writer), fuel));
                }
                self.push(Event::Take(Take { ticket, capability: capability as u32 }), 0);
                // It is charged when it is answered, by what it hands back.
                return Ok((self.suspend(Pending::Take { capability, ticket, head }), 0));
            }
            Call::Wait { tickets, until, head } => {
                let begun = self.at_once.begin(&tickets);
                let aside = begun.into_iter().map(|call| self.meter.set_aside(call, self.meter.left(counter) - fuel));
                let aside = aside.collect();
                self.push(Event::Wait(cell::Wait { tickets, until, aside }), 0);
                self.suspend(Pending::Wait { head })
            }
            Call::End(outcome) => Reply::End(self.at_once.ends(outcome)?),
        };
        Ok((reply, fuel))
    }

    fn suspend(&mut self, pending: Pending) -> Reply {
        self.pending = Some(pending);
        Reply::Suspend
    }

    /// Whether the answer to what the guest waits for is known, because this is not the first round.
    pub fn knows(&self) -> bool {
        self.answered < self.journal.len()
    }

    /// Hands in the answer to what the guest waits for.
    pub fn answer(&mut self, answer: Answer) {
        self.journal.push(answer);
    }

    /// What the guest that waits is answered, and the fuel that it costs; its counter stands at `counter`.
    pub fn go_on(&mut self, counter: i64) -> Result<(Reply, i64), Stop> {
        let lost = || Stop::Host("the guest was answered though it does not wait".into());
        let pending = self.pending.take().ok_or_else(lost)?;
        let Answer { ticket, now, result } = self.journal.get(self.answered).cloned().ok_or_else(lost)?;
        self.answered += 1;
        self.at_once.clock.set(now);
        let mut called = 0;
        if let Some(Settled { ticket, result, used }) = result {
            self.results.insert(ticket, result);
            let Used { fuel, calls, console, artifacts } = used;
            self.at_once.give_back(ticket, &Usage { calls, console, artifacts, ..Usage::default() });
            called = self.meter.give_back(ticket, fuel);
        }
        match pending {
            Pending::Wait { head } => Ok((Reply::Store(head, calls::waited(ticket)), called)),
            Pending::Take { capability, ticket, head } => {
                let result = self.results.remove(&ticket).ok_or_else(lost)?;
                let (writer, fuel) = taken(result, capability, ticket, self.meter.left(counter) - called)?;
                Ok((Reply::Store(head, writer), fuel.saturating_add(called)))
            }
        }
    }

    /// Whether so much was kept that it should be sent now.
    pub fn is_full(&self) -> bool {
        self.outbox_bytes >= BATCH
    }

    /// Whether there is anything to send.
    pub fn has_news(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// How the guest ended.
    pub fn end(&mut self, end: End) {
        self.push(Event::End(end), 0);
    }

    /// What is to be sent, with the guest's counters as they are now.
    pub fn message(&mut self, counter: i64, pages: u32, refused: bool) -> Message {
        self.outbox_bytes = 0;
        Message {
            events: std::mem::take(&mut self.outbox),
            fuel: self.meter.used(counter),
            pages,
            refused: refused.into(),
            dropped: self.at_once.ledger.console_dropped,
        }
    }

    /// Keeps an event unless it was kept in an earlier round.
    fn push(&mut self, event: Event, size: usize) {
        self.events += 1;
        if self.events > self.kept {
            self.kept += 1;
            self.outbox.push(event);
            self.outbox_bytes += size + 64;
        }
    }
}

fn taken(
    result: Result<Response, Failure>,
    capability: Capability,
    ticket: Ticket,
    left: i64,
) -> Result<(Writer, i64), Stop> {
    if let Ok(response) = &result
        && response.capability() != capability
    {
        return Err(Stop::Protocol(format!("ticket {ticket} is not one of {}", capability.name())));
    }
    let fuel = calls::fuel_of(calls::size(&result));
    if fuel > left {
        return Err(Stop::Fuel);
    }
    Ok((capability::plan(result, capability), fuel))
}

/// A failure in words.
pub(crate) fn words(failure: &Failure) -> String {
    match failure {
        Failure::Denied(denial) => format!("{} {}: {}", denial.capability, denial.request, denial.rule),
        Failure::Exhausted(text)
        | Failure::NotFound(text)
        | Failure::Invalid(text)
        | Failure::TooLarge(text)
        | Failure::TimedOut(text)
        | Failure::Other(text) => text.clone(),
    }
}

/// How the guest ended, of the reason why the run stopped.
pub fn stopped(stop: &Stop) -> End {
    match stop {
        Stop::Ended(Ok(text)) => End::Returned(text.clone()),
        Stop::Ended(Err(fault)) => End::Fault(fault.clone()),
        Stop::Fuel => End::Fuel(()),
        Stop::Stack => End::Stack(()),
        Stop::Calls => End::Calls(()),
        Stop::Abi(_) | Stop::Protocol(_) => End::Protocol(stop.to_string()),
        _ => End::Host(stop.to_string()),
    }
}

/// Lifts the guest's output from the address that `run` returned.
pub fn output(address: u32, memory: &dyn belljar_abi::Remote, limit: u64) -> Result<End, Stop> {
    let memory = Memory::remote(memory, limit.saturating_add(SLACK));
    match calls::lift_export(address, &memory) {
        Ok(Ok(text)) => Ok(End::Returned(text)),
        Ok(Err(fault)) => Ok(End::Fault(fault)),
        Err(Stop::Abi(Fault::TooLarge { size, .. })) => Ok(End::TooLarge(size)),
        Err(stop) => Err(stop),
    }
}

/// What is said of a tool of which no instance can be made.
pub fn not_started(what: Trap) -> String {
    format!("the tool cannot be started: {}", what.words())
}
