//! The benchmarks: `xtask/bench`, given the program.

use std::path::Path;
use std::process::Command;

use crate::process::{self, Failure};
use crate::{build, setup, web};

/// Builds the program and the benchmarks, and runs these.
pub fn run(root: &Path) -> Result<(), Failure> {
    let program = build::program(root)?;
    let bench = build::binary(root, "belljar-bench")?;
    process::run(Command::new(bench).arg(program))
}

/// Builds the page, the program and the benchmarks, and measures the page in Chromium.
pub fn browser(root: &Path) -> Result<(), Failure> {
    setup::browser()?;
    let site = web::site(root)?;
    let program = build::program(root)?;
    let bench = build::binary(root, "belljar-bench")?;
    process::run(Command::new("node").arg(root.join("tests/browser/bench.mjs")).arg(site).arg(program).arg(bench))
}
