//! What the host's own work for a tool may take, before the tool runs.

use std::time::Duration;

/// Bytes of a component that is admitted in this process (256 KiB): admission's work is in proportion to them.
pub const ADMITTED_HERE: usize = 256 << 10;

/// Units of a compiler's work, as admission counts them, that are compiled in this process: some tens of milliseconds and
/// megabytes. What is more is compiled in a process of its own.
pub const COMPILED_HERE: u64 = 40_000;

/// How long a process may take to compile a tool. [`crate::Builder::compile_time`] sets another.
pub const COMPILE_TIME: Duration = Duration::from_secs(60);

/// Bytes of memory that a process may take to compile a tool (1 GiB). [`crate::Builder::compile_memory`] sets another.
pub const COMPILE_MEMORY: u64 = 1 << 30;

/// Bytes of memory that are only the compiler's stack (1 GiB of address space, of which a source uses what its nesting
/// needs): added to [`COMPILE_MEMORY`] for sources.
pub const COMPILE_STACK: u64 = 1 << 30;

/// Threads of a process that compiles.
pub const COMPILE_THREADS: usize = 4;

/// How long cargo may take to build a tool in Rust. [`crate::Builder::compile_time`] sets another.
pub const BUILD_TIME: Duration = Duration::from_secs(300);

/// Bytes of memory of each process of a build in Rust (4 GiB).
pub const BUILD_MEMORY: u64 = 4 << 30;

/// Bytes of one file that a build in Rust writes (1 GiB).
pub const BUILD_FILE: u64 = 1 << 30;

/// Bytes of what a process that compiles says of its result (32 MiB): manifest, messages, positions.
pub const ANSWER_HEAD: u64 = 32 << 20;

/// Bytes of the result itself (512 MiB): machine code is some ten times its module.
pub const ANSWER_BODY: u64 = 512 << 20;

/// Bytes that are kept of what cargo and rustc say (1 MiB).
pub const BUILD_MESSAGES: u64 = 1 << 20;
