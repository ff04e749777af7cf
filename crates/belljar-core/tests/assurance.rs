//! Whom a yes is taken from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use belljar_abi::{
    FileRange, FileWriting, FilesRequest, HttpRedirect, HttpRequest, HumanRequest, Request, ToolRequest, WriteMode,
};
use belljar_core::{
    Answer, Answerer, Contract, Edit, Event, Exit, Instruction, MemoryLog, Now, Question, Recorder, Recording, Run,
    Scope, Session, Setup, Spent, Terms,
};
use belljar_policy::Policy;

const NOW: Now = Now { wall: 1_767_268_800_000_000_000, steady: Duration::from_secs(5) };

fn http(method: &str, path: &str) -> Request {
    Request::Http(HttpRequest {
        method: method.into(),
        url: format!("https://a.example/{path}"),
        headers: Vec::new(),
        body: None,
        redirect: HttpRedirect::Follow,
    })
}

fn contract() -> Contract {
    Contract::plain("script", [7; 32])
}

/// A session whose guest waits for an answer to a request, and what is asked.
fn asked(terms: Terms, request: Request, log: &MemoryLog) -> (Session, Recorder, Option<Question>) {
    let recorder = Recorder::new("null", terms.policy(), "script.js".into(), b"script".to_vec()).unwrap();
    let contract = contract();
    let setup = Setup { contract: &contract, input: "null", host: "by hand", now: NOW.wall, seed: [3; 32] };
    let run = Run::start(setup, terms, recorder.log(Box::new(log.clone()))).unwrap();
    let mut session = Session::new(run, false, NOW);
    let question = ask(&mut session, request);
    (session, recorder, question)
}

fn ask(session: &mut Session, request: Request) -> Option<Question> {
    let ticket = session.request(request, &mut |_| 0).unwrap();
    session.wait(vec![ticket], None, &mut |_| 0).unwrap();
    session.on(Event::Waits, NOW).unwrap();
    std::iter::from_fn(|| session.next_instruction())
        .find_map(|what| if let Instruction::Ask(asked) = what { Some(*asked) } else { None })
}

/// Why an answer is not taken; nothing if it is.
fn refused(session: &mut Session, question: &Question, answer: Answer) -> Option<String> {
    session.on(Event::Answer(question.id, answer), NOW).unwrap();
    std::iter::from_fn(|| session.next_instruction())
        .find_map(|what| if let Instruction::Reject(_, why) = what { Some(why.to_string()) } else { None })
}

const RULES: &str =
    "[http]\nask = ['* https://a.example/**']\n[files]\nallow = ['list ./d as /d']\nask = ['* /d/**']\n";

/// By policy, request and who says yes: why it is not taken.
#[test]
fn a_yes_is_taken_from_those_whom_policy_and_request_let_give_it() {
    let read = || Request::Files(FilesRequest::Read(FileRange { path: "/d/a".into(), offset: 0, length: None }));
    let append = || {
        let (path, bytes) = ("/d/a".into(), b"x".to_vec());
        Request::Files(FilesRequest::Write(FileWriting { path, bytes, mode: WriteMode::Append }))
    };
    let inbox = "[[http.rule]]\nask = 'GET https://a.example/admin/**'\nleast = 'inbox'\n";
    let secret = "[[secret]]\nname = 'k'\nfor = 'https://a.example'\nin = 'query k'\n";
    let money = "[spend]\nlimit = '1 USD'\n[[spend.price]]\nmatch = '* https://a.example/**'\nper-call = '0.1 USD'\n";
    let free = money.replace("0.1", "0");
    let plain = |request: Request| (request, "client");
    for (more, (request, least)) in [
        ("", plain(http("GET", "x"))),
        ("", (http("POST", "x"), "command")),
        ("", plain(read())),
        ("", (append(), "command")),
        (secret, (http("GET", "x"), "command")),
        (money, (http("GET", "x"), "command")),
        (free.as_str(), plain(http("GET", "x"))),
        (inbox, plain(http("GET", "x"))),
        (inbox, (http("GET", "admin/x"), "inbox")),
        (inbox, (http("POST", "admin/x"), "command")),
        ("[ask]\nleast = 'inbox'\n", (http("GET", "x"), "inbox")),
        ("[ask]\nleast = 'command'\n", (read(), "command")),
        (
            "[ask]\nleast = 'command'\n[[http.rule]]\nask = 'GET https://a.example/**'\nleast = 'client'\n",
            (http("GET", "x"), "command"),
        ),
    ] {
        for who in [Answerer::client("c"), Answerer::command("c"), Answerer::inbox("c")] {
            let policy = Policy::parse(&format!("version = 1\n{RULES}{more}")).unwrap();
            let log = MemoryLog::default();
            let (mut session, _recorder, question) = asked(Terms::from(policy), request.clone(), &log);
            let question = question.unwrap();
            assert_eq!(question.approver.least.name(), least, "{more} {request:?}");
            let yes = Answer::Once { who: who.clone() };
            assert_eq!(question.takes(&yes).is_ok(), who.assurance >= question.approver.least);
            let why = refused(&mut session, &question, yes);
            assert_eq!(why.is_none(), who.assurance >= question.approver.least, "{more} {request:?} {who:?} {why:?}");
            // A no gives nothing away, whoever says it.
            if why.is_some() {
                let no = Answer::No { who: who.clone(), scope: Scope::Rule, why: None };
                assert_eq!(refused(&mut session, &question, no), None);
                let word = if who.name == "c" && who.assurance.name() == "client" { "declined" } else { "no" };
                assert!(log.text().contains(&format!(r#""answer":"{word}""#)), "{}", log.text());
            }
        }
    }
}

#[test]
fn what_a_program_says_approves_no_whole_rule() {
    let policy = Policy::parse(&format!("version = 1\n{RULES}")).unwrap();
    let (mut session, _recorder, question) = asked(Terms::from(policy), http("GET", "x"), &MemoryLog::default());
    let question = question.unwrap();
    let rule = Answer::Rule { who: Answerer::client("c"), expires: None };
    assert!(refused(&mut session, &question, rule).unwrap().contains("never a whole rule"));
    assert_eq!(refused(&mut session, &question, Answer::Once { who: Answerer::client("c") }), None);
}

/// A rule that was approved by a weaker answer is asked about again where a stronger one is wanted.
#[test]
fn a_yes_to_a_rule_stands_for_what_it_is_enough_for() {
    let text = format!("version = 1\n{RULES}[[http.rule]]\nask = 'GET https://a.example/x/**'\nleast = 'inbox'\n");
    let log = MemoryLog::default();
    let (mut session, _recorder, question) = asked(Terms::from(Policy::parse(&text).unwrap()), http("GET", "y"), &log);
    let rule = Answer::Rule { who: Answerer::command("c"), expires: None };
    assert_eq!(refused(&mut session, &question.unwrap(), rule), None);
    assert!(ask(&mut session, http("POST", "z")).is_none(), "the same rule");
    let strong = ask(&mut session, http("GET", "x/1")).unwrap();
    let rule = |who| Answer::Rule { who, expires: None };
    assert!(refused(&mut session, &strong, rule(Answerer::command("c"))).unwrap().contains("level inbox"));
    assert_eq!(refused(&mut session, &strong, rule(Answerer::inbox("p"))), None);
    assert!(ask(&mut session, http("GET", "x/2")).is_none(), "the same rule");
}

/// Changed into something else, a request takes an answer that is enough for that.
#[test]
fn a_changed_request_takes_the_answer_that_it_wants() {
    let text = format!("version = 1\n{RULES}[[http.rule]]\nask = 'GET https://a.example/x/**'\nleast = 'inbox'\n");
    let policy = Policy::parse(&text).unwrap();
    let (mut session, _recorder, question) = asked(Terms::from(policy), http("GET", "y"), &MemoryLog::default());
    let question = question.unwrap();
    let to = |url: &str| Edit { what: format!("GET https://a.example/{url}"), ..question.to_edit().unwrap() };
    let edited = |who: Answerer, url: &str| Answer::Edited { who, edit: to(url) };
    assert_eq!(question.edited(&to("x/1")).unwrap().approver.least.name(), "inbox");
    assert!(question.takes(&edited(Answerer::command("c"), "x/1")).unwrap_err().contains("level inbox"));
    assert!(refused(&mut session, &question, edited(Answerer::command("c"), "x/1")).unwrap().contains("level inbox"));
    assert_eq!(refused(&mut session, &question, edited(Answerer::client("c"), "z")), None);
}

/// Whoever started the run cannot approve what it asks for, nor can somebody who is not known.
#[test]
fn four_eyes_are_two_people_who_are_known() {
    let text = format!("version = 1\n{RULES}[ask]\nfour-eyes = true\n");
    let ann = || Answerer::inbox("Ann").known_as("ann");
    for (starter, who, refusal) in [
        (None, ann(), Some("not known who started")),
        (Some("ann"), ann(), Some("ann started this run")),
        (Some("ann"), Answerer::inbox("Bob"), Some("not known who answers")),
        (Some("ann"), Answerer::inbox("Bob").known_as("bob"), None),
    ] {
        let terms = || Terms::from(Policy::parse(&text).unwrap()).started_by(starter.map(str::to_owned));
        let log = MemoryLog::default();
        let (mut session, recorder, question) = asked(terms(), http("GET", "y"), &log);
        let question = question.unwrap();
        assert!(question.approver.wants().is_some());
        let why = refused(&mut session, &question, Answer::Once { who: who.clone() });
        assert_eq!(why.is_some(), refusal.is_some(), "{starter:?} {who:?}");
        assert!(why.unwrap_or_default().contains(refusal.unwrap_or_default()));
        session.end(&contract(), Exit::Returned("1".into()), Spent::default(), NOW);
        assert_eq!(log.text().contains(r#""startedBy":"ann""#), starter.is_some(), "{}", log.text());
        assert_eq!(log.text().contains(r#""identity":"bob""#), refusal.is_none(), "{}", log.text());

        // The recording has who it was, so that a replay needs nobody to say it.
        let whole = recorder.finish().unwrap();
        let recording = Arc::new(Recording::parse(&whole).unwrap());
        let again = MemoryLog::default();
        let terms = Terms::from(Policy::parse(&text).unwrap());
        let run = Run::replay(&contract(), recording, terms, Box::new(again.clone())).unwrap();
        let mut session = Session::new(run, false, NOW);
        let ticket = session.request(http("GET", "y"), &mut |_| 0).unwrap();
        session.wait(vec![ticket], None, &mut |_| 0).unwrap();
        session.on(Event::Waits, NOW).unwrap();
        let report = session.end(&contract(), Exit::Returned("1".into()), Spent::default(), NOW);
        assert!(report.divergence.is_none(), "{:?}", report.divergence);
        assert_eq!(again.text(), log.text());
    }
}

/// What the tool wants to know allows nothing, so that whoever started the run can say it; how well whoever says it is known counts.
#[test]
fn the_tools_own_question_takes_an_answer_of_its_level() {
    for (more, who, is_taken) in [
        ("", Answerer::client("c"), true),
        ("[ask]\nfour-eyes = true\n", Answerer::inbox("p"), true),
        ("[ask]\nleast = 'inbox'\n", Answerer::command("c"), false),
        ("[ask]\nleast = 'inbox'\n", Answerer::inbox("p"), true),
    ] {
        let policy = Policy::parse(&format!("version = 1\n{RULES}{more}")).unwrap();
        let human = Request::Human(HumanRequest { question: "which?".into(), choices: Vec::new() });
        let (mut session, _recorder, question) = asked(Terms::from(policy), human, &MemoryLog::default());
        let said = Answer::Said { who, text: "this".into() };
        assert_eq!(refused(&mut session, &question.unwrap(), said).is_none(), is_taken, "{more}");
    }
}

/// A call of another tool runs what nobody here knows, so that a program's word does not approve it.
#[test]
fn a_call_of_a_tool_is_more_than_reading() {
    use belljar_core::Ask as _;
    assert!(Request::Tools(ToolRequest { name: "a".into(), input: "1".into() }).acts());
    assert!(!http("HEAD", "x").acts() && http("DELETE", "x").acts());
}

/// A log that says somebody approved what the policy takes from nobody like that is not what happened.
#[test]
fn a_recorded_yes_that_the_policy_does_not_take_diverges() {
    let weak = Policy::parse(&format!("version = 1\n{RULES}")).unwrap();
    let log = MemoryLog::default();
    let (mut session, recorder, question) = asked(Terms::from(weak.clone()), http("POST", "y"), &log);
    assert_eq!(refused(&mut session, &question.unwrap(), Answer::Once { who: Answerer::command("c") }), None);
    drop(session);
    let forged = recorder.finish().unwrap();
    let forged = Recording::parse(&forged).unwrap();
    let text = forged.parts().log.replace(r#""assurance":"command""#, r#""assurance":"client""#);
    assert_ne!(text, forged.parts().log);
    // The last line is nobody's `prev`, so that the chain holds.
    let parts = belljar_core::Parts { log: text, ..forged.parts().clone() };
    let recording = Arc::new(Recording::parse(&parts.pack().unwrap()).unwrap());
    let run = Run::replay(&contract(), recording, Terms::from(weak), Box::new(MemoryLog::default())).unwrap();
    let mut session = Session::new(run, false, NOW);
    let ticket = session.request(http("POST", "y"), &mut |_| 0).unwrap();
    let ended = session
        .wait(vec![ticket], None, &mut |_| 0)
        .and_then(|_| session.on(Event::Waits, NOW))
        .and_then(|()| session.on(Event::Idle, NOW));
    let report =
        session.end(&contract(), ended.err().map_or(Exit::Returned("1".into()), Exit::Stopped), Spent::default(), NOW);
    let diverged = report.divergence.unwrap();
    assert!(format!("{diverged:?}").contains("level command"), "{diverged:?}");
}
