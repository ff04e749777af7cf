//! A recording. After a `~` come its parts, with the byte 0xFF between them: file, input, policy, tool, log, then the results
//! of tickets 1, 2 and so on; the log is bound to them before it is looked at. Otherwise it is the archive itself.
//!
//! An archive that is read is written as the same bytes. A recording that holds is written and read as the same.

use std::sync::Arc;
use std::time::Duration;

use belljar_abi::{KvItem, KvRequest, KvResponse, Level};
use belljar_core::{
    Act, Contract, Event, Exit, Instruction, MemoryLog, Now, Parts, Recorder, Recording, Request, Response, Run,
    Session, Setup, Spent, Terms,
};
use belljar_policy::Policy;

use super::chain::{chained, hash};
use super::log;
use crate::Target;

pub(super) const TARGET: Target = Target { name: "recording", check, words: log::WORDS, seeds, most: 24 << 10 };

/// Between the parts; no text has it.
const BETWEEN: u8 = 0xff;

fn check(input: &[u8]) {
    match input.split_first() {
        Some((b'~', rest)) => parts(rest),
        _ => archive(input),
    }
}

fn archive(bytes: &[u8]) {
    let Ok(parts) = Parts::unpack(bytes) else { return assert!(Recording::parse(bytes).is_err()) };
    assert_eq!(parts.pack().ok().as_deref(), Some(bytes), "what was read is written as other bytes");
    whole(&parts);
}

fn parts(input: &[u8]) {
    let mut fields = input.split(|byte| *byte == BETWEEN);
    let mut text = || String::from_utf8_lossy(fields.next().unwrap_or_default()).into_owned();
    let (file, input, policy, tool, log) = (text(), text(), text(), text().into_bytes(), text());
    let results: std::collections::BTreeMap<_, _> = (1..).zip(fields.map(<[u8]>::to_vec)).collect();
    let log = chained(&log, |entry| match entry["kind"].as_str() {
        Some("start") => entry["input"] = hash(input.as_bytes()).into(),
        Some("result") => {
            let ticket = entry["ticket"].as_u64().and_then(|ticket| ticket.try_into().ok());
            if let Some(content) = ticket.and_then(|ticket| results.get(&ticket)) {
                entry["sha256"] = hash(content).into();
            }
        }
        _ => {}
    });
    let parts = Parts { file, input, policy, tool, log, results, ..Parts::default() };
    let Ok(packed) = parts.pack() else { return };
    assert_eq!(Parts::unpack(&packed).as_ref().ok(), Some(&parts), "its parts are packed and come out as others");
    whole(&parts);
}

/// A recording that holds.
fn whole(parts: &Parts) {
    let Ok(recording) = Recording::new(parts.clone()) else { return };
    let packed = recording.parts().pack().unwrap_or_default();
    let again = Recording::parse(&packed);
    assert!(again.is_ok_and(|again| again.parts() == parts && again.entries() == recording.entries()));
    assert_eq!(recording.entries(), parts.log.lines().count() as u64);
    // Whoever replays it asks for its policy first.
    let Ok(policy) = Policy::parse(&parts.policy) else { return };
    let recording = Arc::new(recording);
    let contract = Contract::plain("seed", [7; 32]);
    let terms = Arc::new(Terms::from(policy));
    if let Ok(run) = Run::replay(&contract, recording, terms, Box::new(MemoryLog::default())) {
        run.end(&contract, Exit::Returned("1".into()), Spent::default(), 5);
    }
}

/// A small run that is recorded.
pub(super) fn recorded() -> Option<Parts> {
    let contract = Contract::plain("seed", [7; 32]);
    let policy = Policy::parse("version = 1\n[kv]\nallow = [\"a/**\"]\n").ok()?;
    let recorder = Recorder::new("null", &policy, "tool.js".into(), b"export default () => 1".to_vec()).ok()?;
    let setup = Setup { contract: &contract, input: "null", host: "fuzz", now: 1, seed: [3; 32] };
    let log = recorder.log(Box::new(MemoryLog::default()));
    let run = Run::start(setup, Arc::new(Terms::from(policy)), log).ok()?;
    let now = Now { wall: 2, steady: Duration::ZERO };
    let mut session = Session::new(run, false, now);
    session.run_mut().console(Level::Info, "hello".into()).ok()?;
    let set = KvRequest::Set(KvItem { key: "a/b".into(), value: b"c".to_vec() });
    for request in [set, KvRequest::Get("b".into())] {
        let ticket = session.request(Request::Kv(request), &mut |_| 0).ok()?;
        session.wait(vec![ticket], None, &mut |_| 0).ok()?;
        session.on(Event::Waits, now).ok()?;
        while let Some(what) = session.next_instruction() {
            if let Instruction::Perform(Act::Kv(permit)) = what {
                let (_, receipt) = permit.spend();
                session.on(Event::Result(receipt, Ok(Response::Kv(KvResponse::Done(())))), now).ok()?;
            }
        }
    }
    session.end(&contract, Exit::Returned("1".into()), Spent::default(), now);
    Parts::unpack(&recorder.finish().ok()?).ok()
}

/// It as an archive, and as parts.
fn seeds() -> Vec<Vec<u8>> {
    let Some(parts) = recorded() else { return Vec::new() };
    let mut fields = vec![parts.file.as_bytes(), parts.input.as_bytes(), parts.policy.as_bytes(), &parts.tool];
    fields.push(parts.log.as_bytes());
    fields.extend(parts.results.values().map(Vec::as_slice));
    vec![parts.pack().unwrap_or_default(), [b"~", fields.join(&BETWEEN).as_slice()].concat()]
}
