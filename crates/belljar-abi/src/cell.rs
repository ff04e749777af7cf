//! What the two halves of a browser's host say to each other: the *cell*, which holds the guest and is not trusted,
//! and the page, which decides and acts.
//!
//! Every message is one value in the form that the Canonical ABI gives it in memory, so that what arrives is checked
//! by the same code as what a guest hands over: bounds, discriminants, UTF-8, sizes.
//!
//! ```
//! use belljar_abi::Level;
//! use belljar_abi::cell::{Event, Line, Message, pack, unpack};
//!
//! let line = Line { level: Level::Log, text: "hello".into() };
//! let message = Message { events: vec![Event::Console(line)], fuel: 9, pages: 1, refused: 0, dropped: 0 };
//! let bytes = pack(&message)?;
//! assert_eq!(unpack::<Message>(&bytes)?, message);
//! assert!(unpack::<Message>(&bytes[..8]).is_err());
//! # Ok::<(), belljar_abi::Fault>(())
//! ```

use crate::canonical::{CoreType, Flat, Lift, Lower, align_to, join, max, max_count, record, variant};
use crate::memory::{Fault, Memory, Place, Writer};
use crate::primitives::Element;
use crate::world::{Failure, Level, Moment, Request, Response, Ticket, ToolFault};

/// Bytes of one message (80 MiB): the largest output that a policy can grant, and some.
pub const MESSAGE: u64 = 80 << 20;

record! {
    /// A program for a language engine.
    Program {
        /// The module's name, as it stands in stack traces.
        module: String,
        /// The source that the engine loads.
        code: String,
    }
}

record! {
    /// What the cell needs to know of a run before it begins.
    Setup {
        /// The input's JSON text.
        input: String,
        /// What the engine loads first.
        program: Option<Program>,
        /// The random source's seed: 32 bytes.
        seed: Vec<u8>,
        /// The guest's clock at the start.
        now: Moment,
        /// The budget of fuel.
        fuel: u64,
        /// The fuel at which a replay ends whose run was ended from outside; 0 if there is no such end.
        until: u64,
        /// The most pages of 64 KiB that its memory may have.
        pages: u32,
        /// Bytes of output that are copied at most.
        output: u64,
        /// The budget of console text, in bytes.
        console: u64,
        /// The budget of artifacts, in bytes.
        artifacts: u64,
        /// The budget of requests.
        calls: u64,
    }
}

record! {
    /// A line of the console.
    Line {
        /// Its level.
        level: Level,
        /// Its text.
        text: String,
    }
}

record! {
    /// A file that becomes part of the report.
    Artifact {
        /// Its name.
        name: String,
        /// Its media type.
        media_type: String,
        /// Its contents.
        bytes: Vec<u8>,
    }
}

record! {
    /// A wait.
    Wait {
        /// For one of these.
        tickets: Vec<Ticket>,
        /// Or until this moment in the guest's clock.
        until: Option<Moment>,
        /// Fuel that is set aside for calls of tools that begin by that, in their order.
        aside: Vec<u64>,
    }
}

record! {
    /// A take of a result that the cell does not have.
    Take {
        /// The ticket.
        ticket: Ticket,
        /// The capability's place in the world.
        capability: u32,
    }
}

variant! {
    /// How the guest ended.
    End {
        /// `run` returned an output.
        Returned(String),
        /// `run` returned an output of so many bytes, more than are copied.
        TooLarge(u64),
        /// `run` or `load` returned a fault.
        Fault(ToolFault),
        /// It trapped; the number names the trap.
        Trap(u32),
        /// It broke the Canonical ABI or a rule of the world, in words.
        Protocol(String),
        /// The fuel is used up.
        Fuel(()),
        /// The call depth is used up.
        Stack(()),
        /// The budget of requests is used up and it does not stop asking.
        Calls(()),
        /// The browser failed, in words.
        Host(String),
    }
}

record! {
    /// A request.
    Asked {
        /// The request.
        request: Request,
        /// The fuel that is set aside for it, if it calls a tool.
        aside: u64,
    }
}

record! {
    /// What a called tool used.
    Used {
        /// Fuel.
        fuel: u64,
        /// Requests.
        calls: u64,
        /// Bytes of console text.
        console: u64,
        /// Bytes of artifacts.
        artifacts: u64,
    }
}

variant! {
    /// Something that the guest did.
    Event {
        /// It wrote to the console, and the line was kept.
        Console(Line),
        /// It made an artifact, and it was kept.
        Artifact(Artifact),
        /// An artifact was refused, because their budget is used up.
        ArtifactsFull(()),
        /// The engine begins (1) or ends (0) loading its program.
        Loading(u32),
        /// It starts a request.
        Request(Asked),
        /// It takes a result that it was told of.
        Took(Take),
        /// It takes a result that it was not told of, and is answered.
        Take(Take),
        /// It waits, and is answered.
        Wait(Wait),
        /// It ended.
        End(End),
    }
}

record! {
    /// From the cell to the page: what happened since the last message, in its order.
    Message {
        /// What happened.
        events: Vec<Event>,
        /// Fuel used so far.
        fuel: u64,
        /// Pages of memory.
        pages: u32,
        /// 1 if more memory was asked for than there may be.
        refused: u32,
        /// Lines of the console that were dropped so far.
        dropped: u64,
    }
}

record! {
    /// A result with its ticket.
    Settled {
        /// The ticket.
        ticket: Ticket,
        /// The result.
        result: Result<Response, Failure>,
        /// What a called tool used, if it is the result of a call.
        used: Used,
    }
}

record! {
    /// From the page to the cell: the answer to a wait or a take.
    Answer {
        /// The ticket that was waited for; nothing if the time came first.
        ticket: Option<Ticket>,
        /// The guest's clock now.
        now: Moment,
        /// The result, unless it is known already.
        result: Option<Settled>,
    }
}

impl Element for Event {}

/// The bytes of a message.
///
/// # Errors
///
/// If it is larger than a memory of 32-bit WebAssembly.
pub fn pack(value: &impl Lower) -> Result<Vec<u8>, Fault> {
    value.plan().into_bytes()
}

/// Reads a message, checking everything.
///
/// # Errors
///
/// What is wrong with it.
pub fn unpack<T: Lift>(bytes: &[u8]) -> Result<T, Fault> {
    let memory = Memory::with_allowance(bytes, MESSAGE);
    memory.check(0, T::SIZE.into())?;
    T::lift(0, &memory)
}
