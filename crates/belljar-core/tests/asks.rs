//! What a recording asks for, and who gives it: a file is not a grant.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod hand;

use belljar_core::{Asks, Grant, NotGranted, Recording, hex, parse_hex};
use belljar_policy::Policy;
use hand::{From, Step, Suspend, World, drive, finish, get, list, set};
use sha2::{Digest, Sha256};

const POLICY: &str = "[kv]\nallow = ['read **']\nask = ['write **']\n[limits]\nfuel = '2 M'\n";

/// A recording in which a person allowed the rule that asks: for the whole run, or until a moment.
fn recorded(until: bool) -> Recording {
    let chance = vec![0, 0, 0, 2, u8::from(until), 0, 0];
    let steps = [&[set("a", "1")][..], &finish(), &[get("a")], &finish()].concat();
    let ended = drive(&mut World::new(POLICY, chance), &steps, &From::Nothing, Suspend::Never);
    Recording::parse(&ended.recording.unwrap()).unwrap()
}

fn policy(text: &str) -> Policy {
    Policy::parse(&format!("version = 1\n{text}")).unwrap()
}

#[test]
fn what_was_approved_is_asked_for_with_the_time_until_which_it_holds() {
    let (whole, limited) = (Asks::of(&recorded(false)).unwrap(), Asks::of(&recorded(true)).unwrap());
    assert_eq!(whole.tool(), "script");
    let last = |asks: &Asks| asks.sentences().pop().unwrap();
    assert!(last(&whole).starts_with("allowed for this run, by an earlier answer: [kv] ask"), "{}", last(&whole));
    assert!(last(&limited).starts_with("allowed until 2026-01-01T"), "{}", last(&limited));
    assert_ne!(whole.digest(), limited.digest());

    // As `docs/log.md` has it.
    for asks in [&whole, &limited] {
        let mut text = format!("belljar asks, version 2\n{}\n{}\n", asks.tool_hash(), hex(&asks.policy().digest()));
        for (rule, expires) in asks.approved() {
            text.push_str(&hex(&Sha256::digest(rule.as_bytes())));
            if let Some(expires) = expires {
                text.push_str(&format!(" {}", belljar_core::format_moment(*expires)));
            }
            text.push('\n');
        }
        assert_eq!(asks.digest()[..], Sha256::digest(text.as_bytes())[..]);
    }
}

#[test]
fn each_way_of_granting_gives_what_it_says_and_no_more() {
    let asks = || Asks::of(&recorded(false)).unwrap();
    let same = policy(POLICY);
    assert!(asks().granted(Grant::AsRecorded).is_ok());
    assert!(asks().granted(Grant::Seen(asks().digest())).is_ok());
    assert_eq!(asks().granted(Grant::Seen([0; 32])).unwrap_err(), NotGranted::Other(asks().digest()));
    // The policy says nothing of what a person approved.
    let refused = asks().granted(Grant::Policy(&same)).unwrap_err();
    assert!(matches!(&refused, NotGranted::Approved(rules) if rules.len() == 1), "{refused}");
    assert!(refused.to_string().contains("[kv] ask"), "{refused}");
    // Another policy: what is missing, and what is beyond.
    let refused = asks().granted(Grant::Policy(&policy("[kv]\nallow = ['write **']\n"))).unwrap_err();
    let NotGranted::Policy { missing, beyond } = &refused else { panic!("{refused}") };
    assert!(!missing.is_empty() && !beyond.is_empty(), "{refused}");
    // The same sentences, another seed.
    let refused = asks().granted(Grant::Policy(&policy(&format!("{POLICY}[random]\nseed = 7\n")))).unwrap_err();
    assert!(matches!(refused, NotGranted::Policy { .. }), "{refused}");

    // For a replay, limits are enough.
    assert!(asks().granted(Grant::Limits(&same.limits)).is_ok());
    let less = policy("[limits]\nfuel = '1 M'\ncalls = 3\n").limits;
    let refused = asks().granted(Grant::Limits(&less)).unwrap_err();
    assert!(refused.to_string().contains("fuel 2000000 instead of 1000000"), "{refused}");
    assert!(refused.to_string().contains("requests"), "{refused}");
}

#[test]
fn what_nobody_approved_needs_the_policy_alone() {
    let steps = [&[list("")][..], &finish(), &[Step::Look(4)]].concat();
    let ended = drive(&mut World::new(POLICY, Vec::new()), &steps, &From::Nothing, Suspend::Never);
    let recording = Recording::parse(&ended.recording.unwrap()).unwrap();
    let asks = Asks::of(&recording).unwrap();
    assert!(asks.approved().is_empty());
    assert_eq!(parse_hex::<32>(asks.tool_hash()), Some([7; 32]));
    assert!(asks.granted(Grant::Policy(&policy(POLICY))).is_ok());
}
