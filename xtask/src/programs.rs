//! The commands of WASI that cases run, in `target/programs`: from sources in several languages, as their toolchains build them.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::build;
use crate::engines::{make_folder, modified, zig};
use crate::process::{self, Failure};

/// Builds those whose sources have changed.
pub fn run(root: &Path) -> Result<(), Failure> {
    let (sources, made) = (root.join("tests/cases/wasi/programs"), root.join("target/programs"));
    make_folder(&made)?;
    let unreadable = |error: std::io::Error| Failure::new(format!("{}: {error}", sources.display()));
    for entry in fs::read_dir(&sources).map_err(unreadable)? {
        let source = entry.map_err(unreadable)?.path();
        let program = made.join(source.with_extension("wasm").file_name().unwrap_or_default());
        if modified(&program).is_some_and(|when| modified(&source).is_some_and(|changed| changed < when)) {
            continue;
        }
        let mut command = match source.extension().and_then(OsStr::to_str) {
            Some("rs") => {
                let mut rustc = Command::new("rustc");
                rustc.args(["--edition", "2024", "--target", "wasm32-wasip1"]);
                rustc.args(["-C", "opt-level=s", "-C", "strip=symbols", "-o"]);
                rustc.arg(&program).arg(&source);
                rustc
            }
            Some("c") => {
                let mut zig = Command::new(zig(&build::target(root).join("tools"))?);
                zig.args(["-m", "ziglang", "cc", "-target", "wasm32-wasi", "-Os", "-s", "-o"])
                    .arg(&program)
                    .arg(&source);
                zig
            }
            Some("zig") => {
                let mut zig = Command::new(zig(&build::target(root).join("tools"))?);
                zig.args(["-m", "ziglang", "build-exe", "-target", "wasm32-wasi", "-O", "ReleaseSmall"]);
                zig.arg(format!("-femit-bin={}", program.display())).arg(&source);
                zig
            }
            _ => continue,
        };
        process::run(command.current_dir(root))?;
    }
    Ok(())
}
