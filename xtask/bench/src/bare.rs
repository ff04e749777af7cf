//! The peer: the same component in wasmtime as its documentation says, without policy, limits or log.

use wasmtime::component::{Component, ComponentType, InstancePre, Lift, Linker, Lower};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Result, Store, StoreLimits,
    StoreLimitsBuilder,
};

use crate::guard::Guard;

/// How wasmtime bounds a guest's computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Not at all.
    None,
    /// By fuel.
    Fuel,
    /// By fuel, and by epochs for the deadline.
    FuelAndEpochs,
}

/// A tool in bare wasmtime.
pub struct Bare {
    engine: Engine,
    pre: InstancePre<StoreLimits>,
    bound: Bound,
    guard: Option<Guard>,
}

#[derive(ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code, reason = "it is the world's type, whichever cases come")]
enum FaultKind {
    #[component(name = "failed")]
    Failed,
    #[component(name = "crashed")]
    Crashed,
    #[component(name = "denied")]
    Denied,
    #[component(name = "exhausted")]
    Exhausted,
    #[component(name = "unloadable")]
    Unloadable,
}

#[derive(ComponentType, Lift)]
#[component(record)]
struct Fault {
    #[allow(dead_code, reason = "it is lifted, as any host would")]
    kind: FaultKind,
    #[allow(dead_code, reason = "it is lifted, as any host would")]
    code: String,
    message: String,
    #[allow(dead_code, reason = "it is lifted, as any host would")]
    stack: String,
}

#[derive(ComponentType, Lift)]
#[component(record)]
struct Item {
    #[allow(dead_code, reason = "the guest only gets")]
    key: String,
    #[allow(dead_code, reason = "the guest only gets")]
    value: Vec<u8>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
#[allow(dead_code, reason = "the guest only gets")]
enum Request {
    #[component(name = "get")]
    Get(String),
    #[component(name = "set")]
    Set(Item),
    #[component(name = "delete")]
    Delete(String),
    #[component(name = "list")]
    List(String),
}

#[derive(ComponentType, Lower)]
#[component(variant)]
#[allow(dead_code, reason = "the guest only gets")]
enum Response {
    #[component(name = "value")]
    Value(Option<Vec<u8>>),
    #[component(name = "done")]
    Done,
    #[component(name = "keys")]
    Keys(Vec<String>),
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct Denial {
    capability: String,
    request: String,
    rule: String,
}

#[derive(ComponentType, Lower)]
#[component(variant)]
#[allow(dead_code, reason = "nothing fails here")]
enum Failure {
    #[component(name = "denied")]
    Denied(Denial),
    #[component(name = "exhausted")]
    Exhausted(String),
    #[component(name = "not-found")]
    NotFound(String),
    #[component(name = "invalid")]
    Invalid(String),
    #[component(name = "too-large")]
    TooLarge(String),
    #[component(name = "timed-out")]
    TimedOut(String),
    #[component(name = "other")]
    Other(String),
}

impl Bare {
    /// Compiles the component, with a pool of `slots` whose memory stays resident.
    pub fn new(component: &[u8], bound: Bound, slots: u32) -> Result<Self> {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(slots).total_component_instances(slots);
        pool.total_memories(slots).total_tables(slots).total_stacks(slots);
        pool.linear_memory_keep_resident(512 << 10).table_keep_resident(64 << 10);
        pool.max_unused_warm_slots(slots).pagemap_scan(Enabled::Auto);
        let mut config = Config::new();
        config.cranelift_opt_level(OptLevel::Speed);
        config.concurrency_support(false);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        config.consume_fuel(bound != Bound::None);
        config.epoch_interruption(bound == Bound::FuelAndEpochs);
        let engine = Engine::new(&config)?;
        let component = Component::new(&engine, component)?;
        let mut linker: Linker<StoreLimits> = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component)?;
        linker.allow_shadowing(true);
        let mut kv = linker.instance("belljar:tool/kv@0.1.0")?;
        kv.func_wrap("start", |_, (request,): (Request,)| {
            std::hint::black_box(&request);
            Ok((1_u32,))
        })?;
        kv.func_wrap("take", |_, (_,): (u32,)| {
            Ok((Ok::<Response, Failure>(Response::Value(Some(b"value".to_vec()))),))
        })?;
        let mut waiting = linker.instance("belljar:tool/waiting@0.1.0")?;
        waiting.func_wrap("wait", |_, (tickets, _): (Vec<u32>, Option<u64>)| Ok((tickets.first().copied(),)))?;
        linker.instance("belljar:tool/clock@0.1.0")?.func_wrap("now", |_, ()| Ok((0_u64,)))?;
        let pre = linker.instantiate_pre(&component)?;
        Ok(Bare { engine, pre, bound, guard: None })
    }

    /// With what somebody would write around it who wants limits and a record: fuel, epochs, a memory limiter, a look into
    /// a policy, and two entries of a hash-chained log for each call.
    pub fn guarded(component: &[u8], slots: u32) -> Result<Self> {
        Ok(Bare { guard: Some(Guard::new()), ..Self::new(component, Bound::FuelAndEpochs, slots)? })
    }

    /// Runs the tool in a fresh instance.
    pub fn call(&self, input: &str) -> Result<String> {
        if let Some(guard) = &self.guard {
            guard.record("begin", input)?;
        }
        let output = self.run(input)?;
        if let Some(guard) = &self.guard {
            guard.record("end", &output)?;
        }
        Ok(output)
    }

    fn run(&self, input: &str) -> Result<String> {
        let limits = StoreLimitsBuilder::new().memory_size(256 << 20).build();
        let mut store = Store::new(&self.engine, limits);
        if self.guard.is_some() {
            store.limiter(|limits| limits);
        }
        if self.bound != Bound::None {
            store.set_fuel(u64::MAX / 2)?;
        }
        if self.bound == Bound::FuelAndEpochs {
            store.set_epoch_deadline(1_000);
        }
        let instance = self.pre.instantiate(&mut store)?;
        let run = instance.get_typed_func::<(&str,), (std::result::Result<String, Fault>,)>(&mut store, "run")?;
        let (outcome,) = run.call(&mut store, (input,))?;
        outcome.map_err(|fault| wasmtime::Error::msg(fault.message))
    }
}
