//! Formatting, clippy and the dependency rules.

use std::path::Path;

use crate::build::cargo;
use crate::deny;
use crate::process::{self, Failure};
use crate::setup;

/// Checks the workspace.
pub fn run(root: &Path) -> Result<(), Failure> {
    setup::run(root)?;
    process::run(cargo(root).args(["fmt", "--all", "--check"]))?;
    process::run(cargo(root).args(["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    deny::check(root)
}
