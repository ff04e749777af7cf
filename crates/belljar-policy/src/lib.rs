//! What a person granted to a tool: rules, limits and prices.
//!
//! A policy is read strictly: an unknown key, a duplicate, a wrong type or a bad pattern is an error with line and
//! column, and nothing is ignored. What no rule allows is denied. Deny wins over ask, ask over allow, whatever
//! the order of the rules.
//!
//! The crate is pure: it resolves no names and opens no files.
//!
//! ```
//! use belljar_policy::{Effect, KvAction, Policy, Query};
//!
//! let policy = Policy::parse(r#"
//! version = 1
//! [kv]
//! allow = ["notes/**"]
//! deny = ["write notes/old"]
//! "#)?;
//! let write = |key| policy.decide(&Query::Kv { action: KvAction::Set, key }).effect;
//! assert_eq!(write("notes/today"), Effect::Allow);
//! assert_eq!(write("notes/old"), Effect::Deny);
//! assert_eq!(write("secrets"), Effect::Deny);
//! # Ok::<(), belljar_policy::PolicyError>(())
//! ```
#![forbid(unsafe_code)]

mod action;
mod add;
mod address;
mod algebra;
mod answer;
mod assurance;
mod check;
mod decide;
mod diff;
mod file;
mod finding;
mod given;
mod glob;
mod guest_path;
mod header;
mod http;
pub mod limits;
mod near;
mod policy;
mod price;
mod query;
mod rule;
mod secret;
mod section;
mod subject;
mod suggest;
mod supported;
mod text;
mod units;
#[cfg(feature = "wassette")]
mod wassette;
mod wished;
mod words;
mod write;

pub use action::{FileAction, KvAction};
pub use address::{innermost_address, is_forbidden_address};
pub use algebra::{Conflict, Coverage, Gap, Undecided};
pub use answer::SyntheticAnswer;
pub use assurance::Assurance;
pub use file::PolicyError;
pub use finding::Finding;
pub use guest_path::{GuestPath, PathError};
pub use header::{Reserved, is_header_name, reserved};
pub use limits::Limits;
pub use policy::{Clock, Decision, Mount, Policy};
pub use price::{BytePrice, Price, UnitPrice};
pub use query::{Example, Query};
pub use rule::{Effect, RuleError, Wish};
pub use secret::{Secret, SecretError, SecretPlace};
pub use section::files::Place;
pub use section::kv::{beginning, replacing};
pub use section::tools::is_tool_name;
pub use supported::Supported;
pub use text::{WORDS, check_words, escape, fold, literal};
pub use units::{UnitError, parse_bytes, parse_count, parse_duration, parse_money, show_bytes, show_money};
pub use url::Url;
pub use wished::{WishSaid, Wished};

/// The JSON Schema (draft 2020-12) of a policy file, for editors; [`Policy::parse`] is stricter about rules.
pub const SCHEMA: &str = include_str!("../policy.schema.json");
