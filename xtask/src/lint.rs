//! Formatting, clippy, types and the dependency rules.

use std::path::Path;

use crate::build::cargo;
use crate::deny;
use crate::process::{self, Failure};
use crate::{engines, setup, web};

/// Checks the workspace.
pub fn run(root: &Path) -> Result<(), Failure> {
    setup::run(root)?;
    engines::run(root)?;
    process::run(cargo(root).args(["fmt", "--all", "--check"]))?;
    process::run(cargo(root).current_dir(root.join("guests/js")).args(["fmt", "--check"]))?;
    process::run(engines::guest_cargo(root, "js", "clippy")?.args(["--", "-D", "warnings"]))?;
    process::run(cargo(root).args(["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    web::package(root)?;
    for package in ["web", "www"] {
        let tsc = root.join("node_modules/typescript/bin/tsc").display().to_string();
        web::node(root, package, &[&tsc, "--noEmit"])?;
    }
    deny::check(root)
}
