//! Acts on what is in memory, whichever capability they are of.

#![allow(clippy::panic, dead_code, reason = "a test, which uses what it needs")]

use belljar_core::abi::Failure;
use belljar_core::effects::{MemoryKeys, MemoryTree, at_once, files, kv};
use belljar_core::{Act, Receipt, Request, Response};

/// Does what needs no waiting.
pub fn done<T>(act: impl Future<Output = T>) -> T {
    at_once(Box::pin(act)).unwrap_or_else(|_| panic!("what is in memory does not wait"))
}

/// Performs an act: what was asked for, and what it comes to.
pub fn perform(act: Act, keys: &MemoryKeys, tree: &MemoryTree) -> (Request, (Receipt, Result<Response, Failure>)) {
    match act {
        Act::Kv(permit) => (Request::Kv(permit.act().clone()), done(kv::perform(permit, keys))),
        Act::Files(permit) => (Request::Files(permit.act().request.clone()), done(files::perform(permit, tree))),
    }
}
