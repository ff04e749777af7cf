//! What the builds need beyond cargo: found, installed, or named.

use std::path::Path;
use std::process::Command;

use crate::process::{self, Failure};

/// The WebAssembly targets: the guests and the pure crates, and the two kinds of WASI tool.
const TARGETS: [&str; 3] = ["wasm32-unknown-unknown", "wasm32-wasip1", "wasm32-wasip2"];

/// Installs what is missing and can be installed; otherwise names all that is missing at once.
pub fn run(root: &Path) -> Result<(), Failure> {
    let mut missing = Vec::new();
    if let Err(text) = targets(root) {
        missing.push(text);
    }
    if let Err(text) = linker() {
        missing.push(text);
    }
    if let Err(text) = wasm_compiler() {
        missing.push(text);
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("something is missing:\n  - {}", missing.join("\n  - "))))
}

/// Where Chromium is, on the systems that have one; `tests/browser/chromium.mjs` looks there, too.
const BROWSERS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The browser for what is tested in one.
pub fn browser() -> Result<(), Failure> {
    let named = std::env::var_os("BELLJAR_CHROMIUM");
    let there = match &named {
        Some(path) => Path::new(path).is_file(),
        None => cfg!(windows) || BROWSERS.iter().any(|path| Path::new(path).is_file()),
    };
    if there {
        return Ok(());
    }
    Err(Failure::new(
        "something is missing:\n  - Chromium, for what is tested in a page: on Debian `apt-get install chromium`; or name \
         one in BELLJAR_CHROMIUM",
    ))
}

/// The standard library for each target, through rustup where there is one.
fn targets(root: &Path) -> Result<(), String> {
    let Some(sysroot) = process::ask(Command::new("rustc").args(["--print", "sysroot"]).current_dir(root)) else {
        return Err("`rustc` does not answer: install Rust through rustup (rustup.rs)".to_owned());
    };
    let installed = Path::new(sysroot.trim()).join("lib/rustlib");
    let absent: Vec<&str> = TARGETS.into_iter().filter(|target| !installed.join(target).join("lib").is_dir()).collect();
    if absent.is_empty() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add"]).args(&absent).current_dir(root);
    process::run(&mut rustup).map_err(|failure| {
        format!(
            "Rust's standard library for {}: {failure}; with rustup it is `rustup target add {}`, without it see \
             your distribution's packages",
            absent.join(", "),
            absent.join(" ")
        )
    })
}

/// The linker that native Rust programs need.
fn linker() -> Result<(), String> {
    if cfg!(not(unix)) || process::ask(Command::new("cc").arg("--version")).is_some() {
        return Ok(());
    }
    Err("a C compiler named `cc`, which links Rust programs: on Debian `apt-get install gcc libc6-dev`".to_owned())
}

/// The C compiler for the JavaScript engine: named by `BELLJAR_CLANG`, else the pinned one, which
/// the engine's build installs with Python's `venv`.
fn wasm_compiler() -> Result<(), String> {
    if let Some(clang) = std::env::var_os("BELLJAR_CLANG") {
        return match process::ask(Command::new(&clang).arg("--version")) {
            Some(_) => Ok(()),
            None => Err(format!("`{}`, which BELLJAR_CLANG names, does not answer to --version", clang.display())),
        };
    }
    if process::ask(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_some() {
        return Ok(());
    }
    Err("Python 3 with its modules venv and ensurepip, to install the pinned C compiler for WebAssembly: on Debian \
         `apt-get install python3-venv`; or name a clang 14 or later that has the wasm32 target in BELLJAR_CLANG"
        .to_owned())
}
