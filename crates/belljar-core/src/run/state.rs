//! What a run begins with, what it knows while it goes on, and what it answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use belljar_abi::{Failure, HttpRequest, Moment, Request, Response, Ticket, ToolRequest};
use belljar_policy::Assurance;

use super::call::{Calling, Place};
use super::flight::Flight;
use crate::at_once::AtOnce;
use crate::capability::{Act, Ask as _};
use crate::contract::Contract;
use crate::edit::Part;
use crate::entry::Usage;
use crate::ledger::Reservation;
use crate::log::Log;
use crate::outcome::{Artifact, Edited, Refusal};
use crate::price::Bill;
use crate::question::{CalledTool, Question, RunId};
use crate::recording::Recording;
use crate::standing::Standing;
use crate::terms::Terms;

/// What a run starts with.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// The tool.
    pub contract: &'a Contract,
    /// JSON text that [`Contract::accept_input`] returned.
    pub input: &'a str,
    /// The host's name and version, for the log.
    pub host: &'a str,
    /// The host's clock.
    pub now: Moment,
    /// Real randomness from the host; a seed in the policy takes its place.
    pub seed: [u8; 32],
}

/// What the guest used, as the host read it from the guest's counters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// Fuel, from [`crate::Meter::used`].
    pub fuel: u64,
    /// Memory pages at the end; memories never shrink, so this is the peak.
    pub pages: u64,
    /// Whether the guest asked for more memory than it may have.
    pub memory_refused: bool,
}

/// Sets fuel aside for a call that begins, and says how much.
pub type Aside<'a> = &'a mut dyn FnMut(Ticket) -> u64;

/// The core's word on a request.
#[derive(Debug)]
pub enum Verdict {
    /// It may be performed: the host begins the act and hands its result in with the receipt.
    Permit(Act),
    /// A person must answer; the host asks and calls [`Run::answer`].
    Ask(Box<Question>),
    /// The host finds out which tool would be called by this name, before a person is asked about the call.
    Find(Ticket, String),
    /// It is settled without the host: refused, over budget or malformed. The guest will see it.
    Settled,
}

/// The state of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The guest goes on with this answer.
    Ready(Option<Ticket>),
    /// The host waits for the next result, but at most this long, then asks again or calls [`Run::elapsed`].
    Pending(Option<Duration>),
}

#[derive(Debug)]
pub(super) enum State {
    /// The tool is looked for about whose call a person is to be asked.
    Sought(Box<Sought>),
    /// A person is asked.
    Asked(Box<Asked>),
    /// The host acts.
    Acting(Acting),
    /// The host handed a result in, as the so-manieth of the run; the guest has not waited for it yet.
    Completed(u64, Result<Response, Failure>),
    /// The guest may take it.
    Settled(Result<Response, Failure>),
    /// Taken.
    Taken,
}

/// A call about which a person is to be asked.
#[derive(Debug)]
pub(super) struct Sought {
    pub(super) request: Request,
    pub(super) what: String,
    pub(super) asking: Asking,
}

/// What a question says of a request besides the request.
#[derive(Debug)]
pub(super) struct Asking {
    /// The rule that asks.
    pub(super) rule: String,
    /// The names of secrets.
    pub(super) secrets: Vec<String>,
    /// The header fields in which it carries its key.
    pub(super) keys: Vec<String>,
    /// The most that it can cost, in billionths.
    pub(super) cost: Option<u64>,
    /// The weakest answer that approves it, as the policy says.
    pub(super) least: Assurance,
    /// The policy answers it itself.
    pub(super) is_answered: bool,
    /// How many redirects led to it.
    pub(super) hops: u32,
    /// The tool that would be called.
    pub(super) calls: Option<CalledTool>,
}

/// A request about which a person is asked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: Arc<Request>,
    pub(super) question: Question,
    /// How many redirects led to it.
    pub(super) hops: u32,
    /// How many changed requests were not taken.
    pub(super) tries: u32,
}

/// A request for which the host acts.
#[derive(Debug)]
pub(super) struct Acting {
    /// The rule to which a person said yes.
    pub(super) rule: Option<String>,
    /// The name of the tool that is called, if the act is a call.
    pub(super) call: Option<String>,
    /// How much of a list is asked for, if a part of one is.
    pub(super) part: Option<u32>,
    /// What a redirect starts from, with how many there were, if the request is one that can be redirected.
    pub(super) http: Option<Box<(HttpRequest, u32)>>,
}

impl Acting {
    pub(super) fn new(rule: Option<String>, request: &Request, hops: u32) -> Self {
        let http = match request {
            Request::Http(request) => Some(Box::new((request.clone(), hops))),
            _ => None,
        };
        let call = match request {
            Request::Tools(request) => Some(request.name.clone()),
            _ => None,
        };
        Acting { rule, call, part: request.part(), http }
    }
}

/// A called run that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Called {
    pub(super) usage: Usage,
    /// The hash of the last line of its log.
    pub(super) head: [u8; 32],
}

/// A run in progress.
#[derive(Debug)]
pub struct Run {
    pub(super) id: RunId,
    pub(super) place: Place,
    /// How many requests were those of the plan, so far.
    pub(super) foreseen: usize,
    /// Something else than the plan was asked for: nothing more is approved by it.
    pub(super) deviates: bool,
    /// What is judged now is the plan's.
    pub(super) is_foreseen: bool,
    /// Of calls: the fuel that is set aside since they began, and the hash of the entry with the request.
    pub(super) callers: HashMap<Ticket, (u64, [u8; 32])>,
    /// Of calls about which a person was asked: the tool that was found.
    pub(super) found: HashMap<Ticket, CalledTool>,
    /// The same by name, for calls that need no question any more after a yes to the rule.
    pub(super) found_by_name: HashMap<String, CalledTool>,
    /// Calls that are permitted, and have not begun.
    pub(super) queued: HashMap<Ticket, ToolRequest>,
    /// Calls that can begin.
    pub(super) callings: HashMap<Ticket, Calling>,
    /// Calls whose runs have ended.
    pub(super) called: HashMap<Ticket, Called>,
    pub(super) terms: Arc<Terms>,
    pub(super) log: Log,
    pub(super) at_once: AtOnce,
    pub(super) tickets: Vec<State>,
    /// How many results were handed in so far.
    pub(super) completed: u64,
    /// How many questions are open.
    pub(super) asked: usize,
    /// The host's clock as the log had it last.
    pub(super) heard: Moment,
    /// How many questions there were.
    pub(super) questions: u64,
    /// What a person said to everything under a rule.
    pub(super) standing: Standing,
    pub(super) flight: Flight,
    /// Bytes of HTTP that can still come. Not of the ledger, because when they come is chance.
    pub(super) http_left: u64,
    /// What is reserved for requests whose results were not handed over yet.
    pub(super) reserved: HashMap<Ticket, Reservation>,
    /// What they cost, if money is bounded, and whether they were sent.
    pub(super) bills: HashMap<Ticket, Bill>,
    /// What was spent of which nobody knows whether it was, in billionths.
    pub(super) possibly: u64,
    pub(super) artifacts: Vec<Artifact>,
    /// What a person changed, by ticket, and what of it the report says.
    pub(super) edited: HashMap<Ticket, Vec<Part>>,
    pub(super) edits: Vec<Edited>,
    pub(super) refused: bool,
    pub(super) refusals: Vec<Refusal>,
    /// The console's last line, if it was an error: a guest that breaks says so there before it traps.
    pub(super) last_error: Option<String>,
    pub(super) seed: [u8; 32],
    pub(super) tool: String,
    pub(super) identity: [u8; 32],
    /// What it repeats, as long as it does.
    pub(super) recording: Option<Arc<Recording>>,
    /// It goes on by itself where the recording ends.
    pub(super) resumes: bool,
    /// How many entries the log had when a run that was resumed went on by itself.
    pub(super) resumed_at: Option<u64>,
    /// Questions that were open when it went on by itself.
    pub(super) reopened: Vec<Question>,
    /// Calls that were under way then.
    pub(super) recalled: Vec<Act>,
    /// How many waits came back empty-handed at once, and how many entries the log had then.
    pub(super) empty: (u64, u64),
}
