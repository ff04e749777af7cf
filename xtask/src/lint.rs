//! Formatting, clippy and the dependency rules.

use std::path::{Path, PathBuf};

use crate::build::{self, cargo};
use crate::deny;
use crate::process::{self, Failure};

/// The C compiler for WebAssembly that the engine's build leaves; the `cc` crate finds it through the
/// environment.
const WASM_CC: &str = "target/tools/wasm-cc";

/// Checks the workspace and every guest and example that is a Cargo package of its own.
pub fn run(root: &Path) -> Result<(), Failure> {
    build::engines(root)?;
    process::run(cargo(root).args(["fmt", "--all", "--check"]))?;
    process::run(cargo(root).args(["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    for manifest in guests(root)? {
        process::run(cargo(root).args(["fmt", "--check", "--manifest-path"]).arg(&manifest))?;
        let mut clippy = cargo(root);
        clippy.args(["clippy", "--release", "--target", "wasm32-unknown-unknown", "--manifest-path"]).arg(&manifest);
        let compiler = root.join(WASM_CC);
        if compiler.is_file() {
            clippy.env("CC_wasm32_unknown_unknown", compiler);
        }
        clippy.arg("--target-dir").arg(root.join("target/lint"));
        process::run(clippy.args(["--", "-D", "warnings"]))?;
    }
    deny::check(root)
}

/// The manifests below `guests/` and `examples/`, in the order of their names.
fn guests(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut manifests = Vec::new();
    for folder in ["guests", "examples"] {
        let folder = root.join(folder);
        let entries = std::fs::read_dir(&folder)
            .map_err(|error| Failure::new(format!("{} cannot be listed: {error}", folder.display())))?;
        manifests.extend(entries.flatten().map(|entry| entry.path().join("Cargo.toml")).filter(|path| path.is_file()));
    }
    manifests.sort();
    Ok(manifests)
}
