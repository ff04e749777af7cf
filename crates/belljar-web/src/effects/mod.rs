//! Effects: what permits are spent on. Here acts are told apart, and what a run can reach; what is done is in one file a
//! capability, of the same names as in the server's host.

pub(crate) mod files;
mod http;
pub(crate) mod kv;
mod relayed;
pub(crate) mod spend;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use belljar_core::abi::{Failure, Response};
use belljar_core::effects::{self, at_once};
use belljar_core::relay;
use belljar_core::{Act, Event, KvAct, Permit, Receipt, SecretFault, Secrets, Stop};
use belljar_policy::Policy;
use wasm_bindgen::prelude::*;

use crate::run::{Running, now};
use crate::tool::Tool;
use files::Folder;
use http::Courier;
use kv::Namespace;
use relayed::Relay;

/// What the log calls this host.
const HOST: &str = "browser";

/// The same where requests go through the relay of the page's server.
const RELAYED: &str = "browser, with a relay";

/// Where a run's files and keys are.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Stores {
    folder: Folder,
    database: String,
    namespace: Option<String>,
    secrets: Secrets,
    relayed: bool,
}

#[wasm_bindgen]
impl Stores {
    /// A folder, an IndexedDB database, and whose keys of it are seen: the tool's own unless it says something else.
    #[wasm_bindgen(constructor)]
    pub fn new(folder: &Folder, database: String, namespace: Option<String>) -> Stores {
        Stores { folder: folder.clone(), database, namespace, secrets: Secrets::default(), relayed: false }
    }

    /// HTTP requests go through the relay of the page's server.
    #[wasm_bindgen(js_name = useRelay)]
    pub fn use_relay(&mut self) {
        self.relayed = true;
    }

    /// Adds the value of a secret.
    #[wasm_bindgen(js_name = addSecret)]
    pub fn add_secret(&mut self, name: &str, value: String) -> Result<(), JsError> {
        Ok(self.secrets.insert(name, value)?)
    }
}

impl Stores {
    /// What the log calls this host.
    pub(crate) fn host(&self) -> &'static str {
        if self.relayed { RELAYED } else { HOST }
    }

    /// What a run of the tool under the policy can reach.
    pub(crate) fn of(self, tool: &Tool, policy: &Policy) -> Result<Reach, SecretFault> {
        self.secrets.suffice(policy)?;
        let namespace = self.namespace.unwrap_or_else(|| tool.identity_hex());
        let keys = Namespace::new(&self.database, &namespace);
        Ok(Reach { relayed: self.relayed, ..Reach::new(self.folder, keys, self.secrets) })
    }
}

/// What a run can reach.
pub(crate) struct Reach {
    folder: Folder,
    keys: Namespace,
    secrets: Secrets,
    /// HTTP requests go through the relay of the page's server.
    relayed: bool,
    /// Acts on keys are performed one after the other, in the order of their requests.
    queue: RefCell<VecDeque<Permit<KvAct>>>,
    busy: Cell<bool>,
}

impl Reach {
    fn new(folder: Folder, keys: Namespace, secrets: Secrets) -> Self {
        Reach { folder, keys, secrets, relayed: false, queue: RefCell::default(), busy: Cell::new(false) }
    }

    /// For a run in which nothing is performed.
    pub(crate) fn nothing() -> Self {
        Reach::new(Folder::new(), Namespace::new("", ""), Secrets::default())
    }
}

/// Performs what is permitted.
pub(crate) fn perform(running: &Running, act: Act) -> Result<(), Stop> {
    match act {
        Act::Files(permit) => {
            let tree = running.reach().folder.tree();
            let act = Box::pin(async move { effects::files::perform(permit, &*tree).await });
            match at_once(act) {
                Ok((receipt, result)) => {
                    running.with(|session| session.on(Event::Result(receipt, result), now())).unwrap_or(Ok(()))
                }
                Err(act) => {
                    let running = running.clone();
                    wasm_bindgen_futures::spawn_local(async move { performed(&running, act.await) });
                    Ok(())
                }
            }
        }
        Act::Http(permit) => {
            let running = running.clone();
            wasm_bindgen_futures::spawn_local(async move {
                let (reach, listener) = (running.reach(), running.listener());
                let policy = running.with(|session| session.session_mut().run().policy().clone());
                performed(
                    &running,
                    match policy.filter(|_| reach.relayed) {
                        Some(policy) => relay::send(permit, &Relay(listener), &policy, &reach.secrets).await,
                        None => effects::http::perform(permit, &Courier(listener), &reach.secrets).await,
                    },
                );
            });
            Ok(())
        }
        Act::Tools(permit) => {
            let (_, receipt) = permit.spend();
            let calling = running.with(|session| session.session_mut().run_mut().calling(&receipt)).transpose()?;
            if let Some(calling) = calling {
                running.calls().push(running, calling, receipt);
            }
            Ok(())
        }
        Act::Kv(permit) => {
            let reach = running.reach();
            reach.queue.borrow_mut().push_back(permit);
            if !reach.busy.replace(true) {
                let running = running.clone();
                wasm_bindgen_futures::spawn_local(async move { work(&running).await });
            }
            Ok(())
        }
    }
}

/// Hands in what an act came to that was waited for.
fn performed(running: &Running, (receipt, result): (Receipt, Result<Response, Failure>)) {
    running.happened(|session| session.on(Event::Result(receipt, result), now()));
}

/// Performs acts on keys until none is left.
async fn work(running: &Running) {
    let reach = running.reach();
    loop {
        let next = reach.queue.borrow_mut().pop_front();
        let Some(permit) = next else { break };
        // What was permitted is done also if the tool has returned without waiting for it, as on the server.
        if running.is_abandoned() {
            break;
        }
        performed(running, effects::kv::perform(permit, &reach.keys).await);
    }
    reach.busy.set(false);
}
