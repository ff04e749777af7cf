//! Belljar's core: what a run may do, what it has used up, and the log of it.
//!
//! The core is a state machine. Time, randomness, results of effects and answers of people are handed to it;
//! it hands back verdicts, permits and log lines. It performs nothing: no sockets, files, clocks, threads.
//! Both hosts, wasmtime's and the browser's, ask this code for every decision, which is why they agree.
//!
//! Logs are checked by [`verify()`], or [`verify_against`] a head that is known or signed ([`SignedHead`]; with the feature
//! `sign`, signatures are made and checked).
//!
//! What an import of the guest means is [`calls`]; what may happen is [`Run`]; what an effect needs
//! is a [`Permit`], which only [`Run`] can make, and [`relay`] for a hop that a page's [`Run`] has judged; what an effect means is in
//! [`effects`].
//!
//! ```
//! use belljar_core::{Contract, Exit, MemoryLog, Outcome, Run, Setup, Spent, Terms};
//!
//! let contract = Contract::plain("echo", [7; 32]);
//! let input = contract.accept_input("{}")?;
//! let log = MemoryLog::default();
//! let setup = Setup { contract: &contract, input: &input, host: "doc", now: 0, seed: [1; 32] };
//! let terms = std::sync::Arc::new(Terms::from(belljar_policy::Policy::deny_all()));
//! let run = Run::start(setup, terms, Box::new(log.clone()))?;
//! let report = run.end(&contract, Exit::Returned("{}".into()), Spent::default(), 5);
//! assert_eq!(report.outcome, Outcome::Returned);
//! assert!(belljar_core::verify(log.text().as_bytes())?.ended);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod answerer;
mod artifact_name;
mod asks;
mod at_once;
pub mod calls;
pub mod capability;
mod clock;
mod contract;
pub mod daybook;
mod edit;
pub mod effects;
pub mod entry;
mod json;
mod learn;
mod ledger;
pub mod limits;
mod line;
mod log;
mod meter;
mod outcome;
mod permit;
mod plan;
mod pointer;
mod price;
mod question;
mod random;
mod read;
mod recorder;
mod recording;
pub mod relay;
pub mod remote;
mod rule_words;
mod run;
mod run_path;
mod secret;
mod session;
mod signature;
mod sink;
mod spelling;
mod spent;
mod standing;
mod tar;
mod terms;
mod tree;
mod verify;
mod what_if;
pub mod wire;

pub use answerer::{Answerer, Approver};
pub use artifact_name::artifact_name;
pub use asks::{Asks, Grant, NotGranted};
pub use belljar_abi::{self as abi, Moment, Ticket};
pub use belljar_abi::{Request, Response};
pub use belljar_admit::limits::STACK_SLOTS;
pub use capability::{Act, Answered, Ask, Capability, request_digest};
pub use clock::format_moment;
pub use contract::{Contract, ContractError, InputError, hex, parse_hex, sha256};
pub use edit::{EDITED, Edit, Part};
pub use entry::Usage;
pub use learn::{LearnError, learn};
pub use meter::Meter;
pub use outcome::{Artifact, Edited, Exit, Outcome, Refusal, Report, Stop, Trap, starts_too_large};
pub use permit::{FilesAct, Guard, HttpAct, KvAct, Permit, Receipt};
pub use plan::{Carried, Plan, PlanError, Planned, PlannedCall};
pub use question::{Answer, CalledTool, NotTaken, Question, QuestionId, RunId, Scope, question_digest};
pub use recorder::{Increment, Recorder, Sign, SuspendError};
pub use recording::{Call as RecordedCall, Held, HttpAsked, Parts, Recording, RecordingError};
pub use run::{Callee, Calling, NotSuspendable, ReplayError, Run, Setup, Spent, WrittenDown};
pub use run_path::RunPath;
pub use secret::{SecretFault, Secrets, check as check_secrets};
pub use session::{CellSession, Event, Instruction, Keep, Now, Session};
#[cfg(feature = "sign")]
pub use signature::SigningKey;
pub use signature::{PublicKey, SignatureError, SignedHead};
pub use sink::{Called, Divergence, LogError, LogSink, MemoryLog};
pub use spent::{LogSpent, spent_by};
pub use terms::{SUPPORTED, Terms};
pub use verify::{Anchor, Broken, Summary, Verifier, in_order_of, run_of, verify, verify_against};
pub use what_if::{
    Before, Change, ChangeKind, Exhausted, History, Instead, Money, Questions, RunIf, Unknown, WhatIfError, what_if,
};
