//! For tools in Rust that run under [Belljar](https://docs.rs/belljar): a function from an input to an output.
//!
//! Add it under the name `belljar` (`belljar = { package = "belljar-guest", … }`); a tool that is a single `.rs` file
//! has it already. The schemas of input and output come from the types, the description from the doc comment.
//!
//! ```
//! # extern crate belljar_guest as belljar;
//! use belljar::ToolError;
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Input {
//!     numbers: Vec<f64>,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Output {
//!     mean: f64,
//! }
//!
//! /// The mean of some numbers.
//! #[belljar::tool]
//! fn run(input: Input) -> Result<Output, ToolError> {
//!     if input.numbers.is_empty() {
//!         return Err(ToolError::new("no-numbers", "there is no mean of nothing"));
//!     }
//!     Ok(Output { mean: input.numbers.iter().sum::<f64>() / input.numbers.len() as f64 })
//! }
//! # fn main() {}
//! ```
//!
//! There is no system around a tool. `std::fs`, `std::net`, `std::thread`, `std::env` return errors, `std::time` panics and
//! `std::process::exit` breaks the tool: use [`files`], [`kv`], [`http`], [`clock`] and the input, and return. A `HashMap` has the same
//! order in every run of the same tool, because there is no randomness but [`random`]; do not rely on it.
//!
//! What a person did not grant is refused: such a request returns [`Failure::Denied`]. Passed on with `?` it ends the
//! run as a denial.

mod ask;
pub mod clock;
pub mod console;
mod error;
pub mod files;
mod finite;
pub mod http;
mod instead;
pub mod kv;
#[doc(hidden)]
pub mod private;
pub mod random;
mod request;
pub mod tools;
#[allow(
    missing_docs,
    unused_qualifications,
    clippy::all,
    clippy::panic,
    clippy::allow_attributes_without_reason,
    reason = "generated from wit/, where the documentation is"
)]
#[doc(hidden)]
pub mod world {
    wit_bindgen::generate!({
        path: "../../wit/tool",
        world: "described-tool",
        pub_export_macro: true,
        export_macro_name: "export_tool",
        generate_all,
    });
}

pub use ask::{ask, start_ask};
/// Makes a function the tool's.
///
/// The function takes nothing or one value (`serde::Deserialize` and `schemars::JsonSchema`) and returns a value
/// (`serde::Serialize` and `schemars::JsonSchema`) or a `Result` of one, whose error becomes a [`ToolError`] as with `?`.
/// In parentheses may stand `name = "…"` (the package's or the file's name unless given), `description = "…"` (the
/// doc comment unless given), and `wants = ["kv notes/**"]`, what the tool asks for in the words of policy rules.
pub use belljar_guest_macros::tool;
pub use error::{Denial, Failure, ToolError};
pub use request::{Started, wait_any};

/// Adds a file to the run's report; an earlier one of that name is replaced.
///
/// `name` is a plain file name, `media_type` is like `"image/svg+xml"`.
///
/// # Errors
///
/// If the name is none, or the policy's limit for artifacts is used up.
pub fn artifact(name: &str, media_type: &str, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    Ok(world::belljar::tool::artifacts::write(name, media_type, bytes.as_ref())?)
}
