//! Two hosts on one case: whatever does not depend on the moment or on chance must be the same.

use crate::host::Observed;
use crate::short_log;

/// What differs, each in a sentence.
pub fn differences(one: (&str, &Observed), other: (&str, &Observed)) -> Vec<String> {
    let ((a_name, a), (b_name, b)) = (one, other);
    let mut found = Vec::new();
    let mut compare = |what: &str, a: &dyn std::fmt::Debug, b: &dyn std::fmt::Debug| {
        let (a, b) = (format!("{a:?}"), format!("{b:?}"));
        if a != b {
            found.push(format!("{what} differs: {a} on {a_name}, {b} on {b_name}"));
        }
    };
    compare("the exit code", &a.exit, &b.exit);
    // What ran out of time stopped at some moment or other.
    let timed = matches!(a.exit, 124 | 130);
    if !timed {
        compare("the output", &a.output, &b.output);
        compare("the fuel", &a.fuel, &b.fuel);
        compare("the artifacts", &a.artifacts, &b.artifacts);
    }
    compare("the message", &a.message, &b.message);
    compare("the code", &a.code, &b.code);
    compare("the stack", &a.stack, &b.stack);
    let log = |seen: &Observed| seen.log.iter().filter_map(|line| short_log::short(line)).collect::<Vec<_>>();
    if !timed {
        compare("the log", &log(a), &log(b));
    }
    found
}

/// The policy with what a run would otherwise take from chance and from the moment: a seed and a clock.
pub fn fixed(policy: &str) -> String {
    let Ok(table) = toml::from_str::<toml::Table>(policy) else { return policy.to_owned() };
    let mut fixed = policy.to_owned();
    for (name, text) in [("random", "seed = 1"), ("clock", "frozen = \"2026-01-02T03:04:05Z\"")] {
        if !table.contains_key(name) {
            fixed.push_str(&format!("\n[{name}]\n{text}\n"));
        }
    }
    fixed
}
