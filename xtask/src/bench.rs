//! The benchmarks: `xtask/bench`, given the program.

use std::path::Path;
use std::process::Command;

use crate::build;
use crate::process::{self, Failure};

/// Builds the program and the benchmarks, and runs these.
pub fn run(root: &Path) -> Result<(), Failure> {
    let program = build::program(root)?;
    let bench = build::binary(root, "belljar-bench")?;
    process::run(Command::new(bench).arg(program))
}
