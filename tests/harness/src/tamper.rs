//! Changes a log in every way that somebody who wants to hide something would try, at every entry; at some of a long one's.

use belljar::log::verify;
use belljar_core::run_of;

/// Entries of one log that are tampered with: each try reads the log anew. A longer log's are spread evenly.
const TAMPERED: usize = 128;

/// How many changes of a log were tried, and which were not noticed. The head is known from elsewhere.
pub fn try_all(log: &[String], other: &[String]) -> (usize, Vec<String>) {
    if log.is_empty() {
        return (0, Vec::new());
    }
    let whole = join(log);
    let Ok(sound) = verify(whole.as_bytes()) else { return (1, vec!["the log itself does not hold".into()]) };
    let noticed = |changed: &[String]| {
        let text = join(changed);
        verify(text.as_bytes()).map_or(true, |found| found.head != sound.head || found.torn > 0)
    };
    let (mut tried, mut missed) = (0, Vec::new());
    for at in (0..log.len()).step_by(log.len().div_ceil(TAMPERED)) {
        for (what, changed) in changes(log, other, at) {
            // A swap at the end changes nothing, and neither does another run's end that is the same.
            if join(&changed) == whole {
                continue;
            }
            tried += 1;
            if !noticed(&changed) {
                missed.push(format!("{what} at entry {at} is not noticed"));
            }
        }
    }
    (tried, missed)
}

fn changes(log: &[String], other: &[String], at: usize) -> Vec<(&'static str, Vec<String>)> {
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = log.to_vec();
        change(&mut lines);
        lines
    };
    let edit = |from: &str, to: &str| {
        with(&|lines| {
            if let Some(line) = lines.get_mut(at) {
                *line = line.replacen(from, to, 1);
            }
        })
    };
    vec![
        ("a word", edit("\"kind\":\"", "\"kind\":\"x")),
        ("a space", edit(":", ": ")),
        ("a deletion", with(&|lines| drop(lines.remove(at)))),
        ("a duplicate", with(&|lines| lines.insert(at, log.get(at).cloned().unwrap_or_default()))),
        (
            "a swap",
            with(&|lines| {
                // Lines of two runs stand in the order of the moment.
                let of_one = log.get(at).zip(log.get(at + 1)).is_some_and(|(one, next)| run_of(one) == run_of(next));
                if of_one {
                    lines.swap(at, at + 1)
                }
            }),
        ),
        ("a truncation", with(&|lines| lines.truncate(at))),
        (
            "another run's end",
            with(&|lines| {
                lines.truncate(at);
                lines.extend(other.iter().skip(at).cloned());
            }),
        ),
        ("an entry behind it", with(&|lines| lines.insert(at + 1, "{\"kind\":\"console\"}".into()))),
    ]
}

fn join(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
