//! The browser's host: its WebAssembly modules, the JavaScript beside them, the npm package, the page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

use crate::build::{self, cargo};
use crate::process::{self, Failure};
use crate::{engines, setup};

/// The modules: each is `belljar-web` with one feature.
const MODULES: [&str; 7] = ["host", "cell", "admission", "javascript", "python", "typescript", "wasm"];

/// Those that read what strangers wrote, to compile or to admit it.
const COMPILERS: [&str; 5] = ["admission", "javascript", "python", "typescript", "wasm"];

/// Bytes of such a module's memory (512 MiB): what a source can make a page's tab take, at most. `web/src/compilers.ts` says
/// the same.
const COMPILER_MEMORY: u32 = 512 << 20;

/// What rustc uses, and every browser of the last years has. Not all that binaryen knows: it would write what none has.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The npm package is in `web/dist`: it is built once, however many stages of one command want it.
static BUILT: OnceLock<()> = OnceLock::new();

/// Builds the npm package into `web/dist`.
pub fn package(root: &Path) -> Result<(), Failure> {
    if BUILT.get().is_some() {
        return Ok(());
    }
    let bindgen = tools(root)?;
    package_with(root, &bindgen)
}

/// Builds what the package is made with, and returns where the program is that writes a module's JavaScript.
pub fn tools(root: &Path) -> Result<PathBuf, Failure> {
    setup::run(root)?;
    engines::run(root)?;
    npm_packages(root)?;
    build::binary(root, "belljar-bindgen")
}

/// Builds the npm package with what [`tools`] built. Its profile has a folder of its own, so that cargo builds it beside others.
pub fn package_with(root: &Path, bindgen: &Path) -> Result<(), Failure> {
    let pkg = root.join("web/pkg");
    for name in MODULES {
        module(root, name, bindgen, &pkg)?;
    }
    for engine in ["js.wasm", "js.prepared.wasm", "python.wasm", "python.prepared.wasm"] {
        copy(&root.join("target/engines").join(engine), &pkg.join(engine))?;
    }
    node(root, "web", &["build.mjs"])?;
    let _ = BUILT.set(());
    Ok(())
}

/// Builds the page, and returns the folder that holds it whole.
pub fn site(root: &Path) -> Result<PathBuf, Failure> {
    package(root)?;
    node(root, "www", &["build.mjs"])?;
    let site = build::target(root).join("site");
    replace(&root.join("www/dist"), &site)?;
    process::run(Command::new("node").arg(root.join("www/compress.mjs")).arg(&site))?;
    eprintln!("the page is in {}", site.display());
    Ok(site)
}

/// Builds the page and serves it until it is stopped.
pub fn start(root: &Path, arguments: &[String]) -> Result<ExitCode, Failure> {
    let site = site(root)?;
    let belljar = build::binary(root, "belljar")?;
    let status = process::start(Command::new(belljar).arg("serve").arg("--page").arg(site).args(arguments))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes `to` a copy of `from`.
fn replace(from: &Path, to: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::new(format!("{}: {error}", to.display())));
        }
        _ => {}
    }
    let fail = |path: &Path, error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    for entry in fs::read_dir(from).map_err(|error| fail(from, error))? {
        let entry = entry.map_err(|error| fail(from, error))?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { replace(&from, &to)? } else { copy(&from, &to)? }
    }
    Ok(())
}

/// Builds one module, unless it is as it was.
fn module(root: &Path, name: &str, bindgen: &Path, pkg: &Path) -> Result<(), Failure> {
    let target = build::target(root);
    let mut command = cargo(root);
    // A module's file has no hash in its name, so cargo takes seven modules of one crate for one that changes its features
    // each time, and compiles it anew. With this it tells them apart; without it nothing but time is lost.
    command.env("__CARGO_DEFAULT_LIB_METADATA", "web");
    command.args(["rustc", "--profile", "web", "--target", "wasm32-unknown-unknown", "--package", "belljar-web"]);
    command.args(["--no-default-features", "--features", name, "--crate-type", "cdylib"]);
    if COMPILERS.contains(&name) {
        command.args(["--", "-C", &format!("link-arg=--max-memory={COMPILER_MEMORY}")]);
    }
    process::run(&mut command)?;
    let built = target.join("wasm32-unknown-unknown/web/belljar_web.wasm");
    let folder = pkg.join(name);
    let kept = target.join(format!("web-modules/{name}.wasm"));
    let module = folder.join(format!("belljar_{name}_bg.wasm"));
    if module.is_file() && same(&built, &kept) {
        return Ok(());
    }
    process::run(Command::new(bindgen).arg(&built).arg(&folder).arg(format!("belljar_{name}")))?;
    let optimized = folder.join("optimized.wasm");
    let mut wasm_opt = Command::new("node");
    wasm_opt.arg(root.join("node_modules/binaryen/bin/wasm-opt")).arg(&module).arg("-o").arg(&optimized);
    process::run(wasm_opt.args(FEATURES).args(["-Os", "--strip-debug", "--strip-producers"]))?;
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
