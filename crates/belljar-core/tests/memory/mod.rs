//! Acts on what is in memory, whichever capability they are of.

#![allow(clippy::panic, dead_code, reason = "a test, which uses what it needs")]

use belljar_core::abi::{Failure, ToolResponse};
use belljar_core::effects::{MemoryHttp, MemoryKeys, MemoryTree, at_once, files, http, kv};
use belljar_core::{Act, Receipt, Request, Response, Secrets};

/// Does what needs no waiting.
pub fn done<T>(act: impl Future<Output = T>) -> T {
    at_once(Box::pin(act)).unwrap_or_else(|_| panic!("what is in memory does not wait"))
}

/// The value of the secret `token`, which must turn up nowhere but at its server.
pub const CANARY: &str = "canary/4f1c+9b7e=\"2d\"";

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    if secrets.insert("token", CANARY.into()).is_err() {
        panic!("the canary is a secret");
    }
    secrets
}

/// Performs an act: what was asked for, and what it comes to.
pub fn perform(
    act: Act,
    keys: &MemoryKeys,
    tree: &MemoryTree,
    servers: &MemoryHttp,
) -> (Request, (Receipt, Result<Response, Failure>)) {
    match act {
        Act::Kv(permit) => (Request::Kv(permit.act().request.clone()), done(kv::perform(permit, keys))),
        Act::Http(permit) => {
            (Request::Http((*permit.act().request).clone()), done(http::perform(permit, servers, &secrets())))
        }
        Act::Tools(permit) => {
            let (request, receipt) = permit.spend();
            let answer = Ok(Response::Tools(ToolResponse { output: request.input.clone() }));
            (Request::Tools(request), (receipt, answer))
        }
        Act::Files(permit) => (Request::Files(permit.act().request.clone()), done(files::perform(permit, tree))),
    }
}
