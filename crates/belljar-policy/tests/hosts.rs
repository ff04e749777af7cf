//! The table of `docs/policy.md` about hosts in rules is the test; and patterns that are made to take long.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::time::{Duration, Instant};

use belljar_policy::{Effect, KvAction, Policy, Query, Url};

const PAGE: &str = include_str!("../../../docs/policy.md");

/// What stands between backticks in a cell.
fn code(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_default()
}

fn is_met(policy: &Policy, request: &str) -> bool {
    let Ok(url) = Url::parse(request) else { return false };
    policy.decide(&Query::Http { method: "GET", url: &url, headers: &[] }).effect == Effect::Allow
}

#[test]
fn a_host_is_met_as_the_documentation_says() {
    let (_, section) = PAGE.split_once("### Hosts in rules").unwrap();
    let (section, _) = section.split_once("\n`belljar policy check`").unwrap();
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 40, "{} rows", rows.len());
    let mut differ = Vec::new();
    for row in rows {
        let [rule, request, met] = row[..] else { panic!("{row:?}") };
        let policy = Policy::parse(&format!("version = 1\n[http]\nallow = [\"{}\"]", code(rule)));
        let found = match policy {
            Err(_) => "an error",
            Ok(policy) if is_met(&policy, code(request)) => "yes",
            Ok(_) => "no",
        };
        if found != met {
            differ.push(format!("{rule} {request}: {found}, not {met}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn patterns_with_many_stars_take_no_time() {
    let name = "a".repeat(500);
    for rule in ["**/a".repeat(200), "*a".repeat(250), "**/*a*".repeat(80), format!("{}/b", ["**"; 150].join("/"))] {
        let parsed = Policy::parse(&format!("version = 1\n[kv]\nallow = [\"read {rule}\"]"));
        // What no rule may be is refused, which takes no time either.
        let Ok(policy) = parsed else { continue };
        for key in [name.as_str(), &"a/".repeat(250), &"a".repeat(499).replace("aa", "a/")] {
            let begun = Instant::now();
            let decision = policy.decide(&Query::Kv { action: KvAction::Get, key });
            assert!(begun.elapsed() < Duration::from_millis(500), "{rule} {key}: {decision:?}");
        }
    }
}
