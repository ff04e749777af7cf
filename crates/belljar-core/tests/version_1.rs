//! Logs of version 1 are verified and read still; recordings of version 1 say what they are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use belljar_core::entry::Entry;
use belljar_core::{Recording, RecordingError, SignedHead, verify, verify_against};
use serde_json::Value;

const LOG: &str = include_str!("../../../tests/logs/version-1/log.jsonl");
const SIGNATURE: &str = include_str!("../../../tests/logs/version-1/log.jsonl.sig");
const ENDED: &[u8] = include_bytes!("../../../tests/logs/version-1/ended.tar");
const SUSPENDED: &[u8] = include_bytes!("../../../tests/logs/version-1/suspended.tar");

/// The entry of version 1 with this number.
fn entry(n: usize) -> Entry<'static> {
    let value: Value = serde_json::from_str(LOG.lines().nth(n).unwrap()).unwrap();
    Entry::read(&value).unwrap()
}

#[test]
fn a_log_of_version_1_holds_and_every_change_of_it_is_noticed() {
    let signed = SignedHead::parse(SIGNATURE).unwrap();
    let summary = verify_against(LOG.as_bytes(), &signed.anchor()).unwrap();
    assert!(summary.ended && summary.entries == 20);
    for (at, line) in LOG.lines().enumerate() {
        let changed = LOG.replacen(line, &line.replacen("\"kind\":\"", "\"kind\":\"x", 1), 1);
        let broken = verify_against(changed.as_bytes(), &signed.anchor()).unwrap_err();
        assert!(broken.entry.abs_diff(at as u64) <= 1, "{at}: {broken}");
    }
    let later = LOG.replacen("\"version\":1}", "\"version\":3}", 1);
    let broken = verify(later.as_bytes()).unwrap_err();
    assert_eq!((broken.entry, broken.reason.as_str()), (0, "its version is 3; this Belljar knows versions 1 to 2"));
}

#[test]
fn its_entries_are_read_by_the_names_that_members_had() {
    let hash = |entry: &Entry<'_>| matches!(entry, Entry::Start { policy, tool_hash, .. } if policy != tool_hash);
    assert!(hash(&entry(0)));
    assert!(matches!(entry(0), Entry::Start { limits, version: 1, .. } if limits.time_ms == 10_000));
    let Entry::Answer { answer, scope, who, why: None, expires: None, .. } = entry(5) else { panic!("no answer") };
    assert_eq!((&*answer, scope.as_deref()), ("yes", Some("rule")));
    assert_eq!(who.as_deref(), Some("the person at the command line"));
    assert!(matches!(entry(18), Entry::Artifact { media_type, .. } if media_type == "text/plain"));
    assert!(matches!(entry(19), Entry::End { usage, .. } if usage.console == 54));
    for n in 0..20 {
        entry(n);
    }
}

#[test]
fn a_recording_of_version_1_is_refused_and_its_log_can_be_verified() {
    for bytes in [ENDED, SUSPENDED] {
        let error = Recording::parse(bytes).unwrap_err();
        assert_eq!(error, RecordingError::Earlier(1));
        let said = error.to_string();
        assert!(said.contains("an earlier Belljar") && said.contains("belljar log verify log.jsonl"), "{said}");
    }
}
