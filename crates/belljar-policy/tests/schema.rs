//! The published JSON Schema and the parser say the same about a policy's shape.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::time::Duration;

use belljar_policy::{
    Assurance, Clock, Effect, FileAction, GuestPath, KvAction, Policy, Query, SCHEMA, Supported, Url,
};

#[test]
fn the_schema_and_the_parser_agree() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for (text, good) in [
        ("version = 1", true),
        ("version = 2", false),
        ("", false),
        ("version = 1\n[kv]\nallow = [\"read notes/**\", \"notes/today\"]\nask = [\"**\"]\ndeny = [\"write x\"]", true),
        ("version = 1\n[kv]\nallow = \"notes/**\"", false),
        ("version = 1\n[kv]\nallows = []", false),
        ("version = 1\n[kw]\nallow = []", false),
        ("version = 1\n[files]\nallow = [\"read ./data as /data\"]", true),
        ("version = 1\n[http]\nallow = [\"GET https://api.github.com/repos/**\"]", true),
        (
            "version = 1\n[[secret]]\nname = \"t\"\nin = \"header authorization: Bearer {}\"\nfor = \"https://e.org\"",
            true,
        ),
        ("version = 1\n[[secret]]\nname = \"t\"\nin = \"query k\"", false),
        ("version = 1\n[[secret]]\nname = \"t\"\nin = \"query k\"\nfor = \"https://e.org\"\nvalue = \"x\"", false),
        ("version = 1\n[[http.secret]]\nname = \"t\"\nin = \"query k\"\nfor = \"https://e.org\"", false),
        (
            "version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nquery = { a = '*', b = false, '*' = false }",
            true,
        ),
        (
            "version = 1\n[[http.rule]]\nask = 'GET https://e.org/**'\nheaders = { x-a = 'a*' }\nreason = 'a'\ninstead = 'b'",
            true,
        ),
        (
            "version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\n\
             answer = { status = 200, headers = { a = 'b' }, body = 'c' }",
            true,
        ),
        ("version = 1\n[[http.rule]]\nask = 'GET https://e.org/**'\nleast = 'inbox'", true),
        ("version = 1\n[[http.rule]]\nask = 'GET https://e.org/**'\nleast = 'passkey'", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nleast = 'inbox'", false),
        ("version = 1\n[ask]\nleast = 'command'\nfour-eyes = true\nexpires = '1 h'", true),
        ("version = 1\n[ask]\nleast = 'terminal'", false),
        ("version = 1\n[ask]\nfour-eyes = 'yes'", false),
        ("version = 1\n[http]\nrule = []", true),
        ("version = 1\n[http]\nrule = {}", false),
        ("version = 1\n[[kv.rule]]\nallow = 'a'", false),
        ("version = 1\n[[http.rule]]\nquery = { a = '*' }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\ndeny = 'GET https://e.org/**'", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nquery = {}", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nquery = { a = true }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nquery = { a = 1 }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nquery = { '*' = 'a' }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nquery = { 'a*' = 'a' }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nheaders = { '*' = false }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nheaders = { 'a b' = false }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nreason = 'a'", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\ninstead = 'a'", false),
        ("version = 1\n[[http.rule]]\ndeny = 'GET https://e.org/**'\nreason = ''", false),
        ("version = 1\n[[http.rule]]\ndeny = 'GET https://e.org/**'\nreason = \"a\\nb\"", false),
        ("version = 1\n[[http.rule]]\ndeny = 'GET https://e.org/**'\nanswer = { status = 200 }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nanswer = { status = 199 }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nanswer = { body = 'a' }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nanswer = { status = 200, headers = {} }", false),
        ("version = 1\n[[http.rule]]\nallow = 'GET https://e.org/**'\nanswer = { status = 200, a = 1 }", false),
        ("version = 1\n[tools]\nallow = [\"word-count\"]", true),
        ("version = 1\n[clock]\nprecision = \"1 ms\"", true),
        ("version = 1\n[clock]\nfrozen = \"2026-01-01T00:00:00Z\"", true),
        ("version = 1\n[clock]\nfrozen = \"2026-01-01T00:00:00Z\"\nprecision = \"1 ms\"", false),
        ("version = 1\n[random]\nseed = 7", true),
        ("version = 1\n[random]\nseed = \"7\"", false),
        ("version = 1\n[random]\nseed = -7", false),
        ("version = 1\n[limits]\nfuel = \"2 G\"\nmemory = \"64 MiB\"\ntime = \"10 s\"\noutput = \"1 MiB\"", true),
        ("version = 1\n[limits]\nlog = \"256 KiB\"\nartifacts = 1000\ncalls = 1000", true),
        ("version = 1\n[limits]\nhttp-requests = 50", true),
        ("version = 1\n[limits]\nhttp-bytes = \"1.5 MiB\"", true),
        ("version = 1\n[limits]\nkv-bytes = \"1 GiB\"\nkv-keys = \"1 M\"\nfiles-bytes = 0", true),
        ("version = 1\n[limits]\nkv-keys = \"1 MiB\"", false),
        ("version = 1\n[limits]\ntime = \"2 min\"", true),
        ("version = 1\n[limits]\nmemory = \"64 megabytes\"", false),
        ("version = 1\n[limits]\ntime = 10", false),
        ("version = 1\n[limits]\nheat = 10", false),
        ("version = 1\n[limits]\ncalls = -1", false),
        ("version = 1\n[spend]\nlimit = \"0.25 USD\"", true),
        ("version = 1\n[spend]\nper-day = \"0.25 USD\"\naccount = \"a.b-c_7\"", true),
        ("version = 1\n[spend]\nlimit = \"0.25 USD\"\naccount = \"a\"", false),
        ("version = 1\n[spend]\nper-day = \"0.25 USD\"\naccount = \"a b\"", false),
        ("version = 1\n[spend]\naccount = \"a\"", false),
        ("version = 1\n[[spend.price]]\nmatch = \"POST https://e.org/**\"\nper-call = \"0.002 USD\"", false),
        (
            "version = 1\n[spend]\nlimit = \"1 USD\"\n[[spend.price]]\nmatch = \"POST https://e.org/**\"\nper-unit = { at = \"/n\", price = \"0.002 USD\", most = 7 }",
            true,
        ),
        (
            "version = 1\n[spend]\nlimit = \"1 USD\"\n[[spend.price]]\nmatch = \"POST https://e.org/**\"\nper-unit = { at = \"/n\", price = \"0.002 USD\" }",
            false,
        ),
        (
            "version = 1\n[spend]\nlimit = \"1 USD\"\n[[spend.price]]\nmatch = \"POST https://e.org/**\"\nper-byte = { price = \"0.09 USD\", each = \"1 GB\", most = \"64 KiB\" }",
            true,
        ),
        (
            "version = 1\n[spend]\nlimit = \"1 USD\"\n[[spend.price]]\nmatch = \"POST https://e.org/**\"\nper-byte = { price = \"0.09 USD\", each = 0 }",
            false,
        ),
        (
            "version = 1\n[spend]\nlimit = \"1 USD\"\n[[spend.price]]\nmatch = \"POST https://e.org/**\"\nper-byte = { most = 7 }",
            false,
        ),
        (
            "version = 1\n[spend]\nlimit = \"1 USD\"\n[[spend.price]]\nmatch = \"POST https://e.org/**\"\nper-byte = \"0.09 USD\"",
            false,
        ),
    ] {
        let parsed = Policy::parse(text);
        assert_eq!(parsed.is_ok(), good, "the parser on {text:?}: {parsed:?}");
        let value: toml::Table = text.parse().unwrap();
        let value = serde_json::to_value(value).unwrap();
        assert_eq!(schema.is_valid(&value), good, "the schema on {text:?}");
    }
}

/// What becomes of a key of a policy.
enum Kept {
    /// It is read, and this shows what by.
    By(fn(&Policy) -> bool),
    /// It is read, and a host that does not do it runs nothing.
    BySome,
    /// It is read, and a host that performs no requests runs nothing.
    ByHost,
}

fn key(policy: &Policy) -> Effect {
    policy.decide(&Query::Kv { action: KvAction::Get, key: "a" }).effect
}

fn file(policy: &Policy) -> Effect {
    let path = GuestPath::parse("/d/a").unwrap();
    policy.decide(&Query::Files { action: FileAction::Read, path: &path }).effect
}

fn http(policy: &Policy) -> Effect {
    let url = Url::parse("https://a.example/").unwrap();
    policy.decide(&Query::Http { method: "GET", url: &url, headers: &[] }).effect
}

fn tool(policy: &Policy) -> Effect {
    policy.decide(&Query::Tool { name: "a" }).effect
}

/// Each key of the schema is kept or refused, and so is each key beyond it that the parser knows. A new one has to be
/// added here. That hosts count what a policy sets is for the tests of runs.
#[test]
fn nothing_in_a_policy_is_accepted_and_ignored() {
    use Kept::{By, ByHost, BySome};
    let keys: &[(&str, &str, Kept)] = &[
        ("version", "", By(|_| Policy::parse("version = 2").is_err())),
        ("kv.allow", "[kv]\nallow = ['a']", By(|policy| key(policy) == Effect::Allow)),
        ("kv.ask", "[kv]\nask = ['a']", By(|policy| key(policy) == Effect::Ask)),
        ("kv.deny", "[kv]\nallow = ['**']\ndeny = ['a']", By(|policy| key(policy) == Effect::Deny)),
        ("files.allow", "[files]\nallow = ['read ./d as /d']", By(|policy| file(policy) == Effect::Allow)),
        ("files.ask", "[files]\nask = ['read ./d as /d']", By(|policy| file(policy) == Effect::Ask)),
        ("files.deny", "[files]\nallow = ['./d as /d']\ndeny = ['/d/a']", By(|policy| file(policy) == Effect::Deny)),
        ("http.allow", "[http]\nallow = ['GET https://a.example/**']", BySome),
        ("http.ask", "[http]\nask = ['GET https://a.example/**']", BySome),
        ("http.rule", "[[http.rule]]\nallow = 'GET https://a.example/**'\nquery = { a = '*' }", BySome),
        ("http.deny", "[http]\ndeny = ['GET https://a.example/**']", By(|policy| http(policy) == Effect::Deny)),
        ("network.deny", "[network]\ndeny = ['a.example']", By(|policy| http(policy) == Effect::Deny)),
        ("tools.allow", "[tools]\nallow = ['a']", BySome),
        ("tools.ask", "[tools]\nask = ['a']", BySome),
        ("tools.deny", "[tools]\ndeny = ['a']", By(|policy| tool(policy) == Effect::Deny)),
        (
            "clock.precision",
            "[clock]\nprecision = '7 s'",
            By(|policy| policy.clock == Clock::Real { precision: Duration::from_secs(7) }),
        ),
        (
            "clock.frozen",
            "[clock]\nfrozen = '1970-01-01T00:00:07Z'",
            By(|policy| policy.clock == Clock::Frozen { moment_ns: 7_000_000_000 }),
        ),
        ("random.seed", "[random]\nseed = 7", By(|policy| policy.random_seed == Some(7))),
        ("ask.expires", "[ask]\nexpires = '7 s'", By(|policy| policy.question_time == Some(Duration::from_secs(7)))),
        ("ask.least", "[ask]\nleast = 'inbox'", By(|policy| policy.least == Assurance::Inbox)),
        ("ask.four-eyes", "[ask]\nfour-eyes = true", By(|policy| policy.four_eyes)),
        ("limits.fuel", "[limits]\nfuel = 7", By(|policy| policy.limits.fuel == 7)),
        ("limits.memory", "[limits]\nmemory = 7", By(|policy| policy.limits.memory == 7)),
        ("limits.time", "[limits]\ntime = '7 s'", By(|policy| policy.limits.time == Duration::from_secs(7))),
        ("limits.output", "[limits]\noutput = 7", By(|policy| policy.limits.output == 7)),
        ("limits.log", "[limits]\nlog = 7", By(|policy| policy.limits.log == 7)),
        ("limits.artifacts", "[limits]\nartifacts = 7", By(|policy| policy.limits.artifacts == 7)),
        ("limits.calls", "[limits]\ncalls = 7", By(|policy| policy.limits.calls == 7)),
        ("limits.http-requests", "[limits]\nhttp-requests = 7", ByHost),
        ("limits.http-bytes", "[limits]\nhttp-bytes = 7", ByHost),
        ("limits.kv-bytes", "[limits]\nkv-bytes = 7", By(|policy| policy.limits.kv_bytes == 7)),
        ("limits.kv-keys", "[limits]\nkv-keys = 7", By(|policy| policy.limits.kv_keys == 7)),
        ("limits.files-bytes", "[limits]\nfiles-bytes = 7", By(|policy| policy.limits.files_bytes == 7)),
        ("secret", "[[secret]]\nname = 't'\nin = 'header a: {}'\nfor = 'https://a.example'", ByHost),
        ("spend.limit", "[spend]\nlimit = '1 USD'", ByHost),
        ("spend.per-day", "[spend]\nper-day = '1 USD'", ByHost),
        ("spend.account", "[spend]\nper-day = '1 USD'\naccount = 'a'", ByHost),
        (
            "spend.price",
            "[spend]\nlimit = '1 USD'\n[[spend.price]]\nmatch = 'GET https://a.example/**'\nper-call = '1 USD'",
            ByHost,
        ),
    ];
    let everything = Supported { http: true, answers: true, secrets: true, spend: true, tools: true };
    for (name, text, kept) in keys {
        let read = Policy::parse(&format!("version = 1\n{text}\n"));
        match (kept, read) {
            (By(shows), Ok(policy)) => {
                assert!(shows(&policy), "{name}");
                assert!(policy.unsupported(&Supported::default()).is_empty(), "{name}");
            }
            (BySome, Ok(policy)) => {
                let findings = policy.unsupported(&Supported::default());
                assert_eq!(findings.len(), 1, "{name}");
                let (section, effect) = name.split_once('.').unwrap();
                let effect = if effect == "rule" { "allow" } else { effect };
                assert!(findings[0].to_string().contains(&format!("[{section}] {effect} \"")), "{}", findings[0]);
                assert!(findings[0].to_string().contains("remove the rule"), "{}", findings[0]);
                assert!(policy.unsupported(&everything).is_empty(), "{name}");
            }
            (ByHost, Ok(policy)) => {
                let findings = policy.unsupported(&Supported::default());
                assert!(findings.len() == 1 && findings[0].to_string().contains("remove it"), "{name}: {findings:?}");
                assert!(policy.unsupported(&everything).is_empty(), "{name}");
            }
            (_, read) => panic!("{name}: {read:?}"),
        }
    }
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let mut there = BTreeSet::new();
    for (section, value) in schema["properties"].as_object().unwrap() {
        match value["properties"].as_object() {
            Some(inner) => there.extend(inner.keys().map(|key| format!("{section}.{key}"))),
            None => drop(there.insert(section.clone())),
        }
    }
    let listed: BTreeSet<String> = keys.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(listed, there);
}

/// The same for each key of a table.
#[test]
fn nothing_in_a_table_is_accepted_and_ignored() {
    let decide = |lines: &str, path: &str, headers: &[(&str, &str)]| {
        let policy = Policy::parse(&format!("version = 1\n[[http.rule]]\n{lines}\n")).unwrap();
        let url = Url::parse(&format!("https://a.example/{path}")).unwrap();
        policy.decide(&Query::Http { method: "GET", url: &url, headers })
    };
    let rule = "'GET https://a.example/**'";
    let key = decide(&format!("allow = {rule}\nidempotency-key = 'K'"), "", &[]);
    let shown: [(&str, bool); 10] = [
        ("least", decide(&format!("ask = {rule}\nleast = 'inbox'"), "", &[]).least == Assurance::Inbox),
        ("idempotency-key", key.idempotency_keys == [std::sync::Arc::from("k")]),
        ("allow", decide(&format!("allow = {rule}"), "", &[]).effect == Effect::Allow),
        ("ask", decide(&format!("ask = {rule}"), "", &[]).effect == Effect::Ask),
        ("deny", decide(&format!("deny = {rule}"), "", &[]).rule.starts_with("[http] deny ")),
        ("query", decide(&format!("allow = {rule}\nquery = {{ a = false }}"), "?a", &[]).effect == Effect::Deny),
        (
            "headers",
            decide(&format!("allow = {rule}\nheaders = {{ a = false }}"), "", &[("a", "")]).effect == Effect::Deny,
        ),
        ("reason", decide(&format!("deny = {rule}\nreason = 'r'"), "", &[]).reason.as_deref() == Some("r")),
        ("instead", decide(&format!("deny = {rule}\ninstead = 'i'"), "", &[]).instead.as_deref() == Some("i")),
        ("answer", decide(&format!("allow = {rule}\nanswer = {{ status = 204 }}"), "", &[]).answer.is_some()),
    ];
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let keys = schema["properties"]["http"]["properties"]["rule"]["items"]["properties"].as_object().unwrap();
    assert_eq!(keys.keys().map(String::as_str).collect::<BTreeSet<_>>(), shown.iter().map(|(key, _)| *key).collect());
    for (key, kept) in shown {
        assert!(kept, "{key}");
    }
}

/// What a program sets beside a file is refused in the same words.
#[test]
fn what_a_program_sets_is_refused_too() {
    let mut policy = Policy::deny_all();
    policy.limits.http_requests = 7;
    policy.limits.http_bytes = 7;
    policy.limits.spend = Some((1, "USD".to_owned()));
    policy.secrets.push(belljar_policy::Secret::new("t", "https://a.example", "query k").unwrap());
    let found: Vec<String> =
        policy.unsupported(&Supported::default()).into_iter().map(|finding| finding.rule).collect();
    assert_eq!(found, ["[[secret]]", "[limits] http-requests", "[limits] http-bytes", "[spend]"]);
    let http = policy.unsupported(&Supported { http: true, ..Supported::default() });
    assert_eq!(http.len(), 2);
}
