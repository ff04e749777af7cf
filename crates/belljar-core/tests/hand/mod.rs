//! A host in memory, driven by hand: no engine, no threads, no clock. A script stands in for the guest, and a list of choices
//! for everything that is chance in a real host: which act ends first, who answers what, how late it is.

#![allow(dead_code, reason = "each test uses what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "../memory/mod.rs"]
pub mod memory;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use belljar_abi::{HumanRequest, KvItem, KvRequest, Level, Moment, Ticket};
use belljar_core::effects::{Keys as _, MemoryHttp, MemoryKeys, MemoryTree, Quota};
use belljar_core::{
    Act, Answer, Ask as _, Capability, Contract, Event, Exit, Held, Instruction, Keep, MemoryLog, NotTaken, Now, Parts,
    Question, QuestionId, Recorder, Recording, Report, Request, Run, RunId, Scope, Session, Setup, Spent, Stop, Terms,
};
use belljar_policy::{Limits, Policy};
use memory::done;
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
    /// Resumes it.
    Resume(Vec<u8>),
}

/// When a run is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspend {
    Never,
    /// Whenever it waits for a person and can be suspended.
    Always,
    /// It is kept at the same places and goes on in memory.
    Keeps,
}

/// The host's own state, which outlives a run that is suspended.
#[derive(Clone, Debug)]
pub struct World {
    pub policy: String,
    pub keys: MemoryKeys,
    /// With an empty directory `d`.
    pub files: MemoryTree,
    pub servers: Arc<MemoryHttp>,
    pub chance: Chance,
    /// Limits that no policy file can say yet.
    pub limit: fn(&mut Limits),
    pub now: Moment,
    /// How many acts were performed.
    pub acts: u64,
    /// What each question said had been read before.
    pub told: Vec<Vec<String>>,
}

impl World {
    pub fn new(policy: &str, chance: Vec<u8>) -> Self {
        let policy = format!("version = 1\n{policy}");
        let files = MemoryTree::new(200);
        files.make_directory("d").unwrap();
        World {
            policy,
            keys: MemoryKeys::default(),
            files,
            servers: Arc::default(),
            chance: Chance::new(chance),
            limit: |_| (),
            now: NOON,
            acts: 0,
            told: Vec::new(),
        }
    }

    /// The clocks.
    pub fn clock(&self) -> Now {
        Now { wall: self.now, steady: Duration::from_nanos(self.now) }
    }

    /// Keeps a value before the run.
    pub fn keep(&mut self, key: &str, value: &str) {
        let item = KvItem { key: key.into(), value: value.into() };
        done(self.keys.set(item, Quota { bytes: u64::MAX, keys: u64::MAX })).unwrap();
    }

    /// All keys with their values, and all files with their bytes.
    pub fn kept(&self) -> Vec<(String, Vec<u8>)> {
        let keys = done(self.keys.list(String::new(), String::new(), usize::MAX)).unwrap();
        let values = keys.into_iter().map(|key| (key.clone(), done(self.keys.get(key, u64::MAX)).unwrap().unwrap()));
        let files = self.files.list().into_iter().map(|path| (path.clone(), self.files.get(&path).unwrap()));
        values.chain(files).collect()
    }

    fn answer(&mut self, question: &Question) -> Answer {
        self.told.push(question.read.clone());
        let who = belljar_core::Answerer::inbox("a person");
        match (self.chance.of(5), &question.human) {
            // One in four is to everything under the rule, and one in two has a reason.
            (3, _) => {
                let scope = if self.chance.of(4) == 3 { Scope::Rule } else { Scope::Request };
                let why = (self.chance.of(2) == 1).then(|| "it is not needed".to_owned());
                Answer::No { who, scope, why }
            }
            (4, _) => Answer::Nobody { why: "nobody is there".into() },
            (number, Some(_)) => Answer::Said { who, text: format!("answer {number}") },
            // Half of them hold for a moment only.
            (2, None) if self.chance.of(2) == 1 => Answer::Rule { who, expires: Some(self.now + 30_000_000) },
            (2, None) => Answer::Rule { who, expires: None },
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
    /// The whole recording, or that of a run that was suspended.
    pub recording: Option<Vec<u8>>,
}

/// The host of one run.
struct Hand<'a> {
    world: &'a mut World,
    session: Session,
    log: MemoryLog,
    acts: Vec<Act>,
    questions: Vec<Question>,
    alarm: Option<Duration>,
    suspend: Suspend,
    recorder: Recorder,
    /// What can be resumed elsewhere.
    kept: Option<Vec<u8>>,
    /// What a store has of it.
    shelf: Store,
}

/// What a store has of a run.
#[derive(Default)]
struct Store {
    log: String,
    requests: BTreeMap<Ticket, Vec<u8>>,
    results: BTreeMap<Ticket, Vec<u8>>,
    held: Held,
    suspended: Option<u64>,
}

type Contents = BTreeMap<Ticket, Vec<u8>>;

impl Store {
    fn state(&self) -> (String, Contents, Contents, Held, Option<u64>) {
        (self.log.clone(), self.requests.clone(), self.results.clone(), self.held.clone(), self.suspended)
    }
}

/// Runs a script, from its start or from a recording.
pub fn drive(world: &mut World, script: &[Step], from: &From, suspend: Suspend) -> Ended {
    let contract = Contract::plain("script", [7; 32]);
    let policy = Policy::parse(&world.policy).unwrap();
    let log = MemoryLog::default();
    let mut granted = policy.clone();
    (world.limit)(&mut granted.limits);
    let terms = Arc::new(Terms::from(granted));
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
    let kept = match from {
        From::Resume(bytes) => Some(bytes.clone()),
        _ => None,
    };
    let session = Session::new(run, suspend != Suspend::Never, world.clock());
    let (acts, questions) = (Vec::new(), Vec::new());
    let mut hand =
        Hand { world, session, log, acts, questions, alarm: None, suspend, recorder, kept, shelf: Store::default() };
    let mut seen = Vec::new();
    let exit = match hand.guest(script, &mut seen) {
        Ok(()) => Exit::Returned(format!("{}", seen.len())),
        Err(stop) => Exit::Stopped(stop),
    };
    if hand.session.must_forget(&exit) {
        hand.kept = None;
    }
    let Hand { session, log, recorder, kept, world, .. } = hand;
    let spent = Spent { fuel: seen.len() as u64, pages: 1, memory_refused: false };
    let report = session.end(&contract, exit, spent, world.clock());
    let recording = kept.or_else(|| recorder.finish().ok());
    Ended { report, log: log.text(), seen, recording }
}

/// Runs a script in one go, but suspends and resumes it wherever that may be; returns the last part and how often.
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
                    let ticket = self.session.request(request.clone(), &mut |_| 0)?;
                    assert!(self.pump()?.is_none());
                    open.push((ticket, capability));
                    seen.push(format!("started {ticket}"));
                    if !self.session.run().is_replay() && self.world.chance.of(4) == 3 {
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
                    let until = most.map(|most| self.session.run().now() + most * 1_000_000);
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
                    let result = self.session.run_mut().take(ticket, capability)?;
                    seen.push(format!("took {ticket}: {result:?}"));
                }
                Step::Sleep(most) => {
                    let until = self.session.run().now() + most * 1_000_000;
                    let got = self.wait(&[], Some(until))?;
                    seen.push(format!("slept: {got:?}"));
                }
                Step::Say(level, text) => {
                    let kept = self.session.run_mut().console(*level, text.clone())?;
                    seen.push(format!("said {}", kept.is_some()));
                }
                Step::Make(name, size) => {
                    let made = self.session.run_mut().artifact(name.clone(), "text/plain".into(), vec![b'a'; *size])?;
                    seen.push(format!("made {made:?}"));
                }
                Step::Look(length) => {
                    let bytes = self.session.run_mut().random(*length)?;
                    seen.push(format!("{} {bytes:?}", self.session.run().now()));
                }
                Step::WaitFor(ticket) => drop(self.wait(&[*ticket], None)?),
                Step::TakeAs(ticket, capability) => drop(self.session.run_mut().take(*ticket, *capability)?),
                // A replay is ended by its recording.
                Step::Cancel if self.session.run().is_replay() => {}
                Step::Cancel => return Err(Stop::Cancelled),
            }
        }
        Ok(())
    }

    fn wait(&mut self, tickets: &[Ticket], until: Option<Moment>) -> Result<Option<Ticket>, Stop> {
        self.session.wait(tickets.to_vec(), until, &mut |_| 0).unwrap();
        self.session.on(Event::Waits, self.world.clock())?;
        loop {
            if let Some(went_on) = self.pump()? {
                return Ok(went_on);
            }
            self.session.on(Event::Idle, self.world.clock())?;
            if let Some(went_on) = self.pump()? {
                return Ok(went_on);
            }
            if !self.event(self.alarm.is_some())? {
                let alarm = self.alarm.unwrap();
                self.world.now = self.world.now.max(alarm.as_nanos() as Moment);
                self.session.on(Event::Woke, self.world.clock())?;
            }
        }
    }

    /// Carries out what the session says; what the guest's wait came to, if it goes on.
    fn pump(&mut self) -> Result<Option<Option<Ticket>>, Stop> {
        let mut went_on = None;
        while let Some(what) = self.session.next_instruction() {
            match what {
                Instruction::Perform(act) => self.acts.push(act),
                Instruction::Find(_, name) => panic!("no script calls a tool, and this one calls {name}"),
                Instruction::Ask(question) => self.questions.push(*question),
                Instruction::Reject(id, why) => panic!("{id:?} is not taken: {why}"),
                Instruction::GoOn(ticket) => went_on = Some(ticket),
                Instruction::WakeAt(moment) => self.alarm = moment,
                Instruction::Keep { is_kept } => {
                    if is_kept {
                        assert!(self.kept.is_some());
                    } else {
                        self.kept = Some(self.keep());
                    }
                    // Where it was suspended it is not suspended at once again.
                    let away = self.suspend == Suspend::Always && !is_kept;
                    let keep = if away { Keep::Away } else { Keep::Waiting };
                    self.session.on(Event::Kept(keep), self.world.clock())?;
                }
                Instruction::Stir => panic!("nobody called it"),
                Instruction::Forget => {
                    assert!(self.kept.take().is_some());
                    assert!(self.session.next_instruction().is_none());
                    self.session.on(Event::Forgotten, self.world.clock())?;
                }
            }
        }
        Ok(went_on)
    }

    /// Keeps the run: what is new is added to what there is, as in a store, and that is the whole recording.
    fn keep(&mut self) -> Vec<u8> {
        let now = self.world.clock();
        let shelf = &mut self.shelf;
        let kept = self.session.keep(&self.recorder, None, now, |new| {
            assert_eq!(new.is_first(), shelf.log.is_empty());
            shelf.log.push_str(new.log());
            shelf.results.extend(new.results().map(|(_, ticket, bytes)| (ticket, bytes.to_vec())));
            shelf.requests.extend(new.requests().map(|(_, ticket, bytes)| (ticket, bytes.to_vec())));
            (shelf.held, shelf.suspended) = (new.held().clone(), Some(new.time_left()));
            new.whole()
        });
        let whole = kept.unwrap().unwrap();
        let parts = Parts::unpack(&whole).unwrap();
        let Parts { log, requests, results, held, suspended, .. } = parts;
        assert_eq!((log, requests, results, held, suspended), shelf.state());
        whole
    }

    /// One thing happens outside: an act ends, or somebody answers; or nothing, if time may pass instead.
    fn event(&mut self, may_elapse: bool) -> Result<bool, Stop> {
        self.world.now += 1_000_000 * self.world.chance.of(50) as u64;
        let (acts, questions) = (self.acts.len(), self.questions.len());
        let number = self.world.chance.of(acts + questions + usize::from(may_elapse));
        if number < acts {
            let act = self.acts.remove(number);
            let log = self.log.text();
            self.world.acts += 1;
            let (request, (receipt, result)) =
                memory::perform(act, &self.world.keys, &self.world.files, &self.world.servers);
            assert_logged(&log, receipt.ticket(), &request);
            assert!(self.kept.is_none() || self.suspend == Suspend::Never, "it could be done once more");
            self.session.on(Event::Result(receipt, result), self.world.clock())?;
        } else if number < acts + questions {
            let question = self.questions.remove(number - acts);
            self.refuse_stale(&question)?;
            let answer = self.world.answer(&question);
            self.session.on(Event::Answer(question.id, answer), self.world.clock())?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Answers to anything else than the open question change nothing.
    fn refuse_stale(&mut self, question: &Question) -> Result<(), Stop> {
        let (log, id) = (self.log.text(), question.id);
        let other: RunId = "0".repeat(64).parse().unwrap();
        let next = id.ticket + 1000;
        let once = || Answer::Once { who: belljar_core::Answerer::inbox("somebody") };
        let frozen = self.world.policy.contains("frozen");
        let late = if frozen { NotTaken::NoClock } else { NotTaken::Expired(self.world.now) };
        let past = Answer::Rule { who: belljar_core::Answerer::inbox("somebody"), expires: Some(self.world.now) };
        for (wrong, answer, why) in [
            (QuestionId { run: other, ..id }, once(), NotTaken::OtherRun),
            (QuestionId { digest: [0; 32], ..id }, once(), NotTaken::OtherQuestion(id.ticket)),
            (QuestionId { ticket: next, ..id }, once(), NotTaken::NotOpen(next)),
            (QuestionId { ticket: 0, ..id }, once(), NotTaken::NotOpen(0)),
            (id, past, late),
        ] {
            let kept = self.kept.clone();
            self.session.on(Event::Answer(wrong, answer), self.world.clock())?;
            let mut rejected = false;
            while let Some(what) = self.session.next_instruction() {
                match what {
                    Instruction::Reject(id, not_taken) => {
                        assert_eq!((id, &not_taken), (wrong, &why));
                        rejected = true;
                    }
                    Instruction::WakeAt(moment) => self.alarm = moment,
                    other => panic!("{other:?}"),
                }
            }
            assert!(rejected && self.kept == kept);
        }
        assert_eq!(self.log.text(), log);
        Ok(())
    }
}

/// What is performed stands in the log, with who allowed it.
fn assert_logged(log: &str, ticket: Ticket, act: &Request) {
    let ticket = Value::from(ticket);
    let of = |kinds: &[&str]| {
        let is = |entry: &Value| kinds.iter().any(|kind| entry["kind"] == *kind) && entry["ticket"] == ticket;
        entries(log).filter(is).last()
    };
    let request = of(&["request", "redirect"]).unwrap_or_else(|| panic!("{ticket} is performed and not in the log"));
    assert_eq!(request["what"], act.describe().as_str());
    match request["verdict"].as_str() {
        Some("allow") => {}
        Some("ask") => assert_eq!(of(&["answer"]).unwrap()["answer"], "yes"),
        other => panic!("{ticket} is performed, and its verdict is {other:?}"),
    }
}

pub fn entries(log: &str) -> impl Iterator<Item = Value> + '_ {
    log.lines().map(|line| serde_json::from_str(line).unwrap())
}
