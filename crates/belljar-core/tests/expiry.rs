//! Questions that nobody answers in time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use belljar_abi::{KvItem, KvRequest, Request};
use belljar_core::{
    Answer, Contract, Event, Exit, Instruction, MemoryLog, NotTaken, Now, Question, Recorder, Recording, Run, Scope,
    Session, Setup, Spent, Terms,
};
use belljar_policy::Policy;

const NOON: u64 = 1_767_268_800_000_000_000;
const SECOND: u64 = 1_000_000_000;

fn at(seconds: u64) -> Now {
    Now { wall: NOON + seconds * SECOND, steady: Duration::from_secs(5 + seconds) }
}

fn policy(clock: &str) -> Policy {
    Policy::parse(&format!("version = 1\n[kv]\nask = ['write **']\n[ask]\nexpires = '10 s'\n{clock}")).unwrap()
}

fn set(key: &str) -> Request {
    Request::Kv(KvRequest::Set(KvItem { key: key.into(), value: b"x".to_vec() }))
}

/// A session whose guest waits for an answer, with its question, and when it wants to be woken.
fn asked(policy: &Policy, log: &MemoryLog) -> (Session, Recorder, Question, Option<Duration>) {
    let contract = Contract::plain("script", [7; 32]);
    let recorder = Recorder::new("null", policy, "script.js".into(), b"script".to_vec()).unwrap();
    let setup = Setup { contract: &contract, input: "null", host: "by hand", now: NOON, seed: [3; 32] };
    let run = Run::start(setup, Terms::from(policy.clone()), recorder.log(Box::new(log.clone()))).unwrap();
    let mut session = Session::new(run, false, at(0));
    let ticket = session.request(set("a"), &mut |_| 0).unwrap();
    session.wait(vec![ticket], None, &mut |_| 0).unwrap();
    session.on(Event::Waits, at(1)).unwrap();
    let (mut question, mut alarm) = (None, None);
    while let Some(what) = session.next_instruction() {
        match what {
            Instruction::Ask(asked) => question = Some(*asked),
            Instruction::WakeAt(moment) => alarm = moment,
            other => panic!("{other:?}"),
        }
    }
    (session, recorder, question.unwrap(), alarm)
}

fn instructions(session: &mut Session) -> Vec<Instruction> {
    std::iter::from_fn(|| session.next_instruction()).collect()
}

#[test]
fn a_question_is_withdrawn_at_its_moment_and_not_before() {
    for clock in ["", "[clock]\nfrozen = '2020-01-01T00:00:00Z'\n"] {
        let (policy, log) = (policy(clock), MemoryLog::default());
        let (mut session, recorder, question, alarm) = asked(&policy, &log);
        assert_eq!(question.expires, Some(NOON + 10 * SECOND));
        assert_eq!(alarm, Some(at(10).steady));
        session.on(Event::Woke, at(9)).unwrap();
        assert!(!instructions(&mut session).iter().any(|what| matches!(what, Instruction::GoOn(_))));
        session.on(Event::Woke, at(10)).unwrap();
        assert!(instructions(&mut session).iter().any(|what| matches!(what, Instruction::GoOn(Some(1)))));
        let contract = Contract::plain("script", [7; 32]);
        let report = session.end(&contract, Exit::Returned("1".into()), Spent::default(), at(11));
        assert_eq!(report.questions, 1);
        assert!(log.text().contains(r#""answer":"expired""#), "{}", log.text());
        let refusal = report.refusals.first().unwrap();
        assert!(refusal.rule.contains("nobody answered before 2026-01-01T12:00:10.000Z"), "{}", refusal.rule);

        // A replay comes to the same.
        let recording = Arc::new(Recording::parse(&recorder.finish().unwrap()).unwrap());
        let again = MemoryLog::default();
        let run = Run::replay(&contract, recording, Terms::from(policy), Box::new(again.clone())).unwrap();
        let mut session = Session::new(run, false, at(0));
        let ticket = session.request(set("a"), &mut |_| 0).unwrap();
        session.wait(vec![ticket], None, &mut |_| 0).unwrap();
        session.on(Event::Waits, at(0)).unwrap();
        session.on(Event::Idle, at(0)).unwrap();
        assert!(instructions(&mut session).iter().any(|what| matches!(what, Instruction::GoOn(Some(1)))));
        let report = session.end(&contract, Exit::Returned("1".into()), Spent::default(), at(0));
        assert!(report.divergence.is_none(), "{:?}", report.divergence);
        assert_eq!(again.text(), log.text());
    }
}

#[test]
fn an_answer_that_comes_late_is_not_taken() {
    let log = MemoryLog::default();
    let (mut session, _recorder, question, _) = asked(&policy(""), &log);
    session.on(Event::Answer(question.id, Answer::Once { who: belljar_core::Answerer::inbox("Ann") }), at(10)).unwrap();
    let told = instructions(&mut session);
    let late = NotTaken::Late(NOON + 10 * SECOND);
    assert!(
        matches!(told.first(), Some(Instruction::Reject(id, why)) if *id == question.id && *why == late),
        "{told:?}"
    );
    assert_eq!(late.instead(), None);
    assert!(told.iter().any(|what| matches!(what, Instruction::GoOn(Some(1)))), "{told:?}");
    assert!(!told.iter().any(|what| matches!(what, Instruction::Perform(_))), "{told:?}");
    assert!(log.text().contains(r#""answer":"expired""#), "{}", log.text());
}

#[test]
fn a_run_that_is_resumed_too_late_asks_nobody() {
    let (policy, log) = (policy(""), MemoryLog::default());
    let (session, recorder, ..) = asked(&policy, &log);
    let kept = session.suspended(&recorder, None, at(2)).unwrap();
    let recording = Arc::new(Recording::parse(&kept).unwrap());
    let contract = Contract::plain("script", [7; 32]);
    let recorder = Recorder::again(&recording);
    let log = MemoryLog::default();
    let run = Run::resume(&contract, recording, Terms::from(policy), recorder.log(Box::new(log.clone()))).unwrap();
    // Days later; the host keeps runs, as one does that would suspend this one again.
    let later = at(500_000);
    let mut session = Session::new(run, true, later);
    let ticket = session.request(set("a"), &mut |_| 0).unwrap();
    session.wait(vec![ticket], None, &mut |_| 0).unwrap();
    session.on(Event::Waits, later).unwrap();
    session.on(Event::Idle, later).unwrap();
    let mut seen = Vec::new();
    while let Some(what) = session.next_instruction() {
        if matches!(what, Instruction::Forget) {
            session.on(Event::Forgotten, later).unwrap();
        }
        seen.push(what);
    }
    assert!(seen.iter().any(|what| matches!(what, Instruction::GoOn(Some(1)))), "{seen:?}");
    assert!(!seen.iter().any(|what| matches!(what, Instruction::Ask(_) | Instruction::Keep { .. })), "{seen:?}");
    assert!(log.text().contains(r#""answer":"expired""#), "{}", log.text());
}

/// Two questions are open: the answer to the second comes first, and none is taken for the other's.
#[test]
fn an_answer_is_to_its_own_question_in_whatever_order_it_comes() {
    let (policy, log) = (policy(""), MemoryLog::default());
    let contract = Contract::plain("script", [7; 32]);
    let setup = Setup { contract: &contract, input: "null", host: "by hand", now: NOON, seed: [3; 32] };
    let run = Run::start(setup, Terms::from(policy), Box::new(log.clone())).unwrap();
    let mut session = Session::new(run, false, at(0));
    let tickets: Vec<_> = ["a", "b"].iter().map(|key| session.request(set(key), &mut |_| 0).unwrap()).collect();
    session.wait(tickets, None, &mut |_| 0).unwrap();
    session.on(Event::Waits, at(1)).unwrap();
    let questions: Vec<Question> = instructions(&mut session)
        .into_iter()
        .filter_map(|what| if let Instruction::Ask(asked) = what { Some(*asked) } else { None })
        .collect();
    let [first, second] = &questions[..] else { panic!("{questions:?}") };
    assert_ne!(first.id.digest, second.id.digest);
    let yes = || Answer::Once { who: belljar_core::Answerer::inbox("Ann") };

    // The second's digest under the first's ticket is an answer to neither.
    let mut mixed = first.id;
    mixed.digest = second.id.digest;
    session.on(Event::Answer(mixed, yes()), at(2)).unwrap();
    let told = instructions(&mut session);
    assert!(told.iter().any(|what| matches!(what, Instruction::Reject(_, NotTaken::OtherQuestion(_)))), "{told:?}");
    assert!(!told.iter().any(|what| matches!(what, Instruction::Perform(_))), "{told:?}");

    session.on(Event::Answer(second.id, yes()), at(3)).unwrap();
    session
        .on(
            Event::Answer(
                first.id,
                Answer::No { who: belljar_core::Answerer::inbox("Ann"), scope: Scope::Request, why: None },
            ),
            at(4),
        )
        .unwrap();
    let told = instructions(&mut session);
    assert_eq!(told.iter().filter(|what| matches!(what, Instruction::Perform(_))).count(), 1, "{told:?}");
    let answers: Vec<_> =
        log.text().lines().filter(|line| line.contains(r#""kind":"answer""#)).map(str::to_owned).collect();
    let said = |line: &str, answer: &str, ticket: u32| {
        line.contains(&format!(r#""answer":"{answer}""#)) && line.contains(&format!(r#""ticket":{ticket}"#))
    };
    assert!(answers.len() == 2 && said(&answers[0], "yes", 2) && said(&answers[1], "no", 1), "{answers:?}");
    // A second answer to one that was answered is none.
    session.on(Event::Answer(second.id, yes()), at(5)).unwrap();
    let told = instructions(&mut session);
    assert!(told.iter().any(|what| matches!(what, Instruction::Reject(_, NotTaken::NotOpen(2)))), "{told:?}");
}
