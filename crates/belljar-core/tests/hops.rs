//! HTTP requests and their redirects: each hop is judged, logged, asked about and repeated as a request of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod hand;

use std::sync::Arc;

use belljar_core::abi::{Header, HttpRedirect, HttpRequest, HttpResponse};
use belljar_core::effects::MemoryHttp;
use belljar_core::{Outcome, Request};
use belljar_policy::Limits;
use hand::{From, Step, Suspend, World, drive, drive_in_parts, entries, finish};

fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into() }
}

fn request(method: &str, url: &str, body: Option<&[u8]>) -> Step {
    let headers = vec![header("Authorization", "Bearer 7"), header("content-type", "text/plain")];
    let body = body.map(<[u8]>::to_vec);
    Step::Start(Request::Http(HttpRequest {
        method: method.into(),
        url: url.into(),
        headers,
        body,
        redirect: HttpRedirect::Follow,
    }))
}

fn to(status: u16, location: &str) -> HttpResponse {
    HttpResponse { status, url: String::new(), headers: vec![header("Location", location)], body: b"moved".to_vec() }
}

fn ok(body: &str) -> HttpResponse {
    HttpResponse { status: 200, url: String::new(), headers: Vec::new(), body: body.as_bytes().to_vec() }
}

fn world(policy: &str, chance: Vec<u8>, answers: Vec<(&str, HttpResponse)>) -> World {
    let mut servers = MemoryHttp::default();
    for (request, response) in answers {
        servers.answer(request, response);
    }
    World { servers: Arc::new(servers), ..World::new(policy, chance) }
}

/// What a script does that asks once and takes the answer.
fn script(step: Step) -> Vec<Step> {
    let [wait, take] = finish();
    vec![step, wait, take]
}

/// The kinds, verdicts and words of the entries about requests.
fn told(log: &str) -> Vec<String> {
    let kinds = ["request", "redirect", "question", "answer", "result"];
    let of = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    entries(log)
        .filter(|entry| kinds.contains(&of(entry, "kind").as_str()))
        .map(|entry| {
            ["kind", "verdict", "what", "answer", "result"].map(|key| of(&entry, key)).join(" ").trim().to_owned()
        })
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// A run is the same when it is repeated, and when it is suspended wherever it can be.
fn is_the_same_again(
    policy: &str,
    chance: &[u8],
    answers: &dyn Fn() -> Vec<(&'static str, HttpResponse)>,
    script: &[Step],
) {
    let ended = drive(&mut world(policy, chance.to_vec(), answers()), script, &From::Nothing, Suspend::Never);
    let mut nowhere = world(policy, Vec::new(), Vec::new());
    let again = drive(&mut nowhere, script, &From::Replay(ended.recording.clone().unwrap()), Suspend::Never);
    assert_eq!(again.report.divergence, None);
    assert_eq!((&again.log, &again.seen), (&ended.log, &ended.seen));
    assert!(nowhere.servers.sent().is_empty());
    let (parts, _) = drive_in_parts(&mut world(policy, chance.to_vec(), answers()), script);
    assert_eq!(told(&parts.log), told(&ended.log));
}

const BOTH: &str = "[http]\nallow = ['* https://a.example/**', '* https://b.example/**']";

#[test]
fn a_redirect_is_judged_and_logged_before_it_is_followed() {
    let answers =
        || vec![("POST https://a.example/x", to(303, "//B.example/y#z")), ("GET https://b.example/y", ok("there"))];
    let script = script(request("post", "https://a.example/x", Some(b"body")));
    let mut world = world(BOTH, Vec::new(), answers());
    let ended = drive(&mut world, &script, &From::Nothing, Suspend::Never);
    assert_eq!(
        told(&ended.log),
        ["request allow POST https://a.example/x", "redirect allow GET https://b.example/y", "result ok"]
    );
    assert!(ended.seen.last().unwrap().contains("https://b.example/y"), "{:?}", ended.seen);
    let sent = world.servers.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent[1].headers.is_empty() && sent[1].body.is_none(), "{sent:?}");
    let usage = ended.report.usage;
    // The body, and the answer that was handed over.
    assert_eq!((usage.http_requests, usage.http_bytes), (Some(2), Some(9)));
    is_the_same_again(BOTH, &[], &answers, &script);
}

#[test]
fn a_hop_that_no_rule_allows_is_refused_and_not_sent() {
    let policy = "[http]\nallow = ['GET https://a.example/**']";
    for target in [
        "https://b.example/",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest",
        "ftp://a.example/",
        "https://u@a.example/",
    ] {
        let answers = || vec![("GET https://a.example/", to(302, target))];
        let script = script(request("GET", "https://a.example/", None));
        let mut world = world(policy, Vec::new(), answers());
        let ended = drive(&mut world, &script, &From::Nothing, Suspend::Never);
        assert_eq!(world.servers.sent().len(), 1, "{target}");
        assert!(told(&ended.log).contains(&"result denied".to_owned()), "{:?}", told(&ended.log));
        assert_eq!(ended.report.refusals.len(), 1, "{target}");
        let again = drive(&mut world, &script, &From::Replay(ended.recording.unwrap()), Suspend::Never);
        assert_eq!((again.log, again.report.divergence), (ended.log, None));
    }
}

#[test]
fn a_hop_is_asked_about_if_a_rule_says_so() {
    let policy = "[http]\nallow = ['GET https://a.example/**']\nask = ['GET https://b.example/**']";
    let answers =
        || vec![("GET https://a.example/", to(307, "https://b.example/")), ("GET https://b.example/", ok("b"))];
    let script = script(request("GET", "https://a.example/", None));
    for (choice, comes_to) in [(0, "result ok"), (3, "result denied"), (4, "result denied")] {
        let chance = vec![choice; 12];
        let ended = drive(&mut world(policy, chance.clone(), answers()), &script, &From::Nothing, Suspend::Never);
        let told = told(&ended.log);
        assert_eq!(
            told[..3],
            ["request allow GET https://a.example/", "redirect ask GET https://b.example/", "question"]
        );
        assert_eq!(told.last().unwrap(), comes_to, "{told:?}");
        is_the_same_again(policy, &chance, &answers, &script);
    }
    let (_, parts) = drive_in_parts(&mut world(policy, Vec::new(), answers()), &script);
    assert_eq!(parts, 1);
}

#[test]
fn requests_and_bytes_have_a_budget() {
    let round = || vec![("GET https://a.example/", to(302, "/"))];
    let script_of = || script(request("GET", "https://a.example/", None));
    let limits: [(fn(&mut Limits), _, _); 3] = [
        (|limits| limits.http_requests = 3, round(), "http-requests"),
        (|limits| limits.http_bytes = 40, vec![("GET https://a.example/", ok(&"x".repeat(41)))], "http-bytes"),
        (|limits| limits.http_bytes = 0, vec![("GET https://a.example/", ok(""))], "http-bytes"),
    ];
    for (limit, answers, word) in limits {
        let mut world = World { limit, ..world(BOTH, Vec::new(), answers) };
        let ended = drive(&mut world, &script_of(), &From::Nothing, Suspend::Never);
        assert!(ended.seen.last().unwrap().contains(word), "{word}: {:?}", ended.seen);
        assert!(world.servers.sent().len() <= 3, "{word}");
        let again = drive(&mut world, &script_of(), &From::Replay(ended.recording.unwrap()), Suspend::Never);
        assert_eq!((again.log, again.report.divergence), (ended.log, None), "{word}");
    }
    // A circle ends by itself.
    let mut world = World { limit: |limits| limits.http_requests = 100, ..world(BOTH, Vec::new(), round()) };
    let ended = drive(&mut world, &script_of(), &From::Nothing, Suspend::Never);
    assert_eq!((world.servers.sent().len(), ended.report.outcome), (21, Outcome::Returned));
}
