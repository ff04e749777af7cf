//! A host in memory, driven by hand: no engine, no threads, no clock. A script stands in for the guest, and a list of choices
//! for everything that is chance in a real host: which act ends first, who answers what, how late it is.

#![allow(dead_code, reason = "each test uses what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use belljar_abi::{Failure, HumanRequest, KvItem, KvRequest, KvResponse, Level, Moment, Ticket};
use belljar_core::{
    Act, Answer, Capability, Contract, Exit, MemoryLog, NotTaken, Question, QuestionId, Recorder, Recording, Report,
    Request, Response, Run, RunId, Setup, Spent, Stop, Terms, Verdict, Waited,
};
use belljar_policy::Policy;
use serde_json::Value;

/// A moment in 2026.
pub const NOON: Moment = 1_767_268_800_000_000_000;

/// One thing that a guest does. Numbers that choose among tickets count from 0 and wrap around.
#[derive(Clone, Debug)]
pub enum Step {
    /// Starts a request.
    Start(Request),
    /// Waits for the tickets with these numbers of those that it has not waited for, at most so many milliseconds.
    Wait(Vec<usize>, Option<u64>),
    /// Takes a result that it has waited for.
    Take(usize),
    /// Waits so many milliseconds.
    Sleep(u64),
    /// Writes to the console.
    Say(Level, String),
    /// Makes an artifact of so many bytes.
    Make(String, usize),
    /// Looks at the clock and at randomness.
    Look(u32),
    /// Waits for a ticket by its number, whatever it is.
    WaitFor(Ticket),
    /// Takes a ticket by its number as one of a capability, whatever it is.
    TakeAs(Ticket, Capability),
    /// Somebody ends the run here, which is no deed of the guest.
    Cancel,
}

pub fn get(key: &str) -> Step {
    Step::Start(Request::Kv(KvRequest::Get(key.into())))
}

pub fn set(key: &str, value: &str) -> Step {
    Step::Start(Request::Kv(KvRequest::Set(KvItem { key: key.into(), value: value.into() })))
}

pub fn list(prefix: &str) -> Step {
    Step::Start(Request::Kv(KvRequest::List(prefix.into())))
}

pub fn ask(question: &str) -> Step {
    Step::Start(Request::Human(HumanRequest { question: question.into(), choices: Vec::new() }))
}

/// Waits for what was started last and takes it.
pub fn finish() -> [Step; 2] {
    [Step::Wait(vec![usize::MAX], None), Step::Take(usize::MAX)]
}

/// What is chance in a host: each number is used for one choice, and after the last one all are 0.
#[derive(Clone, Debug, Default)]
pub struct Chance(pub Vec<u8>, usize);

impl Chance {
    pub fn new(numbers: Vec<u8>) -> Self {
        Chance(numbers, 0)
    }

    /// One of so many.
    fn of(&mut self, count: usize) -> usize {
        let number = self.0.get(self.1).copied().unwrap_or(0);
        self.1 += 1;
        usize::from(number) % count.max(1)
    }
}

/// Where a run comes from.
pub enum From {
    Nothing,
    /// Runs it again.
    Replay(Vec<u8>),
    /// Takes it up.
    Resume(Vec<u8>),
}

/// When a run is put away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspend {
    Never,
    /// Whenever it waits for a person and may be put away, once per question and process.
    Always,
}

/// The host's own state, which outlives a run that is put away.
#[derive(Clone, Debug)]
pub struct World {
    pub policy: String,
    pub keys: BTreeMap<String, Vec<u8>>,
    pub chance: Chance,
    pub now: Moment,
    /// How many acts were performed.
    pub acts: u64,
}

impl World {
    pub fn new(policy: &str, chance: Vec<u8>) -> Self {
        let policy = format!("version = 1\n{policy}");
        World { policy, keys: BTreeMap::new(), chance: Chance::new(chance), now: NOON, acts: 0 }
    }

    fn perform(&mut self, request: &KvRequest) -> Result<Response, Failure> {
        self.acts += 1;
        Ok(Response::Kv(match request {
            KvRequest::Get(key) => KvResponse::Value(self.keys.get(key).cloned()),
            KvRequest::Set(item) => {
                self.keys.insert(item.key.clone(), item.value.clone());
                KvResponse::Done(())
            }
            KvRequest::Delete(key) => {
                self.keys.remove(key);
                KvResponse::Done(())
            }
            KvRequest::List(prefix) => {
                KvResponse::Keys(self.keys.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
            }
        }))
    }

    fn answer(&mut self, question: &Question) -> Answer {
        let who = "a person".to_owned();
        match (self.chance.of(5), &question.human) {
            (3, _) => Answer::No { who },
            (4, _) => Answer::Nobody { why: "nobody is there".into() },
            (number, Some(_)) => Answer::Said { who, text: format!("answer {number}") },
            (2, None) => Answer::Rule { who },
            (_, None) => Answer::Once { who },
        }
    }
}

/// How a script ended.
pub struct Ended {
    pub report: Report,
    pub log: String,
    /// What the guest saw, step by step.
    pub seen: Vec<String>,
    /// The whole recording, or that of a run that was put away.
    pub recording: Option<Vec<u8>>,
}

/// The host of one run.
struct Hand<'a> {
    world: &'a mut World,
    run: Run,
    log: MemoryLog,
    acts: Vec<Act>,
    questions: Vec<Question>,
    suspend: Suspend,
    recorder: Recorder,
    away: Option<Vec<u8>>,
    /// It was taken up and has not gone on yet: there it is not put away again.
    fresh: bool,
}

/// Runs a script, from its start or from a recording.
pub fn drive(world: &mut World, script: &[Step], from: &From, suspend: Suspend) -> Ended {
    let contract = Contract::plain("script", [7; 32]);
    let policy = Policy::parse(&world.policy).unwrap();
    let log = MemoryLog::default();
    let terms = Arc::new(Terms::from(policy.clone()));
    let (recorder, run) = match from {
        From::Nothing => {
            let recorder = Recorder::new("null", &policy, "script.js".into(), b"script".to_vec()).unwrap();
            let setup = Setup { contract: &contract, input: "null", host: "by hand", now: world.now, seed: [3; 32] };
            let run = Run::start(setup, terms, recorder.log(Box::new(log.clone()))).unwrap();
            (recorder, run)
        }
        From::Replay(bytes) | From::Resume(bytes) => {
            let recording = Arc::new(Recording::parse(bytes).unwrap());
            let recorder = Recorder::again(&recording);
            let sink = recorder.log(Box::new(log.clone()));
            let run = match from {
                From::Resume(_) => Run::resume(&contract, recording, terms, sink).unwrap(),
                _ => Run::replay(&contract, recording, terms, sink).unwrap(),
            };
            (recorder, run)
        }
    };
    let fresh = matches!(from, From::Resume(_));
    let mut hand =
        Hand { world, run, log, acts: Vec::new(), questions: Vec::new(), suspend, recorder, away: None, fresh };
    let mut seen = Vec::new();
    let exit = match hand.guest(script, &mut seen) {
        Ok(()) => Exit::Returned(format!("{}", seen.len())),
        Err(stop) => Exit::Stopped(stop),
    };
    let Hand { run, log, recorder, away, world, .. } = hand;
    let spent = Spent { fuel: seen.len() as u64, pages: 1, memory_refused: false };
    let report = run.end(&contract, exit, spent, world.now);
    let recording = away.or_else(|| recorder.finish().ok());
    Ended { report, log: log.text(), seen, recording }
}

/// Runs a script in one go, but puts it away and takes it up wherever that may be; returns the last part and how often.
pub fn drive_in_parts(world: &mut World, script: &[Step]) -> (Ended, usize) {
    let mut ended = drive(world, script, &From::Nothing, Suspend::Always);
    let mut parts = 0;
    while ended.report.outcome == belljar_core::Outcome::Suspended {
        parts += 1;
        ended = drive(world, script, &From::Resume(ended.recording.unwrap()), Suspend::Always);
    }
    (ended, parts)
}

impl Hand<'_> {
    fn guest(&mut self, script: &[Step], seen: &mut Vec<String>) -> Result<(), Stop> {
        let mut open: Vec<(Ticket, Capability)> = Vec::new();
        let mut ready = Vec::new();
        let pick = |number: usize, count: usize| if number == usize::MAX { count - 1 } else { number % count };
        for step in script {
            match step {
                Step::Start(request) => {
                    let capability = request.capability();
                    let (ticket, verdict) = self.run.request(request.clone())?;
                    match verdict {
                        Verdict::Permit(act) => self.acts.push(act),
                        Verdict::Ask(question) => self.questions.push(question),
                        Verdict::Settled => {}
                    }
                    open.push((ticket, capability));
                    seen.push(format!("started {ticket}"));
                    if !self.run.is_replay() && self.world.chance.of(4) == 3 {
                        self.event(false)?;
                    }
                }
                Step::Wait(numbers, most) => {
                    if open.is_empty() {
                        continue;
                    }
                    let mut tickets: Vec<Ticket> =
                        numbers.iter().map(|number| open[pick(*number, open.len())].0).collect();
                    tickets.dedup();
                    let until = most.map(|most| self.run.now() + most * 1_000_000);
                    let got = self.wait(&tickets, until)?;
                    seen.push(format!("waited for {tickets:?}: {got:?}"));
                    if let Some(got) = got {
                        let at = open.iter().position(|(ticket, _)| *ticket == got).unwrap();
                        ready.push(open.remove(at));
                    }
                }
                Step::Take(number) => {
                    if ready.is_empty() {
                        continue;
                    }
                    let (ticket, capability) = ready.remove(pick(*number, ready.len()));
                    let result = self.run.take(ticket, capability)?;
                    seen.push(format!("took {ticket}: {result:?}"));
                }
                Step::Sleep(most) => {
                    let until = self.run.now() + most * 1_000_000;
                    let got = self.wait(&[], Some(until))?;
                    seen.push(format!("slept: {got:?}"));
                }
                Step::Say(level, text) => {
                    let kept = self.run.console(*level, text.clone())?;
                    seen.push(format!("said {}", kept.is_some()));
                }
                Step::Make(name, size) => {
                    let made = self.run.artifact(name.clone(), "text/plain".into(), vec![b'a'; *size])?;
                    seen.push(format!("made {made:?}"));
                }
                Step::Look(length) => {
                    let bytes = self.run.random(*length)?;
                    seen.push(format!("{} {bytes:?}", self.run.now()));
                }
                Step::WaitFor(ticket) => drop(self.wait(&[*ticket], None)?),
                Step::TakeAs(ticket, capability) => drop(self.run.take(*ticket, *capability)?),
                // A replay is ended by its recording.
                Step::Cancel if self.run.is_replay() => {}
                Step::Cancel => return Err(Stop::Cancelled),
            }
        }
        Ok(())
    }

    fn wait(&mut self, tickets: &[Ticket], until: Option<Moment>) -> Result<Option<Ticket>, Stop> {
        loop {
            match self.run.wait(tickets, until, self.world.now)? {
                Waited::Ready(ticket) => return Ok(ticket),
                Waited::Pending(_) => {}
            }
            for question in self.run.reopened() {
                self.questions.push(question);
            }
            let fresh = std::mem::take(&mut self.fresh);
            if self.suspend == Suspend::Always && !fresh && self.run.held().is_ok() {
                self.away = Some(self.recorder.suspended(&self.run, 1000, None).unwrap());
                return Err(Stop::Suspended);
            }
            if !self.event(until.is_some())? {
                let Some(until) = until else { return Err(Stop::Time) };
                self.world.now = self.world.now.max(until);
                self.run.elapsed(until, self.world.now)?;
                return Ok(None);
            }
        }
    }

    /// One thing happens outside: an act ends, or somebody answers; or nothing, if time may pass instead.
    fn event(&mut self, may_elapse: bool) -> Result<bool, Stop> {
        self.world.now += 1_000_000 * self.world.chance.of(50) as u64;
        let (acts, questions) = (self.acts.len(), self.questions.len());
        let number = self.world.chance.of(acts + questions + usize::from(may_elapse));
        if number < acts {
            let act = self.acts.remove(number);
            let Act::Kv(permit) = act else { panic!("the scripts use keys only") };
            let (request, receipt) = permit.spend();
            assert_logged(&self.log.text(), receipt.ticket(), &request);
            let result = self.world.perform(&request);
            self.run.complete(receipt, result)?;
        } else if number < acts + questions {
            let question = self.questions.remove(number - acts);
            let answer = self.world.answer(&question);
            self.refuse_stale(&question)?;
            let act = self.run.answer(&question.id, answer, self.world.now)?;
            self.acts.extend(act.unwrap());
            assert_eq!(self.say_yes(&question.id)?, Err(NotTaken::NotOpen(question.id.ticket)));
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}

impl Hand<'_> {
    fn say_yes(&mut self, id: &QuestionId) -> Result<Result<bool, NotTaken>, Stop> {
        let answer = Answer::Once { who: "somebody".into() };
        Ok(self.run.answer(id, answer, self.world.now)?.map(|act| act.is_some()))
    }

    /// Answers to anything else than the open question change nothing.
    fn refuse_stale(&mut self, question: &Question) -> Result<(), Stop> {
        let (log, id) = (self.log.text(), question.id);
        let other: RunId = "0".repeat(64).parse().unwrap();
        let next = id.ticket + 1000;
        for (wrong, why) in [
            (QuestionId { run: other, ..id }, NotTaken::OtherRun),
            (QuestionId { digest: [0; 32], ..id }, NotTaken::OtherQuestion(id.ticket)),
            (QuestionId { ticket: next, ..id }, NotTaken::NotOpen(next)),
            (QuestionId { ticket: 0, ..id }, NotTaken::NotOpen(0)),
        ] {
            assert_eq!(self.say_yes(&wrong)?, Err(why));
        }
        assert_eq!(self.log.text(), log);
        Ok(())
    }
}

/// What is performed stands in the log, with who allowed it.
fn assert_logged(log: &str, ticket: Ticket, act: &KvRequest) {
    let ticket = Value::from(ticket);
    let of = |kind: &str| entries(log).find(|entry| entry["kind"] == kind && entry["ticket"] == ticket);
    let request = of("request").unwrap_or_else(|| panic!("{ticket} is performed and not in the log"));
    let what = Request::Kv(act.clone()).describe();
    assert_eq!(request["what"], what.as_str());
    match request["verdict"].as_str() {
        Some("allow") => {}
        Some("ask") => assert_eq!(of("answer").unwrap()["answer"], "yes"),
        other => panic!("{ticket} is performed, and its verdict is {other:?}"),
    }
}

pub fn entries(log: &str) -> impl Iterator<Item = Value> + '_ {
    log.lines().map(|line| serde_json::from_str(line).unwrap())
}
