//! Belljar runs tools that an AI agent wrote, under glass: compiled to WebAssembly, with exactly the
//! capabilities that a person granted, on a measured budget, every action logged.
//!
//! This crate is the host on wasmtime, for embedding. What may happen is decided by `belljar-core` and
//! `belljar-policy`, which the browser's host uses as well; this crate performs what they permit.
//!
//! ```
//! use belljar::{Belljar, Policy, RunOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let jar = Belljar::builder().build()?;
//! let tool = jar.load("sum.ts", b"export default (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)")?;
//! let policy = Policy::parse("version = 1\n[limits]\nfuel = \"10 M\"\n")?;
//! let report = jar.run_blocking(&tool, "[1, 2, 3]", RunOptions::with_policy(policy))?;
//! assert_eq!(report.output.as_deref(), Some("6"));
//! # Ok(())
//! # }
//! ```
//!
//! What a stranger wrote is compiled in a process that can do nothing else and can be killed, once the program lets it:
//! call [`compile_server`] first in `main`, or name another program with [`Builder::compiler`]. A program that does neither
//! compiles what cheap bounds prove harmless (sources of ordinary size, small modules) and refuses the rest by a sentence.
//!
//! It is not a container: the tool gets no operating system, only the interfaces of the world in `wit/`.

mod apart;
mod ask;
mod builder;
mod cache;
mod calls;
mod cancel;
mod effects;
mod engine;
mod engines;
mod error;
mod folders;
mod foresee;
mod guest;
mod imports;
mod key_file;
pub mod limits;
mod log_file;
mod owner;
mod page;
mod prepared;
mod private_file;
mod python;
mod recording;
mod rehearsal;
mod run;
mod rust;
mod standalone;
mod suspend;
mod tool;
mod toolbox;
mod trap;

pub use apart::compile_server;
pub use ask::{Asker, NoOne, sleep};
pub use belljar_admit::{Manifest, Refusal};
pub use belljar_compile::{CompileError, Diagnostic};
pub use belljar_core::abi::{Header, HumanRequest, Level};
pub use belljar_core::{
    Answer, Answerer, Approver, Artifact, Asks, CalledTool, Carried, Divergence, Edit, Edited, Grant, Increment,
    InputError, Keep, LogError, LogSink, MemoryLog, NotGranted, Outcome, Part, Parts, Plan, PlanError, Planned,
    Question, Recorder, Recording, RecordingError, Refusal as RefusedRequest, ReplayError, Report, RunPath, SUPPORTED,
    Scope, SecretFault, Secrets, Terms, Ticket, Usage, format_moment, hex, sha256, wire,
};
pub use belljar_http::{Addresses, Options as HttpOptions, Resolve, SystemResolver};
pub use belljar_policy::{Assurance, Effect, Policy};
pub use builder::{Belljar, Builder};
pub use cancel::Cancel;
pub use effects::kv::KvStore;
pub use effects::spend::{SpendError, SpendLedger};
pub use error::{Error, LoadError};
pub use folders::{FolderError, check_folders};
pub use foresee::Answers;
pub use guest::wall;
pub use log_file::{LogFile, sync_folder};
pub use private_file::{open_own, open_private};
pub use recording::{ReplayFailure, Replayed, Suspended, recorder};
pub use run::{ConsoleSink, RunOptions};
pub use suspend::{Shelf, Suspender};
pub use tool::{Identity, Tool};
pub use toolbox::{Toolbox, ToolboxError};

/// The policy's types.
pub use belljar_policy as policy;

/// Money by day.
pub use belljar_core::daybook;
pub use belljar_core::{LogSpent, spent_by};

/// Checking and signing logs.
///
/// ```
/// use belljar::log::{create_key, verify, verify_against};
/// use belljar::{Belljar, MemoryLog, RunOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let jar = Belljar::builder().no_cache().build()?;
/// let tool = jar.load("one.js", b"export default () => 1")?;
/// let log = MemoryLog::default();
/// jar.run_blocking(&tool, "{}", RunOptions { log: Box::new(log.clone()), ..RunOptions::default() })?;
///
/// let key = create_key(&folder.path().join("key.pem"))?;
/// let summary = verify(log.text().as_bytes())?;
/// let signed = key.sign(summary.head, summary.entries);
///
/// // Whoever knows the public key can tell this log from every other.
/// signed.check(&key.public_key())?;
/// verify_against(log.text().as_bytes(), &signed.anchor())?;
/// # Ok(())
/// # }
/// ```
pub mod log {
    pub use belljar_core::entry::{self, Entry};
    pub use belljar_core::{
        Anchor, Before, Broken, Change, ChangeKind, Exhausted, History, Instead, LearnError, Money, PublicKey,
        Questions, RunIf, SignatureError, SignedHead, SigningKey, Summary, Unknown, WhatIfError, learn, parse_hex,
        verify, verify_against, what_if,
    };

    pub use crate::key_file::{create_key, read_key};
}
