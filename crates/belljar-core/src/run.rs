//! One run: from its start entry to its report.

mod ask;
pub(crate) mod call;
pub(crate) mod edit;
mod end;
mod flight;
mod foresee;
mod hop;
pub(crate) mod judge;
mod replay;
mod state;
mod suspend;
mod wait;

use std::collections::HashMap;
use std::collections::hash_map::Entry as Entries;
use std::sync::Arc;
use std::time::Duration;

use belljar_abi::{Denial, Failure, Header, HttpResponse, Level, Moment, Request, Response, Ticket, ToolFault};
use belljar_policy::{Assurance, Effect, Limits, Policy, limits as policy_limits};

use crate::answerer::Approver;
use crate::at_once::AtOnce;
use crate::capability::{self, Act, Answered, Ask, Filter, Judge, request_digest};
use crate::clock::{self, Clock};
use crate::contract::{hex, sha256};
use crate::daybook::Allowance;
use crate::entry::{self, At, Entry};
use crate::ledger::{Budget, Budgets};
use crate::limits;
use crate::log::Log;
use crate::outcome::{Artifact, Refusal, Stop};
use crate::permit::Receipt;
use crate::price::{Bill, warn};
use crate::question::{Question, QuestionId, RunId, question_digest};
use crate::recording::Recording;
use crate::run_path::RunPath;
use crate::sink::{Divergence, LogSink, SharedSink};
use crate::standing::Standing;
use crate::terms::Terms;

use call::Place;
use flight::Flight;
use hop::Hopped;
use judge::Judgement;
use state::{Acting, Asked, Asking, Sought, State};

pub use call::{Callee, Calling};
pub use foresee::WrittenDown;
pub use replay::ReplayError;
pub use state::{Aside, Run, Setup, Spent, Verdict, Waited};
pub use suspend::NotSuspendable;

impl Run {
    /// Writes the start entry and returns the run.
    ///
    /// # Errors
    ///
    /// If the log cannot be written, or the policy says what is not [`crate::SUPPORTED`]: nothing in a policy is ignored.
    pub fn start(setup: Setup<'_>, terms: impl Into<Arc<Terms>>, sink: Box<dyn LogSink>) -> Result<Self, Stop> {
        Self::start_with(setup, terms, sink, None)
    }

    /// The same where the policy bounds money by day: `allowance` is what the host drew of it, which bounds what the run spends.
    ///
    /// # Errors
    ///
    /// The same, and if the policy bounds money by day and nothing was drawn.
    pub fn start_with(
        setup: Setup<'_>,
        terms: impl Into<Arc<Terms>>,
        sink: Box<dyn LogSink>,
        allowance: Option<&Allowance>,
    ) -> Result<Self, Stop> {
        let terms = terms.into();
        terms.check()?;
        Self::begin(setup, terms, SharedSink::new(sink), Place::first(), allowance, None).map_err(|(stop, _)| stop)
    }

    /// Starts a run, or the replay of one.
    fn begin(
        setup: Setup<'_>,
        terms: Arc<Terms>,
        sink: SharedSink,
        place: Place,
        allowance: Option<&Allowance>,
        recording: Option<Arc<Recording>>,
    ) -> Result<Self, (Stop, Option<Box<Divergence>>)> {
        let policy = terms.policy();
        // A called tool spends of what its caller may.
        let spend = match place.caller {
            Some(_) => policy.limits.spend.as_ref().map(|(amount, _)| *amount),
            None => allowed(&policy.limits, allowance).map_err(|stop| (stop, None))?,
        };
        let seed = match policy.random_seed {
            Some(seed) => sha256(format!("belljar random seed {seed}").as_bytes()),
            None => setup.seed,
        };
        let clock = Clock::new(&policy.clock, setup.now);
        match &recording {
            Some(recording) => place.tree.start(recording.start.started_by.as_deref()),
            None if place.path.is_first() => place.tree.start(terms.starter()),
            None => {}
        }
        let starter = place.tree.starter();
        let mut log = Log::new(sink, place.path.clone(), recording.clone());
        let contract = setup.contract;
        let l = &policy.limits;
        let started = log.entry(&Entry::Start {
            admission: belljar_admit::VERSION.into(),
            at: At(setup.now),
            caller: place.caller,
            clock: At(clock.now()),
            engine: contract.engine,
            hold: allowance.map(|allowance| allowance.hold.as_str().into()),
            host: setup.host.into(),
            input: sha256(setup.input.as_bytes()),
            plan: terms.plan().filter(|_| place.path.is_first()).map(|plan| plan.digest()),
            limits: entry::Limits {
                artifacts: l.artifacts,
                calls: l.calls,
                files_bytes: unusual(l.files_bytes, policy_limits::FILES_BYTES),
                fuel: l.fuel,
                http_bytes: policy.grants_http().then_some(l.http_bytes),
                http_requests: policy.grants_http().then_some(l.http_requests),
                spend,
                kv_bytes: unusual(l.kv_bytes, policy_limits::KV_BYTES),
                kv_keys: unusual(l.kv_keys, policy_limits::KV_KEYS),
                log: l.log,
                memory: l.memory,
                output: l.output,
                time_ms: u64::try_from(l.time.as_millis()).unwrap_or(u64::MAX),
            },
            policy: *terms.digest(),
            started_by: starter.as_deref().map(Into::into),
            tool: contract.name.as_str().into(),
            tool_hash: contract.identity,
            version: entry::VERSION,
        });
        let seeded = started.and_then(|()| log.entry(&Entry::Seed { seed }));
        if let Err(error) = seeded {
            return Err((error.into(), log.take_divergence()));
        }
        Ok(Run {
            id: RunId(log.head()),
            place,
            foreseen: 0,
            deviates: false,
            is_foreseen: false,
            callers: HashMap::new(),
            found: HashMap::new(),
            found_by_name: HashMap::new(),
            queued: HashMap::new(),
            callings: HashMap::new(),
            called: HashMap::new(),
            at_once: AtOnce::new(clock, seed, Budgets { spend, ..Budgets::from(&policy.limits) }),
            log,
            tickets: Vec::new(),
            completed: 0,
            asked: 0,
            heard: setup.now,
            questions: 0,
            standing: Standing::default(),
            flight: Flight::default(),
            http_left: terms.policy().limits.http_bytes,
            reserved: HashMap::new(),
            bills: HashMap::new(),
            possibly: 0,
            artifacts: Vec::new(),
            edited: HashMap::new(),
            edits: Vec::new(),
            refused: false,
            refusals: Vec::new(),
            last_error: None,
            seed,
            tool: contract.name.clone(),
            identity: contract.identity,
            terms,
            recording,
            resumes: false,
            resumed_at: None,
            reopened: Vec::new(),
            recalled: Vec::new(),
            empty: (0, 0),
        })
    }

    /// Where it stands among others.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Which run of its tree it is.
    pub fn path(&self) -> &RunPath {
        &self.place.path
    }

    /// Which run it is.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        self.terms.policy()
    }

    /// Whether an engine is loading a program: then the clock stands at zero, randomness comes from a fixed
    /// seed and requests are refused.
    pub fn set_loading(&mut self, loading: bool) {
        self.at_once.set_loading(loading);
    }

    /// The moment that the guest sees.
    pub fn now(&self) -> Moment {
        self.at_once.now()
    }

    /// The random source's seed, for the half of a host that answers the guest.
    pub fn seed(&self) -> [u8; 32] {
        self.seed
    }

    /// The time that it may take; nothing if it repeats a recorded run, which waits for nothing.
    pub(crate) fn time(&self) -> Option<Duration> {
        let limits = &self.terms.policy().limits;
        match &self.recording {
            None => Some(limits.time),
            Some(recording) => self.resumes.then(|| recording.time_left(limits)),
        }
    }

    /// The outcome with which the guest ends the run, if it may.
    pub(crate) fn ends(&self, outcome: Result<String, ToolFault>) -> Result<Result<String, ToolFault>, Stop> {
        self.at_once.ends(outcome)
    }

    /// Random bytes for the guest.
    pub fn random(&mut self, length: u32) -> Result<Vec<u8>, Stop> {
        self.at_once.random(length)
    }

    /// How many lines of the console the guest's half of a host has dropped so far, because their budget is used up.
    pub fn console_dropped(&mut self, lines: u64) {
        let ledger = &mut self.at_once.ledger;
        ledger.console_dropped = ledger.console_dropped.max(lines);
    }

    /// The guest's half of a host has refused an artifact, because their budget is used up.
    pub fn artifacts_full(&mut self) {
        self.at_once.ledger.exhausted.get_or_insert("artifacts");
    }

    /// A console line: logged while the budget for console text lasts, then counted. Returns the text that was
    /// kept, for showing it to the person at once.
    pub fn console(&mut self, level: Level, text: String) -> Result<Option<String>, Stop> {
        self.feed()?;
        let Some(text) = self.at_once.line(text) else { return Ok(None) };
        self.last_error = (level == Level::Error).then(|| text.clone());
        self.log.entry(&Entry::Console { level: level.name().into(), text: text.as_str().into() })?;
        Ok(Some(text))
    }

    /// Adds an artifact or says why not.
    pub fn artifact(&mut self, name: String, media_type: String, bytes: Vec<u8>) -> Result<Result<(), Failure>, Stop> {
        self.feed()?;
        if let Err(failure) = self.at_once.artifact(&name, &media_type, bytes.len()) {
            return Ok(Err(failure));
        }
        self.log.entry(&Entry::Artifact {
            bytes: bytes.len() as u64,
            media_type: media_type.as_str().into(),
            sha256: sha256(&bytes),
            what: name.as_str().into(),
        })?;
        let artifact = Artifact { name, media_type, bytes };
        match self.artifacts.iter_mut().find(|known| known.name == artifact.name) {
            Some(old) => *old = artifact,
            None => self.artifacts.push(artifact),
        }
        Ok(Ok(()))
    }

    /// Judges a request, logs it with its verdict, and gives it a ticket. `aside` sets fuel aside for a call of a tool that begins
    /// by that.
    pub(crate) fn request(&mut self, mut request: Request, aside: Aside<'_>) -> Result<(Ticket, Verdict), Stop> {
        self.feed()?;
        let ticket = self.tickets.len() as Ticket + 1;
        self.tickets.push(State::Taken);
        let canonical = request.canonicalize();
        let mut what = request.describe();
        // Counted in any case: a program that loads can make requests, too, and each is an entry of the log.
        let counted = self.at_once.call()?;
        let mut fuel = 0;
        if let Request::Tools(_) = &request
            && self.at_once.calls_tool(ticket)
        {
            fuel = self.begun(ticket, aside);
        }
        let planned = self.foresee(ticket, &request, &what, canonical.is_ok())?;
        let judgement = self.judgement(ticket, &request, &what, canonical, counted);
        self.write_down(planned, &judgement)?;
        let Judgement { word, rule, secrets, keys, cost, .. } = &judgement;
        // What is shown, approved or performed is logged whole.
        if matches!(*word, "invalid" | "exhausted") {
            cut(&mut what);
        }
        self.log.entry(&Entry::Request {
            bytes: request.payload().map(|payload| payload.len() as u64),
            capability: request.capability().name().into(),
            cost: *cost,
            idempotency_keys: keys.iter().map(|name| name.as_str().into()).collect(),
            rule: (!rule.is_empty()).then_some(rule.as_str().into()),
            secrets: secrets.iter().map(|name| name.as_str().into()).collect(),
            sha256: request.payload().map(sha256),
            ticket,
            verdict: (*word).into(),
            what: what.as_str().into(),
        })?;
        if let Request::Tools(_) = &request {
            self.callers.insert(ticket, (fuel, self.log.head()));
        }
        let verdict = self.follow(ticket, request, what, judgement, 0)?;
        Ok((ticket, verdict))
    }

    /// What a judgement leads to, which is logged already.
    fn follow(
        &mut self,
        ticket: Ticket,
        request: Request,
        what: String,
        judgement: Judgement,
        hops: u32,
    ) -> Result<Verdict, Stop> {
        let Judgement { rule, grant, comes_to, reserved, secrets, keys, cost, is_answered, approved, least, .. } =
            judgement;
        if let Some(reserved) = reserved.filter(|reserved| !reserved.is_empty()) {
            self.http_left = self.http_left.saturating_sub(reserved.amount(Budget::HttpBytes));
            match self.reserved.entry(ticket) {
                Entries::Occupied(mut held) => held.get_mut().join(reserved),
                Entries::Vacant(none) => drop(none.insert(reserved)),
            }
        }
        match comes_to {
            Ok(Some(mut act)) => {
                self.bound(ticket, &mut act);
                *self.slot(ticket)? = State::Acting(Acting::new(approved, &request, hops));
                self.permitted(ticket, &request, act)
            }
            Ok(None) => {
                let asking = Asking { rule, secrets, keys, cost, least, is_answered, hops, calls: None };
                if let Request::Tools(call) = &request {
                    let name = call.name.clone();
                    *self.slot(ticket)? = State::Sought(Box::new(Sought { request, what, asking }));
                    return Ok(if self.is_replay() { Verdict::Settled } else { Verdict::Find(ticket, name) });
                }
                self.asks(ticket, request, what, asking, 0)
            }
            Err(failure) => {
                if let Failure::Denied(denial) = &failure {
                    self.refuse(denial, grant);
                }
                if hops == 0 {
                    *self.slot(ticket)? = State::Settled(Err(failure));
                } else {
                    self.finish(ticket, Err(failure))?;
                }
                Ok(Verdict::Settled)
            }
        }
    }

    /// A person is asked. So many waits came back empty-handed before that, if it does not follow from what the tool does.
    fn asks(
        &mut self,
        ticket: Ticket,
        request: Request,
        what: String,
        asking: Asking,
        empty: u64,
    ) -> Result<Verdict, Stop> {
        let Asking { rule, secrets, keys, cost, least, is_answered, hops, calls } = asking;
        let packed = capability::packed(&request)?;
        let content = request_digest(&packed);
        let request = Arc::new(request);
        let payload = request.payload().unwrap_or_default();
        let expires = self.terms.policy().question_time.map(|time| {
            let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            self.known_moment().saturating_add(time).min(clock::LAST)
        });
        let digest = question_digest(&self.log.head(), &content, calls.as_ref());
        let read = if is_answered { Vec::new() } else { self.place.tree.told(&request) };
        let approver = Approver {
            least: least.max(Approver::floor(request.acts() && !is_answered, &secrets, cost, &read)),
            not: self.terms.policy().four_eyes.then(|| self.place.tree.starter()),
        };
        let question = Question {
            id: QuestionId { run: self.id, ticket, digest },
            tool: self.tool.clone(),
            identity: self.identity,
            path: self.place.path.clone(),
            callers: self.place.above.iter().map(|(name, _)| name.clone()).collect(),
            capability: request.capability(),
            calls,
            payload: payload.len() as u64,
            beginning: payload.get(..limits::BEGINNING).unwrap_or(payload).to_vec(),
            request: what,
            // As they are sent, but for the secrets.
            headers: keyed(&self.id, ticket, request.headers(), &keys),
            secrets,
            cost: cost.and_then(|cost| self.cost(cost)),
            read,
            // What is rehearsed is not done.
            approver: if self.terms.rehearses() { Approver::default() } else { approver },
            irreversible: request.irreversible().filter(|_| !is_answered),
            rule,
            exact: request.exact(self.terms.policy()),
            expires,
            is_timed: !self.at_once.clock.is_frozen(),
            problem: None,
            editor: self.editor(ticket, &request, hops),
            human: match &*request {
                Request::Human(human) => Some(human.clone()),
                _ => None,
            },
        };
        self.log.entry(&Entry::Question {
            called_policy: calls.map(|calls| calls.policy),
            called_tool: calls.map(|calls| calls.identity),
            content: Some(content),
            digest,
            empty: (empty > 0).then_some(empty),
            expires: expires.map(At),
            least: (least > Assurance::default()).then(|| least.name().into()),
            ticket,
        })?;
        if hops == 0 {
            self.log.keep_request(ticket, &packed)?;
        }
        self.asked += 1;
        self.questions += 1;
        let asked = Asked { request, question: question.clone(), hops, tries: 0 };
        *self.slot(ticket)? = State::Asked(Box::new(asked));
        Ok(if self.is_replay() { Verdict::Settled } else { Verdict::Ask(Box::new(question)) })
    }

    /// An act that is permitted: it is performed, unless it is a call that has not begun.
    fn permitted(&mut self, ticket: Ticket, request: &Request, act: Act) -> Result<Verdict, Stop> {
        if let Request::Tools(request) = request {
            if !self.at_once.has_begun(ticket) {
                self.queued.insert(ticket, request.clone());
                return Ok(Verdict::Settled);
            }
            self.calls(ticket, request)?;
        }
        // In a replay nothing is performed: the result is recorded.
        if self.is_replay() { Ok(Verdict::Settled) } else { self.acted(act) }
    }

    /// Bounds the bytes of an answer by what is left of them, and by what the price of the request is for; and gives the request its key.
    fn bound(&self, ticket: Ticket, act: &mut Act) {
        if let Act::Http(_) = act {
            let priced = self.bills.get(&ticket).and_then(Bill::room).unwrap_or(u64::MAX);
            act.limit(self.http_left.min(priced));
        }
        if let Act::Http(permit) = act {
            let act = permit.act_mut();
            act.key_fields = keyed(&self.id, ticket, &[], &std::mem::take(&mut act.keys));
        }
    }

    /// What is to be done for an act. What the policy answers is not for the host: it is answered here.
    fn acted(&mut self, act: Act) -> Result<Verdict, Stop> {
        let permit = match act {
            Act::Http(permit) if permit.act().answer.is_some() => permit,
            act => return Ok(Verdict::Permit(act)),
        };
        let (act, receipt) = permit.spend();
        let response = act.answer.map(|answer| HttpResponse {
            status: answer.status,
            url: act.url.into(),
            headers: answer
                .headers
                .iter()
                .map(|(name, value)| Header { name: name.clone(), value: value.clone() })
                .collect(),
            body: answer.body.clone().into_bytes(),
        });
        let response = response.ok_or_else(|| Stop::Host("an answer of the policy is gone".into()))?;
        self.complete(receipt, Ok(Response::Http(response)))
    }

    /// What is remembered of a refusal for the report.
    fn refuse(&mut self, denial: &Denial, grant: Option<String>) {
        self.refused = true;
        let Denial { capability, request, rule } = denial.clone();
        let refusal = Refusal { capability, request, rule, grant };
        if self.refusals.len() < limits::REFUSALS && !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }

    /// Hands in the result of an act. The verdict is on what the act leads to, if it leads on.
    pub(crate) fn complete(&mut self, receipt: Receipt, result: Result<Response, Failure>) -> Result<Verdict, Stop> {
        let ticket = receipt.ticket;
        if let State::Acting(Acting { call: Some(_), .. }) = self.slot(ticket)? {
            self.place.tree.end(&self.place.path.of_call(ticket));
        }
        let result = match self.hopped(ticket, self.marked(ticket, result))? {
            Hopped::On(verdict) => return Ok(*verdict),
            Hopped::Not(result) => self.warned(ticket, result),
        };
        let result = match result {
            Ok(response) if response.size() > limits::TRANSFER => Err(limits::response_too_large(response.size())),
            Ok(response) => {
                let (given, part) = match self.slot(ticket)? {
                    State::Acting(acting) => (acting.rule.clone(), acting.part),
                    _ => (None, None),
                };
                // What a rule allows, and what a person has allowed under the rule that asked.
                response.filter(part, &|query| {
                    let decision = self.terms.policy().decide(query);
                    match decision.effect {
                        Effect::Allow => true,
                        Effect::Ask => self.is_approved(&decision) || given.as_ref() == Some(&decision.rule),
                        Effect::Deny => false,
                    }
                })
            }
            Err(failure) => Err(failure),
        };
        let result = result.and_then(|response| self.flight.holds(response));
        if let Err(Failure::Denied(denial)) = &result {
            self.refuse(denial, None);
        }
        self.finish(ticket, result)?;
        Ok(Verdict::Settled)
    }

    /// Tells the tool what a person changed of its request.
    fn marked(&self, ticket: Ticket, mut result: Result<Response, Failure>) -> Result<Response, Failure> {
        if let Ok(Response::Http(response)) = &mut result {
            crate::edit::mark(response, self.edited.get(&ticket).map(Vec::as_slice).unwrap_or_default());
        }
        result
    }

    /// Tells the tool of a request that failed after it was sent that it may have been carried out, if that matters.
    fn warned(&self, ticket: Ticket, result: Result<Response, Failure>) -> Result<Response, Failure> {
        let Some(most) = self.bills.get(&ticket).and_then(|bill| bill.possibly(&result)) else { return result };
        let has_effect = match self.tickets.get((ticket as usize).wrapping_sub(1)) {
            Some(State::Acting(Acting { http: Some(http), .. })) => capability::http::has_effect(&http.0.method),
            _ => false,
        };
        if has_effect || most > 0 { result.map_err(|failure| warn(failure, most > 0)) } else { result }
    }

    fn finish(&mut self, ticket: Ticket, result: Result<Response, Failure>) -> Result<(), Stop> {
        let order = self.completed;
        let slot = self.slot(ticket)?;
        *slot = State::Completed(order, result);
        self.completed += 1;
        Ok(())
    }

    fn slot(&mut self, ticket: Ticket) -> Result<&mut State, Stop> {
        let index = (ticket as usize).checked_sub(1);
        let slot = index.and_then(|at| self.tickets.get_mut(at));
        slot.ok_or_else(|| Stop::Protocol(format!("the tool names ticket {ticket}, which was never handed out")))
    }
}

/// Header fields with those in which a request carries its key. It follows from the run and the ticket, so that it is the same
/// whenever the request is sent again, and another one for every other request.
fn keyed<T: AsRef<str>>(run: &RunId, ticket: Ticket, headers: &[Header], names: &[T]) -> Vec<Header> {
    let key = |name: &T| {
        let value = hex(&sha256(format!("belljar idempotency key, version 1\n{run}\n{ticket}\n").as_bytes()));
        Header { name: name.as_ref().to_owned(), value }
    };
    headers.iter().cloned().chain(names.iter().map(key)).collect()
}

/// What a run may spend: what its policy says, or what was drawn of a day's money, which is not more.
fn allowed(limits: &Limits, allowance: Option<&Allowance>) -> Result<Option<u64>, Stop> {
    let limit = limits.spend.as_ref().map(|(amount, _)| *amount);
    match (&limits.per_day, allowance) {
        (None, None) => Ok(limit),
        (Some(_), Some(drawn)) if limit.is_some_and(|limit| drawn.amount <= limit) => Ok(Some(drawn.amount)),
        (Some(_), None) => {
            let why = "the policy bounds money by day (per-day of [spend]), and nothing here keeps account of days";
            Err(Stop::Host(why.into()))
        }
        (_, Some(_)) => Err(Stop::Host("what was drawn of a day's money is not what the policy gives".into())),
    }
}

/// A limit that came later, if it is another one than usual: then a log says it.
fn unusual(limit: u64, usual: u64) -> Option<u64> {
    (limit != usual).then_some(limit)
}

fn cut(text: &mut String) {
    limits::shorten(text, limits::LOGGED_TEXT);
}
