//! What another policy makes of a run, against what runs under that policy come to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod hand;

use std::sync::Arc;

use belljar_core::abi::{Header, HttpRedirect, HttpRequest, HttpResponse, HumanRequest, KvItem, KvRequest};
use belljar_core::effects::MemoryHttp;
use belljar_core::{Before, History, Instead, Recording, Request, RunIf, WhatIfError, what_if};
use belljar_policy::Policy;
use hand::{Ended, From, Step, Suspend, World, drive, entries, finish, get, set};
use proptest::prelude::*;

fn of(policy: &str) -> Policy {
    Policy::parse(&format!("version = 1\n{policy}")).unwrap()
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into() }
}

fn ask(method: &str, url: &str, headers: Vec<Header>, body: Option<Vec<u8>>) -> Request {
    Request::Http(HttpRequest { method: method.into(), url: url.into(), headers, body, redirect: HttpRedirect::Follow })
}

fn fetch(url: &str) -> [Step; 3] {
    let [wait, take] = finish();
    [Step::Start(ask("GET", url, Vec::new(), None)), wait, take]
}

fn servers() -> Arc<MemoryHttp> {
    let ok = |body: &str| HttpResponse {
        status: 200,
        url: String::new(),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    };
    let to = |status, url| HttpResponse { status, headers: vec![header("Location", url)], ..ok("moved") };
    let mut servers = MemoryHttp::default();
    for (request, response) in [
        ("GET https://a.example/", ok(r#"{"usage":{"total":3}}"#)),
        ("GET https://a.example/b", to(302, "https://b.example/")),
        ("POST https://a.example/b", to(303, "https://b.example/")),
        ("POST https://a.example/c", to(307, "https://a.example/")),
        ("POST https://a.example/", ok(r#"{"usage":{"total":40}}"#)),
        ("GET https://b.example/", ok("nothing is said")),
    ] {
        servers.answer(request, response);
    }
    Arc::new(servers)
}

fn run(policy: &str, chance: Vec<u8>, script: &[Step]) -> Ended {
    let mut world = World { servers: servers(), ..World::new(policy, chance) };
    drive(&mut world, script, &From::Nothing, Suspend::Never)
}

fn recording(ended: &Ended) -> History {
    History::recording("a", &Recording::parse(ended.recording.as_ref().unwrap()).unwrap())
}

fn under(history: History, policy: &str) -> RunIf {
    what_if(&[history], &Instead::Policy(of(policy))).unwrap().remove(0)
}

/// Each change as a line.
fn told(found: &RunIf) -> Vec<String> {
    let line = |change: &belljar_core::Change| {
        format!("{} {:?} {} {}: {}", change.entry, change.kind, change.capability, change.request, change.rule)
    };
    found.changes.iter().map(line).collect()
}

#[test]
fn each_request_is_judged_by_the_other_policy() {
    let script = [
        get("a"),
        set("b", "1"),
        get("c"),
        get("d"),
        Step::Start(Request::Human(HumanRequest { question: "Which?".into(), choices: Vec::new() })),
    ];
    let ended = run("[kv]\nallow = ['get a', 'set b']\nask = ['get c']", Vec::new(), &script);
    let found =
        under(History::log("a", &ended.log), "[kv]\nallow = ['get c']\nask = ['get a', 'get d']\ndeny = ['set b']");
    assert_eq!(
        told(&found),
        [
            "3 Asked kv get a: [kv] ask \"get a\"",
            "4 Refused kv set b: [kv] deny \"set b\"",
            "5 NotAsked kv get c: [kv] allow \"get c\"",
            "7 NotRefused kv get d: [kv] ask \"get d\"",
        ]
    );
    assert_eq!((found.questions.before, found.questions.after, found.requests), (2, 3, 5));
    assert!(found.unknown.is_empty() && found.exhausted.is_empty());
}

#[test]
fn a_yes_for_a_rule_is_one_for_the_rule_that_asks_now() {
    let [wait, take] = finish();
    let script = [get("a/1"), wait.clone(), take.clone(), get("a/2"), wait, take];
    // The first answer is a yes for the whole rule.
    let ended = run("[kv]\nask = ['**']", vec![0, 0, 0, 2, 0], &script);
    assert_eq!(entries(&ended.log).filter(|entry| entry["kind"] == "question").count(), 1, "{}", ended.log);
    let found = under(History::log("a", &ended.log), "[kv]\nask = ['get a/*']");
    assert_eq!((found.questions.before, found.questions.after), (1, 1));
    // Two rules are two questions.
    let found = under(History::log("a", &ended.log), "[kv]\nask = ['get a/1', 'get a/2']");
    assert_eq!((found.questions.before, found.questions.after), (1, 2));
    assert_eq!(told(&found), ["7 Asked kv get a/2: [kv] ask \"get a/2\""]);
}

const WEB: &str = "[http]\nallow = ['* https://a.example/**', '* https://b.example/**']\n";

#[test]
fn what_was_answered_and_would_be_sent_is_said() {
    const ANSWERS: &str = "[[http.rule]]\nallow = 'GET https://a.example/**'\nanswer = { status = 200, body = 'x' }\n";
    let ended = run(ANSWERS, Vec::new(), &fetch("https://a.example/x"));
    let asks = WEB.replace("allow", "ask");
    for history in [History::log("a", &ended.log), recording(&ended)] {
        assert_eq!(told(&under(history.clone(), ANSWERS)), Vec::<String>::new());
        let sent = told(&under(history.clone(), WEB));
        assert!(
            matches!(sent.as_slice(), [line] if line.starts_with("3 Sent http GET https://a.example/x: ")),
            "{sent:?}"
        );
        let asked = told(&under(history, &asks));
        let kinds: Vec<_> = asked.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(kinds, ["Sent", "Asked"], "{asked:?}");
    }
}

#[test]
fn what_header_fields_decide_cannot_be_told_unless_the_request_is_there() {
    let script = fetch("https://a.example/");
    let tables = "[[http.rule]]\nallow = 'GET https://a.example/**'\nheaders = { x-a = false }";
    for (policy, asked) in [(WEB.to_owned(), false), (WEB.replace("allow", "ask"), true)] {
        let ended = run(&policy, Vec::new(), &script);
        let found = under(History::log("a", &ended.log), tables);
        assert_eq!(found.unknown.len(), 1);
        assert_eq!(found.unknown[0].why, "rules look at its header fields, and a log has none");
        assert!(found.changes.is_empty());
        let found = under(recording(&ended), tables);
        assert_eq!(found.unknown.len(), usize::from(!asked));
        assert_eq!(found.changes.len(), usize::from(asked));
    }
    let ended = run(WEB, Vec::new(), &script);
    let body = format!("{WEB}[[secret]]\nname = 'key'\nfor = 'https://a.example'\nin = 'body /key'");
    assert_eq!(under(recording(&ended), &body).unknown[0].why, "a secret goes into its body, and a log has no bodies");
}

#[test]
fn what_would_be_refused_leads_nowhere() {
    let ended = run(WEB, Vec::new(), &fetch("https://a.example/b"));
    let found = under(History::log("a", &ended.log), "[http]\nallow = ['* https://a.example/**']");
    assert_eq!(told(&found), ["4 Refused http GET https://b.example/: no rule in [http] allows it"]);
    let found = under(History::log("a", &ended.log), "[http]\nallow = ['* https://b.example/**']");
    assert_eq!(told(&found), ["3 Refused http GET https://a.example/b: no rule in [http] allows it"]);
    assert_eq!(found.requests, 1);
}

const PRICES: &str = "[spend]\nlimit = '1 USD'\n[[spend.price]]\nmatch = '* https://a.example/**'\nper-call = '0.1 USD'\n\
    per-unit = { at = '/usage/total', price = '0.01 USD', most = 20 }\n\
    [[spend.price]]\nmatch = '* https://b.example/**'\nper-call = '0.05 USD'\n";

#[test]
fn money_is_counted_by_the_other_prices() {
    let million = 10_000_000;
    let script: Vec<Step> = [fetch("https://a.example/"), fetch("https://b.example/")].concat();
    let ended = run(WEB, Vec::new(), &script);
    let found = under(recording(&ended), &format!("{WEB}{PRICES}"));
    // 0.1 and three units, and 0.05.
    assert_eq!((found.money.before, found.money.after, found.money.at_most), (None, Some(18 * million), 0));
    assert_eq!(found.money.currency_after.as_deref(), Some("USD"));
    // A log has no answers: the most that was reserved is counted, and it is said.
    let found = under(History::log("a", &ended.log), &format!("{WEB}{PRICES}"));
    assert_eq!((found.money.after, found.money.at_most), (Some(35 * million), 1));
    // The same prices, the same money.
    let priced = run(&format!("{WEB}{PRICES}"), Vec::new(), &script);
    let found = under(recording(&priced), &format!("{WEB}{PRICES}"));
    assert_eq!((found.money.before, found.money.after), (Some(18 * million), Some(18 * million)));
    assert_eq!(found.money.currency_before.as_deref(), Some("USD"));
    // A lower limit has no room for the second request; nothing else is asked of a list of prices.
    let low = of(&PRICES.replace("'1 USD'", "'0.3 USD'").replace("0.05", "0.2"));
    let found = what_if(&[recording(&priced)], &Instead::Prices(low)).unwrap().remove(0);
    let line = priced.log.lines().position(|line| line.contains("GET https://b.example/")).unwrap() as u64 + 1;
    assert_eq!((found.exhausted[0].budget.as_str(), found.exhausted[0].entry), ("spend", line));
    assert_eq!((found.changes.len(), found.changes[0].after), (1, Before::Exhausted));
    let none = of(&PRICES[..PRICES.find("[[spend.price]]\nmatch = '* https://b").unwrap()]);
    let found = what_if(&[recording(&priced)], &Instead::Prices(none)).unwrap().remove(0);
    assert!(found.changes[0].rule.contains("no price is for it"), "{found:?}");
    assert_eq!(what_if(&[], &Instead::Prices(of(""))), Err(WhatIfError::NoPrices));
}

#[test]
fn budgets_that_would_run_out_are_named_where_they_do() {
    let script: Vec<Step> = [fetch("https://a.example/"), fetch("https://a.example/")].concat();
    let ended = run(WEB, Vec::new(), &script);
    for (limits, budget, entry) in [
        ("calls = 1", "calls", 5),
        ("http-requests = 1", "http-requests", 5),
        ("http-bytes = '21 B'", "http-bytes", 4),
        ("fuel = '3'", "fuel", 7),
        ("memory = '32 KiB'", "memory", 7),
        ("output = '0 B'", "output", 7),
    ] {
        let found = under(History::log("a", &ended.log), &format!("{WEB}[limits]\n{limits}\n"));
        let first = found.exhausted.first().unwrap_or_else(|| panic!("{limits}"));
        assert_eq!((first.budget.as_str(), first.entry), (budget, entry), "{limits}");
    }
    assert!(under(History::log("a", &ended.log), WEB).exhausted.is_empty());
}

#[test]
fn a_log_that_does_not_hold_says_nothing() {
    let ended = run(WEB, Vec::new(), &[get("a"), get("b")]);
    let changed = ended.log.replacen("get a", "get c", 1);
    let broken = what_if(&[History::log("a", changed)], &Instead::Policy(of(WEB)));
    assert!(matches!(broken, Err(WhatIfError::Broken { .. })));
}

const POLICIES: [&str; 9] = [
    "",
    "[kv]\nallow = ['**']\n[http]\nallow = ['* https://a.example/**', '* https://b.example/**']\n",
    "[kv]\nask = ['**']\n[http]\nask = ['* https://a.example/**', '* https://b.example/**']\n",
    "[kv]\nallow = ['read **', 'write notes/**']\nask = ['write **']\ndeny = ['secret/**']\n[limits]\ncalls = 6\n",
    "[http]\nallow = ['* https://a.example/**']\nask = ['GET https://b.example/**']\n[limits]\nhttp-requests = 4\n",
    "[http]\nallow = ['* https://a.example/**', '* https://b.example/**']\n[limits]\nhttp-bytes = '70 B'\n",
    "[kv]\nallow = ['get **']\n[http]\nallow = ['* https://a.example/**', '* https://b.example/**']\n[spend]\nlimit = '1 USD'\n\
     [[spend.price]]\nmatch = '* https://a.example/**'\nper-call = '0.1 USD'\nper-unit = { at = '/usage/total', price = '0.01 USD', most = 20 }\n\
     [[spend.price]]\nmatch = '* https://b.example/**'\nper-call = '0.05 USD'\n",
    "[http]\nask = ['* https://a.example/**']\n[spend]\nlimit = '0.5 USD'\n[[spend.price]]\nmatch = '* https://a.example/**'\nper-call = '0.2 USD'\n",
    "[[http.rule]]\nallow = 'GET https://a.example/**'\nanswer = { status = 200, body = '{\"usage\":{\"total\":9}}' }\n[[http.rule]]\nask = '* https://a.example/**'\n",
];

fn request() -> impl Strategy<Value = Request> {
    let key = || prop::sample::select(vec!["a", "notes/1", "notes/2", "secret/x", "", "b*"]).prop_map(str::to_owned);
    let url = prop::sample::select(vec![
        "https://a.example/",
        "https://a.example/b",
        "https://a.example/c",
        "https://b.example/",
        "https://c.example/",
    ]);
    let body = prop::option::of((0..30usize).prop_map(|size| vec![b'x'; size]));
    prop_oneof![
        1 => key().prop_map(|key| Request::Kv(KvRequest::Get(key))),
        1 => (key(), 0..40usize).prop_map(|(key, size)| Request::Kv(KvRequest::Set(KvItem { key, value: vec![1; size] }))),
        1 => key().prop_map(|key| Request::Kv(KvRequest::List(key))),
        4 => (prop::bool::ANY, url, body).prop_map(|(post, url, body)| {
            if post { ask("POST", url, Vec::new(), body) } else { ask("GET", url, Vec::new(), None) }
        }),
    ]
}

fn script() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => request().prop_map(Step::Start),
        4 => prop::collection::vec(0..6usize, 1..4).prop_map(|which| Step::Wait(which, None)),
        3 => (0..6usize).prop_map(Step::Take),
        1 => (0..80u64).prop_map(Step::Sleep),
    ];
    prop::collection::vec(step, 0..20)
}

/// What became of the requests of a log, each with its line; malformed ones are left out.
fn became(log: &str) -> Vec<(u64, Before)> {
    let lines = (1..).zip(entries(log)).filter(|(_, entry)| entry["kind"] == "request" || entry["kind"] == "redirect");
    lines
        .filter_map(|(line, entry)| {
            let before = match entry["verdict"].as_str()? {
                "allow" => Before::Allowed,
                "ask" => Before::Asked,
                "deny" => Before::Refused,
                "exhausted" => Before::Exhausted,
                _ => return None,
            };
            Some((line, before))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Under its own policy a run is what it was.
    #[test]
    fn nothing_changes_under_the_same_policy(
        policy in prop::sample::select(POLICIES.to_vec()),
        chance in prop::collection::vec(any::<u8>(), 0..80),
        script in script(),
    ) {
        let ended = run(policy, chance, &script);
        let found = under(recording(&ended), policy);
        prop_assert_eq!(told(&found), Vec::<String>::new());
        prop_assert_eq!(found.questions.before, found.questions.after);
        prop_assert_eq!(found.money.before, found.money.after);
        prop_assert_eq!(found.unknown, Vec::new());
        prop_assert_eq!(found.exhausted, Vec::new());
    }

    /// Up to the first request of which another policy makes something else, a run under that policy is the same; of that request
    /// it makes what was said.
    #[test]
    fn the_first_change_is_what_a_run_comes_to(
        one in prop::sample::select(POLICIES.to_vec()),
        other in prop::sample::select(POLICIES.to_vec()),
        chance in prop::collection::vec(any::<u8>(), 0..80),
        script in script(),
    ) {
        let ended = run(one, chance.clone(), &script);
        let found = under(recording(&ended), other);
        let instead = run(other, chance, &script);
        let (before, after) = (became(&ended.log), became(&instead.log));
        // A result can differ before a verdict does: there is no telling when it came.
        prop_assume!(!instead.log.contains(r#""result":"exhausted""#) || ended.log.contains(r#""result":"exhausted""#));
        let results = found.exhausted.iter().filter(|found| found.budget == "http-bytes").map(|found| found.entry).min();
        let stop = found.changes.iter().map(|change| change.entry).min().unwrap_or(u64::MAX);
        prop_assume!(results.is_none_or(|line| line > stop) && found.answered == 0 && !one.contains("answer"));
        for ((line, before), (_, after)) in before.iter().zip(&after) {
            if *line >= stop {
                prop_assert_eq!(found.changes[0].after, *after, "{}", found.changes[0].request);
                prop_assert_eq!(found.changes[0].before, *before);
                return Ok(());
            }
            let refused = |became| matches!(became, Before::Refused | Before::Exhausted);
            prop_assert!(before == after || refused(*before) && refused(*after), "{before:?} {after:?}");
        }
        prop_assert!(stop == u64::MAX);
    }
}
