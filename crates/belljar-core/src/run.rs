//! One run: from its start entry to its report.

mod ask;
mod end;
mod flight;
mod hop;
mod judge;
mod replay;
mod state;
mod suspend;
mod wait;

use std::collections::HashMap;
use std::collections::hash_map::Entry as Entries;
use std::sync::Arc;
use std::time::Duration;

use belljar_abi::{Denial, Failure, Header, HttpResponse, Level, Moment, Request, Response, Ticket};
use belljar_policy::{Effect, Policy};

use crate::at_once::AtOnce;
use crate::capability::{self, Act, Answered, Ask, Filter, Judge, request_digest};
use crate::clock::{self, Clock};
use crate::contract::sha256;
use crate::entry::{self, At, Entry};
use crate::ledger::{Budget, Budgets};
use crate::limits;
use crate::log::Log;
use crate::outcome::{Artifact, Refusal, Stop};
use crate::permit::Receipt;
use crate::question::{Question, QuestionId, RunId, question_digest};
use crate::recording::Recording;
use crate::sink::{Divergence, LogSink};
use crate::standing::Standing;
use crate::terms::Terms;

use flight::Flight;
use hop::Hopped;
use judge::Judgement;
use state::{Acting, Asked, State};

pub use replay::ReplayError;
pub use state::{Run, Setup, Spent, Verdict, Waited};
pub use suspend::NotSuspendable;

impl Run {
    /// Writes the start entry and returns the run.
    ///
    /// # Errors
    ///
    /// If the log cannot be written, or the policy says what is not [`crate::SUPPORTED`]: nothing in a policy is ignored.
    pub fn start(setup: Setup<'_>, terms: impl Into<Arc<Terms>>, sink: Box<dyn LogSink>) -> Result<Self, Stop> {
        let terms = terms.into();
        terms.check()?;
        Self::begin(setup, terms, sink, None).map_err(|(stop, _)| stop)
    }

    /// Starts a run, or the replay of one.
    fn begin(
        setup: Setup<'_>,
        terms: Arc<Terms>,
        sink: Box<dyn LogSink>,
        recording: Option<Arc<Recording>>,
    ) -> Result<Self, (Stop, Option<Box<Divergence>>)> {
        let policy = terms.policy();
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
                http_bytes: policy.grants_http().then_some(l.http_bytes),
                http_requests: policy.grants_http().then_some(l.http_requests),
                spend: l.spend.as_ref().map(|(amount, _)| *amount),
                log: l.log,
                memory: l.memory,
                output: l.output,
                time_ms: u64::try_from(l.time.as_millis()).unwrap_or(u64::MAX),
            },
            policy: *terms.digest(),
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
            at_once: AtOnce::new(clock, seed, Budgets::from(&policy.limits)),
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
    pub(crate) fn request(&mut self, mut request: Request) -> Result<(Ticket, Verdict), Stop> {
        self.feed()?;
        let ticket = self.tickets.len() as Ticket + 1;
        self.tickets.push(State::Taken);
        let canonical = request.canonicalize();
        let mut what = request.describe();
        // Counted in any case: a program that loads can make requests, too, and each is an entry of the log.
        let counted = self.at_once.call()?;
        let judgement = self.judgement(ticket, &request, &what, canonical, counted);
        let Judgement { word, rule, secrets, cost, .. } = &judgement;
        // What is shown, approved or performed is logged whole.
        if matches!(*word, "invalid" | "exhausted") {
            cut(&mut what);
        }
        self.log.entry(&Entry::Request {
            bytes: request.payload().map(|payload| payload.len() as u64),
            capability: request.capability().name().into(),
            cost: *cost,
            rule: (!rule.is_empty()).then_some(rule.as_str().into()),
            secrets: secrets.iter().map(|name| name.as_str().into()).collect(),
            sha256: request.payload().map(sha256),
            ticket,
            verdict: (*word).into(),
            what: what.as_str().into(),
        })?;
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
        let Judgement { rule, grant, comes_to, reserved, secrets, cost, is_answered, .. } = judgement;
        if let Some(reserved) = reserved.filter(|reserved| !reserved.is_empty()) {
            self.http_left = self.http_left.saturating_sub(reserved.amount(Budget::HttpBytes));
            match self.reserved.entry(ticket) {
                Entries::Occupied(mut held) => held.get_mut().join(reserved),
                Entries::Vacant(none) => drop(none.insert(reserved)),
            }
        }
        match comes_to {
            Ok(Some(mut act)) => {
                if let Act::Http(_) = &act {
                    act.limit(self.http_left);
                }
                *self.slot(ticket)? = State::Acting(Acting::new(None, &request, hops));
                // In a replay nothing is performed: the result is recorded.
                if self.is_replay() { Ok(Verdict::Settled) } else { self.acted(act) }
            }
            Ok(None) => {
                let packed = capability::packed(&request)?;
                let content = request_digest(&packed);
                let payload = request.payload().unwrap_or_default();
                let expires = self.terms.policy().question_time.map(|time| {
                    let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
                    self.known_moment().saturating_add(time).min(clock::LAST)
                });
                let question = Question {
                    id: QuestionId { run: self.id, ticket, digest: question_digest(&self.log.head(), &content) },
                    tool: self.tool.clone(),
                    identity: self.identity,
                    capability: request.capability(),
                    payload: payload.len() as u64,
                    beginning: payload.get(..limits::BEGINNING).unwrap_or(payload).to_vec(),
                    request: what,
                    headers: request.headers().to_vec(),
                    secrets,
                    cost: cost.and_then(|cost| self.cost(cost)),
                    irreversible: request.irreversible().filter(|_| !is_answered),
                    rule,
                    exact: request.exact(self.terms.policy()),
                    expires,
                    is_timed: !self.at_once.clock.is_frozen(),
                    human: match &request {
                        Request::Human(human) => Some(human.clone()),
                        _ => None,
                    },
                };
                let digest = question.id.digest;
                self.log.entry(&Entry::Question {
                    content: Some(content),
                    digest,
                    expires: expires.map(At),
                    ticket,
                })?;
                if hops == 0 {
                    self.log.keep_request(ticket, &packed)?;
                }
                self.asked += 1;
                self.questions += 1;
                let asked = Asked { request, question: question.clone(), hops };
                *self.slot(ticket)? = State::Asked(Box::new(asked));
                Ok(if self.is_replay() { Verdict::Settled } else { Verdict::Ask(Box::new(question)) })
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
        let result = match self.hopped(ticket, result)? {
            Hopped::On(verdict) => return Ok(*verdict),
            Hopped::Not(result) => result,
        };
        let result = match result {
            Ok(response) if response.size() > limits::TRANSFER => Err(limits::response_too_large(response.size())),
            Ok(response) => {
                let given = match self.slot(ticket)? {
                    State::Acting(acting) => acting.rule.clone(),
                    _ => None,
                };
                // What a rule allows, and what a person has allowed under the rule that asked.
                response.filter(&|query| {
                    let decision = self.terms.policy().decide(query);
                    match decision.effect {
                        Effect::Allow => true,
                        Effect::Ask => self.is_approved(&decision.rule) || given.as_ref() == Some(&decision.rule),
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

fn cut(text: &mut String) {
    limits::shorten(text, limits::LOGGED_TEXT);
}
