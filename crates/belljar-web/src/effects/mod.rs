//! Effects: what permits are spent on. Here acts are told apart, and what a run can reach; what is done is in one file a
//! capability, of the same names as in the server's host.

pub(crate) mod directory;
mod exception;
pub(crate) mod files;
mod handles;
mod http;
pub(crate) mod kv;
mod relayed;
pub(crate) mod spend;
mod watch;

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
use directory::Directory;
use files::Folder;
use handles::Handles;
use http::Courier;
use kv::Namespace;
use relayed::Relay;

/// What the log calls this host.
const HOST: &str = "browser";

/// The same where requests go through the relay of the page's server.
const RELAYED: &str = "browser, with a relay";

/// Where a run's files are.
#[derive(Clone, Debug)]
enum Files {
    Memory(Folder),
    Disk(Directory),
}

/// Where a run's files and keys are.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Stores {
    files: Files,
    database: String,
    namespace: Option<String>,
    secrets: Secrets,
    relayed: bool,
}

#[wasm_bindgen]
impl Stores {
    /// An empty folder, an IndexedDB database, and whose keys of it are seen: the tool's own unless it says something else.
    #[wasm_bindgen(constructor)]
    pub fn new(database: String, namespace: Option<String>) -> Stores {
        let files = Files::Memory(Folder::new());
        Stores { files, database, namespace, secrets: Secrets::default(), relayed: false }
    }

    /// Files are in this folder.
    #[wasm_bindgen(js_name = useFolder)]
    pub fn use_folder(&mut self, folder: &Folder) {
        self.files = Files::Memory(folder.clone());
    }

    /// Files are in this real folder.
    #[wasm_bindgen(js_name = useDirectory)]
    pub fn use_directory(&mut self, directory: &Directory) {
        self.files = Files::Disk(directory.clone());
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
        Ok(Reach { relayed: self.relayed, ..Reach::new(self.files, keys, self.secrets) })
    }
}

/// What a run can reach.
pub(crate) struct Reach {
    files: Files,
    keys: Namespace,
    secrets: Secrets,
    /// HTTP requests go through the relay of the page's server.
    relayed: bool,
    /// Acts on keys are performed one after the other, in the order of their requests.
    queue: RefCell<VecDeque<Permit<KvAct>>>,
    busy: Cell<bool>,
}

impl Reach {
    fn new(files: Files, keys: Namespace, secrets: Secrets) -> Self {
        Reach { files, keys, secrets, relayed: false, queue: RefCell::default(), busy: Cell::new(false) }
    }

    /// For a run in which nothing is performed.
    pub(crate) fn nothing() -> Self {
        Reach::new(Files::Memory(Folder::new()), Namespace::new("", ""), Secrets::default())
    }
}

/// Performs what is permitted.
pub(crate) fn perform(running: &Running, act: Act) -> Result<(), Stop> {
    match act {
        Act::Files(permit) => match &running.reach().files {
            Files::Memory(folder) => {
                let tree = folder.tree();
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
            Files::Disk(directory) => {
                let (running, root) = (running.clone(), directory.handle());
                directory.perform(async move {
                    // What was permitted is done also if the tool has returned without waiting for it, as on the server.
                    if !running.is_abandoned() {
                        let tree = Handles { root: &root, is_abandoned: &|| running.is_abandoned() };
                        performed(&running, effects::files::perform(permit, &tree).await);
                    }
                });
                Ok(())
            }
        },
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
