//! A policy: `policy.toml`, or Wassette's `policy.yaml`, which begins with `%` here.
//!
//! What is read and written again is the same policy: it has the same digest, the same text, and decides alike.

use belljar_policy::{KvAction, Policy, Query};

use super::repository;
use crate::Target;

pub(super) const TARGET: Target = Target { name: "policy", check, words: WORDS, seeds, most: 4 << 10 };

const WORDS: &[&str] = &[
    "version = 1\n",
    "[kv]\n",
    "[files]\n",
    "[http]\n",
    "[tools]\n",
    "[limits]\n",
    "[clock]\n",
    "[random]\n",
    "[network]\n",
    "[spend]\n",
    "[[http.secret]]\n",
    "[[spend.price]]\n",
    "allow = [",
    "ask = [",
    "deny = [",
    "\"**\"",
    "\"read . as /data\"",
    "\"GET https://a.example/**\"",
    "fuel = ",
    "memory = \"64 MiB\"",
    "time = \"1s\"",
    "seed = 1",
    "frozen",
    "limit = \"1 EUR\"",
    "per-call = \"0.1 EUR\"",
    "per-unit = ",
    "header = \"authorization: Bearer {}\"",
    "origin = ",
    "name = ",
    "\\u{27}",
    "# ",
    "version: '1.0'\n",
    "permissions:\n",
    "  network:\n",
    "    allow:\n",
    "    - host: ",
    "  storage:\n",
    "    - uri: fs://",
    "      access: [read, write]\n",
    "  resources:\n",
    "&a ",
    "*a",
    "!!str ",
];

fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let read = match text.strip_prefix('%') {
        Some(yaml) => Policy::parse_wassette(yaml),
        None => Policy::parse(text),
    };
    let policy = match read {
        Ok(policy) => policy,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let written = policy.to_toml();
    match Policy::parse(&written) {
        Ok(again) => {
            assert_eq!(again.digest(), policy.digest(), "{written}");
            assert_eq!(again.to_toml(), written, "it has two forms");
            for key in ["", "a", "notes/a", "settings/b"] {
                let query = Query::Kv { action: KvAction::Get, key };
                assert_eq!(again.decide(&query).effect, policy.decide(&query).effect, "{key} in\n{written}");
            }
            let sorted = |policy: &Policy| {
                let mut lines = policy.describe();
                lines.sort();
                lines
            };
            assert_eq!(sorted(&again), sorted(&policy), "{written}");
            policy.findings();
        }
        Err(error) => panic!("what was written is not read: {error}\n{written}"),
    }
}

/// The policies of the cases.
fn seeds() -> Vec<Vec<u8>> {
    let yaml = repository("tests/cases/wassette", "policy.yaml", TARGET.most);
    let yaml = yaml.into_iter().map(|bytes| [b"%", bytes.as_slice()].concat());
    repository("tests/cases", "policy.toml", TARGET.most).into_iter().chain(yaml).collect()
}
