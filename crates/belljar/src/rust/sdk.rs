//! The crates that a single-file tool is built with: carried by this program, so that it needs no published version.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::LoadError;

/// Paths from the repository's root, with their contents: the manifests, all that the crates' sources are, and the world. The
/// build script finds them.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// The package around the file, and the versions that it is built with.
const PACKAGE: &str = include_str!("../../sdk/Cargo.toml");
const LOCK: &str = include_str!("../../sdk/Cargo.lock");

/// The workspace of the carried crates: cargo would else look for one in the folders above, which it may not read.
const WORKSPACE: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n";

/// Writes the crates and a package with the tool's file below `folder`; returns the package's folder.
pub(super) fn package(folder: &Path, file: &str, source: &[u8]) -> Result<PathBuf, LoadError> {
    let mut hash = Sha256::new();
    for (path, text) in FILES.iter().chain([&("package", PACKAGE), &("lock", LOCK), &("workspace", WORKSPACE)]) {
        hash.update(path);
        hash.update([0]);
        hash.update(text);
        hash.update([0]);
    }
    let name: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let sdk = folder.join(format!("sdk-{name}"));
    for (path, text) in FILES {
        write(&sdk.join(path), text.as_bytes())?;
    }
    write(&sdk.join("Cargo.toml"), WORKSPACE.as_bytes())?;
    let package = sdk.join("tool");
    write(&package.join("Cargo.toml"), PACKAGE.replace("\"tool.rs\"", &format!("{file:?}")).as_bytes())?;
    write(&package.join("Cargo.lock"), LOCK.as_bytes())?;
    write(&package.join(file), source)?;
    Ok(package)
}

/// Writes a file unless it is as it should be: a new date would have it compiled anew.
fn write(path: &Path, bytes: &[u8]) -> Result<(), LoadError> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes));
    written.map_err(|error| LoadError::Host(format!("cannot write {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_are_carried_whole() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for folder in ["crates/belljar-guest/src", "crates/belljar-guest-macros/src", "wit/tool"] {
            for entry in fs::read_dir(root.join(folder)).unwrap() {
                let path = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
                let text = fs::read_to_string(root.join(&path)).unwrap();
                assert!(FILES.contains(&(path.as_str(), text.as_str())), "{path} is not carried");
            }
        }
        assert!(FILES.is_sorted(), "the folder that it is written to is named by them, in this order");
    }
}
