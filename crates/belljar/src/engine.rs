//! The wasmtime engine: one per [`crate::Belljar`], configured so that every host's answers agree.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::error::Error;

/// Bytes of native stack for a guest. Admission bounds a guest's calls so that they need less than this in
/// any engine; reaching it would be a fault of Belljar's, reported as a trap.
const WASM_STACK: usize = 8 << 20;

/// Bytes of a memory that stay resident in a pooled slot between runs, instead of being given back.
const KEEP_MEMORY: usize = 512 << 10;

/// Makes the engine. `slots` is how many instances may live at once with the pooling allocator; without it
/// instances are allocated on demand, which starts a process 9 ms sooner.
pub(crate) fn engine(slots: Option<u32>) -> Result<Engine, Error> {
    let mut config = Config::new();
    config.cranelift_opt_level(OptLevel::Speed);
    // Admission has put one NaN in the place of all: see its `nan`.
    config.wasm_relaxed_simd(false);
    // Admission marks the meter's branches; the guest's own marks are dropped.
    config.wasm_branch_hinting(true);
    config.wasm_multi_memory(false);
    config.wasm_memory64(false);
    config.concurrency_support(false);
    config.consume_fuel(false);
    config.epoch_interruption(false);
    config.wasm_backtrace_max_frames(None);
    config.max_wasm_stack(WASM_STACK);
    config.async_stack_size(WASM_STACK + (1 << 20));
    if let Some(slots) = slots {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(slots);
        pool.total_memories(slots);
        pool.total_tables(slots);
        pool.total_stacks(slots);
        pool.max_unused_warm_slots(slots);
        pool.max_tables_per_module(4);
        pool.table_elements(belljar_admit::limits::TABLE_ELEMENTS as usize);
        pool.max_memory_size(4 << 30);
        pool.max_core_instance_size(4 << 20);
        pool.linear_memory_keep_resident(KEEP_MEMORY);
        pool.table_keep_resident(64 << 10);
        pool.async_stack_keep_resident(64 << 10);
        pool.pagemap_scan(Enabled::Auto);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    Engine::new(&config).map_err(|e| Error::Engine(format!("{e:#}")))
}
