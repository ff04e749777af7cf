//! Admission: what stands between bytes that somebody made and code that a host runs.
//!
//! [`admit`] takes a component, checks it against Belljar's own limits and its closed world, takes out the core
//! module and rewrites it: the rewritten module counts its fuel, bounds its calls and its memory by itself, in
//! whatever engine it runs. It is pure: the same bytes are admitted alike on every host.
//!
//! What it does not do: judge what a tool may do (the policy does), or run anything.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let module = wat::parse_str(r#"(module
//!   (memory (export "memory") 1)
//!   (data (i32.const 16) "\00\00\00\00\20\00\00\00\02\00\00\00")
//!   (data (i32.const 32) "42")
//!   (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
//!   (func (export "run") (param i32 i32) (result i32) (i32.const 16)))"#)?;
//! let component = belljar_admit::wrap(&module, belljar_admit::WorldKind::Tool, None)?;
//! let admitted = belljar_admit::admit(&component)?;
//! assert!(admitted.imports.is_empty());
//! assert_eq!(belljar_admit::admit(b"\0asm garbage").unwrap_err().to_string(),
//!     "this is not a component: its header is damaged");
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "admit")]
mod admission;
mod admitted;
#[cfg(feature = "admit")]
mod bounds;
#[cfg(feature = "admit")]
mod features;
#[cfg(any(feature = "admit", feature = "wrap"))]
mod foreign;
pub mod limits;
mod manifest;
#[cfg(feature = "admit")]
mod meter;
#[cfg(feature = "admit")]
mod module;
mod origin;
#[cfg(feature = "admit")]
mod plumbing;
mod positions;
#[cfg(feature = "admit")]
mod refusal;
#[cfg(feature = "admit")]
mod section;
#[cfg(feature = "admit")]
mod unwrap;
mod world;
#[cfg(feature = "wrap")]
mod wrap;

#[cfg(feature = "admit")]
pub use admission::{admit, check_module, core_module, instrument, prepare};
pub use admitted::{Admitted, ImportName, Prepared, PreparedError};
pub use belljar_schema as schema;
pub use manifest::{Manifest, ManifestError};
pub use origin::Origin;
pub use positions::Positions;
#[cfg(feature = "admit")]
pub use refusal::Refusal;
#[cfg(feature = "admit")]
pub use section::origin;
pub use world::{CoreType, IMPORTS, Import, WorldKind};
#[cfg(feature = "wrap")]
pub use wrap::{WrapError, embed_manifest, embed_positions, wrap};

/// The version of admission: it changes whenever the same component would be rewritten differently, and so use
/// different fuel. A replay needs the same version.
pub const VERSION: u32 = 7;
