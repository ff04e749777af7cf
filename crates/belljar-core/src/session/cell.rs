//! A session whose guest is in a cell, which is not trusted: what the cell says is checked and judged here, and what the guest
//! is told goes back as bytes.

use std::collections::{HashSet, VecDeque};

use belljar_abi::Ticket;
use belljar_abi::cell::{self, Answer, End, Event as Said, Message, Program, Settled, Setup, Used};

use super::{Event, Instruction, Now, Session};
use crate::capability::Capability;
use crate::meter::Meter;
use crate::outcome::{Exit, Stop, Trap};
use crate::run::Spent;

/// A session whose guest is in a cell.
#[derive(Debug)]
pub struct CellSession {
    session: Session,
    spent: Spent,
    /// The tickets whose results the cell has.
    told: HashSet<Ticket>,
    /// What it is answered that it need not wait for.
    answers: VecDeque<Answer>,
}

impl CellSession {
    /// The trusted half of a session.
    pub fn new(session: Session) -> Self {
        CellSession { session, spent: Spent::default(), told: HashSet::new(), answers: VecDeque::new() }
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The session, for what is answered at once.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The whole session, at the end of the run, with what the guest used as the cell said last.
    pub fn into_parts(self) -> (Session, Spent) {
        (self.session, self.spent)
    }

    /// What the guest used so far, as the cell says.
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// The first message to the cell. A replay of a run that was ended from outside ends at `until` units of fuel; 0 is no end.
    ///
    /// # Errors
    ///
    /// If it is larger than a message can be.
    pub fn setup(&self, program: Option<Program>, input: String, until: u64) -> Result<Vec<u8>, Stop> {
        let run = self.session.run();
        let limits = &run.policy().limits;
        let setup = Setup {
            program,
            until,
            seed: run.seed().to_vec(),
            now: run.now(),
            fuel: Meter::new(limits.fuel).0.budget(),
            pages: u32::try_from(limits.memory >> 16).unwrap_or(u32::MAX),
            output: limits.output,
            console: limits.log,
            artifacts: limits.artifacts,
            calls: limits.calls,
            input,
        };
        cell::pack(&setup).map_err(|fault| Stop::Host(fault.to_string()))
    }

    /// The cell said something; an exit if the guest ended.
    ///
    /// # Errors
    ///
    /// What ends the run.
    pub fn hear(&mut self, bytes: &[u8], now: Now) -> Result<Option<Exit>, Stop> {
        let message = cell::unpack::<Message>(bytes);
        let message = message.map_err(|fault| Stop::Protocol(format!("the cell sent what is no message: {fault}")))?;
        let Message { events, fuel, pages, refused, dropped } = message;
        self.spent = Spent { fuel, pages: pages.into(), memory_refused: refused > 0 };
        let mut exit = None;
        for event in events {
            exit = self.said(event)?;
            if exit.is_some() {
                break;
            }
        }
        // Lines are dropped only after those that were kept.
        self.session.run_mut().console_dropped(dropped);
        if exit.is_none() {
            self.on(Event::Idle, now)?;
        }
        Ok(exit)
    }

    /// Something happened; whatever it was, no other event is ready in a host where each has a turn of its own.
    ///
    /// # Errors
    ///
    /// What ends the run.
    pub fn on(&mut self, event: Event, now: Now) -> Result<(), Stop> {
        let is_idle = matches!(event, Event::Idle);
        self.session.on(event, now)?;
        if is_idle { Ok(()) } else { self.session.on(Event::Idle, now) }
    }

    /// What is to be done next; the guest goes on with the bytes of a message to the cell.
    ///
    /// # Errors
    ///
    /// If a message is larger than it can be.
    pub fn next_instruction(&mut self) -> Result<Option<Instruction<Vec<u8>>>, Stop> {
        let told = |answer: &Answer| cell::pack(answer).map_err(|fault| Stop::Host(fault.to_string()));
        if let Some(answer) = self.answers.pop_front() {
            return Ok(Some(Instruction::GoOn(told(&answer)?)));
        }
        Ok(match self.session.next_instruction() {
            None => None,
            Some(Instruction::GoOn(ticket)) => {
                let result = ticket.and_then(|ticket| self.untold(ticket));
                Some(Instruction::GoOn(told(&Answer { ticket, now: self.session.run().now(), result })?))
            }
            Some(Instruction::Perform(act)) => Some(Instruction::Perform(act)),
            Some(Instruction::Find(ticket, name)) => Some(Instruction::Find(ticket, name)),
            Some(Instruction::Ask(question)) => Some(Instruction::Ask(question)),
            Some(Instruction::Reject(id, why)) => Some(Instruction::Reject(id, why)),
            Some(Instruction::WakeAt(moment)) => Some(Instruction::WakeAt(moment)),
            Some(Instruction::Keep { is_kept }) => Some(Instruction::Keep { is_kept }),
            Some(Instruction::Stir) => Some(Instruction::Stir),
            Some(Instruction::Forget) => Some(Instruction::Forget),
        })
    }

    /// The result of a ticket, if the cell does not have it.
    fn untold(&mut self, ticket: Ticket) -> Option<Settled> {
        let result = self.session.run().settled(ticket)?.clone();
        let used = self.used(ticket);
        self.told.insert(ticket).then_some(Settled { ticket, result, used })
    }

    /// What a called run used of what the cell counts.
    fn used(&self, ticket: Ticket) -> Used {
        let used = self.session.run().used_by_call(ticket);
        Used { fuel: used.fuel, calls: used.calls, console: used.console, artifacts: used.artifacts }
    }

    /// Judges what the cell says the guest did.
    fn said(&mut self, said: Said) -> Result<Option<Exit>, Stop> {
        if self.session.waits() {
            return Err(Stop::Protocol("the cell goes on though its guest waits".into()));
        }
        let run = self.session.run_mut();
        let request = match said {
            Said::Console(line) => {
                run.console(line.level, line.text)?;
                return Ok(None);
            }
            Said::Artifact(artifact) => {
                // The cell answered the guest the same.
                let _told = run.artifact(artifact.name, artifact.media_type, artifact.bytes)?;
                return Ok(None);
            }
            Said::ArtifactsFull(()) => {
                run.artifacts_full();
                return Ok(None);
            }
            Said::Loading(loading) => {
                run.set_loading(loading > 0);
                return Ok(None);
            }
            Said::Took(take) => {
                let _handed = run.take(take.ticket, capability(take.capability)?)?;
                return Ok(None);
            }
            Said::Take(take) => {
                let result = run.take(take.ticket, capability(take.capability)?)?;
                let settled = Settled { ticket: take.ticket, result, used: self.used(take.ticket) };
                let result = self.told.insert(take.ticket).then_some(settled);
                let now = self.session.run().now();
                self.answers.push_back(Answer { ticket: None, now, result });
                return Ok(None);
            }
            Said::Wait(wait) => {
                let mut asides = wait.aside.into_iter();
                self.session.wait(wait.tickets, wait.until, &mut |_| asides.next().unwrap_or_default())?;
                return Ok(None);
            }
            Said::End(end) => return Ok(Some(exit(end))),
            Said::Request(asked) => asked,
        };
        self.session.request(request.request, &mut |_| request.aside)?;
        Ok(None)
    }
}

fn capability(number: u32) -> Result<Capability, Stop> {
    let found = Capability::ALL.get(number as usize).copied();
    found.ok_or_else(|| Stop::Protocol(format!("the cell named capability {number}, which does not exist")))
}

fn exit(end: End) -> Exit {
    match end {
        End::Returned(text) => Exit::Returned(text),
        End::TooLarge(size) => Exit::TooLarge(size),
        End::Fault(fault) => Exit::Fault(fault),
        End::Trap(number) => Exit::Trap(Trap::of(number)),
        End::Protocol(text) => Exit::Stopped(Stop::Protocol(text)),
        End::Fuel(()) => Exit::Stopped(Stop::Fuel),
        End::Stack(()) => Exit::Stopped(Stop::Stack),
        End::Calls(()) => Exit::Stopped(Stop::Calls),
        End::Host(text) => Exit::Stopped(Stop::Host(text)),
    }
}
