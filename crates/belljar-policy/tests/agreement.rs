//! Every build decides alike, and reads URLs alike: what is printed here is compared by `tests/agreement/agreement.mjs`, which
//! runs this program natively and on wasm32.
//!
//! `BELLJAR_PAIRS=1000000` decides so many pairs of a policy and a request instead of 20,000, or `BELLJAR_PAIRS=FROM..TO` those with
//! these numbers; `BELLJAR_SEED=N` makes others. `BELLJAR_URLS=FILE` is the WHATWG's `urltestdata.json`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

#[allow(dead_code, reason = "settings are compared elsewhere")]
mod generated;

use belljar_policy::{Effect, Policy, Query, Url};
use generated::{Choices, policy, request, rule, with_tables};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Requests that are judged under one policy.
const REQUESTS: u64 = 8;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Which pairs are judged.
fn pairs() -> std::ops::Range<u64> {
    let said = std::env::var("BELLJAR_PAIRS").unwrap_or_default();
    match said.split_once("..") {
        Some((from, to)) => from.parse().unwrap()..to.parse().unwrap(),
        None => 0..number("BELLJAR_PAIRS", 20_000),
    }
}

/// Numbers that follow from a seed (SplitMix64), the same on every machine.
fn numbers(mut seed: u64, count: usize) -> Vec<u8> {
    let mut next = || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (0..count.div_ceil(8)).flat_map(|_| next().to_le_bytes()).take(count).collect()
}

/// The policy of the pairs with these numbers; some are the meet of two.
fn policy_of(seed: u64, at: u64) -> Policy {
    let numbers = numbers(seed ^ (at + 1).wrapping_mul(0x2545_f491_4f6c_dd1d), 500);
    let mut choices = Choices::new(&numbers);
    let mut one = policy(&mut choices);
    // So that many requests meet a rule that allows or asks.
    for _ in 0..choices.of(&[0, 8, 16, 24]) {
        let (effect, rule) = rule(&mut choices);
        let _ = one.add(effect, &rule);
    }
    match choices.of(&[0, 0, 0, 1, 2]) {
        0 => one,
        1 => with_tables(&one, &mut choices).unwrap_or(one),
        _ => one.meet(&policy(&mut choices)).unwrap_or(one),
    }
}

/// What a decision comes to, in one line for each thing that is said of it.
fn told(policy: &Policy, query: &Query<'_>) -> (Effect, String) {
    let decision = policy.decide(query);
    let answer = decision.answer.as_ref().map(|answer| format!("{answer:?}"));
    let mut text = format!(
        "{} {}\n{}\n{:?}\n{:?}\n{answer:?}\n",
        decision.effect.name(),
        decision.least.name(),
        decision.rule,
        decision.reason,
        decision.instead
    );
    match query {
        Query::Http { method, url, .. } => {
            let target = policy.decide_target(method, url).map(|decision| (decision.effect, decision.rule));
            text.push_str(&format!("{target:?}\n"));
        }
        Query::Files { path, .. } => text.push_str(&format!("{:?}\n", policy.resolve(path))),
        _ => {}
    }
    text.push_str(&format!("{:?}\n", policy.suggest(query)));
    (decision.effect, text)
}

/// One digest over all decisions.
#[test]
fn decisions() {
    let (pairs, seed) = (pairs(), number("BELLJAR_SEED", 1));
    let (mut digest, mut effects, mut under) = (Sha256::new(), [0u64; 3], None);
    for pair in pairs.clone() {
        let at = pair / REQUESTS;
        let policy = match &mut under {
            Some((known, policy)) if *known == at => policy,
            under => &mut under.insert((at, policy_of(seed, at))).1,
        };
        let numbers = numbers(seed.wrapping_add(pair.wrapping_mul(0x5851_f42d_4c95_7f2d)), 40);
        let request = request(&mut Choices::new(&numbers));
        let (effect, text) = request.query(|query| told(policy, query));
        effects[effect as usize] += 1;
        let line = format!("{pair} {request}\n{text}");
        if pairs.end - pairs.start == 1 {
            println!("{}\n{line}", policy.describe().join("\n"));
        }
        digest.update(line);
    }
    let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("decisions {}..{} {hex}", pairs.start, pairs.end);
    // All there is comes about.
    let count = pairs.end - pairs.start;
    assert!(count < 10_000 || effects.iter().all(|effect| *effect > count / 50), "{effects:?}");
}

/// How an input is read: the URL that is judged and asked for, or that there is none; and what rules for the web say of it.
fn read(input: &str, base: Option<&str>) -> Option<Url> {
    let mut url = match base {
        Some(base) => Url::parse(base).ok()?.join(input).ok()?,
        None => Url::parse(input).ok()?,
    };
    url.set_fragment(None);
    Some(url)
}

/// The URLs of the standard's own tests; those of schemes that are never asked for are left out.
#[test]
fn urls() {
    let Ok(file) = std::env::var("BELLJAR_URLS") else { return };
    let tests: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let policy =
        Policy::parse("version = 1\n[http]\nallow = ['* https://*.example.org/**', 'GET http://example.org/foo/**']")
            .unwrap();
    let mut differ = Vec::new();
    for (at, test) in tests.iter().enumerate().filter(|(_, test)| test.is_object()) {
        let (input, base) = (test["input"].as_str().unwrap(), test["base"].as_str());
        let url = read(input, base);
        let decision = url.as_ref().map(|url| policy.decide(&Query::Http { method: "GET", url, headers: &[] }));
        let said = decision.map_or("none", |decision| decision.effect.name());
        let web = |text: &str| text.starts_with("http://") || text.starts_with("https://");
        let read = url.as_ref().map_or("-", Url::as_str);
        if url.is_none() || web(read) {
            println!("url {at} {read} {said}");
        }
        // What the standard says, without the fragment.
        let expected = test["href"].as_str().map(|href| href.split('#').next().unwrap_or_default());
        let expected = if test["failure"] == true { None } else { expected };
        let differs = (web(read) || expected.is_some_and(web)) && expected != url.as_ref().map(Url::as_str);
        // Hosts outside ASCII are refused, and what stands for such a host in ASCII is not looked into.
        let beyond_ascii = url.is_none() && (!input.is_ascii() || input.contains('%'));
        let stands_for_one = expected.is_none() && read.contains("xn--");
        if differs && !beyond_ascii && !stands_for_one {
            differ.push((at, input.to_owned(), read.to_owned()));
        }
    }
    assert!(differ.is_empty(), "{differ:?}");
}
