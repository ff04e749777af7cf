//! The browser's host: three WebAssembly modules, the JavaScript beside them, the npm package, the page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{self, cargo};
use crate::process::{self, Failure};
use crate::{engines, setup};

/// The modules: each is `belljar-web` with one feature.
const MODULES: [&str; 3] = ["host", "cell", "compiler"];

/// Builds the npm package into `web/dist`.
pub fn package(root: &Path) -> Result<(), Failure> {
    setup::run(root)?;
    engines::run(root)?;
    npm_packages(root)?;
    let bindgen = build::binary(root, "belljar-bindgen")?;
    let pkg = root.join("web/pkg");
    for name in MODULES {
        module(root, name, &bindgen, &pkg)?;
    }
    let engine = root.join("target/engines/js.wasm");
    copy(&engine, &pkg.join("js.wasm"))?;
    node(root, "web", &["build.mjs"])
}

/// Builds one module, unless it is as it was.
fn module(root: &Path, name: &str, bindgen: &Path, pkg: &Path) -> Result<(), Failure> {
    let target = build::target(root);
    let mut command = cargo(root);
    command.args(["build", "--profile", "web", "--target", "wasm32-unknown-unknown", "--package", "belljar-web"]);
    command.args(["--no-default-features", "--features", name]);
    process::run(&mut command)?;
    let built = target.join("wasm32-unknown-unknown/web/belljar_web.wasm");
    let folder = pkg.join(name);
    let kept = target.join(format!("web/{name}.wasm"));
    let module = folder.join(format!("belljar_{name}_bg.wasm"));
    if module.is_file() && same(&built, &kept) {
        return Ok(());
    }
    process::run(Command::new(bindgen).arg(&built).arg(&folder).arg(format!("belljar_{name}")))?;
    let optimized = folder.join("optimized.wasm");
    let mut wasm_opt = Command::new("node");
    wasm_opt.arg(root.join("node_modules/binaryen/bin/wasm-opt")).arg(&module).arg("-o").arg(&optimized);
    process::run(wasm_opt.args(["-Os", "--all-features", "--strip-debug", "--strip-producers"]))?;
    fs::rename(&optimized, &module).map_err(|error| Failure::new(format!("{}: {error}", module.display())))?;
    copy(&built, &kept)
}

/// Installs what `package-lock.json` pins, unless it is installed.
pub fn npm_packages(root: &Path) -> Result<(), Failure> {
    let stamp = root.join("node_modules/.belljar-lock");
    let lock = root.join("package-lock.json");
    if same(&lock, &stamp) {
        return Ok(());
    }
    process::run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(root))?;
    copy(&lock, &stamp)
}

/// Runs a script of one of the npm packages.
pub fn node(root: &Path, package: &str, arguments: &[&str]) -> Result<(), Failure> {
    process::run(Command::new("node").args(arguments).current_dir(root.join(package)))
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}

fn copy(from: &Path, to: &PathBuf) -> Result<(), Failure> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
    }
    fs::copy(from, to).map(drop).map_err(|error| Failure::new(format!("{}: {error}", to.display())))
}
