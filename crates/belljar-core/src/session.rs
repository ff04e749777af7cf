//! A run between its guest and its host: what happens comes in as an [`Event`], what the host has to do goes out as a [`Instruction`].
//!
//! Whose time passes, when a person is awaited, when a suspended run is kept and when what was kept must be gone, when the
//! guest goes on: all of that is decided here, once for every host. A host owns an engine and effects, and pumps: it hands in
//! events, carries out what [`Session::next_instruction`] says, in its order, and hands in [`Event::Idle`] when nothing else is ready.

mod cell;
mod time;

use std::collections::VecDeque;
use std::time::Duration;

use belljar_abi::{Failure, Moment, Request, Response, Ticket};

use crate::capability::Act;
use crate::contract::Contract;
use crate::outcome::{Exit, Report, Stop};
use crate::permit::Receipt;
use crate::question::{Answer, CalledTool, NotTaken, Question, QuestionId};
use crate::recorder::{Increment, Recorder, Sign, SuspendError};
use crate::run::{Aside, Run, Spent, Verdict, Waited};
use crate::tree::{Kept, Node};

pub use cell::CellSession;
use time::Time;

/// The host's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The time of day, in nanoseconds since 1970: for the log and for the guest.
    pub wall: Moment,
    /// A clock that nobody sets, from whatever moment the host likes: for limits of time and for waits.
    pub steady: Duration,
}

/// What becomes of a run that was kept while it waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It waits in memory; what was kept is for the case that the process ends.
    Waiting,
    /// It ends here as [`crate::Outcome::Suspended`], and is resumed elsewhere, or later.
    Away,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// An act ended.
    Result(Receipt, Result<Response, Failure>),
    /// A called run ended.
    Returned(Receipt, Box<Report>),
    /// [`Instruction::Stir`] of a called run.
    Stirred,
    /// The tool of [`Instruction::Find`], or why there is none that can be called.
    Found(Ticket, Result<CalledTool, Failure>),
    /// Somebody answered a question.
    Answer(QuestionId, Answer),
    /// The moment of the last [`Instruction::WakeAt`] came.
    Woke,
    /// The guest waits, and has paid for the call.
    Waits,
    /// No event is ready: the host would wait now.
    Idle,
    /// [`Instruction::Keep`] was carried out.
    Kept(Keep),
    /// [`Instruction::Forget`] was carried out.
    Forgotten,
}

/// What the host has to do. `G` is how the guest is told that it goes on.
#[derive(Debug)]
pub enum Instruction<G = Option<Ticket>> {
    /// Perform the act, and hand in its result as [`Event::Result`].
    Perform(Act),
    /// Find out which tool would be called by this name, and hand that in as [`Event::Found`]: a person is asked about the call.
    Find(Ticket, String),
    /// Ask a person, and hand in the answer as [`Event::Answer`].
    Ask(Box<Question>),
    /// Tell whoever answered that the answer is not taken, and why. Nothing has changed.
    Reject(QuestionId, NotTaken),
    /// Let the guest go on: its wait came to this.
    GoOn(G),
    /// Hand in [`Event::Woke`] at that moment of [`Now::steady`], and at no other; nothing is to be waited for otherwise.
    WakeAt(Option<Duration>),
    /// Keep the run, by [`Session::keep`], or leave what is kept as it is, because it is still right; then hand in
    /// [`Event::Kept`].
    Keep {
        /// It was kept before and has not gone on: nothing needs to be written.
        is_kept: bool,
    },
    /// Hand [`Event::Stirred`] in to the session of the caller: the run began to wait for a person, or goes on.
    Stir,
    /// Remove what was kept: whoever resumed it would do everything once more that is done from now on. Then hand in
    /// [`Event::Forgotten`]; nothing else is to be done before that. If it cannot be removed, the run must end.
    Forget,
}

/// What the guest waits for.
#[derive(Debug)]
struct Wait {
    tickets: Vec<Ticket>,
    until: Option<Moment>,
    /// When `until` comes, by the steady clock.
    wake: Option<Duration>,
}

/// A run in progress, and what its host has to do for it.
#[derive(Debug)]
pub struct Session {
    run: Run,
    time: Time,
    wait: Option<Wait>,
    /// The host keeps runs that wait for a person.
    keeps: bool,
    /// What is kept is to be removed, and events wait for that.
    forgetting: bool,
    /// The host is removing it.
    is_blocked: bool,
    waiting: VecDeque<Event>,
    todo: VecDeque<Instruction>,
    alarm: Option<Duration>,
    /// When the first open question is withdrawn, by the host's clock and by the steady one.
    expiry: Option<(Moment, Duration)>,
}

impl Session {
    /// A session of a run that begins, is repeated, or is resumed. With `keeps`, the host is told to keep it while it waits
    /// for a person; one that is resumed is kept already.
    pub fn new(run: Run, keeps: bool, now: Now) -> Self {
        if keeps && run.resumes() {
            run.place().tree.set_kept(Kept::Before);
        }
        let mut session = Session {
            time: Time::new(run.time()),
            run,
            wait: None,
            keeps,
            forgetting: false,
            is_blocked: false,
            waiting: VecDeque::new(),
            todo: VecDeque::new(),
            alarm: None,
            expiry: None,
        };
        session.settle(now);
        session
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The run, for what is answered at once.
    pub fn run_mut(&mut self) -> &mut Run {
        &mut self.run
    }

    /// Whether the guest waits.
    pub fn waits(&self) -> bool {
        self.wait.is_some()
    }

    /// What is to be done next.
    pub fn next_instruction(&mut self) -> Option<Instruction> {
        if self.is_blocked {
            return None;
        }
        let next = self.todo.pop_front();
        self.is_blocked = matches!(next, Some(Instruction::Forget));
        next
    }

    /// Whether the guest may compute.
    ///
    /// # Errors
    ///
    /// [`Stop::Time`] if its time is used up.
    pub fn check(&self, now: Now) -> Result<(), Stop> {
        if self.time.is_up(now.steady) { Err(Stop::Time) } else { Ok(()) }
    }

    /// What is left of the run's time.
    pub fn time_left(&self, now: Now) -> Duration {
        self.time.left(now.steady)
    }

    /// The guest starts a request; it is told the ticket at once. `aside` sets fuel aside for a call of a tool that begins by that.
    ///
    /// # Errors
    ///
    /// What ends the run.
    pub fn request(&mut self, request: Request, aside: Aside<'_>) -> Result<Ticket, Stop> {
        let (ticket, verdict) = self.run.request(request, aside)?;
        self.follow(verdict);
        Ok(ticket)
    }

    /// The guest waits until one of the tickets has its result, or until a moment of its clock; [`Instruction::GoOn`] ends that.
    /// What it waits for is looked at with the next event: [`Event::Waits`], as soon as the call has been paid for. Calls of tools
    /// begin for which there is room now; `aside` sets fuel aside for each.
    ///
    /// # Errors
    ///
    /// What ends the run.
    pub fn wait(&mut self, tickets: Vec<Ticket>, until: Option<Moment>, aside: Aside<'_>) -> Result<(), Stop> {
        for act in self.run.begin_calls(&tickets, aside)? {
            self.push(Instruction::Perform(act));
        }
        self.wait = Some(Wait { tickets, until, wake: None });
        Ok(())
    }

    /// Something happened.
    ///
    /// # Errors
    ///
    /// What ends the run.
    pub fn on(&mut self, event: Event, now: Now) -> Result<(), Stop> {
        let mut rests = false;
        match event {
            Event::Kept(Keep::Away) => return Err(Stop::Suspended),
            Event::Kept(Keep::Waiting) => {
                let tree = &self.run.place().tree;
                tree.set_kept(if tree.kept() == Kept::Before { Kept::Still } else { Kept::Now });
            }
            Event::Waits => self.poll_results(now)?,
            // What it is told is in the tree.
            Event::Stirred => {}
            Event::Idle => rests = self.idle(now)?,
            Event::Forgotten => {
                self.run.place().tree.set_kept(Kept::No);
                (self.forgetting, self.is_blocked) = (false, false);
                while let Some(event) = self.waiting.pop_front() {
                    self.happens(event, now)?;
                }
            }
            event => self.happens(event, now)?,
        }
        self.tell(now, rests);
        self.settle(now);
        Ok(())
    }

    /// Something happened that can change the run.
    fn happens(&mut self, event: Event, now: Now) -> Result<(), Stop> {
        if self.forgetting {
            self.waiting.push_back(event);
            return Ok(());
        }
        if self.kept() != Kept::No && self.changes(&event, now) {
            self.forget();
            self.waiting.push_back(event);
            return Ok(());
        }
        match event {
            Event::Result(receipt, result) => self.completed(receipt, result)?,
            Event::Returned(receipt, report) => {
                let result = self.run.returned(&receipt, &report);
                self.completed(receipt, result)?;
            }
            Event::Found(ticket, found) => {
                let verdict = self.run.found(ticket, found)?;
                self.follow(verdict);
            }
            Event::Answer(id, answer) => match self.run.answer(&id, answer, now.wall)? {
                Ok(verdict) => self.follow(verdict),
                // Nothing has changed: what is kept is still right.
                Err(why @ NotTaken::Changed(_)) => {
                    let again = self.run.again(&id, &why);
                    self.todo.push_back(Instruction::Reject(id, why));
                    self.todo.extend(again.map(|question| Instruction::Ask(Box::new(question))));
                }
                Err(why) => {
                    self.push(Instruction::Reject(id, why));
                    self.run.expire(now.wall)?;
                }
            },
            Event::Woke => {
                self.check(now)?;
                self.run.expire(now.wall)?;
                // An alarm that came too early is set again.
                self.alarm = None;
                if let Some(until) = self.elapsed(now) {
                    self.run.elapsed(until, now.wall)?;
                    self.go_on(None);
                }
            }
            Event::Waits | Event::Stirred | Event::Idle | Event::Kept(_) | Event::Forgotten => {}
        }
        self.poll_results(now)
    }

    fn completed(&mut self, receipt: Receipt, result: Result<Response, Failure>) -> Result<(), Stop> {
        let verdict = self.run.complete(receipt, result)?;
        self.follow(verdict);
        Ok(())
    }

    /// What a verdict has the host do.
    fn follow(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Permit(act) => self.push(Instruction::Perform(act)),
            Verdict::Ask(question) => self.push(Instruction::Ask(question)),
            Verdict::Find(ticket, name) => self.push(Instruction::Find(ticket, name)),
            Verdict::Settled => {}
        }
    }

    fn kept(&self) -> Kept {
        self.run.place().tree.kept()
    }

    /// Whether the event writes an entry, so that what is kept is no longer the run.
    fn changes(&self, event: &Event, now: Now) -> bool {
        match event {
            Event::Answer(id, answer) => {
                matches!(self.run.takes(id, answer, now.wall), Ok(()) | Err(NotTaken::Late(_)))
            }
            Event::Woke if self.has_expired(now) => !self.time.is_up(now.steady),
            Event::Woke => !self.time.is_up(now.steady) && self.elapsed(now).is_some(),
            _ => true,
        }
    }

    /// Whether a question is open whose moment has come.
    fn has_expired(&self, now: Now) -> bool {
        !self.run.is_replay() && self.run.first_to_expire().is_some_and(|first| first <= now.wall)
    }

    /// The moment until which the guest waits, if it has come.
    fn elapsed(&self, now: Now) -> Option<Moment> {
        let wait = self.wait.as_ref()?;
        wait.wake.filter(|wake| *wake <= now.steady).and(wait.until)
    }

    /// Nothing else is ready. Says whether nothing was found to do either.
    fn idle(&mut self, now: Now) -> Result<bool, Stop> {
        if self.forgetting {
            return Ok(false);
        }
        self.poll(now)?;
        if self.has_expired(now) {
            // Nobody is asked what is withdrawn, as after a long suspension, and it is not waited for again.
            return self.happens(Event::Woke, now).map(|()| false);
        }
        if self.wait.is_none() {
            return Ok(false);
        }
        let reopened = self.run.reopened();
        if !reopened.is_empty() {
            // Who has an answer ready gives it before the run is kept.
            self.todo.extend(reopened.into_iter().map(|question| Instruction::Ask(Box::new(question))));
            return Ok(false);
        }
        if self.keeps && matches!(self.kept(), Kept::No | Kept::Before) && self.run.is_suspendable() {
            self.todo.push_back(Instruction::Keep { is_kept: self.kept() == Kept::Before });
        }
        Ok(true)
    }

    /// Lets the guest go on if one of the results that it waits for is there. The next event is not taken in before that: so
    /// the guest is told of results in the order in which they came.
    fn poll_results(&mut self, now: Now) -> Result<(), Stop> {
        match &self.wait {
            Some(wait) if self.run.has_any(&wait.tickets) => self.poll(now),
            _ => Ok(()),
        }
    }

    /// Lets the guest go on if what it waits for is there.
    fn poll(&mut self, now: Now) -> Result<(), Stop> {
        let Some(wait) = &mut self.wait else { return Ok(()) };
        match self.run.wait(&wait.tickets, wait.until, now.wall)? {
            Waited::Ready(ticket) => self.go_on(ticket),
            Waited::Pending(remaining) => {
                wait.wake = wait.wake.or(remaining.map(|remaining| now.steady.saturating_add(remaining)));
            }
        }
        // They go on from where they were kept, so that they change nothing by that.
        self.todo.extend(self.run.recalled().into_iter().map(Instruction::Perform));
        Ok(())
    }

    fn go_on(&mut self, ticket: Option<Ticket>) {
        self.wait = None;
        self.push(Instruction::GoOn(ticket));
    }

    /// Something is done: what was kept must be gone before it, unless the run is still where it was suspended.
    fn push(&mut self, what: Instruction) {
        let acts = matches!(what, Instruction::Perform(_)) || self.run.is_beyond();
        if self.kept() != Kept::No && acts && !self.forgetting {
            self.forget();
        }
        self.todo.push_back(what);
    }

    fn forget(&mut self) {
        self.forgetting = true;
        self.todo.push_back(Instruction::Forget);
    }

    /// Whether a person is awaited by it, or by a run below it.
    fn asks(&self) -> bool {
        let place = self.run.place();
        self.run.awaits_person() || place.tree.asks_below(&place.path)
    }

    /// Tells the runs above what it is, if it is called and that has changed. What must be kept of it is looked at when nothing is
    /// ready that could change it.
    fn tell(&mut self, now: Now, rests: bool) {
        let place = self.run.place();
        if place.path.is_first() {
            return;
        }
        let rests = rests && self.wait.is_some() && !self.run.is_replay() && !self.forgetting;
        let held = if rests { self.run.left_behind().ok() } else { None };
        let left = u64::try_from(self.time_left(now).as_millis()).unwrap_or(u64::MAX);
        let node = Node { asks: self.wait.is_some() && self.asks(), held: held.map(|held| (held, left)) };
        let place = self.run.place();
        if place.tree.say(&place.path, node) {
            self.todo.push_back(Instruction::Stir);
        }
    }

    /// The tool's time passes unless it waits while a person is awaited, and unless it is repeated.
    fn settle(&mut self, now: Now) {
        let stands = self.run.is_replay() || self.wait.is_some() && self.asks();
        self.time.pass(!stands, now.steady);
        let wake = self.wait.as_ref().and_then(|wait| wait.wake);
        // Set once for each moment: two clocks do not go together to the nanosecond.
        let first = self.run.first_to_expire().filter(|_| !self.run.is_replay());
        self.expiry = first.map(|first| match self.expiry {
            Some((known, at)) if known == first && at > now.steady => (known, at),
            _ => (first, now.steady.saturating_add(Duration::from_nanos(first.saturating_sub(now.wall)))),
        });
        let alarm = [self.time.end(), wake, self.expiry.map(|(_, at)| at)].into_iter().flatten().min();
        if alarm != self.alarm {
            self.alarm = alarm;
            self.todo.push_back(Instruction::WakeAt(alarm));
        }
    }

    /// The recording of a run whose guest waits while a person is awaited, to be resumed later. `sign` signs it, if it shall
    /// be signed.
    ///
    /// # Errors
    ///
    /// If it cannot be suspended now, is too large, or `recorder` is not the one that its log goes through.
    pub fn suspended(&self, recorder: &Recorder, sign: Option<Sign<'_>>, now: Now) -> Result<Vec<u8>, SuspendError> {
        recorder.suspended(&self.run, self.left_where_it_waits(now)?, sign)
    }

    /// The same for a store that keeps runs: `keep` gets what is new since it kept the run last.
    ///
    /// # Errors
    ///
    /// If it cannot be suspended now, or `recorder` is not the one that its log goes through.
    pub fn keep<T, E>(
        &self,
        recorder: &Recorder,
        sign: Option<Sign<'_>>,
        now: Now,
        keep: impl FnOnce(&Increment<'_>) -> Result<T, E>,
    ) -> Result<Result<T, E>, SuspendError> {
        recorder.keep(&self.run, self.left_where_it_waits(now)?, sign, keep)
    }

    /// Milliseconds that are left of the time of a run whose guest waits.
    fn left_where_it_waits(&self, now: Now) -> Result<u64, SuspendError> {
        if self.wait.is_none() {
            return Err(SuspendError::Computes);
        }
        Ok(u64::try_from(self.time_left(now).as_millis()).unwrap_or(u64::MAX))
    }

    /// Whether what is kept must be removed before the run ends in this way: what has ended is not resumed. A run that was
    /// suspended or interrupted while it waited still can be, and so can one that has not got beyond where it was suspended.
    pub fn must_forget(&self, exit: &Exit) -> bool {
        self.run.place().path.is_first()
            && self.kept() == Kept::Now
            && !matches!(exit, Exit::Stopped(Stop::Suspended | Stop::Cancelled))
    }

    /// The run ends.
    pub fn end(self, contract: &Contract, exit: Exit, spent: Spent, now: Now) -> Report {
        self.run.end(contract, exit, spent, now.wall)
    }
}
