//! Running a tool once.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use belljar_core::Moment;
use belljar_core::abi::{FaultKind, Level};
use belljar_core::daybook::Allowance;
use belljar_core::{
    Calling, Exit, InputError, LogSink, MemoryLog, Meter, Report, Run, Secrets, Setup, Spent, Stop, Terms, calls,
};
use belljar_policy::Policy;
use wasmtime::{Global, Instance, Store, TypedFunc, Val};

use crate::Belljar;
use crate::ask::{Asker, NoOne};
use crate::calls::Tools;
use crate::cancel::Cancel;
use crate::effects::kv::KvStore;
use crate::effects::spend::{self, SpendError, SpendLedger};
use crate::guest::{self, Guest, Handles, World};
use crate::prepared::Prepared;
use crate::suspend::Suspender;
use crate::tool::Tool;
use crate::toolbox::Toolbox;
use crate::trap::{Death, death};

/// What the log calls this host.
pub(crate) const HOST: &str = "wasmtime 48";

/// The terms that grant nothing: written down and hashed once, not for every run.
static NOTHING: LazyLock<Arc<Terms>> = LazyLock::new(|| Arc::new(Terms::from(Policy::deny_all())));

/// Somebody who is shown console lines. The text is the tool's: show it escaped.
pub type ConsoleSink = Arc<dyn Fn(Level, &str) + Send + Sync>;

/// Under which conditions a tool runs. The default grants nothing.
pub struct RunOptions {
    /// The policy, with its digest.
    pub terms: Arc<Terms>,
    /// Where relative directories of the policy start; the current directory by default.
    pub base: PathBuf,
    /// Keys and values; a store in memory by default.
    pub kv: KvStore,
    /// Whose keys it sees; the tool's identity by default.
    pub kv_namespace: Option<String>,
    /// The values of the policy's secrets; none by default.
    pub secrets: Secrets,
    /// The ledger of money by day; none by default, and a policy that bounds money by day is refused then.
    pub spend: Option<SpendLedger>,
    /// Who is asked; no one by default.
    pub asker: Arc<dyn Asker>,
    /// Where the log goes; into memory by default, which nobody sees.
    pub log: Box<dyn LogSink>,
    /// How to end it early.
    pub cancel: Cancel,
    /// Who sees console lines as they come.
    pub on_console: Option<ConsoleSink>,
    /// What becomes of the run while it waits for a person; it stays in memory by default.
    pub suspender: Option<Suspender>,
    /// The tools that it can call; none by default.
    pub tools: Arc<Toolbox>,
}

impl std::fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunOptions").field("terms", &self.terms).field("base", &self.base).finish_non_exhaustive()
    }
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            terms: NOTHING.clone(),
            base: PathBuf::new(),
            kv: KvStore::in_memory(),
            kv_namespace: None,
            secrets: Secrets::default(),
            spend: None,
            asker: Arc::new(NoOne),
            log: Box::<MemoryLog>::default(),
            cancel: Cancel::new(),
            on_console: None,
            suspender: None,
            tools: Arc::default(),
        }
    }
}

/// The options, sorted by who needs them.
pub(crate) struct Conditions {
    pub(crate) world: World,
    pub(crate) meter: Meter,
    pub(crate) limits: Limits,
}

impl RunOptions {
    /// The conditions for a tool, and where the log goes.
    pub(crate) fn split(self, tool: &Tool, terms: &Terms, jar: &Belljar) -> (Conditions, Box<dyn LogSink>) {
        let limits = &terms.policy().limits;
        let (meter, kept) = Limits::of(limits);
        let world = World {
            base: self.base,
            kv: self.kv,
            namespace: self.kv_namespace,
            identity: tool.identity(),
            servers: jar.servers.clone(),
            secrets: self.secrets.into(),
            asker: self.asker,
            cancel: self.cancel,
            on_console: self.on_console,
            suspender: self.suspender,
            tools: Some(Tools { jar: jar.clone(), tools: self.tools }),
            stage: None,
            above: None,
        };
        (Conditions { world, meter, limits: kept }, self.log)
    }

    /// The usual conditions under a policy.
    pub fn with_policy(policy: Policy) -> Self {
        RunOptions { terms: Arc::new(Terms::from(policy)), ..Self::default() }
    }
}

impl Belljar {
    /// Runs a tool once, in a fresh instance. Every way of ending is a report; only an input that does not fit
    /// is an error, because nothing was run then. Must be called within a Tokio runtime with time and I/O enabled.
    pub async fn run(&self, tool: &Tool, input: &str, options: RunOptions) -> Result<Report, InputError> {
        let contract = &tool.0.contract;
        let input = contract.accept_input(input)?;
        let mut seed = [0; 32];
        if let Err(error) = getrandom::fill(&mut seed) {
            let stop = Stop::Host(format!("the system gives no randomness: {error}"));
            return Ok(Report::unstarted(&stop));
        }
        let setup = Setup { contract, input: &input, host: HOST, now: guest::wall(), seed };
        let terms = options.terms.clone();
        if let Err(missing) = options.secrets.suffice(terms.policy()) {
            return Ok(Report::unstarted(&Stop::Host(missing.to_string())));
        }
        // Before anything is written: a run that gets no money does not start.
        let ledger = options.spend.clone();
        let drawn = draw(ledger.as_ref(), &terms, contract.name(), setup.now, seed).await;
        let allowance = match drawn {
            Ok(allowance) => allowance,
            Err(SpendError::Draw(error)) => return Ok(Report::without_money(&error)),
            Err(error) => return Ok(Report::unstarted(&Stop::Host(error.to_string()))),
        };
        let (conditions, log) = options.split(tool, &terms, self);
        let run = match Run::start_with(setup, terms.clone(), log, allowance.as_ref()) {
            Ok(run) => run,
            Err(stop) => {
                self.settle(ledger, terms, allowance, 0).await;
                return Ok(Report::unstarted(&stop));
            }
        };
        let report = self.drive_to_end(tool, &input, run, conditions).await;
        self.settle_end(ledger, terms, allowance, &report).await;
        Ok(report)
    }

    /// Settles what a run drew of a day's money, if it has ended. One that was suspended keeps it.
    pub(crate) async fn settle_end(
        &self,
        ledger: Option<SpendLedger>,
        terms: Arc<Terms>,
        allowance: Option<Allowance>,
        report: &Report,
    ) {
        if report.ended {
            self.settle(ledger, terms, allowance, report.usage.spent.unwrap_or_default()).await;
        }
    }

    async fn settle(&self, ledger: Option<SpendLedger>, terms: Arc<Terms>, allowance: Option<Allowance>, spent: u64) {
        let (Some(ledger), Some(Allowance { hold, .. })) = (ledger, allowance) else { return };
        let held = hold.clone();
        if let Err(error) = spend::apart(move || ledger.settle(terms.policy(), &held, spent)).await {
            self.tell(&format!("what the run spent is not settled, and stays held under {hold}: {error}"));
        }
    }

    /// Runs what was started, to its report.
    pub(crate) async fn drive_to_end(&self, tool: &Tool, input: &str, run: Run, conditions: Conditions) -> Report {
        self.drive_out(tool, input, run, conditions).await.0
    }

    /// The same; with it come the calls that a replay has to repeat, too.
    pub(crate) async fn drive_out(
        &self,
        tool: &Tool,
        input: &str,
        run: Run,
        Conditions { world, meter, limits }: Conditions,
    ) -> (Report, Vec<Calling>) {
        let mut store = Store::new(&self.engine, Guest::new(run, meter, world));
        let (exit, handles) = match self.drive(&mut store, tool, input, &limits).await {
            Ok((exit, handles)) => (exit, Some(handles)),
            Err(stop) => (Exit::Stopped(stop), None),
        };
        let spent = match handles {
            Some(handles) => Spent {
                fuel: match handles.fuel.get(&mut store) {
                    Val::I64(counter) => store.data().meter.used(counter),
                    _ => 0,
                },
                pages: handles.memory.map_or(0, |m| m.size(&store)),
                memory_refused: matches!(handles.refused.get(&mut store), Val::I32(1..)),
            },
            None => Spent::default(),
        };
        let exit = match exit {
            Exit::Fault(fault) => Exit::Fault(tool.locate(fault)),
            exit => exit,
        };
        #[cfg(test)]
        tests::look(memory(&store));
        let guest = store.into_data();
        let now = guest.now();
        let (mut session, exit) = guest.close(exit).await;
        let calls = session.run_mut().recorded_calls();
        (session.end(&tool.0.contract, exit, spent, now), calls)
    }

    /// [`Belljar::run`] without a runtime around it.
    pub fn run_blocking(&self, tool: &Tool, input: &str, options: RunOptions) -> Result<Report, InputError> {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                let report = runtime.block_on(self.run(tool, input, options));
                // A file operation that hangs must not hold up the report.
                runtime.shutdown_background();
                report
            }
            Err(error) => Ok(Report::unstarted(&Stop::Host(format!("cannot start a runtime: {error}")))),
        }
    }

    /// [`Belljar::run_blocking`], cancelled when the process is interrupted (Ctrl-C).
    pub fn run_interruptible(&self, tool: &Tool, input: &str, options: RunOptions) -> Result<Report, InputError> {
        let cancel = options.cancel.clone();
        interruptible(cancel, self.run(tool, input, options)).unwrap_or_else(|stop| Ok(Report::unstarted(&stop)))
    }

    async fn drive(
        &self,
        store: &mut Store<Guest>,
        tool: &Tool,
        input: &str,
        limits: &Limits,
    ) -> Result<(Exit, Handles), Stop> {
        let code: &Prepared = &tool.0.code;
        if u64::from(code.initial_pages) > limits.pages {
            return Err(Stop::Protocol(belljar_core::starts_too_large(code.initial_pages, limits.pages << 16)));
        }
        let instance = match code.pre.instantiate_async(&mut *store).await {
            Ok(instance) => instance,
            // A segment outside its memory or table, or a start function that traps, is the tool's fault.
            Err(error) => match death(&error) {
                Death::Trap(what) => {
                    return Err(Stop::Protocol(belljar_core::remote::not_started(what)));
                }
                Death::Stop(Stop::Host(why)) => {
                    let why = format!("no instance could be made (are more running than there are slots?): {why}");
                    return Err(Stop::Host(why));
                }
                Death::Stop(stop) => return Err(stop),
            },
        };
        let handles = set_up(store, &instance, code, limits)?;
        let exit = match call_all(store, &instance, code, tool, input, limits).await {
            Ok(exit) => exit,
            Err(error) => match death(&error) {
                Death::Stop(stop) => stop.into(),
                Death::Trap(what) => Exit::Trap(what),
            },
        };
        Ok((exit, handles))
    }
}

/// Does what is to be cancelled when the process is interrupted, in a runtime of its own.
pub(crate) fn interruptible<T>(cancel: Cancel, done: impl Future<Output = T>) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Stop::Host(format!("cannot start a runtime: {error}")))?;
    let done = runtime.block_on(async {
        let watch = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                cancel.cancel();
            }
        });
        let done = done.await;
        watch.abort();
        done
    });
    // A file operation that hangs must not hold up the report.
    runtime.shutdown_background();
    Ok(done)
}

/// Draws what a run may spend of a day's money, if there is a ledger; without one, the core refuses a policy that needs it.
async fn draw(
    ledger: Option<&SpendLedger>,
    terms: &Arc<Terms>,
    tool: &str,
    now: Moment,
    seed: [u8; 32],
) -> Result<Option<Allowance>, SpendError> {
    let (Some(ledger), Some(_)) = (ledger.cloned(), &terms.policy().limits.per_day) else { return Ok(None) };
    let (terms, tool) = (terms.clone(), tool.to_owned());
    spend::apart(move || ledger.draw(terms.policy(), &tool, now, &seed)).await
}

/// What is written into the instance's counters, and how much output is copied.
pub(crate) struct Limits {
    pub(crate) first: i64,
    pub(crate) pages: u64,
    pub(crate) output: u64,
}

impl Limits {
    /// Those of a policy, and the meter that keeps its fuel.
    pub(crate) fn of(limits: &belljar_policy::Limits) -> (Meter, Self) {
        let (meter, first) = Meter::new(limits.fuel);
        (meter, Limits { first, pages: limits.memory >> 16, output: limits.output })
    }
}

pub(crate) fn set_up(
    store: &mut Store<Guest>,
    instance: &Instance,
    code: &Prepared,
    limits: &Limits,
) -> Result<Handles, Stop> {
    let exports = &code.exports;
    let mut global = |export| -> Result<Global, Stop> {
        let found = instance.get_module_export(&mut *store, export).and_then(wasmtime::Extern::into_global);
        found.ok_or_else(|| Stop::Host("admitted code lacks a counter".into()))
    };
    let (fuel, pages, stack) = (global(&exports.fuel)?, global(&exports.pages)?, global(&exports.stack)?);
    let refused = global(&exports.refused)?;
    let memory = exports.memory.as_ref().and_then(|e| instance.get_module_export(&mut *store, e));
    let realloc = exports.realloc.as_ref().and_then(|e| instance.get_module_export(&mut *store, e));
    let handles = Handles {
        fuel,
        refused,
        memory: memory.and_then(wasmtime::Extern::into_memory),
        realloc: guest::func(realloc),
    };
    let pages_limit = i32::try_from(limits.pages.min(65_536)).unwrap_or(i32::MAX);
    let set = |store: &mut Store<Guest>| {
        fuel.set(&mut *store, Val::I64(limits.first))?;
        pages.set(&mut *store, Val::I32(pages_limit))?;
        stack.set(&mut *store, Val::I64(belljar_admit::limits::STACK_SLOTS))
    };
    set(store).map_err(|e| Stop::Host(format!("{e:#}")))?;
    store.data_mut().instance = Some(handles);
    Ok(handles)
}

/// Calls the guest's exports in order: start, initialize, load, run.
async fn call_all(
    store: &mut Store<Guest>,
    instance: &Instance,
    code: &Prepared,
    tool: &Tool,
    input: &str,
    limits: &Limits,
) -> wasmtime::Result<Exit> {
    let exports = &code.exports;
    let handles = store.data().instance.ok_or_else(|| Stop::Host("the guest is not set up".into()))?;
    begin(store, instance, code).await?;
    if let (Some(program), Some(load)) = (&tool.0.program, &exports.load) {
        let file = write_text(store, &program.module).await?;
        let text = write_text(store, &program.code).await?;
        store.data_mut().session.run_mut().set_loading(true);
        let load = export_func::<(u32, u32, u32, u32)>(store, instance, load)?;
        let address = load.call_async(&mut *store, (file.0, file.1, text.0, text.1)).await?;
        store.data_mut().session.run_mut().set_loading(false);
        if let Err(mut fault) = calls::lift_load(address, memory(store))? {
            fault.kind = FaultKind::Unloadable;
            return Ok(Exit::Fault(fault));
        }
    }
    let text = write_text(store, input).await?;
    let run = export_func::<(u32, u32)>(store, instance, &exports.run)?;
    let address = run.call_async(&mut *store, text).await?;
    let most = limits.output.saturating_add(belljar_core::remote::SLACK);
    let exit = match calls::lift_run(address, memory(store), most) {
        Err(Stop::Abi(belljar_core::abi::Fault::TooLarge { size, .. })) => Exit::TooLarge(size),
        lifted => lifted?.map_or_else(Exit::Fault, Exit::Returned),
    };
    if let Some(post) = &exports.post_run
        && let Some(post) = guest::func(instance.get_module_export(&mut *store, post))
    {
        post.typed::<u32, ()>(&mut *store)?.call_async(&mut *store, address).await?;
    }
    if let Val::I64(counter) = handles.fuel.get(&mut *store) {
        store.data().meter.settle(counter)?;
    }
    Ok(exit)
}

/// Calls what has to be called before anything else.
pub(crate) async fn begin(store: &mut Store<Guest>, instance: &Instance, code: &Prepared) -> wasmtime::Result<()> {
    for export in [&code.exports.start, &code.exports.initialize].into_iter().flatten() {
        if let Some(start) = guest::func(instance.get_module_export(&mut *store, export)) {
            start.typed::<(), ()>(&mut *store)?.call_async(&mut *store, ()).await?;
        }
    }
    Ok(())
}

pub(crate) fn export_func<P: wasmtime::WasmParams>(
    store: &mut Store<Guest>,
    instance: &Instance,
    export: &wasmtime::ModuleExport,
) -> wasmtime::Result<TypedFunc<P, u32>> {
    let func = guest::func(instance.get_module_export(&mut *store, export));
    func.ok_or_else(|| Stop::Host("admitted code lacks an export".into()))?.typed(&mut *store)
}

/// The guest's memory as it is now.
pub(crate) fn memory(store: &Store<Guest>) -> &[u8] {
    store.data().instance.and_then(|h| h.memory).map_or(&[], |memory| memory.data(store))
}

/// Puts a text into memory that the guest allocates.
pub(crate) async fn write_text(store: &mut Store<Guest>, text: &str) -> wasmtime::Result<(u32, u32)> {
    let unusable = || Stop::Abi(belljar_core::abi::Fault::Realloc);
    let handles = store.data().instance.ok_or_else(unusable)?;
    let (memory, realloc) = (handles.memory.ok_or_else(unusable)?, handles.realloc.ok_or_else(unusable)?);
    let length = u32::try_from(text.len()).map_err(|_| unusable())?;
    let realloc: TypedFunc<(u32, u32, u32, u32), u32> = realloc.typed(&mut *store)?;
    let at = realloc.call_async(&mut *store, (0, 0, 1, length)).await?;
    let room = memory.data_mut(&mut *store).get_mut(at as usize..).and_then(|m| m.get_mut(..text.len()));
    room.ok_or_else(unusable)?.copy_from_slice(text.as_bytes());
    Ok((at, length))
}

#[cfg(test)]
mod tests;
