//! What each import of the guest means: arguments are lifted, the run is asked, the answer is planned.
//!
//! A host binds every import of the closed world to [`call`] and carries out the [`Reply`]; it adds nothing
//! of its own.

use belljar_abi::{
    Failure, FilesResponse, HttpResponse, HumanResponse, KvResponse, Level, Lift, Lower, Memory, Moment, Ticket,
    ToolFault, ToolResponse, Writer,
};

use crate::limits::CALL_FUEL;
use crate::outcome::Stop;
use crate::permit::Act;
use crate::request::{Capability, Request, Response};
use crate::run::{Question, Run, Verdict};

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
}

impl Import {
    /// The import of that interface (without package and version) and function, if the world has it.
    pub fn find(interface: &str, function: &str) -> Option<Import> {
        match (interface, function) {
            ("waiting", "wait") => Some(Import::Wait),
            ("console", "write") => Some(Import::ConsoleWrite),
            ("clock", "now") => Some(Import::ClockNow),
            ("random", "bytes") => Some(Import::RandomBytes),
            ("artifacts", "write") => Some(Import::ArtifactsWrite),
            (name, "start") => Capability::ALL.into_iter().find(|c| c.name() == name).map(Import::Start),
            (name, "take") => Capability::ALL.into_iter().find(|c| c.name() == name).map(Import::Take),
            _ => None,
        }
    }
}

/// What a host does with an import's answer.
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
    /// Begin the act, then return the ticket.
    Begin(Ticket, Act),
    /// Ask a person, then return the ticket without waiting for the answer.
    Ask(Ticket, Question),
    /// Wait, by [`Run::wait`] and [`Run::elapsed`]; then lower the answer with [`waited`].
    Wait {
        /// The tickets.
        tickets: Vec<Ticket>,
        /// The moment at which the wait ends, in the guest's clock.
        until: Option<Moment>,
        /// Where the answer goes.
        head: u32,
    },
}

/// An import's answer and the fuel that the call costs.
#[derive(Debug)]
pub struct Called {
    /// What to do.
    pub reply: Reply,
    /// To be taken off the guest's counter before it goes on.
    pub fuel: i64,
}

/// Answers a call of the guest. `arguments` are the core values, `i32` zero-extended; `memory` is the guest's.
pub fn call(run: &mut Run, import: Import, arguments: &[u64], memory: &[u8]) -> Result<Called, Stop> {
    let memory = Memory::new(memory);
    let mut arguments = arguments.iter().copied();
    let values = &mut arguments;
    let mut bytes = 0;
    let reply = match import {
        Import::ClockNow => Reply::Value(run.now()),
        Import::ConsoleWrite => {
            let level = Level::lift_flat(values, &memory)?;
            let text = String::lift_flat(values, &memory)?;
            bytes = text.len();
            match run.console(level, text)? {
                Some(text) => Reply::Console(level, text),
                None => Reply::Nothing,
            }
        }
        Import::RandomBytes => {
            let length = u32::lift_flat(values, &memory)?;
            let head = u32::lift_flat(values, &memory)?;
            bytes = length as usize;
            Reply::Store(head, run.random(length)?.plan())
        }
        Import::ArtifactsWrite => {
            let name = String::lift_flat(values, &memory)?;
            let media_type = String::lift_flat(values, &memory)?;
            let contents = Vec::<u8>::lift_flat(values, &memory)?;
            let head = u32::lift_flat(values, &memory)?;
            bytes = contents.len();
            Reply::Store(head, run.artifact(name, media_type, contents)?.plan())
        }
        Import::Start(capability) => {
            let request = match capability {
                Capability::Kv => Request::Kv(Lift::lift_flat(values, &memory)?),
                Capability::Files => Request::Files(Lift::lift_flat(values, &memory)?),
                Capability::Http => Request::Http(Lift::lift_flat(values, &memory)?),
                Capability::Tools => Request::Tools(Lift::lift_flat(values, &memory)?),
                Capability::Human => Request::Human(Lift::lift_flat(values, &memory)?),
            };
            bytes = request.payload().map_or(0, <[u8]>::len);
            match run.request(request)? {
                (ticket, Verdict::Permit(act)) => Reply::Begin(ticket, act),
                (ticket, Verdict::Ask(question)) => Reply::Ask(ticket, question),
                (ticket, Verdict::Settled) => Reply::Value(ticket.into()),
            }
        }
        Import::Take(capability) => {
            let ticket = u32::lift_flat(values, &memory)?;
            let head = u32::lift_flat(values, &memory)?;
            let result = run.take(ticket, capability)?;
            bytes = result.as_ref().map_or(0, |r| r.size() as usize);
            Reply::Store(head, lower(result, capability))
        }
        Import::Wait => {
            let tickets = {
                let pointer = u32::lift_flat(values, &memory)?;
                let length = u32::lift_flat(values, &memory)?;
                Vec::<Ticket>::lift_flat(&mut [pointer.into(), length.into()].into_iter(), &memory)?
            };
            let until = Option::<Moment>::lift_flat(values, &memory)?;
            let head = u32::lift_flat(values, &memory)?;
            bytes = tickets.len() * 4;
            Reply::Wait { tickets, until, head }
        }
    };
    Ok(Called { reply, fuel: CALL_FUEL.saturating_add((bytes / 8) as i64) })
}

/// Lowers the answer of a wait.
pub fn waited(ticket: Option<Ticket>) -> Writer {
    ticket.plan()
}

fn lower(result: Result<Response, Failure>, capability: Capability) -> Writer {
    fn as_result<T: Lower>(result: Result<T, Failure>) -> Writer {
        result.plan()
    }
    // `Run::take` has checked that the response is of this capability.
    match (result, capability) {
        (Ok(Response::Kv(response)), _) => as_result(Ok(response)),
        (Ok(Response::Files(response)), _) => as_result(Ok(response)),
        (Ok(Response::Http(response)), _) => as_result(Ok(response)),
        (Ok(Response::Tools(response)), _) => as_result(Ok(response)),
        (Ok(Response::Human(response)), _) => as_result(Ok(response)),
        (Err(failure), Capability::Kv) => as_result::<KvResponse>(Err(failure)),
        (Err(failure), Capability::Files) => as_result::<FilesResponse>(Err(failure)),
        (Err(failure), Capability::Http) => as_result::<HttpResponse>(Err(failure)),
        (Err(failure), Capability::Tools) => as_result::<ToolResponse>(Err(failure)),
        (Err(failure), Capability::Human) => as_result::<HumanResponse>(Err(failure)),
    }
}

/// Lifts the result of the export `run` from the address that it returned. At most `most` bytes are copied.
pub fn lift_run(address: u32, memory: &[u8], most: u64) -> Result<Result<String, ToolFault>, Stop> {
    lift_export(address, memory, most)
}

/// Lifts the result of an engine's export `load`.
pub fn lift_load(address: u32, memory: &[u8]) -> Result<Result<(), ToolFault>, Stop> {
    lift_export(address, memory, Memory::ALLOWANCE)
}

/// Lifts the result of a tool's export `describe`.
pub fn lift_describe(address: u32, memory: &[u8]) -> Result<String, Stop> {
    lift_export(address, memory, 1 << 20)
}

fn lift_export<T: Lift>(address: u32, memory: &[u8], most: u64) -> Result<T, Stop> {
    if !address.is_multiple_of(T::ALIGN) {
        return Err(Stop::Abi(belljar_abi::Fault::Misaligned { pointer: address, align: T::ALIGN }));
    }
    let memory = Memory::with_allowance(memory, most);
    memory.slice(address, T::SIZE.into())?;
    Ok(T::lift(address, &memory)?)
}
