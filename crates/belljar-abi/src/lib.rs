//! The closed world of a Belljar tool as Rust types, and the Canonical ABI for exactly these types.
//!
//! Both hosts run a tool's core module directly and pass typed values across its boundary with this crate,
//! so that every check of what a guest hands over (bounds, alignment, discriminants, UTF-8, sizes) exists
//! once. The rules are those of the Component Model's Canonical ABI document for strings, lists, records,
//! variants, enums, options and results; resources, streams and flags are absent because the world has none.
//!
//! This crate performs nothing and decides nothing: it neither calls a guest nor knows a policy.
//!
//! ```
//! use belljar_abi::{KvRequest, Lift, Memory};
//!
//! // The request `get("ab")` as a guest passes it: discriminant 0, then pointer and length, then padding.
//! let memory = Memory::new(b"..ab");
//! let request = KvRequest::lift_flat(&mut [0u64, 2, 2, 0, 0].into_iter(), &memory)?;
//! assert_eq!(request, KvRequest::Get("ab".into()));
//! # Ok::<(), belljar_abi::Fault>(())
//! ```
#![forbid(unsafe_code)]

mod canonical;
pub mod cell;
mod memory;
mod primitives;
mod world;

pub use canonical::{CoreType, Flat, Lift, Lower, MAX_FLAT_PARAMS};
pub use memory::{Fault, Memory, Place, Remote, Writer};
pub use world::*;
