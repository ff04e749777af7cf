//! Rules of a run's state machine, each driven by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod hand;

use belljar_abi::{FilesRequest, Request};
use belljar_core::{Capability, Outcome, Parts, Recording, hex, parse_hex, question_digest, request_digest};
use hand::{From, Step, Suspend, World, ask, drive, drive_in_parts, entries, finish, get, list, set};

/// A script of groups of steps.
fn script<const N: usize>(groups: [&[Step]; N]) -> Vec<Step> {
    groups.concat()
}

fn run(world: &mut World, script: &[Step]) -> hand::Ended {
    drive(world, script, &From::Nothing, Suspend::Never)
}

/// The choice that answers so, after the ones for time and for which event: time 0, the first event, the answer.
fn answers(word: &str) -> Vec<u8> {
    let number = match word {
        "once" | "said" => 0,
        "rule" => 2,
        "no" => 3,
        _ => 4,
    };
    // Nothing comes early; no time passes; the question is answered; no time passes; the act ends.
    vec![0, 0, 0, number, 0, 0]
}

#[test]
fn a_list_that_a_person_approved_has_the_keys() {
    for word in ["once", "rule", "no", "nobody"] {
        let mut world = World::new("[kv]\nask = ['**']\n", answers(word));
        world.keep("notes/1", "x");
        let ended = run(&mut world, &script([&[list("notes/")], &finish()]));
        let took = ended.seen.last().unwrap();
        let granted = matches!(word, "once" | "rule");
        assert_eq!(took.contains("notes/1\"]"), granted, "{word}: {took}");
        assert_eq!(took.contains("Denied"), !granted, "{word}: {took}");
    }
}

#[test]
fn a_yes_for_the_rule_holds_on_and_a_yes_for_once_does_not() {
    for (word, questions) in [("rule", 1), ("once", 2)] {
        let again = [&answers(word)[..], &answers("once")[..]].concat();
        let mut world = World::new("[kv]\nask = ['**']\n", again);
        let ended = run(&mut world, &script([&[get("a")], &finish(), &[get("b")], &finish()]));
        assert_eq!(entries(&ended.log).filter(|entry| entry["kind"] == "question").count(), questions, "{word}");
        assert_eq!(ended.report.outcome, Outcome::Returned);
    }
}

#[test]
fn a_yes_until_a_moment_holds_until_that_moment_of_the_runs_clock() {
    // The person says yes for the rule, until 30 ms later; the tool asks again before and after that.
    for (slept, questions) in [(10, 1), (100, 2)] {
        let chance = vec![0, 0, 0, 2, 1, 0, 0, 0, 0];
        let mut world = World::new("[kv]\nask = ['**']\n", chance);
        let steps = script([&[get("a")], &finish(), &[Step::Sleep(slept), get("b")], &finish()]);
        let ended = run(&mut world, &steps);
        let asked = entries(&ended.log).filter(|entry| entry["kind"] == "question").count();
        assert_eq!(asked, questions, "{}", ended.log);
    }
    // A clock that stands still would never reach the moment.
    let mut world = World::new("[kv]\nask = ['**']\n[clock]\nfrozen = '2026-01-01T00:00:00Z'\n", vec![0, 0, 0, 2, 1]);
    let steps = script([&[get("a")], &finish()]);
    let refused = std::panic::catch_unwind(move || run(&mut world, &steps).log).unwrap_err();
    assert!(refused.downcast_ref::<String>().unwrap().contains("clock of this run is frozen"));
}

#[test]
fn what_is_refused_is_not_performed_and_is_reported_with_the_rule_that_allows_it() {
    let mut world = World::new("[kv]\nallow = ['read **']\n", Vec::new());
    let ended = run(&mut world, &script([&[set("notes/1", "x")], &finish()]));
    assert_eq!(world.acts, 0);
    assert!(ended.seen.last().unwrap().contains("Denied"), "{:?}", ended.seen);
    assert_eq!(ended.report.refusals[0].grant.as_deref(), Some("kv set notes/1"));
}

#[test]
fn requests_beyond_their_limit_are_refused_logged_and_not_performed() {
    let mut world = World::new("[kv]\nallow = ['**']\n[limits]\ncalls = 2\n", Vec::new());
    let steps: Vec<Step> = (0..4).map(|n| set(&format!("k{n}"), "x")).collect();
    let ended = run(&mut world, &steps);
    let verdicts: Vec<_> =
        entries(&ended.log).filter_map(|entry| entry["verdict"].as_str().map(str::to_owned)).collect();
    assert_eq!(verdicts, ["allow", "allow", "exhausted", "exhausted"]);
}

#[test]
fn a_guest_that_breaks_a_rule_of_tickets_is_told_which() {
    let kv = |ticket| Step::TakeAs(ticket, Capability::Kv);
    for (steps, said) in [
        (vec![Step::WaitFor(9)], "the tool names ticket 9, which was never handed out"),
        (vec![Step::WaitFor(0)], "the tool names ticket 0, which was never handed out"),
        (vec![Step::Wait(Vec::new(), None)], "the tool waits for nothing at all"),
        (vec![kv(1)], "the tool takes ticket 1 before it has waited for it"),
        (vec![Step::WaitFor(1), kv(1), kv(1)], "the tool takes ticket 1 twice"),
        (vec![Step::WaitFor(1), kv(1), Step::WaitFor(1)], "the tool waits for ticket 1, which it has taken already"),
        (vec![Step::WaitFor(1), Step::TakeAs(1, Capability::Files)], "ticket 1 is not one of files"),
    ] {
        let steps = [vec![get("a")], steps].concat();
        let ended = run(&mut World::new("[kv]\nallow = ['**']\n", Vec::new()), &steps);
        assert_eq!((ended.report.outcome, ended.report.message.as_str()), (Outcome::Crashed, said));
    }
}

/// A wait that came back empty-handed before a run was suspended comes back so when it is resumed, whatever has come since.
#[test]
fn what_a_wait_did_not_find_it_does_not_find_after_a_suspension() {
    let (read, make) = (Request::Files(FilesRequest::Stat("/d/b".into())), FilesRequest::MakeDirectory("/d/b".into()));
    let starts =
        [get("a"), get("a"), get("a"), Step::Start(read), get("a"), list("a"), Step::Start(Request::Files(make))];
    let script: Vec<Step> = starts.into_iter().chain([Step::Wait(vec![0], Some(0)), Step::Sleep(1)]).collect();
    let policy = "[kv]\nallow = ['**']\n[files]\nallow = ['read ./d as /d', 'write ./d as /d']\n\
        ask = ['write /d/b']\ndeny = ['read /d/b/**']\n";
    let chance = vec![12, 192, 128, 20, 0, 123, 0, 58, 0, 0, 19, 0, 0, 0, 144];
    let whole = drive(&mut World::new(policy, chance.clone()), &script, &From::Nothing, Suspend::Never);
    assert!(whole.log.contains(r#""empty":1"#), "{}", whole.log);
    let (parts, count) = drive_in_parts(&mut World::new(policy, chance), &script);
    assert!(count > 0);
    assert_eq!(parts.log, whole.log);
}

#[test]
fn a_run_in_three_parts_is_one_run() {
    let steps = script([&[ask("Who?")], &finish(), &[set("a", "1")], &finish(), &[get("a")], &finish()]);
    let policy = "[kv]\nask = ['write **']\nallow = ['read **']\n";
    let mut whole = World::new(policy, Vec::new());
    let ended = run(&mut whole, &steps);
    let mut parted = World::new(policy, Vec::new());
    let (last, parts) = drive_in_parts(&mut parted, &steps);
    assert_eq!(parts, 2);
    assert_eq!((last.log, last.seen), (ended.log, ended.seen));
    assert_eq!((parted.kept(), parted.acts), (whole.kept(), whole.acts));
}

#[test]
fn what_is_suspended_waits_for_a_person_and_for_nothing_else() {
    // The first request is being performed while the second waits for a person.
    let steps = [set("free", "1"), ask("Who?"), Step::Wait(vec![1], None)];
    let policy = "[kv]\nallow = ['**']\n";
    let (ended, parts) = drive_in_parts(&mut World::new(policy, Vec::new()), &steps);
    // It could be suspended only after the act had ended.
    assert_eq!(parts, 1);
    assert_eq!(ended.report.outcome, Outcome::Returned);
}

/// What leaves no entry between the last one and the wait: it was taken for the end of the recording.
#[test]
fn a_run_is_resumed_though_its_console_and_artifacts_are_full() {
    let steps = script([
        &[Step::Say(belljar_abi::Level::Info, "a".repeat(50)), Step::Make("a".into(), 50), ask("Who?")],
        &[Step::Say(belljar_abi::Level::Info, "a".repeat(50)), Step::Make("b".into(), 50)],
        &finish(),
    ]);
    let (ended, parts) =
        drive_in_parts(&mut World::new("[limits]\nlog = '60 B'\nartifacts = '60 B'\n", Vec::new()), &steps);
    assert_eq!((ended.report.outcome, parts), (Outcome::Returned, 1), "{}", ended.report.message);
}

/// Results that came in another order than that of their tickets, before the run was suspended and after.
#[test]
fn results_come_after_a_suspension_in_the_order_in_which_they_came() {
    let wait = |tickets: &[usize]| Step::Wait(tickets.to_vec(), None);
    for (chance, steps) in [
        (
            vec![32, 0, 0, 103, 0, 5, 0, 0, 0, 0, 6],
            vec![get("a"), get("a"), ask("Which?"), get("a"), get("a"), wait(&[2]), wait(&[5, 0])],
        ),
        (vec![], vec![get("a"), get("a"), set("a", ""), ask("Which?"), ask("Which?"), Step::Sleep(1), wait(&[3, 0])]),
    ] {
        let world = World::new("[kv]\nallow = ['**']\n", chance);
        let whole = run(&mut world.clone(), &steps);
        let (last, parts) = drive_in_parts(&mut world.clone(), &steps);
        assert!(parts > 0);
        assert_eq!((last.log, last.seen), (whole.log, whole.seen));
    }
}

/// A recording has what a person was asked about, whole, so that the digests of its questions can be made again.
#[test]
fn a_recording_has_the_requests_that_its_questions_are_about() {
    let mut world = World::new("[kv]\nallow = ['read **']\nask = ['write **']\n", answers("once"));
    let ended = run(&mut world, &script([&[get("a")], &finish(), &[set("a", "value")], &finish()]));
    let parts = Parts::unpack(&ended.recording.unwrap()).unwrap();
    assert_eq!(parts.requests.keys().collect::<Vec<_>>(), [&2]);
    let question = entries(&ended.log).find(|entry| entry["kind"] == "question").unwrap();
    let (content, prev) = (request_digest(&parts.requests[&2]), parse_hex(question["prev"].as_str().unwrap()).unwrap());
    assert_eq!(question["content"], hex(&content));
    assert_eq!(question["digest"], hex(&question_digest(&prev, &content, None)));

    let refused = |parts: Parts| Recording::new(parts).map(|_| ()).unwrap_err().to_string();
    let mut other = parts.clone();
    other.requests.entry(2).or_default()[0] ^= 1;
    assert!(refused(other).contains("\"requests/2\" is not the request whose digest entry 5"));
    let mut missing = parts.clone();
    missing.requests.clear();
    assert!(refused(missing).contains("\"requests/2\" is missing"));
    let mut more = parts.clone();
    more.requests.insert(1, Vec::new());
    assert!(refused(more).contains("requests that no question of the log names"));
}
