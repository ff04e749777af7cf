//! Two hosts on one case: whatever does not depend on the moment or on chance must be the same.

use belljar_core::run_of;
use serde_json::Value;

use crate::host::Observed;

/// What is compared, in the order of the table.
pub const WHAT: [&str; 9] =
    ["exit code", "output", "artifacts", "message and stack", "fuel", "memory", "log", "replay there", "replay back"];

/// Something that differs: which of [`WHAT`], and how, in a sentence.
#[derive(Clone, Debug)]
pub struct Difference {
    /// One of [`WHAT`].
    pub what: &'static str,
    /// How.
    pub text: String,
}

/// What differs between two runs.
pub fn differences(one: (&str, &Observed), other: (&str, &Observed)) -> Vec<Difference> {
    let ((a_name, a), (b_name, b)) = (one, other);
    let mut found = Vec::new();
    let mut compare = |what: &'static str, a: &dyn std::fmt::Debug, b: &dyn std::fmt::Debug| {
        let (a, b) = (format!("{a:?}"), format!("{b:?}"));
        if a != b {
            found.push(Difference { what, text: format!("the {what} differs: {a} on {a_name}, {b} on {b_name}") });
        }
    };
    compare("exit code", &a.exit, &b.exit);
    compare("message and stack", &(&a.message, &a.code, &a.stack), &(&b.message, &b.code, &b.stack));
    // What ran out of time stopped at some moment or other.
    if !matches!(a.exit, 124 | 130) {
        compare("output", &a.output, &b.output);
        compare("artifacts", &a.artifacts, &b.artifacts);
        compare("fuel", &a.fuel, &b.fuel);
        compare("memory", &pages(a), &pages(b));
        compare("log", &plain(a), &plain(b));
    }
    found
}

/// Whether both logs say the same, but for what hosts may say differently.
pub fn is_same_log(a: &Observed, b: &Observed) -> bool {
    plain(a) == plain(b)
}

/// What differs between a recorded run and its replay: nothing may, to the last hash.
pub fn replayed(
    what: &'static str,
    host: &str,
    recorded: &Observed,
    again: Result<Observed, String>,
) -> Vec<Difference> {
    let again = match again {
        Ok(again) => again,
        Err(problem) => return vec![Difference { what, text: format!("replayed on {host}: {problem}") }],
    };
    let seen = |seen: &Observed| Observed { recording: None, ..seen.clone() };
    let (a, b) = (seen(recorded), seen(&again));
    if a == b {
        Vec::new()
    } else {
        vec![Difference { what, text: format!("replayed on {host} it is {b:?}, not {a:?}") }]
    }
}

/// Peak pages of memory, as the log's end has them.
fn pages(seen: &Observed) -> Option<u64> {
    let end: Value = serde_json::from_str(seen.log.last()?).ok()?;
    end["usage"]["pages"].as_u64()
}

/// The log without what depends on the host and the moment: its name, when people and results came, how often nothing was
/// there yet, and the hashes that follow from these.
fn plain(seen: &Observed) -> Vec<String> {
    let plain = |line: &String| {
        let Ok(Value::Object(mut entry)) = serde_json::from_str(line) else { return line.clone() };
        for key in ["at", "caller", "digest", "empty", "hold", "host", "log", "prev"] {
            entry.remove(key);
        }
        Value::Object(entry).to_string()
    };
    // Lines of several runs stand in the order of the moment.
    let mut lines: Vec<&String> = seen.log.iter().collect();
    lines.sort_by_key(|line| run_of(line));
    lines.into_iter().map(plain).collect()
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
