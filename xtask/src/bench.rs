//! The benchmarks: `xtask/bench`, given the program.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, Failure};
use crate::{build, setup, web};

/// Builds the program and the benchmarks, and runs these.
pub fn run(root: &Path) -> Result<(), Failure> {
    let program = build::program(root)?;
    let bench = build::binary(root, "belljar-bench")?;
    process::run(Command::new(bench).arg(program).arg(peer(root)?))
}

/// The benchmark's small job as a core module, made by cargo alone, as for any other host.
fn peer(root: &Path) -> Result<PathBuf, Failure> {
    let mut command = build::cargo(root);
    command.args([
        "rustc",
        "--profile",
        "peer",
        "--target",
        "wasm32-unknown-unknown",
        "--package",
        "belljar-bench-peer",
    ]);
    process::run(&mut command)?;
    Ok(build::target(root).join("wasm32-unknown-unknown/peer/belljar_bench_peer.wasm"))
}

/// Builds the page, the program and the benchmarks, and measures the page in Chromium.
pub fn browser(root: &Path) -> Result<(), Failure> {
    setup::browser()?;
    let site = web::site(root)?;
    let program = build::program(root)?;
    let bench = build::binary(root, "belljar-bench")?;
    process::run(
        Command::new("node")
            .arg(root.join("tests/browser/bench.mjs"))
            .arg(site)
            .arg(program)
            .arg(bench)
            .arg(peer(root)?),
    )
}
