//! Tables for HTTP: how they are read and written, and what they decide.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use belljar_policy::{Coverage, Decision, Effect, Example, Gap, Policy, Query, Supported, SyntheticAnswer, Url};

/// A policy of tables, each as its lines.
fn tables(tables: &[&str]) -> Policy {
    Policy::parse(&file(tables)).unwrap_or_else(|error| panic!("{error}"))
}

fn file(tables: &[&str]) -> String {
    let tables: Vec<String> = tables.iter().map(|table| format!("[[http.rule]]\n{table}\n")).collect();
    format!("version = 1\n{}", tables.join(""))
}

fn get(policy: &Policy, path: &str, headers: &[(&str, &str)]) -> Decision {
    let url = Url::parse(&format!("https://a.example/{path}")).unwrap();
    policy.decide(&Query::Http { method: "GET", url: &url, headers })
}

const GET: &str = "'GET https://a.example/**'";

#[test]
fn a_parameter_is_there_as_the_rule_says() {
    for (conditions, allowed, others) in [
        (
            "page = '*'",
            &["x?page=1", "x?page=", "x?page", "x?a=b&p%61ge=1"][..],
            &["x", "x?page=1&page=1", "x?Page=1"][..],
        ),
        ("page = 'a*b'", &["?page=ab", "?page=a/%0Ab"], &["?page=a", "?page=xab", "?page=ab&page=ab"]),
        ("page = ''", &["?page=", "?page"], &["?page=1", "", "?"]),
        ("page = '1 2'", &["?page=1+2", "?page=1%202"], &["?page=1%2B2"]),
        ("page = '\u{fffd}'", &["?page=%FF"], &["?page=%41"]),
        ("admin = false", &["", "?a=1", "?Admin", "?admi"], &["?admin", "?x=1&%61dmin=0", "?admin&admin"]),
        ("a = '*', '*' = false", &["?a=1", "?&a=1&"], &["?a=1&b", "?a=1&=", "?b=1", ""]),
        ("'*' = false", &["", "?", "?&"], &["?a", "?="]),
        ("'' = '1'", &["?=1"], &["?1"]),
        ("'a b' = 'c?'", &["?a+b=c%3F", "?a%20b=c?"], &["?a+b=cd"]),
    ] {
        let policy = tables(&[&format!("allow = {GET}\nquery = {{ {conditions} }}")]);
        for path in allowed {
            assert_eq!(get(&policy, path, &[]).effect, Effect::Allow, "{conditions} {path}");
        }
        for path in others {
            assert_eq!(get(&policy, path, &[]).effect, Effect::Deny, "{conditions} {path}");
        }
    }
}

#[test]
fn a_header_field_is_there_as_the_rule_says() {
    let policy = tables(&[&format!("allow = {GET}\nheaders = {{ X-Api-Version = '2024-*', x-debug = false }}")]);
    for (headers, effect) in [
        (&[("x-api-version", "2024-01")][..], Effect::Allow),
        (&[("X-API-VERSION", "2024-01"), ("other", "1")], Effect::Allow),
        (&[("x-api-version", "2023-01")], Effect::Deny),
        (&[("x-api-version", "2024-1"), ("X-Api-Version", "2024-1")], Effect::Deny),
        (&[("x-api-version", "2024-1"), ("x-debug", "")], Effect::Deny),
        (&[("x-api-version", "2024-1"), ("X-Debug", "1")], Effect::Deny),
        (&[], Effect::Deny),
    ] {
        assert_eq!(get(&policy, "", headers).effect, effect, "{headers:?}");
    }
}

/// What refuses must not be got around by saying a thing twice.
#[test]
fn a_refusal_holds_if_any_occurrence_matches() {
    let policy = tables(&[
        &format!("allow = {GET}"),
        &format!("deny = {GET}\nquery = {{ admin = '1*' }}"),
        &format!("deny = {GET}\nheaders = {{ x-debug = '*' }}"),
        "deny = 'GET https://a.example/signed'\nquery = { key = false }",
    ]);
    for (path, headers, effect) in [
        ("?admin=0", &[][..], Effect::Allow),
        ("?admin=1", &[], Effect::Deny),
        ("?admin=0&admin=1", &[], Effect::Deny),
        ("?admin=1&admin=0", &[], Effect::Deny),
        ("", &[("x-debug", "a"), ("x-debug", "b")], Effect::Deny),
        ("signed?key", &[], Effect::Allow),
        ("signed", &[], Effect::Deny),
    ] {
        assert_eq!(get(&policy, path, headers).effect, effect, "{path} {headers:?}");
    }
}

#[test]
fn a_refusal_is_told_in_its_author_s_words() {
    let policy = tables(&[
        "deny = '* https://a.example/admin/**'\nreason = 'the admin API is for people'\ninstead = 'use \"users\"'",
        "ask = 'GET https://a.example/x'\nreason = 'it costs — a lot'",
        &format!("allow = {GET}"),
    ]);
    let refused = get(&policy, "admin/x", &[]);
    assert_eq!(
        refused.rule,
        "[http] deny \"* https://a.example/admin/**\" (reason: \"the admin API is for people\"; instead: \"use \\\"users\\\"\")"
    );
    assert_eq!(refused.reason.as_deref(), Some("the admin API is for people"));
    assert_eq!(refused.instead.as_deref(), Some("use \"users\""));
    let asked = get(&policy, "x", &[]);
    assert_eq!((asked.effect, asked.reason.as_deref(), asked.instead), (Effect::Ask, Some("it costs — a lot"), None));
    let allowed = get(&policy, "y", &[]);
    assert_eq!((allowed.effect, allowed.reason, allowed.instead, allowed.answer), (Effect::Allow, None, None, None));
}

#[test]
fn the_text_of_a_rule_says_all_of_it() {
    let policy = tables(&["allow = 'GET https://a.example/**'\nheaders = { X-B = 'a\"*', x-a = false }\n\
         query = { page = '*', admin = false, '*' = false, \"\\u202e\" = \"\\n\" }"]);
    assert_eq!(
        policy.describe()[0],
        "[http] allow \"GET https://a.example/**\" query {\"admin\" = false, \"page\" = \"*\", \"\\U0000202E\" = \
         \"\\U0000000A\", \"*\" = false} headers {\"x-a\" = false, \"x-b\" = \"a\\\"*\"}"
    );
    let answer = |body: &str| {
        let policy = tables(&[&format!("allow = {GET}\nanswer = {{ status = 404, body = '{body}' }}")]);
        policy.describe().swap_remove(0)
    };
    assert!(
        answer("a").starts_with("[http] allow \"GET https://a.example/**\" answer 404 (sha256 "),
        "{}",
        answer("a")
    );
    assert_ne!(answer("a"), answer("b"));
}

#[test]
fn an_answer_wins_over_sending_and_two_are_none() {
    let answer = |body: &str| format!("answer = {{ status = 200, body = '{body}' }}");
    let policy = tables(&[
        &format!("allow = {GET}"),
        &format!("allow = 'GET https://a.example/one'\n{}", answer("1")),
        &format!("allow = 'GET https://a.example/*'\nquery = {{ two = '*' }}\n{}", answer("2")),
        "ask = 'GET https://a.example/asked'",
        &format!("allow = 'GET https://a.example/asked'\n{}", answer("3")),
        &format!("ask = 'GET https://a.example/known'\n{}", answer("4")),
    ]);
    let body = |path: &str| {
        let decision = get(&policy, path, &[]);
        (decision.effect, decision.answer.map(|answer| answer.body.clone()))
    };
    assert_eq!(body("x"), (Effect::Allow, None));
    assert_eq!(body("one"), (Effect::Allow, Some("1".into())));
    assert_eq!(body("x?two"), (Effect::Allow, Some("2".into())));
    assert_eq!(body("one?two"), (Effect::Deny, None));
    assert_eq!(body("asked"), (Effect::Ask, None));
    assert_eq!(body("known"), (Effect::Ask, Some("4".into())));
    assert!(get(&policy, "one?two", &[]).rule.contains("answer it in different ways"));
    let findings: Vec<String> = policy.findings().iter().map(ToString::to_string).collect();
    assert!(findings.len() == 2 && findings[0].contains("different ways"), "{findings:?}");
}

#[test]
fn a_refusal_whose_conditions_meet_no_rule_refuses_nothing() {
    for (allowed, denied, found) in [
        ("query = { a = false }", "query = { a = '*' }", 1),
        ("query = { a = '*' }", "query = { a = false }", 1),
        ("query = { a = 'x*' }", "query = { a = '*y' }", 0),
        ("query = { a = 'x*' }", "query = { a = 'y*' }", 1),
        ("query = { '*' = false }", "query = { a = 'y*' }", 1),
        ("query = { a = '*' }", "query = { '*' = false }", 1),
        ("query = { a = '*' }", "query = { b = '*' }", 0),
        ("headers = { a = 'x' }", "query = { a = 'y' }", 0),
        ("headers = { a = 'x' }", "headers = { A = 'y' }", 1),
        ("", "headers = { a = false }", 0),
    ] {
        let policy = tables(&[&format!("allow = {GET}\n{allowed}"), &format!("deny = {GET}\n{denied}")]);
        assert_eq!(policy.findings().len(), found, "{allowed} {denied}");
    }
}

/// What is suggested allows the request whatever its parameters: where a rule has conditions, that would undo them.
#[test]
fn nothing_is_suggested_that_undoes_conditions() {
    let policy = tables(&["allow = 'GET https://a.example/v1/**'\nquery = { admin = false }"]);
    let suggest = |path: &str| {
        let url = Url::parse(&format!("https://a.example/{path}")).unwrap();
        policy.suggest(&Query::Http { method: "GET", url: &url, headers: &[] })
    };
    assert_eq!(suggest("v1/x?admin=1"), None);
    assert_eq!(suggest("v2/x?admin=1"), Some("http GET https://a.example/v2/x".into()));
}

#[test]
fn a_host_that_does_not_answer_runs_nothing_under_an_answer() {
    let policy = tables(&[
        &format!("allow = {GET}\nquery = {{ a = '*' }}"),
        &format!("ask = {GET}\nanswer = {{ status = 200 }}"),
    ]);
    let by = |http, answers| policy.unsupported(&Supported { http, answers, ..Supported::default() });
    assert_eq!((by(false, false).len(), by(true, false).len(), by(true, true).len()), (2, 1, 0));
    assert!(by(true, false)[0].to_string().contains("answer 200"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let long = "x".repeat(501);
    let body = "x".repeat(SyntheticAnswer::MOST);
    for (table, line, column, part) in [
        ("query = { a = '*' }", 2, 1, "needs one of the keys"),
        ("allow = 'GET https://a.example/'\ndeny = 'GET https://a.example/'", 4, 1, "not both \"allow\" and \"deny\""),
        ("allow = 'get https://a.example/'", 3, 9, "http GET https://a.example/"),
        ("allow = ['GET https://a.example/']", 3, 9, "a string belongs here"),
        ("alow = 'GET https://a.example/'", 3, 1, "did you mean \"allow\"?"),
        ("allow = 'GET https://a.example/'\nquery = {}", 4, 9, "it is empty"),
        ("allow = 'GET https://a.example/'\nheaders = {}", 4, 11, "it is empty"),
        ("allow = 'GET https://a.example/'\nquery = 'a'", 4, 9, "a table belongs here"),
        ("allow = 'GET https://a.example/'\nquery = { a = true }", 4, 15, "\"*\" stands for any value"),
        ("allow = 'GET https://a.example/'\nquery = { a = 1 }", 4, 15, "a pattern, or false, belongs here"),
        ("allow = 'GET https://a.example/'\nquery = { '*' = 'a' }", 4, 17, "\"*\" = false"),
        ("allow = 'GET https://a.example/'\nquery = { 'a*' = 'a' }", 4, 11, "no pattern"),
        ("allow = 'GET https://a.example/'\nheaders = { '*' = false }", 4, 13, "no pattern"),
        ("allow = 'GET https://a.example/'\nheaders = { 'a b' = 'a' }", 4, 13, "no name of a header field"),
        ("allow = 'GET https://a.example/'\nheaders = { x-a = '1', X-A = '2' }", 4, 24, "write it once"),
        ("allow = 'GET https://a.example/'\nheaders = { Cookie = '*' }", 4, 13, "there are no cookies here"),
        ("allow = 'GET https://a.example/'\nheaders = { a = ' x' }", 4, 13, "white space"),
        ("allow = 'GET https://a.example/'\nheaders = { a = '\u{4e2d}' }", 4, 13, "no header field has"),
        ("allow = 'GET https://a.example/'\nreason = 'a'", 4, 1, "leave it out of a rule that allows"),
        ("allow = 'GET https://a.example/'\ninstead = 'a'", 4, 1, "leave it out of a rule that allows"),
        ("deny = 'GET https://a.example/'\nreason = ''", 4, 10, "it is empty"),
        ("deny = 'GET https://a.example/'\nreason = \"a\\nb\"", 4, 10, "one line"),
        ("deny = 'GET https://a.example/'\ninstead = \"a\\u202eb\"", 4, 11, "can be seen"),
        ("deny = 'GET https://a.example/'\ninstead = \"a\\u3164b\"", 4, 11, "can be seen"),
        (&format!("deny = 'GET https://a.example/'\nreason = '{long}'"), 4, 10, "at most 500 characters, not 501"),
        ("deny = 'GET https://a.example/'\nanswer = { status = 200 }", 4, 1, "what is refused has no answer"),
        ("allow = 'GET https://a.example/'\nanswer = {}", 4, 10, "it is empty"),
        ("allow = 'GET https://a.example/'\nanswer = { body = '' }", 4, 10, "status = 200"),
        ("allow = 'GET https://a.example/'\nanswer = { status = 199 }", 4, 21, "from 200 to 599"),
        ("allow = 'GET https://a.example/'\nanswer = { status = 600 }", 4, 21, "from 200 to 599"),
        ("allow = 'GET https://a.example/'\nanswer = { status = '200' }", 4, 21, "an integer belongs here"),
        ("allow = 'GET https://a.example/'\nanswer = { status = 200, boddy = '' }", 4, 26, "did you mean \"body\"?"),
        ("allow = 'GET https://a.example/'\nanswer = { status = 200, headers = {} }", 4, 36, "it is empty"),
        ("allow = 'GET https://a.example/'\nanswer = { status = 200, headers = { a = '\u{e9}' } }", 4, 38, "visible"),
        ("allow = 'GET https://a.example/'\nanswer = { status = 200, headers = { a = '1', A = '1' } }", 4, 47, "once"),
        ("allow = 'GET https://a.example/'\nanswer = { status = 200, headers = { 'a:' = '1' } }", 4, 38, "no name"),
        (
            &format!("allow = 'GET https://a.example/'\nanswer = {{ status = 200, body = '{body}' }}"),
            4,
            10,
            "at most 65536",
        ),
    ] {
        let error = Policy::parse(&file(&[table])).unwrap_err();
        let shown: String = error.message.chars().take(200).collect();
        assert!(error.message.contains(part), "{table}: {shown}");
        assert_eq!((error.line, error.column), (line, column), "{table}: {shown}");
    }
    assert!(Policy::parse("version = 1\n[http]\nrule = {}\n").is_err());
    assert!(Policy::parse("version = 1\n[[kv.rule]]\nallow = 'a'\n").is_err());
    let most = "x".repeat(SyntheticAnswer::MOST - 5);
    tables(&[&format!("allow = {GET}\nanswer = {{ status = 200, headers = {{ a = 'b' }}, body = '{most}' }}")]);
}

#[test]
fn tables_are_written_as_they_are_read_and_the_digest_covers_them() {
    let all = [
        "allow = 'GET https://a.example/v1/**'",
        "allow = 'GET https://a.example/v1/**'\nquery = { page = '*', admin = false }",
        "allow = 'GET https://a.example/v1/**'\nquery = { page = '**', '*' = false }",
        "allow = 'GET https://a.example/v1/**'\nquery = { page = 'a' }",
        "allow = 'GET https://a.example/v1/**'\nheaders = { page = 'a' }",
        "deny = 'GET https://a.example/v1/**'\nquery = { page = 'a' }",
        "deny = 'GET https://a.example/v1/**'",
        "deny = 'GET https://a.example/v1/**'\nreason = 'é\"\\'",
        "deny = 'GET https://a.example/v1/**'\ninstead = 'é\"\\'",
        "ask = 'GET https://a.example/v1/**'\nanswer = { status = 200 }",
        "ask = 'GET https://a.example/v1/**'\nanswer = { status = 201 }",
        "ask = 'GET https://a.example/v1/**'\nanswer = { status = 200, body = \"\\u0000\\n\\u202e\\\"\" }",
        "ask = 'GET https://a.example/v1/**'\nanswer = { status = 200, headers = { a = 'b', B = '' } }",
        "ask = 'GET https://a.example/v1/**'\nquery = { \"a\\n\\\"\" = \"\\u0001\", '' = '' }",
    ];
    let mut digests = std::collections::BTreeSet::new();
    for table in all {
        let policy = tables(&[table]);
        let read = Policy::parse(&policy.to_toml()).unwrap_or_else(|error| panic!("{table}: {error}"));
        assert_eq!(read, policy, "{table}");
        assert!(digests.insert(policy.digest()), "{table}");
    }
    let mut turned = all;
    turned.reverse();
    let (whole, turned) = (tables(&all), tables(&turned));
    assert_ne!(whole, turned);
    assert_eq!(whole.digest(), turned.digest());
    assert_eq!(Policy::parse(&whole.to_toml()).unwrap().digest(), whole.digest());
    assert_eq!(tables(&[all[1], all[1]]).digest(), tables(&[all[1]]).digest());
    // A table that says no more than a text is that text.
    let mut text = Policy::deny_all();
    text.add(Effect::Allow, "http GET https://a.example/v1/**").unwrap();
    assert_eq!(tables(&[all[0]]), text);
}

fn said(coverage: &Coverage) -> String {
    match coverage {
        Coverage::Full => "full".into(),
        Coverage::Gap(Gap::Request { request, .. }) => request.to_string(),
        other => format!("{other:?}"),
    }
}

/// Instead of a rule that allows everything.
const NEVER: &str = "";
const ABSENT: &str = "allow = 'GET https://a.example/**'\nquery = { a = false }";
const ONCE: &str = "allow = 'GET https://a.example/**'\nquery = { a = '*' }";

#[test]
fn a_gap_has_the_parameters_and_fields_that_show_it() {
    let answer = "answer = { status = 200, body = '1' }";
    let other = "answer = { status = 200, body = '2' }";
    for (wide, narrow, expected) in [
        ("query = { a = '*' }", "query = { a = 'x*' }", "full"),
        ("query = { a = 'x*' }", "query = { a = '*' }", "http GET https://a.example/?a="),
        ("query = { a = 'x*' }", "query = { a = '*y' }", "http GET https://a.example/?a=y"),
        ("query = { a = '*' }", "", "http GET https://a.example/"),
        ("query = { a = false }", "", "http GET https://a.example/?a="),
        ("query = { '*' = false }", "", "http GET https://a.example/?x="),
        ("query = { '*' = false, x = '*' }", "query = { x = '*' }", "http GET https://a.example/?x1=&x="),
        ("query = { a = false }", "query = { '*' = false }", "full"),
        ("query = { '*' = false }", "query = { a = false }", "http GET https://a.example/?x="),
        ("", "query = { a = '*' }\nheaders = { a = '*' }", "full"),
        ("headers = { a = 'x*' }", "headers = { a = '*x' }", "http GET https://a.example/ headers {\"a\" = \"ax\"}"),
        ("headers = { a = 'x* *' }", "headers = { a = 'x*' }", "http GET https://a.example/ headers {\"a\" = \"x\"}"),
        ("", answer, "full"),
        (answer, answer, "full"),
        (answer, "", "http GET https://a.example/"),
        (answer, other, "http GET https://a.example/"),
        (&format!("query = {{ a = '*' }}\n{answer}"), "", "http GET https://a.example/"),
    ] {
        let [wide, narrow] = [wide, narrow].map(|more| tables(&[&format!("allow = {GET}\n{more}")]));
        assert_eq!(said(&wide.covers(&narrow)), expected, "{wide:?} {narrow:?}");
    }
    let allow = format!("allow = {GET}");
    for (wide, narrow, expected) in [
        (&["deny = 'GET https://a.example/**'\nquery = { a = 'x' }"][..], &[][..], "http GET https://a.example/?a=x"),
        // Twice is not once, and a refusal is content with one of both.
        (&[NEVER, ABSENT, ONCE], &[], "http GET https://a.example/?a=&a="),
        (&[NEVER, ABSENT, ONCE], &["deny = 'GET https://a.example/**'\nquery = { a = '*' }"], "full"),
        (
            &["deny = 'GET https://a.example/**'\nquery = { a = 'x' }"],
            &["ask = 'GET https://a.example/**'\nquery = { a = 'x' }"],
            "http GET https://a.example/?a=x",
        ),
        (&[], &["deny = 'GET https://a.example/**'\nquery = { a = 'x' }"], "full"),
        (
            &["ask = 'GET https://a.example/**'\nquery = { a = '*' }"],
            &["deny = 'GET https://a.example/**'\nquery = { a = '*' }"],
            "full",
        ),
        (
            &["deny = 'GET https://a.example/**'\nquery = { a = '*' }"],
            &[
                "ask = 'GET https://a.example/**'\nquery = { a = '*' }",
                "deny = 'GET https://a.example/**'\nquery = { a = 'a' }",
            ],
            "http GET https://a.example/?a=",
        ),
    ] {
        let of = |more: &[&str]| match more {
            [NEVER, more @ ..] => tables(more),
            more => tables(&[&[allow.as_str()], more].concat()),
        };
        assert_eq!(said(&of(wide).covers(&of(narrow))), expected, "{wide:?} {narrow:?}");
    }
    let gap = tables(&[&format!("allow = {GET}\n{answer}")]).covers(&tables(&[&allow]));
    let Coverage::Gap(gap) = gap else { panic!("{gap:?}") };
    assert!(
        gap.to_string().starts_with("\"http GET https://a.example/\": answered, and not sent ([http] allow"),
        "{gap}"
    );
}

/// Names that each have a condition of their own, for one path: what holds together grows exponentially.
#[test]
fn work_is_bounded_where_conditions_multiply() {
    let many = |effect: &str, count: usize| {
        let rule = |at: usize| format!("{effect} = {GET}\nquery = {{ k{at} = '*a*' }}");
        let rules: Vec<String> = (0..count).map(rule).collect();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        tables(&[&[&*format!("allow = {GET}")], &rules[..]].concat())
    };
    for effect in ["deny", "ask"] {
        assert_eq!(many(effect, 30).covers(&many(effect, 31)), Coverage::Full);
        assert!(matches!(many(effect, 31).covers(&many(effect, 30)), Coverage::Gap(_)));
    }
    // Each for a path of its own, as people write them.
    let ordinary = |count: usize| {
        let rule = |at: usize| {
            format!(
                "allow = 'GET https://a.example/v1/{at}/**'\nquery = {{ page{} = '*', admin = false, '*' = false }}\n\
                 headers = {{ x-api-version = '2024-*' }}",
                at % 7
            )
        };
        let rules: Vec<String> = (0..count).map(rule).collect();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        tables(&[&[&*format!("deny = {GET}\nquery = {{ debug = '*' }}")], &rules[..]].concat())
    };
    assert_eq!(ordinary(100).covers(&ordinary(99)), Coverage::Full);
    assert!(matches!(ordinary(99).covers(&ordinary(100)), Coverage::Gap(_)));
    // Which of the names are there is a state of its own for each set of them, until the last one is known.
    let late = |effect: &str, count: usize, more: &str| {
        let rule = |at: usize| format!("{effect} = {GET}\nquery = {{ k{at:02} = '*a*', z = '{at}*' }}");
        let rules: Vec<String> = (0..count).map(rule).collect();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        tables(&[&[&*format!("allow = {GET}"), more], &rules[..]].concat())
    };
    let undecided = Coverage::Undecided(belljar_policy::Undecided::Work);
    let more = "deny = 'GET https://a.example/x'";
    assert_eq!(late("ask", 30, more).covers(&late("ask", 30, "deny = 'GET https://a.example/x/y'")), undecided);
}

/// What conditions tell apart, all of it: each value that some set of patterns is like, up to twice.
fn everything() -> Vec<(Url, Vec<(&'static str, &'static str)>)> {
    let times = |name: &'static str, values: &[&'static str]| {
        let mut all = vec![Vec::new()];
        all.extend(values.iter().map(|value| vec![(name, *value)]));
        all.extend(values.iter().flat_map(|one| values.iter().map(|other| vec![(name, *one), (name, *other)])));
        all
    };
    let mut requests = Vec::new();
    for path in ["", "a", "a/b"] {
        for first in times("a", &["", "a", "b", "ab", "ax", "xb", "x"]) {
            for second in times("b", &["", "a"]) {
                for third in [&[][..], &[("c", "a")]] {
                    for headers in [&[][..], &[("h", "")], &[("h", "a")], &[("h", "a"), ("h", "a")]] {
                        let mut url = Url::parse(&format!("https://a.example/{path}")).unwrap();
                        let pairs: Vec<_> = first.iter().chain(&second).chain(third).copied().collect();
                        if !pairs.is_empty() {
                            url.query_pairs_mut().extend_pairs(pairs);
                        }
                        requests.push((url, headers.to_vec()));
                    }
                }
            }
        }
    }
    requests
}

#[test]
fn tables_are_compared_as_all_requests_are() {
    let requests = everything();
    let mut state = 11u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % below as u64) as usize
    };
    // Half of them say much of one parameter, so that all ways for it to be there are told apart.
    let mut policy = |plain: bool| {
        let mut rules = Vec::new();
        for _ in 0..1 + next(4) {
            let effect = ["allow", "allow", "ask", "deny"][next(4)];
            let mut rule = format!(
                "{effect} = 'GET https://a.example/{}'\n",
                ["**", "**", "a", "a/*"][if plain { 0 } else { next(4) }]
            );
            let mut query = Vec::new();
            if next(8) < if plain { 7 } else { 4 } {
                query.push(format!(
                    "a = {}",
                    ["false", "'*'", "'a*'", "'a'", "''", "'*b'", "'b'"][next(if plain { 3 } else { 7 })]
                ));
            }
            if !plain && next(3) == 0 {
                query.push(format!("b = {}", ["false", "'*'", "'a'"][next(3)]));
            }
            if !plain && next(4) == 0 {
                query.push("'*' = false".to_owned());
            }
            if !query.is_empty() {
                rule.push_str(&format!("query = {{ {} }}\n", query.join(", ")));
            }
            if !plain && next(3) == 0 {
                rule.push_str(&format!("headers = {{ h = {} }}\n", ["false", "'*'", "'a'"][next(3)]));
            }
            if effect != "deny" && next(5) == 0 {
                rule.push_str(&format!("answer = {{ status = 20{} }}\n", next(2)));
            }
            rules.push(rule);
        }
        tables(&rules.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let gives = |own: &Decision, other: &Decision| {
        other.effect == Effect::Deny
            || own.effect <= other.effect && (own.answer.is_none() || own.answer == other.answer)
    };
    let (mut full, mut gaps) = (0, 0);
    for round in 0..200 {
        let plain = round % 2 == 0;
        let mut policies = vec![policy(plain), policy(plain)];
        if round % 4 == 0 {
            policies.push(policies[0].meet(&policies[1]).unwrap());
            policies.push(policy(plain));
        }
        let of = |policy: &Policy| -> Vec<Decision> {
            let decide = |(url, headers): &(Url, Vec<_>)| policy.decide(&Query::Http { method: "GET", url, headers });
            requests.iter().map(decide).collect()
        };
        let decisions: Vec<Vec<Decision>> = policies.iter().map(of).collect();
        for (wide, own) in policies.iter().zip(&decisions) {
            for (narrow, other) in policies.iter().zip(&decisions) {
                let shown = own.iter().zip(other).position(|(own, other)| !gives(own, other));
                match (wide.covers(narrow), shown) {
                    (Coverage::Full, None) => full += 1,
                    (Coverage::Gap(Gap::Request { request, own, other }), Some(_)) => {
                        assert!(matches!(*request, Example::Http { .. }) && !gives(&own, &other), "{request}");
                        assert_eq!(*own, request.query(|query| wide.decide(query)));
                        assert_eq!(*other, request.query(|query| narrow.decide(query)));
                        gaps += 1;
                    }
                    (answer, shown) => panic!(
                        "{answer:?} {:?}\n{}\n{}",
                        shown.map(|at| &requests[at]),
                        wide.to_toml(),
                        narrow.to_toml()
                    ),
                }
            }
        }
    }
    assert!(full > 300 && gaps > 300, "{full} {gaps}");
}

/// What is said of a request without its header fields holds whatever they are, and what is not said depends on them.
#[test]
fn what_is_said_without_header_fields_holds_for_all() {
    let bodies = ["", ", answer = { status = 200, body = 'a' }", ", answer = { status = 200, body = 'b' }"];
    let mut rules = vec![String::new()];
    for effect in ["allow", "ask", "deny"] {
        for headers in ["", ", headers = { x-a = '1' }", ", headers = { x-a = false, x-b = '*' }"] {
            for answer in bodies.iter().take(if effect == "deny" { 1 } else { 3 }) {
                rules.push(format!("{{ {effect} = 'GET https://a.example/'{headers}{answer} }}"));
            }
        }
    }
    let url = Url::parse("https://a.example/").unwrap();
    let fields: [&[(&str, &str)]; 6] = [
        &[],
        &[("x-a", "1")],
        &[("x-a", "2")],
        &[("x-b", "1")],
        &[("x-a", "1"), ("x-b", "1")],
        &[("x-a", "1"), ("x-a", "1")],
    ];
    let (mut said, mut open) = (0, 0);
    for (one, other) in rules.iter().flat_map(|one| rules.iter().map(move |other| (one, other))) {
        let both: Vec<&str> = [one.as_str(), other].into_iter().filter(|rule| !rule.is_empty()).collect();
        let policy = Policy::parse(&format!("version = 1\nhttp.rule = [{}]", both.join(", "))).unwrap();
        let decide = |headers| policy.decide(&Query::Http { method: "GET", url: &url, headers });
        match policy.decide_target("GET", &url) {
            Some(decision) => {
                said += 1;
                for headers in fields {
                    let other = decide(headers);
                    assert_eq!(
                        (decision.effect, &decision.answer),
                        (other.effect, &other.answer),
                        "{both:?} {headers:?}"
                    );
                }
            }
            // Two rules with one answer are taken for two.
            None => {
                open += 1;
                let all: Vec<_> = fields.iter().map(|headers| decide(headers)).collect();
                let alike = ["'a'", "'b'"].iter().any(|body| both.iter().all(|rule| rule.contains(body)));
                assert!(alike || all.iter().any(|other| *other != all[0]), "{both:?}");
            }
        }
    }
    assert!(said > 50 && open > 50, "{said} {open}");
}

/// The table of docs/policy.md, and when there is a note on it.
#[test]
fn a_refusal_is_about_the_path_as_it_is_written() {
    let of = |deny: &str, allow: &str| {
        Policy::parse(&format!("version = 1\n[http]\nallow = ['GET https://a.example{allow}']\n{deny}")).unwrap()
    };
    let deny = "deny = ['* https://a.example/priv/**']";
    let policy = of(deny, "/**");
    for (path, effect) in [
        ("/priv/x", Effect::Deny),
        ("/a/../priv/x", Effect::Deny),
        ("/a/%2e%2e/priv/x", Effect::Deny),
        ("/%70riv/x", Effect::Deny),
        ("/priv%2Fx", Effect::Deny),
        ("//priv/x", Effect::Allow),
        ("/priv;x/y", Effect::Allow),
        ("/priv%00/x", Effect::Allow),
        ("/PRIV/x", Effect::Allow),
    ] {
        let url = Url::parse(&format!("https://a.example{path}")).unwrap();
        let decision = policy.decide(&Query::Http { method: "GET", url: &url, headers: &[] });
        assert_eq!(decision.effect, effect, "{path}: {}", decision.rule);
    }
    for (deny, allow, notes) in [
        (deny, "/**", 1),
        ("ask = ['* https://a.example/priv/**']", "/**", 1),
        (deny, "/open/**", 0),
        ("deny = ['* https://a.example/**']", "/**", 0),
        ("deny = ['* https://b.example/priv/**']", "/**", 0),
        ("", "/**", 0),
    ] {
        assert_eq!(of(deny, allow).notes().len(), notes, "{deny} {allow}");
    }
}

/// What only Belljar says is in no answer of a policy, and in no rule.
#[test]
fn a_header_field_of_belljars_own_is_not_the_policys() {
    for name in ["belljar-edited", "Belljar_Edited", "belljar-x"] {
        for table in [
            format!(
                "allow = 'GET https://a.example/'\nanswer = {{ status = 200, body = '', headers = {{ {name} = 'url' }} }}"
            ),
            format!("allow = 'GET https://a.example/'\nheaders = {{ {name} = 'url' }}"),
            format!("allow = 'POST https://a.example/'\nidempotency-key = '{name}'"),
        ] {
            let error = Policy::parse(&format!("version = 1\n[[http.rule]]\n{table}\n")).unwrap_err();
            assert!(error.message.contains("only Belljar sets it"), "{table}: {}", error.message);
        }
    }
}
