//! A log to be verified. After a `~`, its entries are numbered and chained first; otherwise it is taken as it is.
//!
//! Who reads line by line is told the same as who reads the whole. What is accepted stays accepted with its own head and
//! count, is refused with any other, and is accepted no more when an entry is changed, left out or repeated.

use belljar_core::{Anchor, Broken, Summary, Verifier, verify, verify_against};

use super::chain::chained;
use super::recording::recorded;
use crate::Target;

pub(super) const TARGET: Target = Target { name: "log", check, words: WORDS, seeds, most: 8 << 10 };

pub(super) const WORDS: &[&str] = &[
    "\"kind\":\"start\"",
    "\"kind\":\"seed\"",
    "\"kind\":\"request\"",
    "\"kind\":\"question\"",
    "\"kind\":\"answer\"",
    "\"kind\":\"result\"",
    "\"kind\":\"wait\"",
    "\"kind\":\"console\"",
    "\"kind\":\"artifact\"",
    "\"kind\":\"end\"",
    "\"ticket\":1",
    "\"verdict\":\"ask\"",
    "\"scope\":\"rule\"",
    "\"answer\":\"said\"",
    "\"at\":\"2026-01-01T12:00:00Z\"",
    "\"sha256\":\"",
    "\"empty\":1",
    "\"result\":\"timed-out\"",
    "{}",
    "{\"a\":{}}",
    "9007199254740993",
    "\\u0000",
    "\n",
    "\n\n",
    "\u{feff}",
    "\u{10ffff}",
];

fn check(input: &[u8]) {
    match std::str::from_utf8(input).ok().and_then(|text| text.strip_prefix('~')) {
        Some(text) => holds(chained(text, |_| {}).as_bytes()),
        None => holds(input),
    }
}

/// What a verifier says that is given one line after the other.
fn by_lines(log: &[u8]) -> Result<Summary, Broken> {
    let mut verifier = Verifier::default();
    let mut lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').collect();
    let torn = lines.pop().unwrap_or_default();
    for line in lines {
        verifier.line(line)?;
    }
    verifier.finish(torn.len(), None)
}

fn holds(log: &[u8]) {
    let found = verify(log);
    assert_eq!(by_lines(log), found, "line by line it is another log");
    let Ok(Summary { entries, head, torn, .. }) = found else { return };
    let whole = &log[..log.len() - torn];
    let anchor = Anchor { head, entries: Some(entries) };
    assert_eq!(verify_against(log, &anchor).ok(), found.ok(), "with its own head it does not hold");
    assert!(verify_against(log, &Anchor { entries: Some(entries + 1), ..anchor }).is_err());
    assert!(verify_against(log, &Anchor { head: [0; 32], ..anchor }).is_err());
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len() as u64, entries);
    for at in [0, lines.len() / 2, lines.len() - 1] {
        let (before, after) = (lines[..at].concat(), lines[at + 1..].concat());
        let less = [before.clone(), after.clone()].concat();
        let twice = [before, lines[at].to_vec(), lines[at].to_vec(), after].concat();
        for other in [less, twice] {
            assert!(verify_against(other.as_slice(), &anchor).is_err(), "an entry is left out or repeated");
        }
        let start = lines[..at].concat().len();
        for place in [start, start + lines[at].len() / 2] {
            let mut other = whole.to_vec();
            other[place] ^= 1;
            assert!(verify_against(other.as_slice(), &anchor).is_err(), "byte {place} is changed");
        }
    }
}

/// The log of a run, as it is and to be chained.
fn seeds() -> Vec<Vec<u8>> {
    let log = recorded().map(|parts| parts.log).unwrap_or_default();
    vec![log.clone().into_bytes(), format!("~{log}").into_bytes()]
}
