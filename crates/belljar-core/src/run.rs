//! One run: from its start entry to its report.

mod flight;
pub(crate) mod human;
mod replay;
mod suspend;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use belljar_abi::cell;
use belljar_abi::{Denial, Failure, FaultKind, HumanResponse, KvRequest, KvResponse, Level, Moment, Ticket};
use belljar_policy::{Decision, Effect, GuestPath, KvAction, Policy, Query};

use crate::at_once::{AtOnce, Budgets};
use crate::clock::Clock;
use crate::contract::{Contract, sha256};
use crate::entry::{self, At, Entry};
use crate::limits;
use crate::log::{Divergence, Log, LogSink};
use crate::outcome::{Artifact, Exit, Outcome, Refusal, Report, Stop, Trap, Usage};
use crate::permit::{Act, FilesAct, Guard, Permit, Receipt};
use crate::question::{Answer, NotTaken, Question, QuestionId, RunId};
use crate::recording::Recording;
use crate::remote;
use crate::request::{Capability, Request, Response, question_digest, shown_characters};

use flight::{Flight, IN_FLIGHT};

pub use replay::ReplayError;
pub use suspend::NotSuspendable;

/// A policy with its digest, made once and shared by runs.
#[derive(Clone, Debug)]
pub struct Terms {
    policy: Policy,
    digest: [u8; 32],
}

impl From<Policy> for Terms {
    fn from(policy: Policy) -> Self {
        let digest = policy.digest();
        Terms { policy, digest }
    }
}

impl Terms {
    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}

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

/// The core's word on a request.
#[derive(Debug)]
pub enum Verdict {
    /// It may be performed: the host begins the act and hands its result in with the receipt.
    Permit(Act),
    /// A person must answer; the host asks and calls [`Run::answer`].
    Ask(Question),
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
enum State {
    /// A person is asked.
    Asked(Box<(Request, Question)>),
    /// The host acts; with the rule to which a person said yes.
    Acting(Option<String>),
    /// The host handed a result in, as the so-manieth of the run; the guest has not waited for it yet.
    Completed(u64, Result<Response, Failure>),
    /// The guest may take it.
    Settled(Result<Response, Failure>),
    /// Taken.
    Taken,
}

/// A run in progress.
#[derive(Debug)]
pub struct Run {
    id: RunId,
    terms: Arc<Terms>,
    log: Log,
    at_once: AtOnce,
    tickets: Vec<State>,
    /// How many results were handed in so far.
    completed: u64,
    approved: HashSet<String>,
    flight: Flight,
    artifacts: Vec<Artifact>,
    refused: bool,
    refusals: Vec<Refusal>,
    /// The console's last line, if it was an error: a guest that breaks says so there before it traps.
    last_error: Option<String>,
    seed: [u8; 32],
    tool: String,
    identity: [u8; 32],
    /// What it repeats, as long as it does.
    recording: Option<Arc<Recording>>,
    /// It goes on by itself where the recording ends.
    resumes: bool,
    /// How many entries the log had when a run that was taken up went on by itself.
    resumed_at: Option<u64>,
    /// Questions that were open when it went on by itself.
    reopened: Vec<Question>,
    /// How many waits came back empty-handed at once, and how many entries the log had then.
    empty: (u64, u64),
}

impl Run {
    /// Writes the start entry and returns the run.
    pub fn start(setup: Setup<'_>, terms: impl Into<Arc<Terms>>, sink: Box<dyn LogSink>) -> Result<Self, Stop> {
        Self::begin(setup, terms.into(), sink, None).map_err(|(stop, _)| stop)
    }

    /// Starts a run, or the replay of one.
    fn begin(
        setup: Setup<'_>,
        terms: Arc<Terms>,
        sink: Box<dyn LogSink>,
        recording: Option<Arc<Recording>>,
    ) -> Result<Self, (Stop, Option<Box<Divergence>>)> {
        let policy = &terms.policy;
        let seed = match policy.random_seed {
            Some(seed) => sha256(format!("belljar random seed {seed}").as_bytes()),
            None => setup.seed,
        };
        let clock = Clock::new(&policy.clock, setup.now);
        let mut log = Log::new(sink, recording.clone());
        let contract = setup.contract;
        let l = &policy.limits;
        let started = log.entry(&Entry::Start {
            admission: belljar_admit::VERSION.into(),
            at: At(setup.now),
            clock: At(clock.now()),
            engine: contract.engine,
            host: setup.host.into(),
            input: sha256(setup.input.as_bytes()),
            limits: entry::Limits {
                artifacts: l.artifacts,
                calls: l.calls,
                fuel: l.fuel,
                log: l.log,
                memory: l.memory,
                output: l.output,
                time_ms: u64::try_from(l.time.as_millis()).unwrap_or(u64::MAX),
            },
            policy: terms.digest,
            tool: contract.name.as_str().into(),
            tool_hash: contract.identity,
            version: 1,
        });
        let seeded = started.and_then(|()| log.entry(&Entry::Seed { seed }));
        if let Err(error) = seeded {
            return Err((error.into(), log.take_divergence()));
        }
        Ok(Run {
            id: RunId(log.head()),
            at_once: AtOnce::new(clock, seed, Budgets::from(&policy.limits)),
            log,
            tickets: Vec::new(),
            completed: 0,
            approved: HashSet::new(),
            flight: Flight::default(),
            artifacts: Vec::new(),
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
            empty: (0, 0),
        })
    }

    /// Which run it is.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.terms.policy
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

    /// Judges a request, logs it with its verdict, and gives it a ticket.
    pub fn request(&mut self, mut request: Request) -> Result<(Ticket, Verdict), Stop> {
        self.feed()?;
        let ticket = self.tickets.len() as Ticket + 1;
        let canonical = request.canonicalize();
        let mut what = request.describe();
        let mut name = "invalid";
        let mut rule = String::new();
        // Counted in any case: a program that loads can make requests, too, and each is an entry of the log.
        let counted = self.at_once.call()?;
        let mut grant = None;
        let judged = if self.at_once.is_loading() {
            rule = "a program asks inside run, not while it loads".into();
            name = "deny";
            Err(Failure::Denied(Denial {
                capability: request.capability().name().into(),
                request: what.clone(),
                rule: rule.clone(),
            }))
        } else if let Err(failure) = counted {
            name = "exhausted";
            Err(failure)
        } else if let Err(failure) = self.flight.carries(request.payload().map_or(0, <[u8]>::len)) {
            name = "exhausted";
            self.at_once.ledger.exhausted.get_or_insert(IN_FLIGHT);
            Err(failure)
        } else if let Err(reason) = canonical {
            Err(Failure::Invalid(reason))
        } else if shown_characters(&what) > limits::DESCRIPTION {
            Err(Failure::Invalid(format!(
                "what is asked for takes {} characters to write; at most {} can be shown to a person, so a longer one is \
                 not asked for",
                shown_characters(&what),
                limits::DESCRIPTION
            )))
        } else if let Request::Human(_) = &request {
            // No rule is needed: what is done is that a person is asked.
            rule = human::RULE.into();
            name = "ask";
            Ok(None)
        } else {
            match self.judge(&request) {
                Err(failure) => Err(failure),
                Ok((decision, act)) => {
                    rule = decision.rule;
                    if decision.effect == Effect::Deny {
                        grant = self.grant(&request);
                    } else if act.is_none() {
                        rule = format!("{rule} allows it, but no folder that holds it is granted");
                    }
                    let effect = match decision.effect {
                        Effect::Ask if self.approved.contains(&rule) => Effect::Allow,
                        effect => effect,
                    };
                    match (effect, act) {
                        (Effect::Allow, Some(act)) => {
                            name = "allow";
                            Ok(Some(act))
                        }
                        (Effect::Ask, Some(_)) => {
                            name = "ask";
                            Ok(None)
                        }
                        _ => {
                            name = "deny";
                            Err(Failure::Denied(Denial {
                                capability: request.capability().name().into(),
                                request: what.clone(),
                                rule: rule.clone(),
                            }))
                        }
                    }
                }
            }
        };
        // What is shown, approved or performed is logged whole.
        if matches!(name, "invalid" | "exhausted") {
            cut(&mut what);
        }
        self.log.entry(&Entry::Request {
            bytes: request.payload().map(|payload| payload.len() as u64),
            capability: request.capability().name().into(),
            rule: (!rule.is_empty()).then_some(rule.as_str().into()),
            sha256: request.payload().map(sha256),
            ticket,
            verdict: name.into(),
            what: what.as_str().into(),
        })?;
        if judged.is_ok() {
            self.flight.begin(ticket, request.payload().map_or(0, <[u8]>::len));
        }
        match judged {
            Ok(Some(act)) => {
                self.tickets.push(State::Acting(None));
                // In a replay nothing is performed: the result is recorded.
                Ok((ticket, if self.is_replay() { Verdict::Settled } else { Verdict::Permit(permit(ticket, act)) }))
            }
            Ok(None) => {
                let content = request.content()?;
                let payload = request.payload().unwrap_or_default();
                let question = Question {
                    id: QuestionId { run: self.id, ticket, digest: question_digest(&self.log.head(), &content) },
                    tool: self.tool.clone(),
                    identity: self.identity,
                    capability: request.capability(),
                    payload: payload.len() as u64,
                    beginning: payload.get(..limits::BEGINNING).unwrap_or(payload).to_vec(),
                    request: what,
                    rule,
                    human: match &request {
                        Request::Human(human) => Some(human.clone()),
                        _ => None,
                    },
                };
                self.log.entry(&Entry::Question { content: Some(content), digest: question.id.digest, ticket })?;
                self.tickets.push(State::Asked(Box::new((request, question.clone()))));
                Ok((ticket, if self.is_replay() { Verdict::Settled } else { Verdict::Ask(question) }))
            }
            Err(failure) => {
                if let Failure::Denied(denial) = &failure {
                    self.refuse(denial, grant);
                }
                self.tickets.push(State::Settled(Err(failure)));
                Ok((ticket, Verdict::Settled))
            }
        }
    }

    /// The bytes that a request carries whose question is open, for the person who is asked.
    pub fn payload(&self, ticket: Ticket) -> Option<&[u8]> {
        match self.tickets.get((ticket as usize).checked_sub(1)?)? {
            State::Asked(asked) => asked.0.payload(),
            _ => None,
        }
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

    /// The rule that would allow a request.
    fn grant(&self, request: &Request) -> Option<String> {
        let policy = &self.terms.policy;
        match request {
            Request::Kv(KvRequest::List(prefix)) => policy.suggest(&Query::Keys { prefix }),
            Request::Kv(KvRequest::Get(key)) => policy.suggest(&Query::Kv { action: KvAction::Get, key }),
            Request::Kv(KvRequest::Delete(key)) => policy.suggest(&Query::Kv { action: KvAction::Delete, key }),
            Request::Kv(KvRequest::Set(item)) => policy.suggest(&Query::Kv { action: KvAction::Set, key: &item.key }),
            Request::Files(files) => {
                let path = GuestPath::parse(crate::files::path(files)).ok()?;
                policy.suggest(&Query::Files { action: crate::files::action(files), path: &path })
            }
            // What this version does not perform, no rule allows.
            Request::Http(_) | Request::Tools(_) | Request::Human(_) => None,
        }
    }

    /// Hands in the answer to a question. Returns the act if it may now be performed; the inner error says why the answer is
    /// not taken, and nothing has changed then.
    ///
    /// # Errors
    ///
    /// What ends the run.
    pub fn answer(
        &mut self,
        id: &QuestionId,
        answer: Answer,
        now: Moment,
    ) -> Result<Result<Option<Act>, NotTaken>, Stop> {
        if self.is_replay() {
            return Err(Stop::Host("a replay takes its answers from the recording".into()));
        }
        let ticket = id.ticket;
        let open = (ticket as usize).checked_sub(1).and_then(|at| self.tickets.get(at));
        match open {
            _ if id.run != self.id => return Ok(Err(NotTaken::OtherRun)),
            Some(State::Asked(asked)) if asked.1.id != *id => return Ok(Err(NotTaken::OtherQuestion(ticket))),
            Some(State::Asked(_)) => {}
            _ => return Ok(Err(NotTaken::NotOpen(ticket))),
        }
        self.answered(ticket, answer, now).map(Ok)
    }

    fn answered(&mut self, ticket: Ticket, answer: Answer, now: Moment) -> Result<Option<Act>, Stop> {
        let empty = self.empty();
        let slot = self.slot(ticket)?;
        let (request, question) = match std::mem::replace(slot, State::Acting(None)) {
            State::Asked(asked) => *asked,
            other => {
                *slot = other;
                return Err(Stop::Host(format!("question {ticket} is not open")));
            }
        };
        // What is no answer to the question is none. What is recorded was checked then: what was said is not in the log.
        let answer = match question.takes(&answer) {
            Err(why) if self.recording.is_none() => Answer::Nobody { why },
            _ => answer,
        };
        let (word, scope, who) = match &answer {
            Answer::Said { who, .. } => ("said", "once", who),
            Answer::Once { who } => ("yes", "once", who),
            Answer::Rule { who } => ("yes", "rule", who),
            Answer::No { who } => ("no", "once", who),
            Answer::Nobody { why } => ("nobody", "once", why),
        };
        self.log.entry(&Entry::Answer {
            answer: word.into(),
            at: At(now),
            by: who.as_str().into(),
            digest: question.id.digest,
            empty: (empty > 0).then_some(empty),
            scope: scope.into(),
            ticket,
        })?;
        let refusal = match answer {
            Answer::Said { text, .. } => {
                self.finish(ticket, Ok(Response::Human(HumanResponse { answer: text })))?;
                return Ok(None);
            }
            Answer::Once { .. } => None,
            Answer::Rule { .. } => {
                self.approved.insert(question.rule.clone());
                None
            }
            Answer::No { who } => Some(format!("{}: {who} answered no", question.rule)),
            Answer::Nobody { why } => Some(format!("{}: nobody was there to ask ({why})", question.rule)),
        };
        if let Some(rule) = refusal {
            let denial = Denial { capability: question.capability.name().into(), request: question.request, rule };
            self.refuse(&denial, None);
            self.finish(ticket, Err(Failure::Denied(denial)))?;
            return Ok(None);
        }
        *self.slot(ticket)? = State::Acting(Some(question.rule));
        match self.judge(&request) {
            Ok((_, Some(act))) => Ok(Some(permit(ticket, act))),
            _ => Err(Stop::Host("an approved request is no longer valid".into())),
        }
    }

    /// Hands in the result of an act.
    pub fn complete(&mut self, receipt: Receipt, result: Result<Response, Failure>) -> Result<(), Stop> {
        let result = match result {
            Ok(response) if response.size() > limits::TRANSFER => Err(Failure::TooLarge(format!(
                "the response has {} bytes; at most {} are handed over at once",
                response.size(),
                limits::TRANSFER
            ))),
            Ok(Response::Kv(KvResponse::Keys(keys))) => {
                let keys = self.readable(receipt.ticket, keys)?;
                if keys.len() > limits::KV_KEYS {
                    Err(limits::kv_too_many(limits::KV_KEYS))
                } else {
                    Ok(Response::Kv(KvResponse::Keys(keys)))
                }
            }
            result => result,
        };
        let result = result.and_then(|response| self.flight.holds(response));
        if let Err(Failure::Denied(denial)) = &result {
            self.refuse(denial, None);
        }
        self.finish(receipt.ticket, result)
    }

    /// The keys that the tool may read: those that a rule allows, and those that a person has allowed it under the rule
    /// that asked.
    fn readable(&mut self, ticket: Ticket, mut keys: Vec<String>) -> Result<Vec<String>, Stop> {
        let given = match self.slot(ticket)? {
            State::Acting(given) => given.clone(),
            _ => None,
        };
        keys.retain(|key| {
            let decision = self.terms.policy.decide(&Query::Kv { action: KvAction::List, key });
            match decision.effect {
                Effect::Allow => true,
                Effect::Ask => self.approved.contains(&decision.rule) || given.as_ref() == Some(&decision.rule),
                Effect::Deny => false,
            }
        });
        Ok(keys)
    }

    fn finish(&mut self, ticket: Ticket, result: Result<Response, Failure>) -> Result<(), Stop> {
        let order = self.completed;
        let slot = self.slot(ticket)?;
        *slot = State::Completed(order, result);
        self.completed += 1;
        Ok(())
    }

    /// Whether one of the tickets has its result, so that a wait for them ends at once.
    pub fn has_any(&self, tickets: &[Ticket]) -> bool {
        let state = |ticket: &Ticket| self.tickets.get((*ticket as usize).wrapping_sub(1));
        tickets.iter().filter_map(state).any(|state| matches!(state, State::Completed(..) | State::Settled(_)))
    }

    /// What a wait of the guest comes to. `now` is the host's clock.
    pub fn wait(&mut self, tickets: &[Ticket], until: Option<Moment>, now: Moment) -> Result<Waited, Stop> {
        if tickets.is_empty() && until.is_none() {
            return Err(Stop::Protocol("the tool waits for nothing at all".into()));
        }
        // A run that was put away goes on by itself where it waited, and nowhere else.
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
                State::Settled(_) => return Ok(Waited::Ready(Some(ticket))),
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
    fn hand_over(&mut self, ticket: Ticket, now: Moment) -> Result<(), Stop> {
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
        self.flight.done(ticket);
        if let Err(Failure::Exhausted(text)) = &result {
            // Here, and not when the result came: a replay hands it over, too.
            let budgets = [IN_FLIGHT, "kv", "files"];
            let budget = budgets.into_iter().find(|name| text.starts_with(name)).unwrap_or("results");
            self.at_once.ledger.exhausted.get_or_insert(budget);
        }
        let content = cell::pack(&remote::handed(&result)).map_err(|fault| Stop::Host(fault.to_string()))?;
        *self.slot(ticket)? = State::Settled(result);
        let empty = self.empty();
        self.log.entry(&Entry::Result {
            at: At(self.at_once.clock.now()),
            bytes,
            empty: (empty > 0).then_some(empty),
            result: outcome.into(),
            sha256: sha256(&content),
            ticket,
        })?;
        self.log.keep(ticket, &content)?;
        Ok(())
    }

    /// A wait whose time had passed found nothing. Whether something is there by then is chance, so a replay must know
    /// how often it was not: the next answer or result tells.
    fn came_back_empty(&mut self, tickets: &[Ticket]) {
        if !tickets.is_empty() {
            self.empty = (self.empty() + 1, self.log.count());
        }
    }

    /// How many waits came back empty-handed since the last entry.
    fn empty(&self) -> u64 {
        if self.empty.1 == self.log.count() { self.empty.0 } else { 0 }
    }

    /// The time of a pending wait came before any result.
    pub fn elapsed(&mut self, until: Moment, now: Moment) -> Result<(), Stop> {
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
                Ok(result)
            }
            State::Taken => Err(Stop::Protocol(format!("the tool takes ticket {ticket} twice"))),
            other => {
                *slot = other;
                Err(Stop::Protocol(format!("the tool takes ticket {ticket} before it has waited for it")))
            }
        }
    }

    /// Whether a person's answer is awaited; that time does not count as the tool's.
    pub fn awaits_person(&self) -> bool {
        self.tickets.iter().any(|state| matches!(state, State::Asked(_)))
    }

    /// Writes the end entry and returns the report.
    pub fn end(mut self, contract: &Contract, mut exit: Exit, spent: Spent, mut now: Moment) -> Report {
        let mut usage = Usage {
            artifacts: self.at_once.ledger.artifacts,
            calls: self.at_once.ledger.calls,
            console: self.at_once.ledger.console,
            console_dropped: self.at_once.ledger.console_dropped,
            fuel: spent.fuel,
            pages: spent.pages,
            output: 0,
        };
        self.replayed_end(&mut now, &mut exit, &mut usage);
        let limits = &self.terms.policy.limits;
        let mut report = Report {
            outcome: Outcome::Returned,
            output: None,
            message: String::new(),
            code: String::new(),
            stack: String::new(),
            budget: None,
            refusals: std::mem::take(&mut self.refusals),
            artifacts: Vec::new(),
            usage,
            log_head: [0; 32],
            log_entries: 0,
            divergence: None,
        };
        let exhausted = |report: &mut Report, budget: &str, message: String| {
            report.outcome = Outcome::Exhausted;
            report.budget = Some(budget.into());
            report.message = message;
        };
        match exit {
            Exit::Returned(text) if text.len() as u64 > limits.output => {
                let message = too_large(text.len() as u64, limits.output);
                exhausted(&mut report, "output", message);
            }
            Exit::TooLarge(size) => exhausted(&mut report, "output", too_large(size, limits.output)),
            Exit::Returned(text) => match contract.check_output(&text) {
                Ok(()) => {
                    report.usage.output = text.len() as u64;
                    report.output = Some(text);
                }
                Err(message) => {
                    report.outcome = Outcome::Crashed;
                    report.message = message;
                }
            },
            Exit::Fault(fault) => {
                report.outcome = match fault.kind {
                    FaultKind::Failed => Outcome::Failed,
                    FaultKind::Denied if self.refused => Outcome::Denied,
                    FaultKind::Exhausted if self.at_once.ledger.exhausted.is_some() || fault.code == "memory" => {
                        report.budget = Some(self.at_once.ledger.exhausted.unwrap_or("memory").into());
                        Outcome::Exhausted
                    }
                    _ => Outcome::Crashed,
                };
                (report.message, report.code, report.stack) = (fault.message, fault.code, fault.stack);
                for text in [&mut report.message, &mut report.code, &mut report.stack] {
                    limits::shorten(text, limits::FAULT_TEXT);
                }
            }
            Exit::Trap(trap) => {
                report.outcome = Outcome::Crashed;
                report.message = match self.last_error.take() {
                    // Rust's words, in one line.
                    Some(text) if trap == Trap::Unreachable && text.starts_with("panic at ") => {
                        format!("a {}", text.replacen(":\n", ": ", 1))
                    }
                    _ => trap.words().to_owned(),
                };
                limits::shorten(&mut report.message, limits::FAULT_TEXT);
            }
            Exit::Stopped(stop) => match &stop {
                Stop::Fuel => exhausted(
                    &mut report,
                    "fuel",
                    format!("the tool used up its fuel of {} (limits.fuel, --fuel)", limits.fuel),
                ),
                Stop::Calls => exhausted(
                    &mut report,
                    "calls",
                    format!("the tool made more than its {} requests (limits.calls) and went on asking", limits.calls),
                ),
                Stop::Time => {
                    report.outcome = Outcome::TimedOut;
                    report.message = format!(
                        "the tool ran longer than its time of {} (limits.time, --time)",
                        humantime::format_duration(limits.time)
                    );
                }
                Stop::Cancelled => {
                    report.outcome = Outcome::Cancelled;
                    report.message = stop.to_string();
                }
                Stop::Suspended => {
                    report.outcome = Outcome::Suspended;
                    report.message = stop.to_string();
                }
                Stop::Log(_) | Stop::Host(_) => {
                    report.outcome = Outcome::HostFailed;
                    report.message = stop.to_string();
                }
                Stop::Stack => {
                    report.outcome = Outcome::Crashed;
                    report.message = "the tool's calls nest too deeply (endless recursion?)".into();
                }
                Stop::Abi(_) | Stop::Protocol(_) => {
                    report.outcome = Outcome::Crashed;
                    report.message = stop.to_string();
                }
            },
        }
        if report.outcome == Outcome::Crashed && spent.memory_refused {
            let crash = std::mem::take(&mut report.message);
            let message =
                format!("the tool used up its memory of {} bytes (limits.memory, --memory): {crash}", limits.memory);
            exhausted(&mut report, "memory", message);
        }
        report.artifacts = std::mem::take(&mut self.artifacts);
        // A run that was put away has not ended, nor has one that was interrupted before it went on by itself.
        let repeats = self.resumes && self.recording.is_some();
        if report.outcome == Outcome::Suspended
            || repeats && matches!(report.outcome, Outcome::Cancelled | Outcome::TimedOut)
        {
            report.log_head = self.log.head();
            report.log_entries = self.log.count();
            return report;
        }
        let mut message = report.message.clone();
        cut(&mut message);
        let written = self.log.entry(&Entry::End {
            at: At(now),
            budget: report.budget.as_deref().map(Into::into),
            message: (!message.is_empty()).then_some(message.into()),
            result: report.outcome.name().into(),
            sha256: report.output.as_ref().map(|text| sha256(text.as_bytes())),
            usage: report.usage.into(),
        });
        report.divergence = self.log.take_divergence();
        // A recording without an end is not diverged from by ending.
        if self
            .recording
            .as_ref()
            .is_some_and(|recording| !recording.ended() && self.log.count() == recording.entries())
        {
            report.divergence = None;
        } else if let Err(error) = written
            && report.outcome != Outcome::HostFailed
        {
            report.outcome = Outcome::HostFailed;
            report.message = error.to_string();
            report.output = None;
        }
        report.log_head = self.log.head();
        report.log_entries = self.log.count();
        report
    }

    fn slot(&mut self, ticket: Ticket) -> Result<&mut State, Stop> {
        let index = (ticket as usize).checked_sub(1);
        let slot = index.and_then(|at| self.tickets.get_mut(at));
        slot.ok_or_else(|| Stop::Protocol(format!("the tool names ticket {ticket}, which was never handed out")))
    }

    /// Whether a request is well formed, what the policy says of it, and what the host would do.
    fn judge(&self, request: &Request) -> Result<(Decision, Option<Planned>), Failure> {
        let policy = &self.terms.policy;
        if let Some(payload) = request.payload()
            && payload.len() as u64 > limits::TRANSFER
        {
            return Err(Failure::TooLarge(format!(
                "{} bytes are more than the {} that one request carries",
                payload.len(),
                limits::TRANSFER
            )));
        }
        match request {
            Request::Kv(kv) => {
                let query = match kv {
                    KvRequest::Get(key) => Query::Kv { action: KvAction::Get, key },
                    KvRequest::List(prefix) => Query::Keys { prefix },
                    KvRequest::Set(item) => Query::Kv { action: KvAction::Set, key: &item.key },
                    KvRequest::Delete(key) => Query::Kv { action: KvAction::Delete, key },
                };
                Ok((policy.decide(&query), Some(Planned::Kv(kv.clone()))))
            }
            Request::Files(files) => {
                let action = crate::files::action(files);
                let path = GuestPath::parse(crate::files::path(files)).map_err(|e| Failure::Invalid(e.to_string()))?;
                let decision = policy.decide(&Query::Files { action, path: &path });
                let act = policy.resolve(&path).map(|(mount, relative)| {
                    let guard = Guard::new(self.terms.clone(), action, decision.effect);
                    Planned::Files(FilesAct { host: mount.host.clone(), relative, request: files.clone(), guard })
                });
                Ok((decision, act))
            }
            Request::Http(_) => Ok((later("http"), None)),
            Request::Tools(_) => Ok((later("tools"), None)),
            Request::Human(_) => Err(Failure::Invalid("a question to a person is not a matter of rules".into())),
        }
    }
}

/// An act before it is permitted.
enum Planned {
    Kv(KvRequest),
    Files(FilesAct),
}

fn permit(ticket: Ticket, act: Planned) -> Act {
    match act {
        Planned::Kv(act) => Act::Kv(Permit::new(ticket, act)),
        Planned::Files(act) => Act::Files(Permit::new(ticket, act)),
    }
}

/// A capability that this version of Belljar knows but does not perform.
fn later(capability: &str) -> Decision {
    Decision {
        effect: Effect::Deny,
        rule: format!("this version of Belljar does not perform {capability} requests yet"),
    }
}

fn failure_name(failure: &Failure) -> &'static str {
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

fn too_large(size: u64, limit: u64) -> String {
    format!("the tool's output has {size} bytes; the limit is {limit} (limits.output)")
}

fn cut(text: &mut String) {
    limits::shorten(text, limits::LOGGED_TEXT);
}
