//! Running cargo.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// The target of tools: WebAssembly without a system.
const TARGET: &str = "wasm32-unknown-unknown";

/// A line of cargo's report.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact {
        manifest_path: PathBuf,
        filenames: Vec<PathBuf>,
    },
    #[serde(other)]
    Other,
}

/// Builds the library of the package in `folder` and returns its core module.
pub(super) fn build(folder: &Path, target: &Path) -> Result<Vec<u8>, String> {
    let folder = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&folder).stdin(Stdio::null());
    cargo.args(["build", "--release", "--lib", "--quiet", "--message-format=json-render-diagnostics"]);
    cargo.args(["--target", TARGET, "--target-dir"]).arg(target);
    if folder.join("Cargo.lock").exists() {
        cargo.arg("--locked");
    }
    // What the user set for other builds does not belong in a tool. In the same folder the same source gives the same
    // bytes; in another one cargo names symbols otherwise, and functions may stand in another order.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_TARGET").env_remove("CARGO_TARGET_DIR");
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(&folder)).env("CARGO_TERM_COLOR", "never");
    for (key, value) in
        [("OPT_LEVEL", "3"), ("LTO", "fat"), ("CODEGEN_UNITS", "1"), ("PANIC", "abort"), ("STRIP", "symbols")]
    {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
    let output = cargo.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            "a tool in Rust is built with cargo, which is not installed here: see https://rustup.rs".to_owned()
        }
        _ => format!("cargo cannot be started: {error}"),
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let mut message = said.trim().to_owned();
        if message.contains("target may not be installed") {
            message.push_str(&format!("\nrun `rustup target add {TARGET}` once"));
        }
        return Err(message);
    }
    let manifest = folder.join("Cargo.toml");
    let module = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter_map(|message| match message {
            Message::CompilerArtifact { manifest_path, filenames } if manifest_path == manifest => {
                filenames.into_iter().find(|name| name.extension().is_some_and(|ending| ending == "wasm"))
            }
            _ => None,
        })
        .next_back();
    let module = module.ok_or_else(|| {
        "the package makes no WebAssembly module: its Cargo.toml needs `[lib]` with `crate-type = [\"cdylib\"]`"
            .to_owned()
    })?;
    std::fs::read(&module).map_err(|error| format!("cannot read {}: {error}", module.display()))
}

/// Keeps the machine's folders out of the module.
fn flags(folder: &Path) -> OsString {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let mut flags = OsString::new();
    let parent = folder.parent().unwrap_or(folder);
    for (from, to) in [(home.as_deref(), "/cargo"), (Some(parent), "/build"), (Some(folder), "/tool")] {
        let Some(from) = from else { continue };
        if !flags.is_empty() {
            flags.push("\x1f");
        }
        flags.push("--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    flags
}
