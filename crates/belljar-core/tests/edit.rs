//! A request that a person changes: what is taken, what is not, and that a log, a replay and a resumed run say the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by them")]

use std::sync::Arc;
use std::time::Duration;

use belljar_core::abi::{Header, HttpRedirect, HttpRequest, HttpResponse, KvItem, KvRequest};
use belljar_core::{
    Act, Answer, Capability, Contract, Edit, Event, Exit, Instruction, MemoryLog, NotTaken, Now, Question, Recorder,
    Recording, Report, Request, Response, Run, Session, Setup, Spent, Terms,
};
use belljar_policy::Policy;

const POLICY: &str = "version = 1
[kv]
ask = ['set **']
[http]
ask = ['POST https://a.example/**', 'POST https://b.example/**']
deny = ['POST https://a.example/admin/**']
[limits]
http-bytes = 100
";

fn now() -> Now {
    Now { wall: 1_000_000_000, steady: Duration::ZERO }
}

fn who() -> belljar_core::Answerer {
    belljar_core::Answerer::inbox("Ann")
}

/// A session of a tool that asks for one thing, and the question.
struct Asking {
    session: Session,
    question: Question,
    contract: Contract,
    log: MemoryLog,
    recorder: Recorder,
}

fn post(url: &str, body: &str) -> Request {
    Request::Http(HttpRequest {
        method: "POST".into(),
        url: url.into(),
        headers: vec![Header { name: "x-a".into(), value: "1".into() }],
        body: Some(body.into()),
        redirect: HttpRedirect::Follow,
    })
}

fn asking(request: Request) -> Asking {
    let contract = Contract::plain("asks", [7; 32]);
    let input = contract.accept_input("{}").unwrap();
    let policy = Policy::parse(POLICY).unwrap();
    let log = MemoryLog::default();
    let recorder = Recorder::new(&input, &policy, "asks.wasm".into(), b"tool".to_vec()).unwrap();
    let setup = Setup { contract: &contract, input: &input, host: "test", now: now().wall, seed: [1; 32] };
    let run = Run::start(setup, Terms::from(policy), recorder.log(Box::new(log.clone()))).unwrap();
    let mut session = Session::new(run, false, now());
    session.request(request, &mut |_| 0).unwrap();
    session.wait(vec![1], None, &mut |_| 0).unwrap();
    session.on(Event::Waits, now()).unwrap();
    let question = asked(&mut session).unwrap();
    Asking { session, question, contract, log, recorder }
}

/// What is to be done, but for alarms.
fn told(session: &mut Session) -> Vec<Instruction> {
    let all = std::iter::from_fn(|| session.next_instruction());
    all.filter(|what| !matches!(what, Instruction::WakeAt(_))).collect()
}

fn asked(session: &mut Session) -> Option<Question> {
    told(session).into_iter().find_map(|what| match what {
        Instruction::Ask(question) => Some(*question),
        _ => None,
    })
}

impl Asking {
    fn edit(&self, change: impl FnOnce(&mut Edit)) -> Edit {
        let mut edit = self.question.to_edit().unwrap();
        change(&mut edit);
        edit
    }

    fn answer(&mut self, edit: Edit) -> Vec<Instruction> {
        let answer = Event::Answer(self.question.id, Answer::Edited { who: who(), edit });
        self.session.on(answer, now()).unwrap();
        told(&mut self.session)
    }

    /// The answer is not taken for this reason, and the same question is put again.
    fn refuses(&mut self, change: impl FnOnce(&mut Edit), why: &str) {
        let (edit, before) = (self.edit(change), self.log.text());
        assert!(matches!(self.question.edited(&edit), Err(NotTaken::Changed(text)) if text.contains(why)), "{why}");
        let told = self.answer(edit);
        let [Instruction::Reject(id, NotTaken::Changed(text)), Instruction::Ask(again)] = told.as_slice() else {
            panic!("{why}: {told:?}")
        };
        assert!(text.contains(why), "{text}");
        assert_eq!((*id, again.id), (self.question.id, self.question.id));
        assert!(again.problem.as_ref().is_some_and(|problem| problem.contains(why)));
        assert_eq!((before, self.session.run().is_replay()), (self.log.text(), false));
    }

    fn end(self) -> (Report, Recording) {
        let report = self.session.end(&self.contract, Exit::Returned("1".into()), Spent::default(), now());
        (report, Recording::parse(&self.recorder.finish().unwrap()).unwrap())
    }
}

#[test]
fn what_the_policy_refuses_or_has_no_room_for_is_not_taken_and_nothing_changes() {
    let mut asking = asking(post("https://a.example/x", "body"));
    asking.refuses(|_| {}, "nothing is changed");
    asking.refuses(|edit| edit.what = "POST https://a.example/admin/x".into(), "deny");
    asking.refuses(|edit| edit.what = "POST https://c.example/".into(), "no rule");
    asking.refuses(|edit| edit.what = "GET https://a.example/x".into(), "the method stays POST");
    asking.refuses(|edit| edit.what = "POST /x".into(), "the URL is not valid");
    asking.refuses(|edit| edit.headers[0].name = "host".into(), "cannot be set");
    asking.refuses(|edit| edit.content = Some(vec![b'x'; 100]), "http-bytes");
    // What has no room does not use up what there is: 99 bytes, and one of an answer, are room enough.
    let edit = asking.edit(|edit| edit.content = Some(vec![b'x'; 99]));
    assert!(asking.question.edited(&edit).is_ok());
    let told = asking.answer(edit);
    assert!(matches!(told.as_slice(), [Instruction::Perform(Act::Http(_))]), "{told:?}");
}

#[test]
fn an_answer_is_to_the_question_that_was_seen() {
    let mut asking = asking(post("https://a.example/x", "body"));
    let edit = asking.edit(|edit| edit.content = None);
    let stale = belljar_core::QuestionId { digest: [0; 32], ..asking.question.id };
    let answer = Answer::Edited { who: who(), edit: edit.clone() };
    asking.session.on(Event::Answer(stale, answer.clone()), now()).unwrap();
    let told_then = told(&mut asking.session);
    assert!(matches!(told_then.as_slice(), [Instruction::Reject(_, NotTaken::OtherQuestion(1))]), "{told_then:?}");
    assert!(matches!(asking.answer(edit).as_slice(), [Instruction::Perform(_)]));
    asking.session.on(Event::Answer(asking.question.id, answer), now()).unwrap();
    let told_last = told(&mut asking.session);
    assert!(matches!(told_last.as_slice(), [Instruction::Reject(_, NotTaken::NotOpen(1))]), "{told_last:?}");
}

#[test]
fn somebody_who_only_sends_what_is_refused_is_nobody() {
    let mut asking = asking(post("https://a.example/x", "body"));
    for _ in 0..belljar_core::limits::EDITS {
        asking.refuses(|edit| edit.what = "POST https://c.example/".into(), "no rule");
    }
    let edit = asking.edit(|edit| edit.content = None);
    let told = asking.answer(edit);
    let [Instruction::Reject(id, why @ NotTaken::TooMany)] = told.as_slice() else { panic!("{told:?}") };
    assert!(matches!(why.instead(), Some(Answer::Nobody { .. })));
    asking.session.on(Event::Answer(*id, Answer::Once { who: who() }), now()).unwrap();
}

/// What was approved is what is performed, logged and recorded; a replay comes to the same log.
#[test]
fn what_was_approved_is_performed_and_replayed() {
    let mut asking = asking(post("https://a.example/x", "body"));
    let edit = asking.edit(|edit| {
        edit.what = "POST HTTPS://B.example:443/./y#z".into();
        edit.headers.clear();
        edit.content = Some(b"less".to_vec());
    });
    let seen = asking.question.edited(&edit).unwrap();
    assert_eq!((seen.request.as_str(), seen.payload), ("POST https://b.example/y", 4));
    assert!(seen.rule.contains("b.example") && seen.headers.is_empty() && seen.id == asking.question.id);
    let mut told_then = asking.answer(edit);
    let Some(Instruction::Perform(Act::Http(permit))) = told_then.pop() else { panic!("{told_then:?}") };
    let (act, receipt) = permit.spend();
    assert_eq!((act.url.as_str(), act.request.body.as_deref()), ("https://b.example/y", Some(&b"less"[..])));
    // A server does not say it in the host's place.
    let headers = ["a", "belljar-edited", "z"].map(|name| Header { name: name.into(), value: "theirs".into() });
    let answer =
        HttpResponse { status: 200, url: act.url.to_string(), headers: headers.to_vec(), body: b"ok".to_vec() };
    asking.session.on(Event::Result(receipt, Ok(Response::Http(answer))), now()).unwrap();
    assert!(told(&mut asking.session).iter().any(|what| matches!(what, Instruction::GoOn(Some(1)))));
    let Ok(Response::Http(got)) = asking.session.run_mut().take(1, Capability::Http).unwrap() else { panic!() };
    let got: Vec<_> = got.headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
    assert_eq!(got, [("a", "theirs"), ("belljar-edited", "url, headers, content"), ("z", "theirs")]);
    let contract = Contract::plain("asks", [7; 32]);
    let (report, recording) = asking.end();
    let [edited] = report.edited.as_slice() else { panic!("{:?}", report.edited) };
    assert_eq!((&*edited.request, &*edited.performed), ("POST https://a.example/x", "POST https://b.example/y"));
    let log = recording.parts().log.clone();
    for part in [r#""answer":"edited""#, r#""bytes":4"#, r#""what":"POST https://b.example/y""#, r#""who":"Ann""#] {
        assert!(log.contains(part), "{part} in {log}");
    }
    assert_eq!(recording.parts().edited.keys().collect::<Vec<_>>(), [&1]);

    let recording = Arc::new(recording);
    let terms = Terms::from(Policy::parse(&recording.parts().policy).unwrap());
    let again = MemoryLog::default();
    let run = Run::replay(&contract, recording.clone(), terms, Box::new(again.clone())).unwrap();
    let mut session = Session::new(run, false, now());
    session.request(post("https://a.example/x", "body"), &mut |_| 0).unwrap();
    session.wait(vec![1], None, &mut |_| 0).unwrap();
    session.on(Event::Waits, now()).unwrap();
    session.on(Event::Idle, now()).unwrap();
    let told_again = told(&mut session);
    assert!(matches!(told_again.as_slice(), [Instruction::GoOn(Some(1))]), "{told_again:?}");
    assert!(session.run_mut().take(1, Capability::Http).unwrap().is_ok());
    let replayed = session.end(&contract, Exit::Returned("1".into()), Spent::default(), now());
    assert_eq!((replayed.divergence, again.text(), replayed.edited), (None, log, report.edited));

    // Another changed request than the one that was approved is none of this recording.
    let mut parts = recording.parts().clone();
    parts.edited.get_mut(&1).unwrap()[0] ^= 1;
    assert!(Recording::new(parts.clone()).unwrap_err().to_string().contains("edited/1"));
    parts.edited.clear();
    assert!(Recording::new(parts).unwrap_err().to_string().contains("edited/1"));
}

#[test]
fn a_key_stays_and_its_value_is_what_was_approved() {
    let set = Request::Kv(KvRequest::Set(KvItem { key: "a".into(), value: b"all".to_vec() }));
    let mut asking = asking(set);
    asking.refuses(|edit| edit.what = "set b".into(), "it stays \"set a\"");
    asking.refuses(|edit| edit.headers.push(Header { name: "a".into(), value: "b".into() }), "no header fields");
    let edit = asking.edit(|edit| edit.content = Some(b"less".to_vec()));
    let mut told = asking.answer(edit);
    let Some(Instruction::Perform(Act::Kv(permit))) = told.pop() else { panic!("{told:?}") };
    let KvRequest::Set(item) = &permit.act().request else { panic!("{permit:?}") };
    assert_eq!((item.key.as_str(), item.value.as_slice()), ("a", &b"less"[..]));
}

#[test]
fn what_only_reads_is_not_changed() {
    let asking = asking(post("https://a.example/x", ""));
    assert_eq!(asking.question.editable().len(), 3);
    let edit = asking.edit(|edit| edit.what.push('y'));
    assert!(asking.question.edited(&edit).is_ok());
}
