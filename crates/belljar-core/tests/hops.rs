//! HTTP requests and their redirects: each hop is judged, logged, asked about and repeated as a request of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod hand;

use std::sync::Arc;

use belljar_core::abi::{Header, HttpRedirect, HttpRequest, HttpResponse};
use belljar_core::effects::MemoryHttp;
use belljar_core::{Outcome, Request, spent_by};
use belljar_policy::Limits;
use hand::memory::CANARY;
use hand::{From, Step, Suspend, World, drive, drive_in_parts, entries, finish, get};

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

fn served(answers: Vec<(&str, HttpResponse)>) -> MemoryHttp {
    let mut servers = MemoryHttp::default();
    for (request, response) in answers {
        servers.answer(request, response);
    }
    servers
}

fn world(policy: &str, chance: Vec<u8>, answers: Vec<(&str, HttpResponse)>) -> World {
    World { servers: Arc::new(served(answers)), ..World::new(policy, chance) }
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

/// What must not hold the secret: what the tool saw, the log, the recording and the report.
fn holds_no_secret(ended: &hand::Ended) {
    let bytes = ended.recording.as_deref().unwrap();
    let all = format!("{:?} {} {:?}", ended.seen, ended.log, ended.report);
    let forms =
        [CANARY.to_owned(), CANARY.replace('"', "\\\""), "4f1c".to_owned(), "NGYxY".to_owned(), "RmMW".to_owned()];
    for form in forms {
        assert!(!all.contains(&form), "{form}: {all}");
        assert!(!bytes.windows(form.len()).any(|part| part == form.as_bytes()), "{form}");
    }
}

const SECRETS: &str = "[http]\nallow = ['* https://a.example/**', '* https://b.example/**']\nask = ['POST https://a.example/**']\n\
    [[secret]]\nname = 'token'\nfor = 'https://a.example'\nin = 'header authorization: Bearer {}'\n\
    [[secret]]\nname = 'token'\nfor = 'https://a.example'\nin = 'query key'\n\
    [[secret]]\nname = 'token'\nfor = 'https://a.example'\nin = 'body /k'";

#[test]
fn a_secret_reaches_its_origin_and_nothing_else() {
    let url = "https://a.example/x?key=canary%2F4f1c%2B9b7e%3D%222d%22";
    let echo = format!("echo {CANARY} {url} {}", serde_json::json!(CANARY));
    let answers = || {
        let echo = HttpResponse { headers: vec![header("x-echo", &format!("Bearer {CANARY}"))], ..ok(&echo) };
        vec![("POST https://a.example/x?key=canary%2F4f1c%2B9b7e%3D%222d%22", echo)]
    };
    let ask = request("POST", "https://a.example/x?key=own", Some(b"{\"a\":1}"));
    let script = script(ask);
    let mut world = world(SECRETS, Vec::new(), answers());
    let ended = drive(&mut world, &script, &From::Nothing, Suspend::Never);
    let sent = world.servers.sent();
    assert_eq!(sent.len(), 1, "{}", ended.log);
    assert_eq!(
        sent[0].headers,
        [header("content-type", "text/plain"), header("authorization", &format!("Bearer {CANARY}"))]
    );
    assert_eq!(sent[0].body.as_deref().unwrap(), serde_json::json!({ "a": 1, "k": CANARY }).to_string().as_bytes());
    assert!(ended.seen.last().unwrap().contains("[secret token]"), "{:?}", ended.seen);
    assert!(ended.log.contains(r#""secrets":["token","token","token"]"#), "{}", ended.log);
    holds_no_secret(&ended);
    is_the_same_again(SECRETS, &[], &answers, &script);
}

#[test]
fn a_secret_does_not_follow_a_redirect_to_another_origin() {
    let url = "https://a.example/x?key=canary%2F4f1c%2B9b7e%3D%222d%22";
    let leads = format!("https://b.example/y?from={}", url.replace('%', "%25"));
    let policy = SECRETS.replace("[[secret]]\nname = 'token'\nfor = 'https://a.example'\nin = 'body /k'", "");
    let mut servers = MemoryHttp::default();
    servers.answer(&format!("GET {url}"), to(302, &format!("https://b.example/y?key={CANARY}")));
    let mut world = World { servers: Arc::new(servers), ..World::new(&policy, Vec::new()) };
    let ended = drive(&mut world, &script(request("GET", "https://a.example/x", None)), &From::Nothing, Suspend::Never);
    let sent = world.servers.sent();
    assert_eq!(sent.len(), 2, "{} {leads}", ended.log);
    assert!(!format!("{:?}", sent[1]).contains("4f1c"), "{:?}", sent[1]);
    assert!(sent[1].headers.iter().all(|field| field.name != "authorization"), "{:?}", sent[1]);
    holds_no_secret(&ended);
}

#[test]
fn a_body_without_the_place_of_a_secret_is_not_sent() {
    let policy = SECRETS.replace("ask =", "deny = []\n#");
    let mut world = world(&policy, Vec::new(), Vec::new());
    let ended = drive(
        &mut world,
        &script(request("POST", "https://a.example/x", Some(b"text"))),
        &From::Nothing,
        Suspend::Never,
    );
    assert!(world.servers.sent().is_empty());
    assert!(ended.seen.last().unwrap().contains("a body of JSON"), "{:?}", ended.seen);
}

const MONEY: &str = "[http]\nallow = ['POST https://a.example/**', 'GET https://a.example/**', 'GET https://b.example/**']\n\
    [spend]\nlimit = '0.01 USD'\n\
    [[spend.price]]\nmatch = 'POST https://a.example/**'\nper-call = '0.001 USD'\n\
    per-unit = { at = '/usage/total', price = '0.00001 USD', most = 500 }\n\
    [[spend.price]]\nmatch = 'GET https://a.example/**'\nper-call = '0 USD'";

#[test]
fn a_run_stays_within_its_money() {
    let answers = || {
        vec![
            ("POST https://a.example/few", ok(r#"{"usage":{"total":20}}"#)),
            ("POST https://a.example/silent", ok("no usage")),
            ("GET https://a.example/free", to(302, "https://b.example/unpriced")),
        ]
    };
    let mut script = Vec::new();
    // 0.001 + 0.0002; the most that it can be, 0.006; then 0.0028 are left, which is less than 0.006.
    for path in ["few", "silent", "few"] {
        script.push(request("POST", &format!("https://a.example/{path}"), None));
        script.extend(finish());
    }
    script.push(request("GET", "https://a.example/free", None));
    script.extend(finish());
    let mut world = world(MONEY, Vec::new(), answers());
    let ended = drive(&mut world, &script, &From::Nothing, Suspend::Never);
    assert_eq!(world.servers.sent().len(), 3, "{}", ended.log);
    assert_eq!(ended.report.usage.spent, Some(7_200_000), "{}", ended.log);
    let costs: Vec<_> = entries(&ended.log).filter_map(|entry| entry["cost"].as_u64()).collect();
    assert_eq!(costs, [6_000_000, 1_200_000, 6_000_000, 6_000_000, 0, 0], "{}", ended.log);
    let refused = ended.seen.iter().find(|seen| seen.contains("spend:")).unwrap();
    assert!(
        refused.contains("the limit is 0.01 USD in one run; this request can cost 0.006 USD, and 0.0028 USD is left"),
        "{refused}"
    );
    // No price is for where the redirect leads.
    assert!(ended.seen.last().unwrap().contains("no price is for it"), "{:?}", ended.seen);
    is_the_same_again(MONEY, &[], &answers, &script);
}

#[test]
fn what_may_have_been_done_counts_as_paid() {
    let mut world = world(MONEY, Vec::new(), Vec::new());
    let ended = drive(
        &mut world,
        &script(request("POST", "https://a.example/nobody-answers", None)),
        &From::Nothing,
        Suspend::Never,
    );
    assert_eq!(ended.report.usage.spent, Some(6_000_000), "{}", ended.log);
    assert_eq!(ended.report.usage.possibly_spent, Some(6_000_000));
    let results: Vec<_> = entries(&ended.log).filter(|entry| entry["kind"] == "result").collect();
    assert_eq!((results.len(), &results[0]["possibly"]), (1, &6_000_000.into()), "{}", ended.log);
    assert!(ended.seen.last().unwrap().contains("it may have been carried out, and paid for"), "{:?}", ended.seen);
}

const KEYED: &str = "[http]\nallow = ['POST https://b.example/**']\n\
    [[http.rule]]\nallow = '* https://a.example/**'\nidempotency-key = 'Idempotency-Key'\n\
    [[http.rule]]\nask = 'PUT https://a.example/asked'\nidempotency-key = 'x-key'";

/// The key names the run and the ticket: it is the same in a run that is suspended and resumed, and no two requests share one.
#[test]
fn a_request_with_an_effect_carries_a_key() {
    let answers = || {
        vec![
            ("POST https://a.example/one", to(307, "https://a.example/two")),
            ("POST https://a.example/two", ok("1")),
            ("POST https://a.example/three", ok("2")),
            ("GET https://a.example/four", ok("3")),
            ("PUT https://a.example/asked", ok("4")),
            ("POST https://b.example/five", ok("5")),
        ]
    };
    let mut steps = Vec::new();
    for (method, url) in [
        ("POST", "https://a.example/one"),
        ("POST", "https://a.example/three"),
        ("GET", "https://a.example/four"),
        ("PUT", "https://a.example/asked"),
        ("POST", "https://b.example/five"),
    ] {
        let body: Option<&[u8]> = if method == "GET" { None } else { Some(b"x") };
        steps.extend(script(request(method, url, body)));
    }
    let mut world = world(KEYED, Vec::new(), answers());
    let ended = drive(&mut world, &steps, &From::Nothing, Suspend::Never);
    let sent = world.servers.sent();
    let keys: Vec<Vec<(String, String)>> = sent
        .iter()
        .map(|request| {
            let named = |field: &&Header| field.name.ends_with("key");
            request.headers.iter().filter(named).map(|field| (field.name.clone(), field.value.clone())).collect()
        })
        .collect();
    let names: Vec<Vec<&str>> = keys.iter().map(|of| of.iter().map(|(name, _)| name.as_str()).collect()).collect();
    let key = "idempotency-key";
    assert_eq!(names, [vec![key], vec![key], vec![key], vec![], vec!["x-key"], vec![]], "{}", ended.log);
    assert!(keys[0] == keys[1] && keys[1] != keys[2] && keys[0][0].1.len() == 64);
    let logged: Vec<_> = entries(&ended.log).filter(|entry| !entry["idempotencyKeys"].is_null()).collect();
    assert_eq!(logged.len(), 4, "{}", ended.log);
    is_the_same_again(KEYED, &[], &answers, &steps);
    // A tool's own field of that name is none that the rule lets through.
    let Step::Start(Request::Http(mut own)) = request("POST", "https://a.example/three", None) else { return };
    own.headers.push(header("Idempotency-Key", "mine"));
    let mut refused = World { servers: Arc::new(served(answers())), ..World::new(KEYED, Vec::new()) };
    let ended = drive(&mut refused, &script(Step::Start(Request::Http(own))), &From::Nothing, Suspend::Never);
    assert!(
        refused.servers.sent().is_empty() && ended.seen.last().unwrap().contains("no rule in [http]"),
        "{}",
        ended.log
    );
}

const BYTES: &str = "[http]\nallow = ['POST https://a.example/**', 'GET https://a.example/**']\n\
    [spend]\nlimit = '0.000001 USD'\n\
    [[spend.price]]\nmatch = 'POST https://a.example/**'\nper-byte = { price = '0.000000003 USD', each = 2, most = 20 }\n\
    [[spend.price]]\nmatch = 'GET https://a.example/**'\nper-byte = { price = '0.000000001 USD' }\n\
    [limits]\nhttp-bytes = 900";

/// Of what has no bound of its own, all that can still come is reserved. It does not depend on when answers came.
#[test]
fn bytes_are_paid_for_and_bounded() {
    let answers = || {
        vec![
            ("POST https://a.example/echo", ok("twelve bytes")),
            ("GET https://a.example/page", ok("seven b")),
            ("POST https://a.example/long", ok("more than twenty bytes")),
        ]
    };
    let mut steps = script(request("POST", "https://a.example/echo", Some(b"five5")));
    steps.extend(script(request("GET", "https://a.example/page", None)));
    steps.extend(script(request("POST", "https://a.example/long", None)));
    let mut world = world(BYTES, Vec::new(), answers());
    let ended = drive(&mut world, &steps, &From::Nothing, Suspend::Never);
    let costs: Vec<_> = entries(&ended.log).filter_map(|entry| entry["cost"].as_u64()).collect();
    // 25 bytes and then 17; the 882 that are left of 900, with none sent, and then 7; 20 bytes, and no answer that is known.
    assert_eq!(costs, [38, 26, 882, 7, 30, 30], "{}", ended.log);
    assert!(ended.seen.last().unwrap().contains("more than the 20 bytes that its price is for"), "{:?}", ended.seen);
    assert_eq!(ended.report.usage.spent, Some(63));
    // By the log alone, also of a run that was cut off: what has no result then counts with the most that it can cost.
    let lines: Vec<&str> = ended.log.split_inclusive('\n').collect();
    let cut_off: Vec<u64> = (0..lines.len())
        .map(|end| spent_by(lines[..=end].concat().as_bytes()).map_or(0, |found| found.spent))
        .collect();
    assert_eq!(cut_off.first(), Some(&0));
    for spent in [38, 26, 26 + 882, 33, 63] {
        assert!(cut_off.contains(&spent), "{cut_off:?}");
    }
    is_the_same_again(BYTES, &[], &answers, &steps);
}

#[test]
fn a_question_says_what_was_read_before_that_may_be_in_what_is_sent() {
    let policy = "[kv]\nallow = ['**']\n[http]\nallow = ['GET https://a.example/**']\nask = ['POST https://a.example/**', 'POST https://b.example/**']";
    let answers = || vec![("GET https://a.example/", ok("a")), ("POST https://b.example/", ok("b"))];
    let post = || [&[request("POST", "https://b.example/", Some(b"x"))][..], &finish()].concat();
    let get_a = [&[request("GET", "https://a.example/", None)][..], &finish()].concat();
    let own = [&[request("POST", "https://a.example/", Some(b"x"))][..], &finish()].concat();
    let missing = [&[get("nothing")][..], &finish()].concat();
    let read = [&[get("k")][..], &finish()].concat();
    let cases: [(Vec<Step>, &[&[&str]]); 5] = [
        (post(), &[&[]]),
        // A key that is not there tells nothing that was kept.
        ([missing, post()].concat(), &[&[]]),
        ([read.clone(), post()].concat(), &[&["keys"]]),
        ([get_a.clone(), post(), own].concat(), &[&["answers of a.example"], &["answers of b.example"]]),
        (
            [get_a, read, post(), post()].concat(),
            &[&["keys", "answers of a.example"], &["keys", "answers of a.example"]],
        ),
    ];
    for (script, expected) in cases {
        let mut one = world(policy, Vec::new(), answers());
        one.keep("k", "kept");
        drive(&mut one, &script, &From::Nothing, Suspend::Never);
        assert_eq!(one.told, expected);
        // The same when it is suspended wherever it can be, and goes on elsewhere.
        let mut parts = world(policy, Vec::new(), answers());
        parts.keep("k", "kept");
        drive_in_parts(&mut parts, &script);
        assert_eq!(parts.told.last().map(Vec::as_slice), one.told.last().map(Vec::as_slice));
    }
}
