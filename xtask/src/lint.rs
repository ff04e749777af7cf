//! Formatting, clippy and the dependency rules.

use std::path::Path;

use crate::build::cargo;
use crate::deny;
use crate::process::{self, Failure};
use crate::{engines, setup};

/// Checks the workspace.
pub fn run(root: &Path) -> Result<(), Failure> {
    setup::run(root)?;
    engines::run(root)?;
    process::run(cargo(root).args(["fmt", "--all", "--check"]))?;
    process::run(cargo(root).current_dir(root.join("guests/js")).args(["fmt", "--check"]))?;
    process::run(engines::guest_cargo(root, "js", "clippy")?.args(["--", "-D", "warnings"]))?;
    process::run(cargo(root).args(["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    deny::check(root)
}
