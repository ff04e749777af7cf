//! Recordings: what they are worth as evidence, and that their replay performs nothing and notices everything.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests, helpers included")]

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use belljar::log::{SigningKey, parse_hex, verify};
use belljar::{
    Answer, Asker, Asks, Belljar, Effect, Grant, KvStore, MemoryLog, Parts, Policy, Question, Recording, RunOptions,
    Terms, hex,
};
use belljar_core::question_digest;
use serde_json::Value;
use sha2::{Digest, Sha256};

const TOOL: &str = r#"export default async () => {
    const before = await belljar.kv.get("notes/a");
    await belljar.kv.set("notes/a", "mine");
    console.log("read", before);
    return before;
};"#;

struct Yes;

impl Asker for Yes {
    fn ask(&self, _: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        Box::pin(ready(Answer::Once { who: belljar::Answerer::inbox("a test") }))
    }
}

/// A run that reads a key, is asked about a write, and writes.
fn record(jar: &Belljar, folder: &std::path::Path) -> Parts {
    let tool = jar.load("tool.js", TOOL.as_bytes()).unwrap();
    let mut policy = Policy::deny_all();
    policy.add(Effect::Allow, "kv read notes/**").unwrap();
    policy.add(Effect::Ask, "kv write notes/**").unwrap();
    // Out of order, twice, and with what TOML escapes: its digest is that of the rules, whatever their order.
    for rule in ["kv read z\\\\", "kv read \"a\"", "kv read é", "kv read \"a\""] {
        policy.add(Effect::Allow, rule).unwrap();
    }
    let recorder = belljar::recorder(&tool, "{}", &policy).unwrap();
    let options = RunOptions {
        terms: Arc::new(Terms::from(policy)),
        kv: KvStore::in_dir(folder),
        asker: Arc::new(Yes),
        log: recorder.log(Box::<MemoryLog>::default()),
        ..RunOptions::default()
    };
    let report = jar.run_blocking(&tool, "{}", options).unwrap();
    assert!(report.output.is_some(), "{report:?}");
    Parts::unpack(&recorder.finish().unwrap()).unwrap()
}

/// The log with each entry changed by `change`, and the chain made anew: what a forger would do.
fn forge(log: &str, change: impl Fn(&mut Value)) -> String {
    let mut prev = "0".repeat(64);
    let mut asked: Vec<(Value, Value)> = Vec::new();
    log.lines().fold(String::new(), |forged, line| {
        let mut entry: Value = serde_json::from_str(line).unwrap();
        let digest = entry["digest"].clone();
        change(&mut entry);
        entry["prev"] = prev.clone().into();
        // A question's digest binds it, and its answer, to what stands before it; a forger makes that anew, too.
        if entry["kind"] == "question"
            && entry["digest"] == digest
            && let Some((head, content)) = parse_hex(&prev).zip(entry["content"].as_str().and_then(parse_hex))
        {
            entry["digest"] = hex(&question_digest(&head, &content, None)).into();
            asked.push((digest, entry["digest"].clone()));
        } else if entry["kind"] == "answer"
            && entry["digest"] == digest
            && let Some((_, new)) = asked.iter().find(|(old, _)| *old == digest)
        {
            entry["digest"] = new.clone();
        }
        let line = entry.to_string();
        prev = hex(&Sha256::digest(&line));
        forged + &line + "\n"
    })
}

/// The number and kind of the entry at which a forged recording diverges.
fn diverges(jar: &Belljar, parts: Parts) -> (u64, String) {
    let replayed = jar.replay_recording(Recording::new(parts).unwrap(), Grant::AsRecorded, None).unwrap();
    let divergence = replayed.report.divergence.expect("it diverges");
    assert_ne!(divergence.recorded, divergence.now);
    let recorded: Value = serde_json::from_str(&divergence.recorded).unwrap();
    (divergence.entry, recorded["kind"].as_str().unwrap().to_owned())
}

#[test]
fn a_replay_is_the_same_run_and_performs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let jar = Belljar::builder().no_cache().build().unwrap();
    let parts = record(&jar, folder.path());
    std::fs::remove_dir_all(folder.path()).unwrap();
    let bytes = parts.pack().unwrap();
    let replayed = jar.replay_blocking(&bytes, Grant::AsRecorded, None).unwrap();
    assert_eq!(replayed.report.divergence, None);
    assert_eq!(replayed.log, parts.log);
    assert_eq!(replayed.report.output.as_deref(), Some("null"));
    assert!(!folder.path().exists());

    // Another host's recording differs in its start only.
    let other = forge(&parts.log, |entry| {
        if entry["kind"] == "start" {
            entry["host"] = "Chromium".into();
        }
    });
    let other = Recording::new(Parts { log: other, ..parts.clone() }).unwrap();
    assert_eq!(jar.replay_recording(other, Grant::AsRecorded, None).unwrap().report.divergence, None);

    // A tool that was changed is named before it runs, and where it goes another way if its identity is forged, too.
    let changed = Parts { tool: TOOL.replace("\"read\"", "\"saw\"").into(), ..parts.clone() };
    let error = jar
        .replay_recording(Recording::new(changed.clone()).unwrap(), Grant::AsRecorded, None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("its tool is"), "{error}");
    let identity = jar.load("tool.js", &changed.tool).unwrap().identity().to_string();
    let log = forge(&changed.log, |entry| {
        if entry["kind"] == "start" {
            entry["toolHash"] = identity.as_str().into();
        }
    });
    assert_eq!(diverges(&jar, Parts { log, ..changed }).1, "console");

    // A result that is swapped alone is named; swapped with its hash, the tool says something else.
    let mut swapped = parts.clone();
    let content = swapped.results[&2].clone();
    swapped.results.insert(1, content.clone());
    let error = Recording::new(swapped.clone()).unwrap_err().to_string();
    assert!(error.contains("results/1"), "{error}");
    let log = forge(&swapped.log, |entry| {
        if entry["kind"] == "result" && entry["ticket"] == 1 {
            entry["sha256"] = hex(&Sha256::digest(&content)).into();
        }
    });
    assert_ne!(diverges(&jar, Parts { log, ..swapped }).1, "result");

    // A "yes" that becomes a "no" has another result.
    let log = forge(&parts.log, |entry| {
        if entry["kind"] == "answer" {
            entry["answer"] = "no".into();
            entry.as_object_mut().unwrap().shift_remove("scope");
        }
    });
    assert_eq!(diverges(&jar, Parts { log, ..parts.clone() }).1, "result");

    // What is not a recording is an error with a sentence, wherever it is damaged.
    for at in (0..bytes.len()).step_by(37) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        let found =
            Recording::parse(&damaged).map(|recording| jar.replay_recording(recording, Grant::AsRecorded, None));
        let noticed = !matches!(&found, Ok(Ok(replayed)) if replayed.report.divergence.is_none());
        assert!(noticed, "byte {at} was changed unnoticed");
        assert!(Recording::parse(&bytes[..at]).is_err());
    }
}

/// What a recording says of itself is checked before anything of it runs.
#[test]
fn a_recording_that_was_made_up_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let jar = Belljar::builder().no_cache().build().unwrap();
    let parts = record(&jar, folder.path());
    let refused = |parts: Parts| Recording::new(parts).map(|_| ()).unwrap_err().to_string();

    // An input that the tool can never have got, with a log that names it.
    for input in ["{", " {}"] {
        let hash = hex(&Sha256::digest(input));
        let log = forge(&parts.log, |entry| {
            if entry["kind"] == "start" {
                entry["input"] = hash.as_str().into();
            }
        });
        let made_up = Recording::new(Parts { log, input: input.into(), ..parts.clone() }).unwrap();
        let error = jar.replay_recording(made_up, Grant::AsRecorded, None).unwrap_err().to_string();
        assert!(error.contains("its input is none"), "{error}");
    }

    // A first part with more in it, or in another form.
    let bytes = parts.pack().unwrap();
    let manifest = br#"{"file":"tool.js","recording":2}"#;
    let at = bytes.windows(manifest.len()).position(|part| part == manifest).unwrap();
    for other in [&br#"{"recording":2,"file":"tool.js"}"#[..], br#"{"file":"tool.js","recording":02"#] {
        let mut changed = bytes.clone();
        changed[at..at + manifest.len()].copy_from_slice(other);
        let error = Recording::parse(&changed).unwrap_err().to_string();
        assert!(error.contains("recording.json"), "{error}");
    }

    // A signature of this log, of another one, of none, and by somebody else.
    let key = SigningKey::from_seed(&[7; 32]);
    let whole = verify(parts.log.as_bytes()).unwrap();
    let sign = |head, entries| Parts { signature: Some(key.sign(head, entries).to_text()), ..parts.clone() };
    let signed = Recording::parse(&sign(whole.head, whole.entries).pack().unwrap()).unwrap();
    assert_eq!(signed.signed().unwrap().check(&key.public_key()), Ok(()));
    assert!(signed.signed().unwrap().check(&SigningKey::from_seed(&[8; 32]).public_key()).is_err());
    assert_eq!(jar.replay_recording(signed, Grant::AsRecorded, None).unwrap().report.divergence, None);
    assert!(refused(sign([0; 32], whole.entries)).contains("another log"));
    assert!(refused(sign(whole.head, whole.entries - 1)).contains("another log"));
    assert!(refused(Parts { signature: Some("{}\n".into()), ..parts.clone() }).contains("log.jsonl.sig"));
}

/// A forger can make any log with a chain that holds. Whatever it says, the replay ends in good order, and what it takes
/// over without comparing is known.
#[test]
fn no_forged_entry_breaks_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let jar = Belljar::builder().no_cache().build().unwrap();
    let parts = record(&jar, folder.path());
    let values = ["null", "9007199254740992", r#""2099-01-01T00:00:00.000Z""#, r#""end""#, r#""result""#];
    let mut unnoticed = std::collections::BTreeSet::new();
    let mut tried = 0;
    for at in 0..parts.log.lines().count() as u64 {
        let entry: Value = serde_json::from_str(parts.log.lines().nth(at as usize).unwrap()).unwrap();
        for key in entry.as_object().unwrap().keys() {
            for value in values.map(|value| serde_json::from_str::<Value>(value).unwrap()) {
                if value == entry[key] || key == "prev" {
                    continue;
                }
                let log = forge(&parts.log, |entry| {
                    if entry["n"] == at {
                        if value.is_null() {
                            entry.as_object_mut().unwrap().shift_remove(key);
                        } else {
                            entry[key] = value.clone();
                        }
                    }
                });
                tried += 1;
                let Ok(recording) = Recording::new(Parts { log, ..parts.clone() }) else { continue };
                match jar.replay_recording(recording, Grant::AsRecorded, None) {
                    Err(error) => assert!(!error.to_string().is_empty()),
                    Ok(replayed) if replayed.report.divergence.is_none() => {
                        unnoticed.insert(format!("{} {key}", entry["kind"].as_str().unwrap()));
                    }
                    Ok(_) => {}
                }
            }
        }
    }
    assert!(tried > 250, "{tried}");
    // Moments and names of people and hosts are the recording's word.
    let word = ["answer at", "answer who", "end at", "result at", "start host"];
    assert_eq!(unnoticed.into_iter().collect::<Vec<_>>(), word);
}

/// `examples/verify-log/recording.py` was written from `docs/log.md` alone: it makes every digest again.
#[test]
fn the_verifier_in_python_recomputes_every_digest() {
    let folder = tempfile::tempdir().unwrap();
    let jar = Belljar::builder().no_cache().build().unwrap();
    let parts = record(&jar, folder.path());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/verify-log/recording.py");
    let path = folder.path().join("recording.tar");
    let says = |parts: &Parts| {
        std::fs::write(&path, parts.pack().unwrap()).unwrap();
        let output = std::process::Command::new("python3").arg(script).arg(&path).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, said) = says(&parts);
    let entries = parts.log.lines().count();
    // The input, the policy, one request, two results.
    assert!(code == Some(0) && said.contains(&format!("{entries} entries, 5 parts hold")), "{said}");

    // What it asks for, without and with a rule that was approved.
    let approved = forge(&parts.log, |entry| {
        if entry["kind"] == "answer" {
            entry["scope"] = "rule".into();
        }
    });
    for parts in [parts.clone(), Parts { log: approved, ..parts.clone() }] {
        let asks = Asks::of(&Recording::new(parts.clone()).unwrap()).unwrap();
        let (code, said) = says(&parts);
        assert!(code == Some(0) && said.contains(&format!("asks {}", hex(&asks.digest()))), "{said}");
    }

    // A part that is changed, one by one.
    let mut changed = Vec::new();
    let mut change = |name: &'static str, with: &dyn Fn(&mut Parts)| {
        let mut other = parts.clone();
        with(&mut other);
        assert_ne!(other, parts);
        changed.push((name, other));
    };
    change("input.json", &|parts| parts.input = "{ }".into());
    change("policy.toml", &|parts| parts.policy = parts.policy.replace("notes/**", "**"));
    change("policy.toml", &|parts| parts.policy = parts.policy.replace("fuel = ", "fuel = 1"));
    change("requests/2", &|parts| *parts.requests.get_mut(&2).unwrap().last_mut().unwrap() ^= 1);
    change("requests/2", &|parts| parts.requests.clear());
    change("requests/7", &|parts| drop(parts.requests.insert(7, Vec::new())));
    change("results/1", &|parts| parts.results.get_mut(&1).unwrap().push(0));
    change("results/7", &|parts| drop(parts.results.insert(7, Vec::new())));
    // A digest in the log that is changed, with the chain made anew.
    let forged = |kind: &'static str, key: &'static str| {
        forge(&parts.log, |entry| {
            if entry["kind"] == kind {
                assert!(entry[key].is_string(), "{kind} has no {key}");
                entry[key] = "0".repeat(64).into();
            }
        })
    };
    for (name, kind, key) in [
        ("input.json", "start", "input"),
        ("policy.toml", "start", "policy"),
        ("requests/2", "question", "content"),
        ("the question", "question", "digest"),
        ("the question that is answered", "answer", "digest"),
        ("results/1", "result", "sha256"),
    ] {
        change(name, &|parts| parts.log = forged(kind, key));
    }
    for (name, parts) in changed {
        let (code, said) = says(&parts);
        assert!(code == Some(1) && said.contains(name), "{name}: {said}");
    }
}
