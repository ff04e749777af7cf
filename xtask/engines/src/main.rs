//! Builds the language engines into `target/engines/`: `cargo xtask engines` runs this.
//!
//! It is a program of its own because it needs wasmtime to take a snapshot, and xtask must not: cargo
//! compiles wasmtime once only for what is built together with the whole workspace.

#![forbid(unsafe_code)]

// Until it is moved beside this file.
#[path = "../../src/engines.rs"]
mod engines;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(root) = here.ancestors().nth(2) else {
        eprintln!("{} is not in the repository", here.display());
        return ExitCode::FAILURE;
    };
    match engines::build(root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the engines could not be built: {error}");
            ExitCode::FAILURE
        }
    }
}
