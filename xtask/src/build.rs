//! Building the workspace's programs.
//!
//! Programs are built with `--workspace --bin NAME` rather than with `--package NAME`: cargo then
//! chooses the dependencies' features for the whole workspace, so that wasmtime is compiled once and
//! not once for each program.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::process::{self, Failure};
use crate::{engines, setup};

/// Builds the `belljar` program and returns where it is.
pub fn program(root: &Path) -> Result<PathBuf, Failure> {
    setup::run(root)?;
    engines::run(root)?;
    binary(root, "belljar")
}

/// Builds the program and runs `belljar run` with these arguments, where the command was typed.
///
/// The exit code is the tool's: see the table in the README.
pub fn and_run(root: &Path, arguments: &[String]) -> Result<ExitCode, Failure> {
    let belljar = program(root)?;
    let status = process::start(Command::new(belljar).arg("run").args(arguments))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Builds one of the workspace's programs and returns where it is.
pub fn binary(root: &Path, name: &str) -> Result<PathBuf, Failure> {
    process::run(cargo(root).args(["build", "--release", "--workspace", "--bin", name]))?;
    Ok(target(root).join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// The folder that cargo builds in.
pub fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// The cargo that started this program, at the repository's root.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}
