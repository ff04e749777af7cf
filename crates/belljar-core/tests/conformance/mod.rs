//! One list of acts, each with what it must come to, for every implementation of a trait of effects.
//!
//! The lists are the inputs of the cases `tests/cases/files/conformance` and `tests/cases/kv/conformance`, where a tool goes
//! through them on each host. Here a run is driven without a tool, so that an implementation can be tested by itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use belljar_core::abi::{
    Failure, FileEntry, FilePortion, FileRange, FileWriting, FilesRequest, FilesResponse, KvChange, KvItem, KvRange,
    KvRequest, KvResponse, WriteMode,
};
use belljar_core::{
    Act, Ask as _, Contract, Event, Instruction, MemoryLog, Now, Receipt, Request, Response, Run, Session, Setup, Terms,
};
use belljar_policy::Policy;
use serde_json::Value;

/// The case's folder.
pub fn folder(capability: &str) -> PathBuf {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    root.join(capability).join("conformance")
}

/// Goes through a capability's list; returns what came to something else.
pub fn differences(
    capability: &str,
    mut perform: impl FnMut(Act) -> (Receipt, Result<Response, Failure>),
) -> Vec<String> {
    let read = |name: &str| std::fs::read_to_string(folder(capability).join(name)).unwrap();
    let mut run = start(&read("policy.toml"));
    let steps: Vec<Value> = serde_json::from_str(&read("input.json")).unwrap();
    assert!(steps.len() > 50);
    let mut differences = Vec::new();
    for step in &steps {
        let (is, fails) = match come_to(&mut run, request(step), &mut perform) {
            Ok(response) => (Some(shown(response)), None),
            Err(failure) => (None, Some(told(failure))),
        };
        if is.as_deref() != step["is"].as_str() || fails.as_deref() != step["fails"].as_str() {
            differences.push(format!("{step} came to {is:?} {fails:?}"));
        }
    }
    differences
}

/// Time stands still.
const NOW: Now = Now { wall: 0, steady: Duration::ZERO };

/// A run under a policy.
pub fn start(policy: &str) -> Session {
    let contract = Contract::plain("conformance", [7; 32]);
    let setup = Setup { contract: &contract, input: "null", host: "by hand", now: 0, seed: [3; 32] };
    let terms = Arc::new(Terms::from(Policy::parse(policy).unwrap()));
    let run = Run::start(setup, terms, Box::new(MemoryLog::default())).unwrap();
    Session::new(run, false, NOW)
}

/// What a request comes to, as the tool gets it.
pub fn come_to(
    session: &mut Session,
    request: Request,
    mut perform: impl FnMut(Act) -> (Receipt, Result<Response, Failure>),
) -> Result<Response, Failure> {
    let capability = request.capability();
    let ticket = session.request(request, &mut |_| 0).unwrap();
    session.wait(vec![ticket], None, &mut |_| 0).unwrap();
    session.on(Event::Waits, NOW).unwrap();
    let mut went_on = false;
    while let Some(what) = session.next_instruction() {
        match what {
            Instruction::Perform(act) => {
                let (receipt, result) = perform(act);
                session.on(Event::Result(receipt, result), NOW).unwrap();
            }
            Instruction::GoOn(ready) => went_on = ready == Some(ticket),
            Instruction::WakeAt(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(went_on);
    session.run_mut().take(ticket, capability).unwrap()
}

fn request(step: &Value) -> Request {
    let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| step[name].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap();
    let bytes = || bytes(step);
    let write = |mode| FilesRequest::Write(FileWriting { path: text("path"), bytes: bytes(), mode });
    match text("act").as_str() {
        "get" => Request::Kv(KvRequest::Get(text("key"))),
        "set" => Request::Kv(KvRequest::Set(KvItem { key: text("key"), value: bytes() })),
        "delete" => Request::Kv(KvRequest::Delete(text("key"))),
        "replace" if step["key"].is_string() => {
            let bytes = |name: &str| step[name].as_str().map(|text| text.as_bytes().to_vec());
            let value = if step["zeros"].is_u64() { Some(self::bytes(step)) } else { bytes("text") };
            Request::Kv(KvRequest::Replace(KvChange { key: text("key"), expected: bytes("expected"), value }))
        }
        "page" if step["key"].is_string() => {
            Request::Kv(KvRequest::Page(KvRange { prefix: text("key"), after: text("after"), most: number("limit") }))
        }
        "page" => Request::Files(FilesRequest::Page(FilePortion {
            path: text("path"),
            after: text("after"),
            most: number("limit"),
        })),
        "list" if step["key"].is_string() => Request::Kv(KvRequest::List(text("key"))),
        "read" => {
            let (offset, length) = (step["offset"].as_u64().unwrap_or(0), step["length"].as_u64());
            Request::Files(FilesRequest::Read(FileRange { path: text("path"), offset, length }))
        }
        "list" => Request::Files(FilesRequest::List(text("path"))),
        "stat" => Request::Files(FilesRequest::Stat(text("path"))),
        "create" => Request::Files(write(WriteMode::Create)),
        "replace" => Request::Files(write(WriteMode::Replace)),
        "append" => Request::Files(write(WriteMode::Append)),
        "remove" => Request::Files(FilesRequest::Remove(text("path"))),
        "make-directory" => Request::Files(FilesRequest::MakeDirectory(text("path"))),
        other => panic!("there is no act {other}"),
    }
}

/// The bytes that a step writes.
fn bytes(step: &Value) -> Vec<u8> {
    match step["zeros"].as_u64() {
        Some(zeros) => vec![0; zeros as usize],
        None => step["text"].as_str().unwrap_or_default().into(),
    }
}

fn shown(response: Response) -> String {
    let bytes = |bytes: Vec<u8>| match bytes.len() {
        0..=100 => String::from_utf8(bytes).unwrap(),
        size => format!("{size} bytes"),
    };
    let entry =
        |entry: &FileEntry| format!("{} {} {}", entry.name, format!("{:?}", entry.kind).to_lowercase(), entry.size);
    match response {
        Response::Kv(KvResponse::Value(None)) => "(none)".into(),
        Response::Kv(KvResponse::Value(Some(value))) => bytes(value),
        Response::Kv(KvResponse::Replaced(replaced)) => replaced.to_string(),
        Response::Kv(KvResponse::Keys(keys)) => keys.join(", "),
        Response::Files(FilesResponse::Bytes(read)) => bytes(read),
        Response::Files(FilesResponse::Entries(entries)) => entries.iter().map(entry).collect::<Vec<_>>().join(", "),
        Response::Files(FilesResponse::Stat(found)) => entry(&found),
        Response::Kv(KvResponse::Done(())) | Response::Files(FilesResponse::Done(())) => String::new(),
        other => panic!("no act comes to {other:?}"),
    }
}

/// A failure, as JavaScript has it.
fn told(failure: Failure) -> String {
    match failure {
        Failure::Denied(denial) => {
            format!("denied: {}: {} is not allowed ({})", denial.capability, denial.request, denial.rule)
        }
        Failure::Exhausted(message) => format!("exhausted: {message}"),
        Failure::NotFound(message) => format!("not-found: {message}"),
        Failure::Invalid(message) => format!("invalid: {message}"),
        Failure::TooLarge(message) => format!("too-large: {message}"),
        Failure::TimedOut(message) => format!("timed-out: {message}"),
        Failure::Other(message) => format!("other: {message}"),
    }
}
