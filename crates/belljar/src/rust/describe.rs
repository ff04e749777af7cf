//! Asking a tool in Rust to describe itself: a run like any other, with nothing granted.

use std::path::PathBuf;
use std::sync::Arc;

use belljar_core::{Contract, MemoryLog, Meter, Run, Setup, Stop, Terms, calls};
use belljar_policy::Policy;
use wasmtime::Store;

use crate::Belljar;
use crate::ask::NoOne;
use crate::cancel::Cancel;
use crate::effects::kv::KvStore;
use crate::guest::{self, Death, Guest, World};
use crate::prepared::Prepared;
use crate::run::{self, Limits};

impl Belljar {
    /// The answer of a tool's export `describe`.
    pub(super) fn describe(&self, code: &Prepared, identity: [u8; 32]) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.map_err(|error| error.to_string())?.block_on(self.describe_async(code, identity))
    }

    async fn describe_async(&self, code: &Prepared, identity: [u8; 32]) -> Result<String, String> {
        let contract = Contract::plain("describe", identity);
        let terms = Arc::new(Terms::from(Policy::deny_all()));
        let budget = terms.policy().limits.clone();
        let setup = Setup { contract: &contract, input: "", host: "describe", now: 0, seed: [0; 32] };
        let mut run = Run::start(setup, terms, Box::<MemoryLog>::default()).map_err(|error| error.to_string())?;
        // As while a program loads: the clock at zero, no requests.
        run.set_loading(true);
        let (meter, first) = Meter::new(budget.fuel);
        let world = World {
            base: PathBuf::new(),
            kv: KvStore::in_memory(),
            namespace: String::new(),
            asker: Arc::new(NoOne),
            cancel: Cancel::new(),
            on_console: None,
            deadline: guest::deadline(budget.time),
        };
        let mut store = Store::new(&self.engine, Guest::new(run, meter, world));
        let limits = Limits { first, pages: budget.memory >> 16, output: 0 };
        let answer = async {
            let instance = code.pre.instantiate_async(&mut store).await?;
            run::set_up(&mut store, &instance, code, &limits)?;
            run::begin(&mut store, &instance, code).await?;
            let describe = code.exports.describe.as_ref();
            let describe = describe.ok_or_else(|| Stop::Protocol("it has no export `describe`".into()))?;
            let describe = run::export_func::<()>(&mut store, &instance, describe)?;
            let address = describe.call_async(&mut store, ()).await?;
            Ok(calls::lift_describe(address, run::memory(&store))?)
        };
        let answer: wasmtime::Result<String> = answer.await;
        answer.map_err(|error| match guest::death(&error) {
            Death::Stop(stop) => stop.to_string(),
            Death::Trap(what) => what,
        })
    }
}
