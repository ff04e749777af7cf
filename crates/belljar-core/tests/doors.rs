//! A guest has two doors to its run: [`calls::call`], where guest and run are in one process, and [`RemoteRun`] with
//! [`CellSession`], where the guest is in a cell. The same calls through both come to the same: answers, fuel, log.
//!
//! The guest here is a memory and a list of calls with the flat values that WebAssembly would pass. Chance is none: whatever a
//! host has to do is done while the guest waits, in the order in which it came up.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod memory;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use belljar_abi::cell::{self, End, Setup as CellSetup};
use belljar_abi::{Memory, Ticket, Writer};
use belljar_core::calls::{self, Import};
use belljar_core::effects::{MemoryKeys, MemoryTree};
use belljar_core::remote::{self, RemoteRun};
use belljar_core::{
    Act, Answer, CalledTool, Capability, CellSession, Contract, Event, Exit, Instruction, MemoryLog, Meter, NotTaken,
    Now, Outcome, Question, QuestionId, Report, Run, Session, Setup, Spent, Stop, Terms, Usage,
};
use belljar_policy::Policy;
use proptest::prelude::*;

const POLICY: &str = "version = 1
[tools]\nallow = ['sum']\nask = ['which']\n[kv]\nallow = ['a/**']\nask = ['b/**']\n[files]\nallow = ['read ./d as /d', 'write ./d as /d']
[limits]\ncalls = 12\nlog = '90 B'\nartifacts = '60 B'\n";

/// What the guest does.
#[derive(Clone, Debug)]
enum Deed {
    Say(u32, String),
    Look,
    Random(u32),
    Make(String, usize),
    Get(String),
    Set(String, usize),
    List(String),
    Read(String),
    Remove(String),
    Fetch(String),
    Call(String),
    Ask(String),
    /// Waits for the tickets, at most so many milliseconds.
    Wait(Vec<Ticket>, Option<u64>),
    Take(Capability, Ticket),
}

/// A guest's memory: what it hands over is put behind what it has handed over before.
struct Guest {
    memory: Vec<u8>,
    /// How many bytes of it are used.
    used: usize,
}

impl Guest {
    fn new() -> Self {
        Guest { memory: vec![0; 1 << 16], used: 8 }
    }

    fn put(&mut self, bytes: &[u8], align: usize) -> [u64; 2] {
        let at = self.used.next_multiple_of(align);
        self.memory[at..at + bytes.len()].copy_from_slice(bytes);
        self.used = at + bytes.len();
        [at as u64, bytes.len() as u64]
    }

    /// The import of a deed and its flat values.
    fn call(&mut self, deed: &Deed, now: u64) -> (Import, Vec<u64>) {
        let head = self.put(&[0; 64], 8)[0];
        let mut text = |text: &str| self.put(text.as_bytes(), 1);
        let start = |capability, values: &[&[u64]]| (Import::Start(capability), values.concat());
        match deed {
            Deed::Say(level, line) => {
                let [at, length] = text(line);
                (Import::ConsoleWrite, vec![(*level).into(), at, length])
            }
            Deed::Look => (Import::ClockNow, Vec::new()),
            Deed::Random(length) => (Import::RandomBytes, vec![(*length).into(), head]),
            Deed::Make(name, size) => {
                let (name, media, bytes) = (text(name), text("text/plain"), text(&"x".repeat(*size)));
                (Import::ArtifactsWrite, [&name[..], &media, &bytes, &[head]].concat())
            }
            Deed::Get(key) => start(Capability::Kv, &[&[0], &text(key), &[0, 0]]),
            Deed::Set(key, size) => start(Capability::Kv, &[&[1], &text(key), &text(&"v".repeat(*size))]),
            Deed::List(prefix) => start(Capability::Kv, &[&[3], &text(prefix), &[0, 0]]),
            // A range: path, offset, and no length.
            Deed::Read(path) => start(Capability::Files, &[&[0], &text(path), &[0, 0, 0]]),
            Deed::Remove(path) => start(Capability::Files, &[&[4], &text(path), &[0, 0, 0]]),
            // No headers, no body.
            Deed::Fetch(url) => start(Capability::Http, &[&text("get"), &text(url), &[0, 0], &[0, 0, 0]]),
            Deed::Call(name) => start(Capability::Tools, &[&text(name), &text("{}")]),
            Deed::Ask(question) => start(Capability::Human, &[&text(question), &[0, 0]]),
            Deed::Wait(tickets, most) => {
                let bytes: Vec<u8> = tickets.iter().flat_map(|ticket| ticket.to_le_bytes()).collect();
                let [at, _] = self.put(&bytes, 4);
                let until = most.map_or([0, 0], |most| [1, now + most * 1_000_000]);
                (Import::Wait, [&[at, tickets.len() as u64][..], &until, &[head]].concat())
            }
            Deed::Take(capability, ticket) => (Import::Take(*capability), vec![(*ticket).into(), head]),
        }
    }

    /// Writes an answer, and returns what is in memory then, for comparing.
    fn store(&mut self, head: u32, writer: Writer) -> String {
        let sizes: Vec<(u32, u32)> = writer.allocations().collect();
        let bases: Vec<u32> = sizes
            .into_iter()
            .map(|(align, size)| self.put(&vec![0; size as usize], align as usize)[0] as u32)
            .collect();
        writer.write(&mut self.memory, head, &bases).unwrap();
        format!("{head} {:?}", &self.memory[head as usize..self.used])
    }
}

/// What is outside of a run: what has to be done, and what there is.
struct World {
    acts: VecDeque<Act>,
    /// Tools that are looked for.
    finds: VecDeque<Ticket>,
    questions: VecDeque<Question>,
    alarm: Option<Duration>,
    now: Now,
    keys: MemoryKeys,
    tree: MemoryTree,
    /// How many tools were called.
    called: u64,
}

impl World {
    fn new() -> Self {
        let tree = MemoryTree::new(1000);
        tree.make_directory("d").unwrap();
        tree.put("d/file", b"content".to_vec()).unwrap();
        let (acts, finds, questions) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        World {
            acts,
            finds,
            questions,
            alarm: None,
            now: Now { wall: 5_000_000, steady: Duration::ZERO },
            keys: MemoryKeys::default(),
            tree,
            called: 0,
        }
    }

    /// Notes what an instruction asks for; gives back how the guest goes on.
    fn note<G>(&mut self, what: Instruction<G>) -> Option<G> {
        match what {
            Instruction::Perform(act) => self.acts.push_back(act),
            Instruction::Find(ticket, _) => self.finds.push_back(ticket),
            Instruction::Ask(question) => self.questions.push_back(*question),
            Instruction::WakeAt(moment) => self.alarm = moment,
            Instruction::GoOn(guest) => return Some(guest),
            Instruction::Reject(..) | Instruction::Keep { .. } | Instruction::Forget | Instruction::Stir => {
                panic!("nothing was kept")
            }
        }
        None
    }

    /// What a called tool comes to: each uses more than the one before.
    fn called(&mut self) -> Report {
        self.called += 1;
        let n = self.called;
        let usage = Usage { fuel: 1000 * n, calls: n % 3, console: 2 * n, artifacts: n % 2, ..Usage::default() };
        let (outcome, output) = (Outcome::Returned, Some(n.to_string()));
        Report { outcome, output, usage, log_entries: 3, ..Report::unstarted(&Stop::Cancelled) }
    }

    /// The next thing that happens.
    fn event(&mut self) -> Event {
        self.now.wall += 1_000_000;
        self.now.steady += Duration::from_millis(1);
        if let Some(act) = self.acts.pop_front() {
            if let Act::Tools(permit) = act {
                return Event::Returned(permit.spend().1, Box::new(self.called()));
            }
            let (_, (receipt, result)) = memory::perform(act, &self.keys, &self.tree, &Default::default());
            return Event::Result(receipt, result);
        }
        if let Some(ticket) = self.finds.pop_front() {
            return Event::Found(ticket, Ok(CalledTool { identity: [1; 32], policy: [2; 32] }));
        }
        if let Some(question) = self.questions.pop_front() {
            let who = belljar_core::Answerer::inbox("a person");
            let answer = match question.human {
                Some(_) => Answer::Said { who, text: "blue".into() },
                None => Answer::Once { who },
            };
            return Event::Answer(question.id, answer);
        }
        let alarm = self.alarm.unwrap().max(self.now.steady);
        self.now.wall += (alarm - self.now.steady).as_nanos() as u64;
        self.now.steady = alarm;
        Event::Woke
    }
}

/// How it went.
#[derive(Debug, PartialEq, Eq)]
struct Went {
    answers: Vec<String>,
    fuel: i64,
    log: String,
    end: String,
}

fn session(policy: &str, log: &MemoryLog, world: &World) -> (Contract, Session) {
    let contract = Contract::plain("doors", [7; 32]);
    let terms = Arc::new(Terms::from(Policy::parse(policy).unwrap()));
    let setup = Setup { contract: &contract, input: "null", host: "by hand", now: world.now.wall, seed: [3; 32] };
    let run = Run::start(setup, terms, Box::new(log.clone())).unwrap();
    (contract, Session::new(run, false, world.now))
}

/// Guest and run in one process.
fn near(policy: &str, deeds: &[Deed]) -> Went {
    let (mut world, log, mut guest) = (World::new(), MemoryLog::default(), Guest::new());
    let (contract, mut session) = session(policy, &log, &world);
    let (mut answers, mut fuel) = (Vec::new(), 0);
    let (mut meter, mut counter) = Meter::new(session.run().policy().limits.fuel);
    let mut go = || -> Result<(), Stop> {
        for deed in deeds {
            let (import, values) = guest.call(deed, session.run().now());
            let called = calls::call(&mut session, &mut meter, import, &values, &guest.memory, counter)?;
            counter -= called.fuel;
            fuel += called.fuel;
            answers.push(match called.reply {
                calls::Reply::Nothing | calls::Reply::Console(..) => "nothing".to_owned(),
                calls::Reply::Value(value) => value.to_string(),
                calls::Reply::Store(head, writer) => guest.store(head, writer),
                calls::Reply::End(outcome) => panic!("no deed ends the run: {outcome:?}"),
                calls::Reply::Wait(head) => {
                    session.on(Event::Waits, world.now)?;
                    let ticket = 'wait: loop {
                        while let Some(what) = session.next_instruction() {
                            if let Some(ticket) = world.note(what) {
                                break 'wait ticket;
                            }
                        }
                        session.on(Event::Idle, world.now)?;
                        if let Some(what) = session.next_instruction() {
                            match world.note(what) {
                                Some(ticket) => break 'wait ticket,
                                None => continue,
                            }
                        }
                        let event = world.event();
                        session.on(event, world.now)?;
                    };
                    let called = calls::go_on(&session, &mut meter, ticket, head);
                    counter -= called.fuel;
                    fuel += called.fuel;
                    match called.reply {
                        calls::Reply::Store(head, writer) => guest.store(head, writer),
                        other => panic!("{other:?}"),
                    }
                }
            });
        }
        Ok(())
    };
    let exit = go().map_or_else(|stop| Exit::Stopped(told(&stop)), |()| Exit::Returned("1".into()));
    let report = session.end(&contract, exit, Spent::default(), world.now);
    Went { answers, fuel, log: log.text(), end: format!("{:?} {}", report.outcome, report.message) }
}

/// What a cell says of the reason why the guest ended, as the run hears it.
fn told(stop: &Stop) -> Stop {
    match remote::stopped(stop) {
        End::Fuel(()) => Stop::Fuel,
        End::Stack(()) => Stop::Stack,
        End::Calls(()) => Stop::Calls,
        End::Protocol(text) => Stop::Protocol(text),
        End::Host(text) => Stop::Host(text),
        other => panic!("{other:?}"),
    }
}

/// The guest in a cell. With `again`, it is given up and run again whenever it waits.
fn far(policy: &str, deeds: &[Deed], again: bool) -> Went {
    let (mut world, log) = (World::new(), MemoryLog::default());
    let (contract, session) = session(policy, &log, &world);
    let mut trusted = CellSession::new(session);
    let setup = trusted.setup(None, "null".into(), 0).unwrap();
    let (mut remote, mut counter) = RemoteRun::new(cell::unpack::<CellSetup>(&setup).unwrap()).unwrap();
    let mut guest = Guest::new();
    let (mut answers, mut fuel) = (Vec::new(), 0);
    let mut at = 0;
    let mut exit = None;
    let mut clock = world.now.wall;
    while at < deeds.len() {
        let (import, values) = guest.call(&deeds[at], clock);
        let called = remote.call(import, &values, &Memory::new(&guest.memory), counter);
        let (mut reply, cost) = match called {
            Ok(called) => called,
            Err(stop) => {
                remote.end(remote::stopped(&stop));
                break;
            }
        };
        counter -= cost;
        fuel += cost;
        let mut restarts = false;
        if matches!(reply, remote::Reply::Suspend) {
            if !remote.knows() {
                let said = cell::pack(&remote.message(counter, 1, false)).unwrap();
                match wait(&mut trusted, &mut world, &said) {
                    Ok(bytes) => remote.answer(cell::unpack(&bytes).unwrap()),
                    Err(stop) => {
                        exit = Some(Exit::Stopped(stop));
                        break;
                    }
                }
                restarts = again;
            }
            if !restarts {
                let (answered, more) = remote.go_on(counter).unwrap();
                reply = answered;
                counter -= more;
                fuel += more;
            }
        }
        if restarts {
            (remote, counter) = remote.again().unwrap();
            (guest, at, clock) = (Guest::new(), 0, 5_000_000);
            (answers, fuel) = (Vec::new(), 0);
            continue;
        }
        answers.push(match reply {
            remote::Reply::Nothing => "nothing".to_owned(),
            remote::Reply::Value(value) => value.to_string(),
            remote::Reply::Store(head, writer) => guest.store(head, writer),
            remote::Reply::Suspend => panic!("it was answered"),
            remote::Reply::End(outcome) => panic!("no deed ends the run: {outcome:?}"),
        });
        if matches!(deeds[at], Deed::Wait(..)) {
            // The guest's clock has moved.
            clock = trusted.session().run().now();
        }
        at += 1;
    }
    if at == deeds.len() {
        remote.end(End::Returned("1".into()));
    }
    if exit.is_none() {
        let said = cell::pack(&remote.message(counter, 1, false)).unwrap();
        exit = Some(match trusted.hear(&said, world.now) {
            Ok(exit) => exit.unwrap(),
            Err(stop) => Exit::Stopped(stop),
        });
    }
    let (session, _) = trusted.into_parts();
    let report = session.end(&contract, exit.unwrap(), Spent::default(), world.now);
    Went { answers, fuel, log: log.text(), end: format!("{:?} {}", report.outcome, report.message) }
}

/// What the guest that waits is told.
fn wait(trusted: &mut CellSession, world: &mut World, said: &[u8]) -> Result<Vec<u8>, Stop> {
    assert!(trusted.hear(said, world.now)?.is_none());
    loop {
        while let Some(what) = trusted.next_instruction()? {
            if let Some(bytes) = world.note(what) {
                return Ok(bytes);
            }
        }
        let event = world.event();
        trusted.on(event, world.now)?;
    }
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let key = || prop::sample::select(vec!["a/1", "a/2", "b/1", "c/1", ""]).prop_map(str::to_owned);
    let path = || prop::sample::select(vec!["/d/file", "/d/none", "/e", "/d/../x"]).prop_map(str::to_owned);
    let deed = prop_oneof![
        2 => (0..5u32, "[a-z]{0,20}").prop_map(|(level, line)| Deed::Say(level, line)),
        1 => Just(Deed::Look),
        1 => (0..40u32).prop_map(Deed::Random),
        1 => ("[ab]", 0..40usize).prop_map(|(name, size)| Deed::Make(name, size)),
        2 => key().prop_map(Deed::Get),
        3 => (key(), 0..40usize).prop_map(|(key, size)| Deed::Set(key, size)),
        1 => prop::sample::select(vec!["a/", "", "b/"]).prop_map(|prefix| Deed::List(prefix.into())),
        1 => path().prop_map(Deed::Read),
        1 => path().prop_map(Deed::Remove),
        1 => Just(Deed::Fetch("https://a.example/x".into())),
        3 => prop::sample::select(vec!["sum", "which", "none"]).prop_map(|name| Deed::Call(name.into())),
        1 => prop::sample::select(vec!["Which?", ""]).prop_map(|question| Deed::Ask(question.into())),
        4 => (prop::collection::vec(1..8u32, 0..3), prop::option::of(0..50u64)).prop_map(|(tickets, most)| Deed::Wait(tickets, most)),
        4 => (prop::sample::select(Capability::ALL.to_vec()), 1..8u32).prop_map(|(capability, ticket)| Deed::Take(capability, ticket)),
    ];
    prop::collection::vec(deed, 0..30)
}

/// A story in which every capability is used, waited for and taken.
fn story() -> Vec<Deed> {
    let mut deeds = vec![
        Deed::Say(2, "hello".into()),
        Deed::Look,
        Deed::Random(16),
        Deed::Make("a.txt".into(), 30),
        Deed::Make("b.txt".into(), 40),
        Deed::Set("a/1".into(), 10),
        Deed::Get("b/1".into()),
        Deed::Read("/d/file".into()),
        Deed::Fetch("https://a.example/x".into()),
        Deed::Call("sum".into()),
        Deed::Ask("Which?".into()),
        Deed::List("a/".into()),
        Deed::Wait(vec![], Some(20)),
        Deed::Look,
    ];
    use Capability::{Files, Http, Human, Kv, Tools};
    for (ticket, capability) in (1..).zip([Kv, Kv, Files, Http, Tools, Human, Kv]) {
        deeds.extend([Deed::Wait(vec![ticket], None), Deed::Take(capability, ticket)]);
    }
    deeds.push(Deed::Say(
        4,
        "a line for which there is no room any more, because it is longer than the budget".repeat(2),
    ));
    deeds
}

#[test]
fn every_capability_comes_to_the_same_through_both_doors() {
    let (near, far, again) = (near(POLICY, &story()), far(POLICY, &story(), false), far(POLICY, &story(), true));
    assert!(near.end.starts_with("Returned"), "{}", near.end);
    assert_eq!(near.answers.len(), story().len());
    assert_eq!(near, far);
    assert_eq!(near, again);
}

/// Calls of tools that do nothing else, with waits between them.
fn crowd() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        5 => prop::sample::select(vec!["sum", "sum", "which", "none"]).prop_map(|name| Deed::Call(name.into())),
        5 => (prop::collection::vec(1..12u32, 1..4), prop::option::of(0..3u64)).prop_map(|(tickets, most)| Deed::Wait(tickets, most)),
        3 => (1..12u32).prop_map(|ticket| Deed::Take(Capability::Tools, ticket)),
    ];
    prop::collection::vec(deed, 0..40)
}

/// Each of the calls that are made at once gets as much as one that is made alone, but for what those have that are under way
/// with it; and whoever waits for the last one only is not left waiting.
#[test]
fn calls_at_once_take_their_turns() {
    let policy = POLICY.replace("calls = 12", "calls = 1000");
    let all: Vec<u32> = (1..=10).collect();
    let mut deeds: Vec<Deed> = all.iter().map(|_| Deed::Call("sum".into())).collect();
    let mut backwards = deeds.clone();
    deeds.extend(all.iter().map(|ticket| Deed::Wait((*ticket..=10).collect(), None)));
    backwards.extend(all.iter().rev().map(|ticket| Deed::Wait(vec![*ticket], None)));
    for deeds in [deeds, backwards] {
        let went = near(&policy, &deeds);
        assert!(went.end.starts_with("Returned"), "{}", went.end);
        assert_eq!(went.log.matches(r#""kind":"result""#).count(), 10, "{}", went.log);
        assert_eq!(went, far(&policy, &deeds, false));
        assert_eq!(went, far(&policy, &deeds, true));
    }
}

#[test]
fn a_cell_that_goes_on_though_its_guest_waits_is_stopped() {
    let (world, log) = (World::new(), MemoryLog::default());
    let (_, session) = session(POLICY, &log, &world);
    let mut trusted = CellSession::new(session);
    let wait = || cell::Event::Wait(cell::Wait { tickets: Vec::new(), until: Some(u64::MAX), aside: Vec::new() });
    let message = |events| cell::Message { events, fuel: 1, pages: 1, refused: 0, dropped: 0 };
    assert!(trusted.hear(&cell::pack(&message(vec![wait()])).unwrap(), world.now).unwrap().is_none());
    // What it used may be said at any time.
    assert!(trusted.hear(&cell::pack(&message(Vec::new())).unwrap(), world.now).unwrap().is_none());
    for events in [vec![wait()], vec![cell::Event::Loading(1)], vec![cell::Event::End(End::Returned("1".into()))]] {
        let stop = trusted.hear(&cell::pack(&message(events)).unwrap(), world.now).unwrap_err();
        assert_eq!(stop.to_string(), "the cell goes on though its guest waits");
    }
    assert!(matches!(trusted.hear(b"no message", world.now), Err(Stop::Protocol(_))));
    // An answer to a question that nobody asked is rejected, and nothing else happens.
    let id = QuestionId { run: trusted.session().run().id(), ticket: 1, digest: [0; 32] };
    trusted.on(Event::Answer(id, Answer::Once { who: belljar_core::Answerer::inbox("x") }), world.now).unwrap();
    let rejected = std::iter::from_fn(|| trusted.next_instruction().unwrap())
        .any(|what| matches!(what, Instruction::Reject(_, NotTaken::NotOpen(1))));
    assert!(rejected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a guest calls, right or wrong, comes to the same through both doors, and in a cell that runs it again.
    #[test]
    fn both_doors_are_one(deeds in deeds()) {
        let near = near(POLICY, &deeds);
        prop_assert_eq!(&near, &far(POLICY, &deeds, false));
        prop_assert_eq!(&near, &far(POLICY, &deeds, true));
    }

    /// Which calls begin when, and with how much, is the same through both doors.
    #[test]
    fn crowds_are_one(deeds in crowd()) {
        let near = near(POLICY, &deeds);
        prop_assert_eq!(&near, &far(POLICY, &deeds, false));
        prop_assert_eq!(&near, &far(POLICY, &deeds, true));
    }
}
