//! Fuzzing: each target of `tests/fuzz` for a while, one after the other.

use std::path::Path;
use std::process::Command;

use crate::Fuzz;
use crate::build::{self, cargo};
use crate::process::{self, Failure};

/// Builds the targets with counters of what is reached, and with overflow checks, and runs them. All of them run, also after
/// one was broken.
pub fn run(root: &Path, options: &Fuzz) -> Result<(), Failure> {
    let mut command = cargo(root);
    command.args(["build", "--profile", "checked", "--package", "belljar-fuzz", "--bin", "belljar-fuzz"]);
    // The wrapper is a shell script; elsewhere the targets run without counters.
    if cfg!(unix) {
        command.env("RUSTC_WORKSPACE_WRAPPER", root.join("tests/fuzz/instrument.sh"));
    }
    process::run(&mut command)?;
    let program = build::target(root).join("checked").join(format!("belljar-fuzz{}", std::env::consts::EXE_SUFFIX));
    let targets = process::ask(&mut Command::new(&program))
        .ok_or_else(|| Failure::new(format!("{} does not list its targets", program.display())))?;
    let chosen = |name: &&str| options.target.as_deref().is_none_or(|target| target == *name);
    let names: Vec<&str> = targets.lines().filter(chosen).collect();
    if names.is_empty() {
        return Err(Failure::new(format!("there is no such target; there are:\n{targets}")));
    }
    let work = build::target(root).join("fuzz");
    let mut failed = Vec::new();
    for name in names {
        let mut fuzz = Command::new(&program);
        fuzz.arg(name).arg(options.seconds.to_string()).arg(&work).arg(options.seed.to_string());
        if let Err(failure) = process::run(&mut fuzz) {
            failed.push(format!("{failure}; {} is the input at hand", work.join(name).join("last").display()));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(failed.join("\n       "))) }
}
