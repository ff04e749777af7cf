//! A guest that is called before anybody runs it, to describe itself or to load its program: under glass like any run,
//! with nothing granted, the clock at zero, and nothing logged.

use std::sync::Arc;

use belljar_core::{Contract, MemoryLog, Meter, Run, Setup, Terms};
use belljar_policy::Policy;
use wasmtime::{Instance, Store};

use crate::Belljar;
use crate::guest::{Guest, World};
use crate::prepared::Prepared;
use crate::run::{self, Limits};
use crate::trap::{Death, death};

/// An instance that is set up and begun.
pub(crate) struct Rehearsal {
    pub(crate) store: Store<Guest>,
    pub(crate) instance: Instance,
}

impl Belljar {
    /// Makes the instance, with the default limits.
    pub(crate) async fn set_stage(&self, code: &Prepared, identity: [u8; 32]) -> wasmtime::Result<Rehearsal> {
        let contract = Contract::plain("rehearsal", identity);
        let terms = Arc::new(Terms::from(Policy::deny_all()));
        let budget = terms.policy().limits.clone();
        let setup = Setup { contract: &contract, input: "", host: "rehearsal", now: 0, seed: [0; 32] };
        let mut run = Run::start(setup, terms, Box::<MemoryLog>::default())?;
        run.set_loading(true);
        let (meter, first) = Meter::new(budget.fuel);
        let world = World::nothing();
        let mut store = Store::new(&self.engine, Guest::new(run, meter, world));
        let limits = Limits { first, pages: budget.memory >> 16, output: 0 };
        let instance = code.pre.instantiate_async(&mut store).await?;
        run::set_up(&mut store, &instance, code, &limits)?;
        run::begin(&mut store, &instance, code).await?;
        Ok(Rehearsal { store, instance })
    }
}

/// Waits for a rehearsal; an error is the reason in words.
pub(crate) fn wait<T>(rehearsal: impl Future<Output = wasmtime::Result<T>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.map_err(|error| error.to_string())?.block_on(rehearsal).map_err(|error| match death(&error) {
        Death::Stop(stop) => stop.to_string(),
        Death::Trap(trap) => trap.words().to_owned(),
    })
}
