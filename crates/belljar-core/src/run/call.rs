//! Calls of other tools: a run below a run.
//!
//! A called tool runs under the meet of its own policy and its caller's, on a share of what its caller has left. Its log is a chain
//! of its own in the same log: it names the entry with which it was called, and the entry with the result names its head. So a
//! replay of the caller takes the result from the recording, as every other, and the called run is replayed by itself.

use std::sync::Arc;

use belljar_abi::{Denial, Failure, Moment, Request, Response, Ticket, ToolRequest, ToolResponse};
use belljar_policy::{Conflict, Policy};

use super::replay::ReplayError;
use super::state::{Aside, Asking, Called, Run, Setup, Sought, State, Verdict};
use crate::capability::{Act, Capability};
use crate::contract::{Contract, sha256};
use crate::entry::Usage;
use crate::ledger::Budget;
use crate::limits;
use crate::outcome::{Outcome, Report, Stop};
use crate::permit::{Permit, Receipt};
use crate::plan::PlannedCall;
use crate::question::CalledTool;
use crate::recording::{Below, Recording};
use crate::run_path::RunPath;
use crate::sink::{self, LogSink, SharedSink};
use crate::terms::Terms;
use crate::tree::Tree;

/// Where a run stands among others.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: RunPath,
    pub(crate) tree: Tree,
    /// The hash of the caller's entry with the request.
    pub(crate) caller: Option<[u8; 32]>,
    /// The tools that are being run above, by name and identity, the first one first.
    pub(crate) above: Vec<(String, [u8; 32])>,
    /// What is recorded of called runs, if it is repeated or resumed.
    pub(crate) recorded: Option<Arc<Below>>,
}

impl Place {
    /// That of a run that nobody called.
    pub(crate) fn first() -> Self {
        Place { path: RunPath::default(), tree: Tree::default(), caller: None, above: Vec::new(), recorded: None }
    }
}

/// A share of a caller's budgets.
#[derive(Clone, Copy, Debug)]
struct Share {
    fuel: u64,
    calls: u64,
    console: u64,
    artifacts: u64,
    http_requests: u64,
    http_bytes: u64,
    files_bytes: u64,
    spend: u64,
}

/// A call of another tool that is permitted: what its run begins with. Only the caller's [`Run`] makes it.
pub struct Calling {
    request: ToolRequest,
    place: Place,
    terms: Arc<Terms>,
    seed: [u8; 32],
    share: Share,
    sink: SharedSink,
    /// The tool about which a person was asked.
    approved: Option<CalledTool>,
    /// The run that it was, if it is repeated or resumed.
    recording: Option<Arc<Recording>>,
}

impl std::fmt::Debug for Calling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Calling").field("request", &self.request).field("place", &self.place).finish_non_exhaustive()
    }
}

/// The tool that is called.
#[derive(Clone, Copy, Debug)]
pub struct Callee<'a> {
    /// What it promises.
    pub contract: &'a Contract,
    /// Its own policy.
    pub policy: &'a Policy,
    /// Its source or component, with the file's name, for recordings.
    pub origin: Option<(&'a str, &'a [u8])>,
}

impl Calling {
    /// The name by which the tool is called.
    pub fn name(&self) -> &str {
        &self.request.name
    }

    /// Which run it makes.
    pub fn path(&self) -> &RunPath {
        &self.place.path
    }

    /// What is recorded of it, if it is repeated or resumed: the tool is the one in there, and the policy its own.
    pub fn recording(&self) -> Option<&Arc<Recording>> {
        self.recording.as_ref()
    }

    /// What the called tool runs under.
    fn terms(&self, own: &Policy) -> Result<Terms, Failure> {
        let contradict = |conflict: Conflict| {
            Failure::Invalid(format!(
                "{}: its policy and that of {} contradict each other: {conflict}",
                self.request.name,
                self.place.above.last().map_or("its caller", |(name, _)| name)
            ))
        };
        if own.limits.per_day.is_some() && self.terms.policy().limits.per_day.is_none() {
            return Err(Failure::Invalid(format!(
                "{}: its policy bounds money by day, and a called tool spends its caller's: bound that by day",
                self.request.name
            )));
        }
        let mut policy = self.terms.policy().meet(own).map_err(contradict)?;
        let (limits, share) = (&mut policy.limits, &self.share);
        limits.fuel = limits.fuel.min(share.fuel);
        limits.calls = limits.calls.min(share.calls);
        limits.log = limits.log.min(share.console);
        limits.artifacts = limits.artifacts.min(share.artifacts);
        limits.http_requests = limits.http_requests.min(share.http_requests);
        limits.http_bytes = limits.http_bytes.min(share.http_bytes);
        limits.files_bytes = limits.files_bytes.min(share.files_bytes);
        if let (Some((amount, _)), Some(_)) = (&mut limits.spend, &self.terms.policy().limits.spend) {
            *amount = (*amount).min(share.spend);
        }
        let terms = Terms::from(policy).with_plan(self.terms.plan().cloned());
        Ok(if self.terms.rehearses() { terms.rehearsing() } else { terms })
    }

    /// Whether the tool is running above already.
    fn is_circle(&self, contract: &Contract) -> Result<(), Failure> {
        if !self.place.above.iter().any(|(_, identity)| *identity == contract.identity) {
            return Ok(());
        }
        let names: Vec<&str> = self.place.above.iter().map(|(name, _)| &**name).collect();
        Err(Failure::Invalid(format!(
            "{}: it is running already, and waits for this call ({} → {}); a tool does not call itself",
            self.request.name,
            names.join(" → "),
            contract.name
        )))
    }

    /// Whether the tool is the one that the plan was made with, if there is a plan. A rehearsal writes it down.
    fn is_planned(&self, contract: &Contract, policy: &Policy) -> Result<(), Failure> {
        let (run, tool, own) = (&self.place.path, contract.identity, policy.digest());
        if self.terms.plan().is_some_and(|plan| plan.is_other(run, &tool, &own)) {
            return Err(Failure::Invalid(format!(
                "{}: the tool or its policy is another one than when the plan was made, so the plan does not approve the call: \
                 rehearse it again",
                self.request.name
            )));
        }
        if self.terms.rehearses() {
            let (run, name) = (run.clone(), self.request.name.clone());
            self.place.tree.plan_call(PlannedCall { run, name, tool, policy: own });
        }
        Ok(())
    }

    /// Whether the tool is the one that a person was asked about, if one was.
    fn is_approved(&self, contract: &Contract, policy: &Policy) -> Result<(), Failure> {
        if self.approved.is_none_or(|approved| approved == CalledTool::new(contract, policy)) {
            return Ok(());
        }
        let name = &self.request.name;
        Err(Failure::Denied(Denial {
            capability: Capability::Tools.name().into(),
            request: format!("call {name}"),
            rule: format!(
                "{name} or its policy was changed after a person was asked about the call, so the answer is not to it"
            ),
        }))
    }

    /// Starts the called run, or resumes it. The input is that of the request, checked against what the tool takes.
    ///
    /// # Errors
    ///
    /// What the caller is told: the call has no run then.
    pub fn begin(mut self, callee: Callee<'_>, host: &str, now: Moment) -> Result<(Run, String), Failure> {
        let Callee { contract, policy, origin } = callee;
        self.is_circle(contract)?;
        self.is_approved(contract, policy)?;
        let invalid = |error: &dyn std::fmt::Display| Failure::Invalid(format!("{}: {error}", self.request.name));
        let input = contract.accept_input(&self.request.input).map_err(|error| invalid(&error))?;
        self.is_planned(contract, policy)?;
        let terms = Arc::new(self.terms(policy)?);
        if let Some(recording) = self.recording.take() {
            let run = Run::resume_at(self.place, contract, recording, terms, self.sink);
            return run.map(|run| (run, input)).map_err(|error| Failure::Other(error.to_string()));
        }
        terms.check().map_err(|stop| invalid(&stop))?;
        let called = sink::Called { input: &input, policy, origin };
        self.sink.get().keep_call(&self.place.path, &called).map_err(|error| Failure::Other(error.to_string()))?;
        let setup = Setup { contract, input: &input, host, now, seed: self.seed };
        let run = Run::begin(setup, terms, self.sink, self.place, None, None);
        run.map(|run| (run, input)).map_err(|(stop, _)| Failure::Other(stop.to_string()))
    }

    /// Repeats the called run from what is recorded of it.
    ///
    /// # Errors
    ///
    /// As [`Run::replay`].
    pub fn replay(self, callee: Callee<'_>, sink: Box<dyn LogSink>) -> Result<Run, ReplayError> {
        let failed = |failure: Failure| ReplayError::Unstarted(Stop::Host(crate::remote::words(&failure)));
        let terms = Arc::new(self.terms(callee.policy).map_err(failed)?);
        let recording = self.recording.ok_or(ReplayError::Input)?;
        Run::replay_at(self.place, callee.contract, recording, terms, SharedSink::new(sink))
    }
}

impl Run {
    /// The host found the tool about whose call a person is to be asked, or there is none: then nobody is.
    pub(crate) fn found(&mut self, ticket: Ticket, found: Result<CalledTool, Failure>) -> Result<Verdict, Stop> {
        let empty = self.empty();
        let slot = self.slot(ticket)?;
        let sought = match std::mem::replace(slot, State::Taken) {
            State::Sought(sought) => *sought,
            other => {
                *slot = other;
                return Err(Stop::Host(format!("no tool is looked for as {ticket}")));
            }
        };
        match found {
            Ok(found) => {
                let Sought { request, what, asking } = sought;
                self.found.insert(ticket, found);
                if let Request::Tools(call) = &request {
                    self.found_by_name.insert(call.name.clone(), found);
                }
                self.asks(ticket, request, what, Asking { calls: Some(found), ..asking }, empty)
            }
            Err(failure) => {
                self.finish(ticket, Err(failure))?;
                Ok(Verdict::Settled)
            }
        }
    }

    /// A share of each budget was set aside for a call that begins: returns that of fuel.
    pub(super) fn begun(&mut self, ticket: Ticket, aside: Aside<'_>) -> u64 {
        self.http_left = self.http_left.saturating_sub(self.at_once.aside(ticket, Budget::HttpBytes));
        aside(ticket)
    }

    /// The guest waits for these tickets: the acts of calls that begin by that.
    pub(crate) fn begin_calls(&mut self, waits_for: &[Ticket], aside: Aside<'_>) -> Result<Vec<Act>, Stop> {
        let mut acts = Vec::new();
        for ticket in self.at_once.begin(waits_for) {
            let fuel = self.begun(ticket, aside);
            if let Some((set_aside, _)) = self.callers.get_mut(&ticket) {
                *set_aside = fuel;
            }
            // One about which a person is asked begins with the answer.
            let Some(request) = self.queued.remove(&ticket) else { continue };
            self.calls(ticket, &request)?;
            if !self.is_replay() {
                acts.push(Act::Tools(Permit::new(ticket, request)));
            }
        }
        Ok(acts)
    }

    /// A tool is called: what its run begins with is kept until the host takes it.
    pub(super) fn calls(&mut self, ticket: Ticket, request: &ToolRequest) -> Result<(), Stop> {
        let at_once = &self.at_once;
        let aside = |budget| at_once.aside(ticket, budget);
        let (fuel, caller) = self.callers.get(&ticket).copied().unwrap_or_default();
        let share = Share {
            fuel,
            calls: aside(Budget::Calls),
            console: aside(Budget::Console),
            artifacts: aside(Budget::Artifacts),
            http_requests: aside(Budget::HttpRequests),
            http_bytes: aside(Budget::HttpBytes),
            files_bytes: aside(Budget::FilesBytes),
            spend: aside(Budget::Spend),
        };
        let path = self.place.path.of_call(ticket);
        if !self.is_replay() {
            self.place.tree.begin(path.clone());
        }
        let mut above = self.place.above.clone();
        above.push((self.tool.clone(), self.identity));
        let seed = sha256(format!("belljar call {ticket} {}", crate::contract::hex(&self.seed)).as_bytes());
        let recorded = self.place.recorded.as_ref().filter(|_| self.is_replay());
        let recording = recorded.and_then(|below| below.run(&path)).cloned();
        let calling = Calling {
            request: request.clone(),
            place: Place {
                path,
                tree: self.place.tree.clone(),
                caller: Some(caller),
                above,
                recorded: self.place.recorded.clone(),
            },
            terms: self.terms.clone(),
            seed,
            share,
            approved: self.found.get(&ticket).or_else(|| self.found_by_name.get(&request.name)).copied(),
            sink: self.log.sink(),
            recording,
        };
        let ended = calling.recording.as_ref().is_some_and(|recording| recording.ended());
        // A run that is resumed is recorded anew; what has ended is not run again for that.
        if let (true, true, Some(below)) = (self.resumes, ended, &self.place.recorded) {
            for line in below.lines(calling.path()) {
                calling.sink.get().append(&format!("{line}\n"))?;
            }
        }
        self.callings.insert(ticket, calling);
        Ok(())
    }

    /// The run that a permitted call makes, once.
    ///
    /// # Errors
    ///
    /// If the receipt is not one of a call, or it was taken before.
    pub fn calling(&mut self, receipt: &Receipt) -> Result<Calling, Stop> {
        let ticket = receipt.ticket();
        let calling = self.callings.remove(&ticket);
        calling.ok_or_else(|| Stop::Host(format!("ticket {ticket} is not a call that can begin")))
    }

    /// Of a replay that has come to its end: the calls that are recorded with runs of their own, to be replayed.
    pub fn recorded_calls(&mut self) -> Vec<Calling> {
        let mut calls: Vec<_> =
            std::mem::take(&mut self.callings).into_values().filter(|calling| calling.recording.is_some()).collect();
        calls.sort_by(|a, b| a.path().cmp(b.path()));
        calls
    }

    /// A called run has ended: what it came to, for the tool that called it.
    pub(crate) fn returned(&mut self, receipt: &Receipt, report: &Report) -> Result<Response, Failure> {
        let ticket = receipt.ticket();
        if report.log_entries > 0 {
            self.called.insert(ticket, Called { usage: report.usage, head: report.log_head });
        }
        let name = self.call_name(ticket);
        came_to(&name, report)
    }

    fn call_name(&mut self, ticket: Ticket) -> String {
        match self.slot(ticket) {
            Ok(State::Acting(acting)) => acting.call.clone().unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// What a called run used, as far as it has been handed over.
    pub fn used_by_call(&self, ticket: Ticket) -> Usage {
        self.called.get(&ticket).map(|called| called.usage).unwrap_or_default()
    }

    /// The calls that were under way when a run that was resumed went on by itself, to be resumed, too.
    pub(super) fn recall(&mut self, ticket: Ticket) -> Option<Act> {
        let calling = self.callings.get(&ticket)?;
        let request = calling.request.clone();
        self.place.tree.begin(calling.path().clone());
        Some(Act::Tools(Permit::new(ticket, request)))
    }
}

/// What a caller is told of a run that has ended.
fn came_to(name: &str, report: &Report) -> Result<Response, Failure> {
    if let (Outcome::Returned, Some(output)) = (report.outcome, &report.output) {
        return Ok(Response::Tools(ToolResponse { output: output.clone() }));
    }
    let mut words = match report.outcome {
        Outcome::Failed if !report.code.is_empty() => format!("{name} failed: {}: {}", report.code, report.message),
        Outcome::Failed => format!("{name} failed: {}", report.message),
        Outcome::Crashed => format!("{name} broke: {}", report.message),
        _ => format!("{name}: {}", report.message),
    };
    limits::shorten(&mut words, limits::FAULT_TEXT);
    Err(match report.outcome {
        Outcome::Denied => {
            let refusal = report.refusals.first();
            let inner = refusal.map(|refusal| format!("{} {}: {}", refusal.capability, refusal.request, refusal.rule));
            let rule = format!("{name} was refused {}", inner.unwrap_or(report.message.clone()));
            Failure::Denied(Denial { capability: "tools".into(), request: format!("call {name}"), rule })
        }
        Outcome::Exhausted => Failure::Exhausted(format!("{}: {words}", report.budget.as_deref().unwrap_or("results"))),
        Outcome::TimedOut => Failure::TimedOut(words),
        _ => Failure::Other(words),
    })
}
