//! Every way of tampering with a log, at every entry of a real one: what is noticed without knowing its head and with
//! it, and which entry is named.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::future::{Future, ready};
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;

use belljar::log::{Anchor, Summary, verify, verify_against};
use belljar::{Answer, Asker, Belljar, Effect, MemoryLog, Policy, Question, RunOptions, Terms, hex};

const TOOL: &str = r#"export default async () => {
    console.log("é \" \u0001");
    for (const key of ["a", "b"]) {
        await belljar.kv.set("notes/" + key, "x".repeat(9));
    }
    await belljar.kv.get("secret").catch(() => 0);
    await new Promise((done) => setTimeout(done, 2));
    belljar.artifact("a.txt", "text/plain", new Uint8Array(3));
};"#;

struct Yes;

impl Asker for Yes {
    fn ask(&self, _: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        Box::pin(ready(Answer::Once { who: belljar::Answerer::inbox("a test") }))
    }
}

/// The lines of a log with entries of every kind.
fn log(jar: &Belljar) -> Vec<String> {
    let tool = jar.load("tool.js", TOOL.as_bytes()).unwrap();
    let mut policy = Policy::deny_all();
    policy.add(Effect::Allow, "kv write notes/a").unwrap();
    policy.add(Effect::Ask, "kv write notes/b").unwrap();
    let log = MemoryLog::default();
    let options = RunOptions {
        terms: Arc::new(Terms::from(policy)),
        asker: Arc::new(Yes),
        log: Box::new(log.clone()),
        ..RunOptions::default()
    };
    let report = jar.run_blocking(&tool, "{}", options).unwrap();
    assert_eq!(report.message, "");
    let lines: Vec<String> = log.text().lines().map(str::to_owned).collect();
    for kind in ["start", "seed", "console", "artifact", "request", "question", "answer", "result", "wait", "end"] {
        assert!(lines.iter().any(|line| line.contains(&format!(r#""kind":"{kind}""#))), "{kind} is missing: {lines:?}");
    }
    lines
}

/// What must be seen.
#[derive(Debug, PartialEq)]
enum Seen {
    /// This entry is named.
    Entry(usize),
    /// The log holds, and this many entries with an end or without.
    Holds(usize, bool),
    /// The same, with a torn line.
    Torn(usize),
}

use Seen::{Entry, Holds, Torn};

fn seen(result: Result<Summary, belljar::log::Broken>) -> Seen {
    match result {
        Err(broken) => {
            assert!(broken.to_string().starts_with(&format!(
                "entry {} of the log (line {})",
                broken.entry,
                broken.entry + 1
            )));
            Entry(broken.entry as usize)
        }
        Ok(summary) if summary.torn > 0 => Torn(summary.entries as usize),
        Ok(summary) => Holds(summary.entries as usize, summary.ended),
    }
}

/// The log that is tampered with, another one of the same tool, and where.
struct At<'a> {
    log: &'a [String],
    other: &'a [String],
    at: usize,
    last: usize,
}

impl At<'_> {
    fn before(&self) -> usize {
        self.at - 1
    }

    /// The log with that line replaced.
    fn with(&self, line: String) -> Vec<String> {
        let mut lines = self.log.to_vec();
        lines[self.at] = line;
        lines
    }

    fn line(&self) -> &str {
        &self.log[self.at]
    }
}

fn whole(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

/// Changes the first character of the first value of an entry that is not in quotes around "kind" or "prev".
fn edit(line: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    let own = |key: &str| !["kind", "n", "prev"].contains(&key);
    let (key, text) =
        value.as_object().unwrap().iter().find_map(|(k, v)| v.as_str().filter(|_| own(k)).map(|v| (k, v))).unwrap();
    let from = format!(r#""{key}":"{}"#, &text[..text.chars().next().map_or(0, char::len_utf8)]);
    assert!(line.contains(&from));
    line.replacen(&from, &format!(r#""{key}":"~"#), 1)
}

/// A way of tampering: its name, the bytes that it makes at a place, if it can be done there, and what must be seen
/// without the head and with it.
type Kind = (&'static str, fn(&At<'_>) -> Option<Vec<u8>>, fn(&At<'_>) -> Seen, fn(&At<'_>) -> Seen);

/// The same is seen with and without the head: the entry itself is named.
fn itself(t: &At<'_>) -> Seen {
    Entry(t.at)
}

/// What the last entry says is vouched for by nothing but the head.
fn itself_but_the_last(t: &At<'_>) -> Seen {
    if t.at == t.last { Holds(t.last + 1, true) } else { Entry(t.at) }
}

const KINDS: &[Kind] = &[
    ("a value is edited", |t| Some(whole(&t.with(edit(t.line())))), itself_but_the_last, itself),
    (
        "a key is added",
        |t| Some(whole(&t.with(t.line().strip_suffix('}')?.to_owned() + r#","zz":"x"}"#))),
        itself_but_the_last,
        itself,
    ),
    (
        "the link is edited",
        |t| {
            let from = t.line().find(r#""prev":""#)? + 8;
            let digit = if t.line()[from..].starts_with('0') { "1" } else { "0" };
            Some(whole(&t.with(t.line()[..from].to_owned() + digit + &t.line()[from + 1..])))
        },
        // The last link and the entry before it cannot be told apart.
        |t| if t.at == t.last { Entry(t.before()) } else { Entry(t.at) },
        itself,
    ),
    (
        "the number is edited",
        |t| Some(whole(&t.with(t.line().replacen(&format!(r#""n":{},"#, t.at), &format!(r#""n":{},"#, t.at + 1), 1)))),
        itself,
        itself,
    ),
    (
        "an entry is deleted",
        |t| Some(whole(&[&t.log[..t.at], &t.log[t.at + 1..]].concat())),
        |t| if t.at == t.last { Holds(t.last, false) } else { Entry(t.at) },
        itself,
    ),
    (
        "an entry is deleted, those behind it numbered anew",
        |t| {
            let rest = t.log[t.at + 1..].iter().enumerate();
            let rest = rest.map(|(i, line)| {
                line.replacen(&format!(r#""n":{},"#, t.at + 1 + i), &format!(r#""n":{},"#, t.at + i), 1)
            });
            (t.at < t.last).then(|| whole(&t.log[..t.at].iter().cloned().chain(rest).collect::<Vec<_>>()))
        },
        |t| if t.at == t.last - 1 { Entry(t.before()) } else { Entry(t.at) },
        itself,
    ),
    (
        "two entries are swapped",
        |t| {
            let mut lines = t.log.to_vec();
            (t.at < t.last).then(|| lines.swap(t.at, t.at + 1)).map(|()| whole(&lines))
        },
        itself,
        itself,
    ),
    (
        "an entry is doubled",
        |t| Some(whole(&[&t.log[..=t.at], &t.log[t.at..]].concat())),
        |t| Entry(t.at + 1),
        |t| Entry(t.at + 1),
    ),
    (
        "an empty line is put in",
        |t| Some(whole(&[&t.log[..t.at], &[String::new()], &t.log[t.at..]].concat())),
        itself,
        itself,
    ),
    (
        "two logs are joined",
        |t| (t.at > 0).then(|| whole(&[&t.log[..t.at], &t.other[t.at..]].concat())),
        |t| Entry(t.before()),
        // The head says that the other log's last line is none of this one's.
        |t| if t.at == t.last { Entry(t.at) } else { Entry(t.before()) },
    ),
    (
        "it is cut off before an entry",
        |t| Some(whole(&t.log[..t.at])),
        |t| if t.at == 0 { Entry(0) } else { Holds(t.at, false) },
        itself,
    ),
    (
        "it is cut off within an entry",
        |t| Some([whole(&t.log[..t.at]), t.line().as_bytes()[..t.line().len() / 2].to_vec()].concat()),
        |t| if t.at == 0 { Entry(0) } else { Torn(t.at) },
        itself,
    ),
    (
        "it is cut off before a newline",
        |t| Some([whole(&t.log[..t.at]), t.line().into()].concat()),
        |t| if t.at == 0 { Entry(0) } else { Torn(t.at) },
        itself,
    ),
    ("a blank is put in", |t| Some(whole(&t.with(t.line().replacen('{', "{ ", 1)))), itself, itself),
    ("a blank is put behind", |t| Some(whole(&t.with(t.line().to_owned() + " "))), itself, itself),
    ("its line ends as on Windows", |t| Some(whole(&t.with(t.line().to_owned() + "\r"))), itself, itself),
    ("a key is doubled", |t| Some(whole(&t.with(t.line().replacen('{', r#"{"a":"","a":"","#, 1)))), itself, itself),
    ("keys are out of order", |t| Some(whole(&t.with(t.line().replacen('{', r#"{"zz":"","#, 1)))), itself, itself),
    (
        "a number is a fraction",
        |t| Some(whole(&t.with(t.line().replacen(&format!(r#""n":{},"#, t.at), &format!(r#""n":{}.0,"#, t.at), 1)))),
        itself,
        itself,
    ),
    (
        "a number is not the same everywhere",
        |t| Some(whole(&t.with(t.line().replacen('{', r#"{"Z":9007199254740993,"#, 1)))),
        itself,
        itself,
    ),
    (
        "a character is escaped without need",
        |t| Some(whole(&t.with(t.line().replacen(r#""kind":""#, r#""kind":"\u0061"#, 1)))),
        itself,
        itself,
    ),
    ("it is no object", |t| Some(whole(&t.with(r#""text""#.into()))), itself, itself),
    (
        "it is not UTF-8",
        |t| Some([&whole(&t.log[..t.at])[..], b"{\"\xff\":1}\n", &whole(&t.log[t.at + 1..])].concat()),
        itself,
        itself,
    ),
    ("it is too long", |t| Some(whole(&t.with(t.line().to_owned() + &" ".repeat(2 << 20)))), itself, itself),
    (
        "something stands behind the end",
        |t| Some(whole(&[t.log, &[t.line().to_owned()]].concat())),
        |t| Entry(t.last + 1),
        |t| Entry(t.last + 1),
    ),
];

#[test]
fn every_way_of_tampering_is_found_at_every_entry() {
    let jar = Belljar::builder().no_cache().build().unwrap();
    let (log, other) = (log(&jar), log(&jar));
    assert_eq!(log.len(), other.len());
    let last = log.len() - 1;
    let summary = verify(&whole(&log)[..]).unwrap();
    let signed = Anchor { head: summary.head, entries: Some(summary.entries) };
    let head = Anchor { entries: None, ..signed };
    assert_eq!(verify_against(&whole(&log)[..], &signed), Ok(summary.clone()));
    assert_eq!(verify_against(&whole(&log)[..], &head), Ok(summary));
    let mut done = 0;
    for (name, tamper, alone, known) in KINDS {
        for at in 0..log.len() {
            let place = At { log: &log, other: &other, at, last };
            let Some(bytes) = tamper(&place) else { continue };
            assert_ne!(bytes, whole(&log), "{name} at entry {at} changes nothing");
            assert_eq!(seen(verify(&bytes[..])), alone(&place), "{name} at entry {at}, the head unknown");
            assert_eq!(
                seen(verify_against(&bytes[..], &signed)),
                known(&place),
                "{name} at entry {at}, the head signed"
            );
            assert_eq!(seen(verify_against(&bytes[..], &head)), known(&place), "{name} at entry {at}, the head known");
            done += 1;
        }
    }
    assert!(done > KINDS.len() * (last - 1), "{done}");
}

/// `examples/verify-log/verify.py` was written from `docs/log.md` alone: it finds what this program finds.
#[test]
fn the_verifier_in_python_agrees() {
    let jar = Belljar::builder().no_cache().build().unwrap();
    let (log, other) = (log(&jar), log(&jar));
    let last = log.len() - 1;
    let folder = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    let mut add = |bytes: Vec<u8>| {
        let path = folder.path().join(format!("{}.jsonl", expected.len()));
        std::fs::write(&path, &bytes).unwrap();
        let says = match verify(&bytes[..]) {
            Err(_) => "entry ".to_owned(),
            Ok(summary) => {
                let end = match (summary.torn, summary.ended) {
                    (1.., _) => "; the last line is torn",
                    (0, true) => "",
                    (0, false) => "; there is no end",
                };
                format!("{} entries hold; head {}{end}\n", summary.entries, hex(&summary.head))
            }
        };
        expected.push((path, says));
    };
    add(whole(&log));
    for (_, tamper, ..) in KINDS {
        (0..log.len()).filter_map(|at| tamper(&At { log: &log, other: &other, at, last })).for_each(&mut add);
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/verify-log/verify.py");
    let run = |arguments: &[&std::path::Path]| Command::new("python3").arg(script).args(arguments).output().unwrap();
    let paths: Vec<_> = expected.iter().map(|(path, _)| path.as_path()).collect();
    let output = run(&paths);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.lines().count(), expected.len());
    for (line, (path, says)) in said.split_inclusive('\n').zip(&expected) {
        let line = line.strip_prefix(&format!("{}: ", path.display())).unwrap();
        assert!(line == says || (says == "entry " && line.starts_with(says)), "{line} instead of {says}");
    }
    // Of one log, the exit code says what it is.
    for (path, says) in expected.iter().step_by(17) {
        let code = match says {
            says if says == "entry " => 1,
            says if says.ends_with("torn\n") => 3,
            says if says.ends_with("no end\n") => 4,
            _ => 0,
        };
        assert_eq!(run(&[path]).status.code(), Some(code), "{}", path.display());
    }
    assert_eq!(run(&[&folder.path().join("none")]).status.code(), Some(2));
}

/// Nothing is so small that it is not noticed, and named.
#[test]
fn every_changed_bit_is_found_at_its_entry() {
    let jar = Belljar::builder().no_cache().build().unwrap();
    let bytes = whole(&log(&jar));
    let summary = verify(&bytes[..]).unwrap();
    let anchor = Anchor { head: summary.head, entries: Some(summary.entries) };
    let mut entry = 0;
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            match verify_against(&changed[..], &anchor) {
                Err(broken) => assert_eq!(broken.entry, entry, "byte {at}, bit {bit}: {broken}"),
                Ok(_) => panic!("byte {at}, bit {bit}: not noticed"),
            }
        }
        entry += u64::from(bytes[at] == b'\n');
    }
}
