//! Every way in which a run ends: its outcome, its exit code, what a person is told, and that the log says the same.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use belljar_abi::{FaultKind, KvRequest, Level, ToolFault};
use belljar_core::{
    Contract, Event, Exit, LogError, LogSink, MemoryLog, Now, Outcome, Report, Request, Run, Session, Setup, Spent,
    Stop, Terms, Trap, verify,
};
use belljar_policy::Policy;
use serde_json::Value;

const NOW: Now = Now { wall: 5, steady: Duration::ZERO };

/// A run that does what `before` says and then ends.
fn ends(limits: &str, exit: Exit, spent: Spent, before: impl FnOnce(&mut Session)) -> (Report, Value) {
    let contract = Contract::plain("ends", [7; 32]);
    let terms = Arc::new(Terms::from(Policy::parse(&format!("version = 1\n[limits]\n{limits}")).unwrap()));
    let setup = Setup { contract: &contract, input: "null", host: "by hand", now: NOW.wall, seed: [3; 32] };
    let log = MemoryLog::default();
    let run = Run::start(setup, terms, Box::new(log.clone())).unwrap();
    let mut session = Session::new(run, false, NOW);
    before(&mut session);
    let report = session.end(&contract, exit, spent, NOW);
    let text = log.text();
    assert_eq!(verify(text.as_bytes()).unwrap().entries, report.log_entries);
    let last = serde_json::from_str(text.lines().next_back().unwrap()).unwrap();
    (report, last)
}

fn fault(kind: FaultKind, code: &str) -> Exit {
    Exit::Fault(ToolFault { kind, code: code.into(), message: "why".into(), stack: "at f".into() })
}

/// Asks for a key that no rule allows.
fn refused(session: &mut Session) {
    let ticket = session.request(Request::Kv(KvRequest::Get("a".into())), &mut |_| 0).unwrap();
    session.wait(vec![ticket], None, &mut |_| 0).unwrap();
    session.on(Event::Waits, NOW).unwrap();
}

fn full(session: &mut Session) {
    let run = session.run_mut();
    assert!(run.artifact("a".into(), "text/plain".into(), vec![0; 20]).unwrap().is_err());
}

#[test]
fn each_end_has_its_outcome_and_says_why() {
    type Before = fn(&mut Session);
    /// The exit, what comes before it; the outcome, its exit code, what the message contains, and the budget.
    type Case<'a> = (Exit, Before, Outcome, u8, &'a str, Option<&'a str>);
    let nothing: Before = |_| {};
    let traps = Trap::ALL.map(|trap| (Exit::Trap(trap), nothing, Outcome::Crashed, 4, trap.words(), None));
    let cases: Vec<Case<'_>> = vec![
        (Exit::Returned("1".into()), nothing, Outcome::Returned, 0, "", None),
        (
            Exit::Returned("\"12345678901\"".into()),
            nothing,
            Outcome::Exhausted,
            6,
            "has 13 bytes; the limit is 10",
            Some("output"),
        ),
        (Exit::TooLarge(99), nothing, Outcome::Exhausted, 6, "has 99 bytes; the limit is 10", Some("output")),
        (Exit::Returned("no".into()), nothing, Outcome::Crashed, 4, "JSON", None),
        (fault(FaultKind::Failed, "not-found"), nothing, Outcome::Failed, 3, "why", None),
        (fault(FaultKind::Crashed, ""), nothing, Outcome::Crashed, 4, "why", None),
        (fault(FaultKind::Unloadable, ""), nothing, Outcome::Crashed, 4, "why", None),
        // What a guest says of a refusal is believed if there was one.
        (fault(FaultKind::Denied, ""), nothing, Outcome::Crashed, 4, "why", None),
        (fault(FaultKind::Denied, ""), refused, Outcome::Denied, 5, "why", None),
        (fault(FaultKind::Exhausted, ""), nothing, Outcome::Crashed, 4, "why", None),
        (fault(FaultKind::Exhausted, ""), full, Outcome::Exhausted, 6, "why", Some("artifacts")),
        (fault(FaultKind::Exhausted, "memory"), nothing, Outcome::Exhausted, 6, "why", Some("memory")),
        (Exit::Stopped(Stop::Fuel), nothing, Outcome::Exhausted, 6, "fuel of 1000", Some("fuel")),
        (Exit::Stopped(Stop::Calls), nothing, Outcome::Exhausted, 6, "more than its 2 requests", Some("calls")),
        (Exit::Stopped(Stop::Time), nothing, Outcome::TimedOut, 124, "longer than its time of 3s", None),
        (Exit::Stopped(Stop::Cancelled), nothing, Outcome::Cancelled, 130, "cancelled", None),
        (Exit::Stopped(Stop::Stack), nothing, Outcome::Crashed, 4, "nest too deeply", None),
        (Exit::Stopped(Stop::Protocol("odd".into())), nothing, Outcome::Crashed, 4, "odd", None),
        (Exit::Stopped(Stop::Abi(belljar_abi::Fault::Realloc)), nothing, Outcome::Crashed, 4, "cabi_realloc", None),
        (Exit::Stopped(Stop::Host("broke".into())), nothing, Outcome::HostFailed, 1, "broke", None),
        (Exit::Stopped(Stop::Log(LogError("full".into()))), nothing, Outcome::HostFailed, 1, "full", None),
    ];
    for (exit, before, outcome, code, says, budget) in cases.into_iter().chain(traps) {
        let what = format!("{exit:?}");
        let limits = "output = '10 B'\nfuel = 1000\ncalls = 2\ntime = '3 s'\nartifacts = '10 B'\n";
        let (report, last) = ends(limits, exit, Spent::default(), before);
        assert_eq!((report.outcome, report.outcome.exit_code()), (outcome, code), "{what}");
        assert!(report.message.contains(says), "{what}: {}", report.message);
        assert_eq!(report.budget.as_deref(), budget, "{what}");
        assert_eq!(last["result"], outcome.name(), "{what}");
        assert_eq!(last["budget"].as_str(), budget, "{what}");
        assert_eq!(report.output.is_some(), outcome == Outcome::Returned, "{what}");
    }
}

#[test]
fn a_crash_for_want_of_memory_says_so_and_a_panic_says_its_words() {
    let spent = Spent { fuel: 7, pages: 3, memory_refused: true };
    let (report, last) = ends("", Exit::Trap(Trap::Unreachable), spent, |_| {});
    assert_eq!((report.outcome, report.budget.as_deref()), (Outcome::Exhausted, Some("memory")));
    assert_eq!((last["usage"]["fuel"].as_u64(), last["usage"]["pages"].as_u64()), (Some(7), Some(3)));
    let (report, _) = ends("", Exit::Trap(Trap::Unreachable), Spent::default(), |session| {
        session.run_mut().console(Level::Error, "panic at lib.rs:1:\nno".into()).unwrap();
    });
    assert_eq!(report.message, "a panic at lib.rs:1: no");
}

#[test]
fn a_suspended_run_has_no_end() {
    let (report, last) = ends("", Exit::Stopped(Stop::Suspended), Spent::default(), |_| {});
    assert_eq!((report.outcome, report.outcome.exit_code()), (Outcome::Suspended, 75));
    assert_eq!(last["kind"], "seed");
}

/// A log that takes so many lines.
struct Short(usize);

impl LogSink for Short {
    fn append(&mut self, _: &str) -> Result<(), LogError> {
        self.0 = self.0.checked_sub(1).ok_or_else(|| LogError("the disk is full".into()))?;
        Ok(())
    }
}

#[test]
fn what_cannot_be_logged_is_not_done_and_the_output_is_not_given_out() {
    let contract = Contract::plain("ends", [7; 32]);
    let terms = Arc::new(Terms::from(Policy::parse("version = 1\n[kv]\nallow = ['**']\n").unwrap()));
    let setup = Setup { contract: &contract, input: "null", host: "by hand", now: NOW.wall, seed: [3; 32] };
    let start = |lines| Run::start(setup, terms.clone(), Box::new(Short(lines)));
    assert!(matches!(start(1), Err(Stop::Log(_))));
    // The request's entry has no room: nothing is permitted, and nothing can be logged behind it.
    let mut session = Session::new(start(2).unwrap(), false, NOW);
    while session.next_instruction().is_some() {}
    let stop = session.request(Request::Kv(KvRequest::Get("a".into())), &mut |_| 0).unwrap_err();
    assert!(session.next_instruction().is_none());
    let report = session.end(&contract, Exit::Stopped(stop), Spent::default(), NOW);
    assert_eq!((report.outcome, report.log_entries), (Outcome::HostFailed, 2));
    // The end has no room.
    let report =
        Session::new(start(2).unwrap(), false, NOW).end(&contract, Exit::Returned("1".into()), Spent::default(), NOW);
    assert_eq!((report.outcome, report.output), (Outcome::HostFailed, None));
    assert_eq!(report.message, "the log could not be written: the disk is full");
}

#[test]
fn a_report_of_what_never_started_is_a_failure_of_the_host() {
    let report = Report::unstarted(&Stop::Host("no engine".into()));
    assert_eq!((report.outcome, &*report.message, report.log_entries), (Outcome::HostFailed, "no engine", 0));
}

#[test]
fn time_that_is_used_up_ends_a_wait_and_a_call() {
    let contract = Contract::plain("ends", [7; 32]);
    let terms = Arc::new(Terms::from(Policy::parse("version = 1\n[limits]\ntime = '2 s'\n").unwrap()));
    let setup = Setup { contract: &contract, input: "null", host: "by hand", now: NOW.wall, seed: [3; 32] };
    let run = Run::start(setup, terms, Box::new(MemoryLog::default())).unwrap();
    let mut session = Session::new(run, false, NOW);
    let later = |seconds| Now { wall: NOW.wall, steady: Duration::from_secs(seconds) };
    assert_eq!(session.time_left(later(1)), Duration::from_secs(1));
    assert!(session.check(later(1)).is_ok());
    assert_eq!(session.check(later(2)), Err(Stop::Time));
    session.wait(Vec::new(), Some(u64::MAX), &mut |_| 0).unwrap();
    assert_eq!(session.on(Event::Woke, later(2)).unwrap_err(), Stop::Time);
}
