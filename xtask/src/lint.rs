//! Formatting, clippy, types and the dependency rules.

use std::path::Path;
use std::thread;

use crate::build::cargo;
use crate::deny;
use crate::process::{self, Failure, Stage};
use crate::{engines, web};

/// What has a workspace of its own, in `guests/`.
const GUESTS: [&str; 2] = ["js", "wasi"];

/// Checks the workspace: all stages, also after one of them failed.
pub fn run(root: &Path) -> Result<(), Failure> {
    let bindgen = web::tools(root)?;
    let stages: [(&str, Stage); 4] = [
        ("formatting", formatting),
        ("clippy on the guests", guests),
        ("clippy on the workspace", workspace),
        ("the dependencies", deny::check),
    ];
    let mut failed = thread::scope(|scope| {
        // A module of the page is linked on one processor.
        let package = scope.spawn(|| web::package_with(root, &bindgen));
        let mut failed = process::stages(root, &stages);
        failed.extend(match package.join() {
            Ok(built) => built.err().map(|failure| format!("the page's package: {failure}")),
            Err(_) => Some("the page's package: its build panicked".to_owned()),
        });
        failed
    });
    failed.extend(process::stages(root, &[("the page's types", types)]));
    process::summary(&failed)
}

fn formatting(root: &Path) -> Result<(), Failure> {
    process::run(cargo(root).args(["fmt", "--all", "--check"]))?;
    for guest in GUESTS {
        process::run(cargo(root).current_dir(root.join("guests").join(guest)).args(["fmt", "--check"]))?;
    }
    Ok(())
}

fn guests(root: &Path) -> Result<(), Failure> {
    for guest in GUESTS {
        process::run(engines::guest_cargo(root, guest, "clippy")?.args(["--", "-D", "warnings"]))?;
    }
    // Its other form.
    let mut linked = engines::guest_cargo(root, "wasi", "clippy")?;
    process::run(linked.args(["--features", "linked", "--", "-D", "warnings"]))
}

fn workspace(root: &Path) -> Result<(), Failure> {
    let mut command = cargo(root);
    command.args(["clippy", "--release", "--workspace", "--all-targets", "--keep-going", "--", "-D", "warnings"]);
    process::run(&mut command)
}

fn types(root: &Path) -> Result<(), Failure> {
    web::package(root)?;
    for package in ["web", "www"] {
        let tsc = root.join("node_modules/typescript/bin/tsc").display().to_string();
        web::node(root, package, &[&tsc, "--noEmit"])?;
    }
    Ok(())
}
