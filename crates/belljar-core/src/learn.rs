//! The smallest policy that lets a run do again what logs show that it did.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use belljar_abi::Ticket;
use belljar_policy::{Effect, Policy, Query, Url, show_bytes};
use serde_json::Value;
use thiserror::Error;

use crate::entry::{self, Entry, Usage};
use crate::rule_words;
use crate::verify::{Broken, verify};

/// Entries that are named behind a rule, at most.
const NAMED: usize = 5;

/// Notes on what the rules do not say, at most.
const NOTES: usize = 100;

/// Why nothing is learned.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LearnError {
    /// A log that does not hold: what it shows may not have happened.
    #[error("{name}: {broken}")]
    Broken {
        /// The log's name.
        name: String,
        /// Where it does not hold.
        broken: Broken,
    },
}

/// The verdict on what a person approved in the place of what was asked.
static APPROVED: entry::Text<'static> = std::borrow::Cow::Borrowed("edited");

/// A rule that is needed: section, effect and text.
type Needed = (&'static str, Effect, String);

/// Notes on what the rules do not say, each once, in the order in which they came.
#[derive(Default)]
struct Notes {
    /// What stands before the entries, and behind them.
    known: BTreeMap<(String, String), usize>,
    all: Vec<(String, String, Vec<String>)>,
}

impl Notes {
    /// An entry needs a note.
    fn add(&mut self, before: impl Into<String>, after: impl Into<String>, at: &str) {
        let words = (before.into(), after.into());
        let note = *self.known.entry(words.clone()).or_insert(self.all.len());
        if note == self.all.len() {
            self.all.push((words.0, words.1, Vec::new()));
        }
        if let Some((.., entries)) = self.all.get_mut(note) {
            entries.push(at.to_owned());
        }
    }
}

/// The first entries of several, and how many more there are.
fn named(entries: &[String]) -> String {
    let first: Vec<&str> = entries.iter().take(NAMED).map(String::as_str).collect();
    match entries.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Writes the smallest policy, as a `policy.toml`, that allows what logs show: each request that was performed, and as a question
/// what a person allowed. Behind each rule stand the entries that need it. `logs` are names and texts.
///
/// A request to files needs the rule that granted its folder, because a log does not say which folder of the machine it was. What was
/// refused is not in it, and neither is what the policy answered itself: that was not sent. What a rule in a log had besides, and what a
/// log does not have at all (conditions, secrets, prices), is named in comments.
///
/// # Errors
///
/// [`LearnError`].
pub fn learn(logs: &[(String, String)]) -> Result<String, LearnError> {
    let mut needed: BTreeMap<(usize, Effect, String), (Needed, Vec<String>)> = BTreeMap::new();
    let mut notes = Notes::default();
    let mut most = Usage::default();
    for (name, text) in logs {
        verify(text.as_bytes()).map_err(|broken| LearnError::Broken { name: name.clone(), broken })?;
        // What a called tool did, its caller's policy must let it do.
        let entries: Vec<(String, Entry<'static>)> = text
            .lines()
            .filter_map(|line| {
                let value = serde_json::from_str::<Value>(line).ok()?;
                Some((value["run"].as_str().unwrap_or_default().to_owned(), Entry::read(&value)?))
            })
            .collect();
        // What was approved in the place of what was asked.
        let asked: BTreeMap<(&str, Ticket), &str> = entries
            .iter()
            .filter_map(|(run, entry)| match entry {
                Entry::Request { capability, ticket, .. } => Some(((run.as_str(), *ticket), capability.as_ref())),
                _ => None,
            })
            .collect();
        let said_yes: BTreeSet<(&str, Ticket)> = entries
            .iter()
            .filter_map(|(run, entry)| match entry {
                Entry::Answer { ticket, answer, .. } if answer == "yes" || answer == "edited" => {
                    Some((run.as_str(), *ticket))
                }
                _ => None,
            })
            .collect();
        let answered: BTreeSet<(&str, Ticket)> = entries
            .iter()
            .filter_map(|(run, entry)| match entry {
                Entry::Answer { ticket, .. } => Some((run.as_str(), *ticket)),
                _ => None,
            })
            .collect();
        for (number, (run, entry)) in entries.iter().enumerate() {
            let (capability, rule, ticket, verdict, what, secrets, cost) = match entry {
                Entry::Request { capability, rule, ticket, verdict, what, secrets, cost, .. } => {
                    (capability.as_ref(), rule, *ticket, verdict, what, secrets, cost)
                }
                Entry::Redirect { rule, ticket, verdict, what, secrets, cost, .. } => {
                    ("http", rule, *ticket, verdict, what, secrets, cost)
                }
                Entry::Answer { rule, ticket, what: Some(what), secrets, cost, .. } => {
                    let capability = asked.get(&(run.as_str(), *ticket)).copied().unwrap_or_default();
                    (capability, rule, *ticket, &APPROVED, what, secrets, cost)
                }
                Entry::Question { least: Some(least), .. } => {
                    let at = format!("{name}:{}", number + 1);
                    notes.add(format!("it took an answer of level {least} at least, which needs least: "), "", &at);
                    continue;
                }
                Entry::End { usage, .. } if run.is_empty() => {
                    most.calls = most.calls.max(usage.calls);
                    most.fuel = most.fuel.max(usage.fuel);
                    most.pages = most.pages.max(usage.pages);
                    continue;
                }
                _ => continue,
            };
            let effect = match verdict.as_ref() {
                "ask" if capability != "human" && !answered.contains(&(run.as_str(), ticket)) => {
                    let at = format!("{name}:{}", number + 1);
                    let words = "asked about, and not answered where the log ends, so no rule allows it: ";
                    notes.add(words, format!(": {capability} {what}"), &at);
                    continue;
                }
                "allow" => Effect::Allow,
                "ask" if said_yes.contains(&(run.as_str(), ticket)) => Effect::Ask,
                "edited" => Effect::Ask,
                _ => continue,
            };
            let at = format!("{name}:{}", number + 1);
            let rule = rule.as_deref().unwrap_or_default();
            if rule_words::answers(rule) {
                let words = "answered by the policy then, and not sent, so no rule allows it: ";
                notes.add(words, format!(": {capability} {what}"), &at);
                continue;
            }
            let conditions = rule_words::conditions(rule).join(", ");
            if !conditions.is_empty() {
                notes.add(format!("wider than the rule then, which had {conditions}: "), format!(": {rule}"), &at);
            }
            for name in secrets {
                notes.add(format!("it carried the secret {name}, which needs its [[secret]]: "), "", &at);
            }
            if cost.is_some() {
                notes.add("its cost was bounded then, which needs [spend] and [[spend.price]]: ", "", &at);
            }
            match rule_for(capability, what, rule) {
                Some((section, text)) => {
                    let order = ["http", "kv", "files", "tools"].iter().position(|known| *known == section);
                    let key = (order.unwrap_or_default(), effect, text.clone());
                    needed.entry(key).or_insert_with(|| ((section, effect, text), Vec::new())).1.push(at);
                }
                // A question of the tool's own needs no rule.
                None if capability == "human" => {}
                None => notes.add("no rule can say this: ", format!(": {capability} {what}"), &at),
            }
        }
    }
    Ok(write(&needed, &notes.all, &most))
}

/// The rule for a request, and its section. `rule` is the one that decided then.
fn rule_for(capability: &str, what: &str, rule: &str) -> Option<(&'static str, String)> {
    let section = ["http", "kv", "files", "tools"].into_iter().find(|known| *known == capability)?;
    let text = match section {
        "files" => {
            let from = rule.find('"')? + 1;
            rule.get(from..rule.rfind('"')?)?.to_owned()
        }
        // A rule is about the path; parameters are free.
        "http" => {
            let (method, url) = what.split_once(' ')?;
            let rule = Policy::deny_all().exact(&Query::Http { method, url: &Url::parse(url).ok()?, headers: &[] })?;
            rule.strip_prefix("http ")?.to_owned()
        }
        _ => what.to_owned(),
    };
    Policy::deny_all().add(Effect::Allow, &format!("{section} {text}")).ok().map(|()| (section, text))
}

fn write(
    needed: &BTreeMap<(usize, Effect, String), (Needed, Vec<String>)>,
    notes: &[(String, String, Vec<String>)],
    most: &Usage,
) -> String {
    let mut text = String::from("version = 1\n");
    let mut at = ("", Effect::Deny);
    for ((_, effect, rule), ((section, ..), entries)) in needed {
        if at.0 != *section {
            if !at.0.is_empty() {
                text.push_str("]\n");
            }
            let _ = write!(text, "\n[{section}]\n{} = [\n", effect.name());
        } else if at.1 != *effect {
            let _ = write!(text, "]\n{} = [\n", effect.name());
        }
        at = (section, *effect);
        let _ = writeln!(text, "  {},  # {}", quoted(rule), plain(&named(entries)));
    }
    if !at.0.is_empty() {
        text.push_str("]\n");
    }
    for wide in wider(needed) {
        let _ = writeln!(text, "# in place of several: {}", plain(&wide));
    }
    let memory = show_bytes(most.pages << 16);
    let _ = writeln!(text, "# the most that a run used: {} calls, fuel {}, memory {memory}", most.calls, most.fuel);
    let (first, more) = notes.split_at(notes.len().min(NOTES));
    for (before, after, entries) in first {
        let _ = writeln!(text, "# {}{}{}", plain(before), plain(&named(entries)), plain(after));
    }
    if !more.is_empty() {
        let _ = writeln!(text, "# and {} more such notes", more.len());
    }
    text
}

/// Rules that stand for several which differ in one part of a path: the part may be an id.
fn wider(needed: &BTreeMap<(usize, Effect, String), (Needed, Vec<String>)>) -> Vec<String> {
    let mut alike: BTreeMap<(String, Effect, String), usize> = BTreeMap::new();
    for (section, effect, rule) in needed.values().map(|(needed, _)| needed).filter(|(section, ..)| *section != "files")
    {
        let parts: Vec<&str> = rule.split('/').collect();
        // The scheme and the host of a URL are no ids.
        let first = if *section == "http" { 3 } else { 0 };
        for at in first..parts.len() {
            let mut wide: Vec<&str> = parts.clone();
            let words = if at == 0 { wide[at].rsplit_once(' ').map_or("", |(words, _)| words) } else { "" };
            let part = if words.is_empty() { "*".to_owned() } else { format!("{words} *") };
            wide[at] = &part;
            *alike.entry(((*section).to_owned(), *effect, wide.join("/"))).or_default() += 1;
        }
    }
    let several = alike.into_iter().filter(|(_, count)| *count > 2);
    several
        .map(|((section, effect, rule), count)| {
            format!("[{section}] {} {} ({count} rules)", effect.name(), quoted(&rule))
        })
        .collect()
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A text in a comment, which ends with its line.
fn plain(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of these entries, with its chain.
    fn log(entries: &[Entry<'_>]) -> String {
        let (mut text, mut prev) = (String::new(), [0; 32]);
        for (n, entry) in entries.iter().enumerate() {
            let mut line = String::new();
            entry.write(&mut line, &crate::run_path::RunPath::default(), n as u64, &prev);
            prev = crate::contract::sha256(line.as_bytes());
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn request(
        ticket: Ticket,
        capability: &'static str,
        verdict: &'static str,
        what: &'static str,
        rule: &'static str,
    ) -> Entry<'static> {
        Entry::Request {
            bytes: None,
            capability: capability.into(),
            cost: None,
            idempotency_keys: Vec::new(),
            rule: Some(rule.into()),
            secrets: Vec::new(),
            sha256: None,
            ticket,
            verdict: verdict.into(),
            what: what.into(),
        }
    }

    fn start() -> Entry<'static> {
        Entry::Start {
            caller: None,
            plan: None,
            admission: 7,
            at: entry::At(0),
            clock: entry::At(0),
            engine: None,
            hold: None,
            host: "test".into(),
            input: [0; 32],
            limits: entry::Limits::default(),
            started_by: None,
            policy: [0; 32],
            tool: "tool".into(),
            tool_hash: [0; 32],
            version: entry::VERSION,
        }
    }

    fn answer(ticket: Ticket, answer: &'static str) -> Entry<'static> {
        Entry::Answer {
            answer: answer.into(),
            assurance: None,
            identity: None,
            at: entry::At(0),
            bytes: None,
            cost: None,
            digest: [0; 32],
            edited: None,
            empty: None,
            expires: None,
            idempotency_keys: Vec::new(),
            rule: None,
            scope: None,
            secrets: Vec::new(),
            sha256: None,
            ticket,
            what: None,
            who: None,
            why: None,
        }
    }

    #[test]
    fn what_was_done_is_allowed_and_nothing_else() {
        let text = log(&[
            start(),
            request(1, "kv", "allow", "get notes/a", "[kv] allow \"**\""),
            request(2, "kv", "deny", "get secret", "no rule"),
            request(3, "http", "ask", "POST https://a.example/x?y=1", "[http] ask \"**\""),
            answer(3, "yes"),
            request(4, "http", "ask", "POST https://a.example/z", "[http] ask \"**\""),
            answer(4, "no"),
            request(5, "files", "allow", "read /data/a.txt", "[files] allow \"read ./data as /data\""),
            request(6, "kv", "allow", "get notes/a", "[kv] allow \"**\""),
            request(7, "human", "ask", "ask", "its own question"),
            answer(7, "said"),
        ]);
        let learned = learn(&[("one.jsonl".into(), text)]).unwrap();
        let policy = Policy::parse(&learned).unwrap_or_else(|error| panic!("{error}\n{learned}"));
        let sentences = policy.describe();
        assert_eq!(
            sentences[..4],
            [
                "[http] ask \"POST https://a.example/x\"",
                "[kv] allow \"get notes/a\"",
                "[files] allow \"read ./data as /data\"",
                "everything else is refused"
            ],
            "{learned}"
        );
        assert!(learned.contains("# one.jsonl:2, one.jsonl:9"), "{learned}");
    }

    #[test]
    fn what_nobody_has_answered_is_noted() {
        let text = log(&[
            start(),
            request(1, "http", "ask", "POST https://a.example/x", "[http] ask \"**\" least inbox"),
            Entry::Question {
                called_policy: None,
                called_tool: None,
                content: None,
                digest: [0; 32],
                empty: None,
                expires: None,
                least: Some("inbox".into()),
                ticket: 1,
            },
            answer(1, "yes"),
            request(2, "http", "ask", "POST https://a.example/y", "[http] ask \"**\""),
        ]);
        let learned = learn(&[("a".into(), text)]).unwrap();
        let policy = Policy::parse(&learned).unwrap();
        assert_eq!(policy.describe()[..2], ["[http] ask \"POST https://a.example/x\"", "everything else is refused"]);
        for note in [
            "not answered where the log ends, so no rule allows it: a:5",
            "an answer of level inbox at least, which needs least: a:3",
        ] {
            assert!(learned.contains(note), "{learned}");
        }
    }

    #[test]
    fn ids_in_paths_are_offered_as_one_rule() {
        let whats =
            ["GET https://a.example/users/1/x", "GET https://a.example/users/2/x", "GET https://a.example/users/3/x"];
        let mut entries = vec![start()];
        entries.extend(whats.iter().enumerate().map(|(at, what)| request(at as Ticket + 1, "http", "allow", what, "")));
        let learned = learn(&[("a".into(), log(&entries))]).unwrap();
        assert!(
            learned.contains("# in place of several: [http] allow \"GET https://a.example/users/*/x\" (3 rules)"),
            "{learned}"
        );
        assert!(Policy::parse(&learned).is_ok(), "{learned}");
    }

    #[test]
    fn what_is_learned_is_no_wider_than_what_was_done_and_says_where_it_is() {
        let text = log(&[
            start(),
            request(1, "http", "allow", "GET https://a.example/**", "[http] allow \"**\""),
            request(2, "http", "allow", "POST https://a.example/pay", "[http] allow \"**\" answer 200 (sha256 00)"),
            request(3, "http", "allow", "GET https://a.example/b?p=1", "[http] allow \"**\" query {\"p\" = \"*\"}"),
        ]);
        let learned = learn(&[("a".into(), text)]).unwrap();
        let policy = Policy::parse(&learned).unwrap();
        let allows = |method: &str, url: &str| {
            let url = Url::parse(url).unwrap();
            policy.decide(&Query::Http { method, url: &url, headers: &[] }).effect == Effect::Allow
        };
        assert!(allows("GET", "https://a.example/**") && allows("GET", "https://a.example/b?p=1"), "{learned}");
        assert!(!allows("GET", "https://a.example/admin") && !allows("POST", "https://a.example/pay"), "{learned}");
        assert!(learned.contains("not sent, so no rule allows it: a:3"), "{learned}");
        assert!(learned.contains("which had query: a:4"), "{learned}");
    }

    #[test]
    fn what_is_lacking_is_noted_once_with_the_entries() {
        let mut entries = vec![start()];
        for ticket in 1..=150 {
            let mut entry = request(ticket, "http", "allow", "GET https://a.example/x", "[http] allow \"**\"");
            if let Entry::Request { secrets, cost, .. } = &mut entry {
                secrets.push(if ticket % 2 == 0 { "even" } else { "odd" }.into());
                *cost = Some(1);
            }
            entries.push(entry);
        }
        let learned = learn(&[("a".into(), log(&entries))]).unwrap();
        let notes: Vec<&str> = learned.lines().filter(|line| line.starts_with("# it")).collect();
        assert_eq!(
            notes,
            [
                "# it carried the secret odd, which needs its [[secret]]: a:2, a:4, a:6, a:8, a:10 and 70 more",
                "# its cost was bounded then, which needs [spend] and [[spend.price]]: a:2, a:3, a:4, a:5, a:6 and 145 more",
                "# it carried the secret even, which needs its [[secret]]: a:3, a:5, a:7, a:9, a:11 and 70 more",
            ]
        );
        assert!(!learned.contains("more such notes"), "{learned}");
    }

    #[test]
    fn a_log_that_does_not_hold_teaches_nothing() {
        let text = log(&[start(), request(1, "kv", "allow", "get a", "")]).replace("get a", "get b");
        let more = format!("{text}{{}}\n");
        assert!(matches!(learn(&[("a".into(), more)]), Err(LearnError::Broken { .. })));
    }
}
