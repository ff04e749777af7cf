//! What each import of the guest means: arguments are lifted, the run is asked, the answer is planned.
//!
//! A host binds every import of the closed world to [`call`] and carries out the [`Reply`]; it adds nothing
//! of its own.

use belljar_abi::{
    Failure, FilesRequest, KvRequest, Level, Lift, Lower, Memory, Moment, Request, Response, Ticket, ToolFault, Writer,
};

use crate::capability::{self, Answered, Capability};
use crate::limits::{self, CALL_FUEL};
use crate::meter::Meter;
use crate::outcome::Stop;
use crate::session::Session;

/// A function of the closed world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// `waiting.wait`
    Wait,
    /// `console.write`
    ConsoleWrite,
    /// `clock.now`
    ClockNow,
    /// `random.bytes`
    RandomBytes,
    /// `artifacts.write`
    ArtifactsWrite,
    /// `start` of a capability.
    Start(Capability),
    /// `take` of a capability.
    Take(Capability),
    /// `kv.start-replace`
    StartReplace,
    /// `kv.start-page`
    StartKeys,
    /// `files.start-page`
    StartEntries,
    /// `ending.end`
    End,
}

impl Import {
    /// All of them; a script that cannot hold an import holds its place in this.
    pub const ALL: [Import; 9 + 2 * Capability::ALL.len()] = {
        let mut all = [Import::Wait; 9 + 2 * Capability::ALL.len()];
        (all[1], all[2], all[3]) = (Import::ConsoleWrite, Import::ClockNow, Import::RandomBytes);
        all[4] = Import::ArtifactsWrite;
        let mut at = 0;
        while at < Capability::ALL.len() {
            all[5 + 2 * at] = Import::Start(Capability::ALL[at]);
            all[6 + 2 * at] = Import::Take(Capability::ALL[at]);
            at += 1;
        }
        (all[5 + 2 * at], all[6 + 2 * at], all[7 + 2 * at]) =
            (Import::StartReplace, Import::StartKeys, Import::StartEntries);
        all[8 + 2 * at] = Import::End;
        all
    };

    /// The import of that interface (without package and version) and function, if the world has it.
    pub fn find(interface: &str, function: &str) -> Option<Import> {
        match (interface, function) {
            ("waiting", "wait") => Some(Import::Wait),
            ("console", "write") => Some(Import::ConsoleWrite),
            ("clock", "now") => Some(Import::ClockNow),
            ("random", "bytes") => Some(Import::RandomBytes),
            ("artifacts", "write") => Some(Import::ArtifactsWrite),
            ("kv", "start-replace") => Some(Import::StartReplace),
            ("kv", "start-page") => Some(Import::StartKeys),
            ("files", "start-page") => Some(Import::StartEntries),
            ("ending", "end") => Some(Import::End),
            (name, "start") => Capability::ALL.into_iter().find(|c| c.name() == name).map(Import::Start),
            (name, "take") => Capability::ALL.into_iter().find(|c| c.name() == name).map(Import::Take),
            _ => None,
        }
    }

    /// The capability of which it starts a request.
    pub fn starts(self) -> Option<Capability> {
        match self {
            Import::Start(capability) => Some(capability),
            Import::StartReplace | Import::StartKeys => Some(Capability::Kv),
            Import::StartEntries => Some(Capability::Files),
            _ => None,
        }
    }
}

/// What a host does with an import's answer, besides what the session says.
#[derive(Debug)]
pub enum Reply {
    /// Nothing to return.
    Nothing,
    /// One core value, `i32` values zero-extended.
    Value(u64),
    /// A value to lower: allocate [`Writer::allocations`] with the guest's `cabi_realloc`, in that order, then
    /// [`Writer::write`] with this address as the head.
    Store(u32, Writer),
    /// A line of the console was kept: show it if somebody watches, then return nothing.
    Console(Level, String),
    /// Hand in [`crate::Event::Waits`] and wait for [`crate::Instruction::GoOn`], then ask [`go_on`] with its ticket and this address.
    Wait(u32),
    /// End the run with [`Stop::Ended`] and this outcome.
    End(Result<String, ToolFault>),
}

/// An import's answer and the fuel that the call costs.
#[derive(Debug)]
pub struct Called {
    /// What to do.
    pub reply: Reply,
    /// To be taken off the guest's counter before it goes on.
    pub fuel: i64,
}

/// A call of the guest, lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// The moment.
    ClockNow,
    /// A line of the console.
    Console(Level, String),
    /// Random bytes.
    Random {
        /// How many.
        length: u32,
        /// Where they go.
        head: u32,
    },
    /// A file for the report.
    Artifact {
        /// Its name.
        name: String,
        /// Its media type.
        media_type: String,
        /// Its contents.
        bytes: Vec<u8>,
        /// Where the answer goes.
        head: u32,
    },
    /// A request.
    Start(Request),
    /// The result of a request.
    Take {
        /// Of which capability.
        capability: Capability,
        /// Of which request.
        ticket: Ticket,
        /// Where it goes.
        head: u32,
    },
    /// A wait.
    Wait {
        /// For one of these.
        tickets: Vec<Ticket>,
        /// Or until this moment.
        until: Option<Moment>,
        /// Where the answer goes.
        head: u32,
    },
    /// The end.
    End(Result<String, ToolFault>),
}

impl Call {
    /// Lifts a call, and says what fuel it costs by what it brings. `arguments` are the core values, `i32` zero-extended;
    /// `left` is the guest's fuel. Nothing is copied that there is no fuel for, nor what is longer than it may be.
    ///
    /// # Errors
    ///
    /// How the guest broke the Canonical ABI, or that its fuel is used up.
    pub fn lift(import: Import, arguments: &[u64], memory: &Memory<'_>, left: i64) -> Result<(Call, i64), Stop> {
        let most = most(import);
        let affordable = u64::try_from(left.saturating_sub(CALL_FUEL)).unwrap_or(0);
        let text = match (import, import.starts()) {
            (Import::End, _) => most,
            (_, Some(capability)) => capability.kind().text,
            _ => limits::TEXT,
        };
        memory.bound(most.min(affordable), text);
        match Self::read(import, arguments, memory) {
            Ok(call) => {
                let fuel =
                    fuel_of(usize::try_from(memory.used()).unwrap_or(usize::MAX).saturating_add(call.asks_for()));
                if fuel > left { Err(Stop::Fuel) } else { Ok((call, fuel)) }
            }
            Err(belljar_abi::Fault::TooLarge { limit, .. }) if affordable < most && limit == affordable => {
                Err(Stop::Fuel)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    fn read(import: Import, arguments: &[u64], memory: &Memory<'_>) -> Result<Call, belljar_abi::Fault> {
        let mut arguments = arguments.iter().copied();
        let values = &mut arguments;
        Ok(match import {
            Import::ClockNow => Call::ClockNow,
            Import::ConsoleWrite => {
                let level = Level::lift_flat(values, memory)?;
                Call::Console(level, line(values, memory)?)
            }
            Import::RandomBytes => {
                let length = u32::lift_flat(values, memory)?;
                Call::Random { length, head: u32::lift_flat(values, memory)? }
            }
            Import::ArtifactsWrite => Call::Artifact {
                name: Lift::lift_flat(values, memory)?,
                media_type: Lift::lift_flat(values, memory)?,
                bytes: Lift::lift_flat(values, memory)?,
                head: Lift::lift_flat(values, memory)?,
            },
            Import::Start(capability) => Call::Start((capability.kind().lift)(values, memory)?),
            Import::StartReplace => Call::Start(Request::Kv(KvRequest::Replace(Lift::lift_flat(values, memory)?))),
            Import::StartKeys => Call::Start(Request::Kv(KvRequest::Page(Lift::lift_flat(values, memory)?))),
            Import::StartEntries => Call::Start(Request::Files(FilesRequest::Page(Lift::lift_flat(values, memory)?))),
            Import::Take(capability) => {
                let ticket = u32::lift_flat(values, memory)?;
                Call::Take { capability, ticket, head: u32::lift_flat(values, memory)? }
            }
            Import::Wait => Call::Wait {
                tickets: Lift::lift_flat(values, memory)?,
                until: Lift::lift_flat(values, memory)?,
                head: Lift::lift_flat(values, memory)?,
            },
            Import::End => Call::End(Lift::lift_flat(values, memory)?),
        })
    }

    /// Bytes that the host makes for the call besides those that it brings. What a result hands back costs by [`fuel_of`].
    fn asks_for(&self) -> usize {
        match self {
            Call::Random { length, .. } => *length as usize,
            _ => 0,
        }
    }
}

/// Bytes that a call may bring.
fn most(import: Import) -> u64 {
    if let Some(capability) = import.starts() {
        // What is expected can be as large as what is kept.
        let expected = if import == Import::StartReplace { limits::TRANSFER } else { 0 };
        return capability.kind().most + expected;
    }
    match import {
        Import::Wait => limits::BESIDE,
        Import::ConsoleWrite => limits::CONSOLE_LINE as u64,
        Import::ArtifactsWrite => limits::ARTIFACT + limits::BESIDE,
        Import::End => limits::OUTPUT + limits::BESIDE,
        _ => 0,
    }
}

/// A line of the console: at most [`limits::CONSOLE_LINE`] bytes of it are read, however long it is.
fn line(values: &mut dyn Iterator<Item = u64>, memory: &Memory<'_>) -> Result<String, belljar_abi::Fault> {
    let (pointer, length) = (u32::lift_flat(values, memory)?, u32::lift_flat(values, memory)?);
    memory.check(pointer, length.into())?;
    let read = length.min(limits::CONSOLE_LINE as u32);
    memory.charge(read.into())?;
    let bytes = memory.slice(pointer, read.into())?;
    let mut text = match std::str::from_utf8(&bytes) {
        Ok(text) => text.to_owned(),
        // The cut may go through a character.
        Err(error) if error.error_len().is_none() && read < length => {
            String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default()).into_owned()
        }
        Err(error) => return Err(belljar_abi::Fault::NotUtf8(error.valid_up_to())),
    };
    if read < length {
        limits::mark_cut(&mut text, length as usize);
    }
    Ok(text)
}

/// The fuel of a call that moves so many bytes: a unit for each, for they are copied, checked and hashed.
pub fn fuel_of(bytes: usize) -> i64 {
    CALL_FUEL.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// Answers a call of the guest. `arguments` are the core values, `i32` zero-extended; `memory` is the guest's, `meter` keeps its
/// fuel, whose counter stands at `counter`.
///
/// # Errors
///
/// What ends the run.
pub fn call(
    session: &mut Session,
    meter: &mut Meter,
    import: Import,
    arguments: &[u64],
    memory: &[u8],
    counter: i64,
) -> Result<Called, Stop> {
    let left = meter.left(counter);
    let (call, mut fuel) = Call::lift(import, arguments, &Memory::new(memory), left)?;
    let run = session.run_mut();
    let reply = match call {
        Call::ClockNow => Reply::Value(run.now()),
        Call::Console(level, text) => match run.console(level, text)? {
            Some(text) => Reply::Console(level, text),
            None => Reply::Nothing,
        },
        Call::Random { length, head } => Reply::Store(head, run.random(length)?.plan()),
        Call::Artifact { name, media_type, bytes, head } => {
            Reply::Store(head, run.artifact(name, media_type, bytes)?.plan())
        }
        Call::Start(request) => {
            let ticket = session.request(request, &mut |ticket| meter.set_aside(ticket, left - fuel))?;
            Reply::Value(ticket.into())
        }
        Call::Take { capability, ticket, head } => {
            let result = run.take(ticket, capability)?;
            let used = run.used_by_call(ticket).fuel;
            fuel = fuel_of(size(&result)).saturating_add(meter.give_back(ticket, used));
            if fuel > meter.left(counter) {
                return Err(Stop::Fuel);
            }
            Reply::Store(head, capability::plan(result, capability))
        }
        Call::Wait { tickets, until, head } => {
            session.wait(tickets, until, &mut |ticket| meter.set_aside(ticket, meter.left(counter) - fuel))?;
            Reply::Wait(head)
        }
        Call::End(outcome) => Reply::End(run.ends(outcome)?),
    };
    Ok(Called { reply, fuel })
}

/// How many bytes a result hands over.
pub fn size(result: &Result<Response, Failure>) -> usize {
    result.as_ref().map_or(0, |response| usize::try_from(response.size()).unwrap_or(usize::MAX))
}

/// Lowers the answer of a wait.
pub(crate) fn waited(ticket: Option<Ticket>) -> Writer {
    ticket.plan()
}

/// Lowers the answer of a wait at an address. The fuel is what a called tool used that has returned.
pub fn go_on(session: &Session, meter: &mut Meter, ticket: Option<Ticket>, head: u32) -> Called {
    let fuel = ticket.map_or(0, |ticket| meter.give_back(ticket, session.run().used_by_call(ticket).fuel));
    Called { reply: Reply::Store(head, waited(ticket)), fuel }
}

/// Lifts the result of the export `run` from the address that it returned. At most `most` bytes are copied.
pub fn lift_run(address: u32, memory: &[u8], most: u64) -> Result<Result<String, ToolFault>, Stop> {
    lift_export(address, &Memory::with_allowance(memory, most))
}

/// Lifts the result of an engine's export `load`.
pub fn lift_load(address: u32, memory: &[u8]) -> Result<Result<(), ToolFault>, Stop> {
    lift_export(address, &Memory::new(memory))
}

/// Lifts the result of a tool's export `describe`.
pub fn lift_describe(address: u32, memory: &[u8]) -> Result<String, Stop> {
    lift_export(address, &Memory::with_allowance(memory, 1 << 20))
}

/// Lifts the result of an export from the address that it returned.
///
/// # Errors
///
/// How the guest broke the Canonical ABI.
pub fn lift_export<T: Lift>(address: u32, memory: &Memory<'_>) -> Result<T, Stop> {
    if !address.is_multiple_of(T::ALIGN) {
        return Err(Stop::Abi(belljar_abi::Fault::Misaligned { pointer: address, align: T::ALIGN }));
    }
    memory.check(address, T::SIZE.into())?;
    Ok(T::lift(address, memory)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_imports_are_those_of_the_world() {
        let world: Vec<_> = belljar_admit::IMPORTS.iter().map(|i| Import::find(i.interface, i.function)).collect();
        assert_eq!(world, Import::ALL.map(Some));
    }
}
