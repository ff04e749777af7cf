//! What the two halves of a page's host say to each other. The first byte says which message it is.
//!
//! A message that is read and written again is the same message, and has one form from then on.

use std::fmt::Debug;

use belljar_abi::cell::{self, pack, unpack};
use belljar_abi::{Failure, HumanRequest, KvItem, KvRequest, KvResponse, Level, Lift, Lower, Request, Response};

use crate::Target;

pub(super) const TARGET: Target = Target { name: "cell", check, words: &[], seeds, most: 2 << 10 };

fn check(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else { return };
    match kind % 5 {
        0 => same::<cell::Message>(bytes),
        1 => same::<cell::Answer>(bytes),
        2 => same::<Result<Response, Failure>>(bytes),
        3 => same::<cell::Setup>(bytes),
        _ => same::<cell::Event>(bytes),
    }
}

fn same<T: Lift + Lower + PartialEq + Debug>(bytes: &[u8]) {
    let value = match unpack::<T>(bytes) {
        Ok(value) => value,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    let Ok(packed) = pack(&value) else { panic!("what was read cannot be written: {value:?}") };
    assert!(packed.len() as u64 <= 2 * cell::MESSAGE, "{} bytes came out of {}", packed.len(), bytes.len());
    let again = unpack::<T>(&packed);
    assert_eq!(again.as_ref(), Ok(&value), "written and read again it is another message");
    assert_eq!(pack(&value), Ok(packed), "it has two forms");
}

/// One of each kind, with something in it.
fn seeds() -> Vec<Vec<u8>> {
    let line = cell::Line { level: Level::Warn, text: "hello".into() };
    let item = KvItem { key: "a".into(), value: b"b".to_vec() };
    let human = HumanRequest { question: "which?".into(), choices: vec!["this".into(), "that".into()] };
    let artifact = cell::Artifact { name: "a.txt".into(), media_type: "text/plain".into(), bytes: vec![1, 2] };
    let events = vec![
        cell::Event::Console(line),
        cell::Event::Artifact(artifact),
        cell::Event::Loading(1),
        cell::Event::Request(cell::Asked { request: Request::Kv(KvRequest::Set(item)), aside: 0 }),
        cell::Event::Request(cell::Asked { request: Request::Human(human), aside: 0 }),
        cell::Event::Wait(cell::Wait { tickets: vec![1, 2], until: Some(5), aside: vec![7] }),
        cell::Event::Take(cell::Take { ticket: 1, capability: 0 }),
        cell::Event::End(cell::End::Returned("{}".into())),
    ];
    let message = cell::Message { events, fuel: 9, pages: 1, refused: 0, dropped: 2 };
    let keys = Ok::<_, Failure>(Response::Kv(KvResponse::Keys(vec!["a".into(), "b".into()])));
    let failed = Err::<Response, _>(Failure::NotFound("a".into()));
    let result = Ok(Response::Kv(KvResponse::Value(Some(vec![3; 40]))));
    let used = cell::Used { fuel: 1, calls: 2, console: 3, artifacts: 4 };
    let settled = cell::Settled { ticket: 1, result, used };
    let answer = cell::Answer { ticket: Some(1), now: 7, result: Some(settled) };
    let program = cell::Program { module: "tool.js".into(), code: "export default 1".into() };
    let setup = cell::Setup {
        input: "{}".into(),
        program: Some(program),
        seed: vec![7; 32],
        now: 1,
        fuel: 2,
        until: 0,
        pages: 3,
        output: 4,
        console: 5,
        artifacts: 6,
        calls: 7,
    };
    let of = |kind: u8, packed: Result<Vec<u8>, belljar_abi::Fault>| {
        packed.ok().map(|bytes| [&[kind], bytes.as_slice()].concat())
    };
    [of(0, pack(&message)), of(1, pack(&answer)), of(2, pack(&keys)), of(2, pack(&failed)), of(3, pack(&setup))]
        .into_iter()
        .flatten()
        .collect()
}
