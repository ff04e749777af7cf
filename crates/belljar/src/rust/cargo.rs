//! Running cargo: what fetches runs nothing of the tool, and what runs something of the tool fetches nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use super::room::{self, Build};
use crate::apart::Place;
use crate::apart::process::{self, Stopped};
use crate::apart::wire;
use crate::limits;

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

/// What `cargo metadata` says.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    /// Nothing if it is a folder of this machine.
    source: Option<String>,
}

/// What is built.
pub(super) enum What {
    /// A single file in a package of ours.
    File,
    /// A package that a person trusts.
    Package,
}

/// How it is built.
pub(super) struct Site<'a> {
    /// Where builds are kept.
    pub(super) builds: &'a Path,
    /// The program that becomes cargo.
    pub(super) place: &'a Place,
    pub(super) time: Duration,
}

/// Builds the library of the package in `folder` and returns its core module.
pub(super) fn build(folder: &Path, what: &What, site: &Site<'_>) -> Result<Vec<u8>, String> {
    let folder = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;
    let builds = site.builds.canonicalize().map_err(|error| format!("{}: {error}", site.builds.display()))?;
    let toolchain = toolchain(&builds)?;
    let program = Some(toolchain.join("bin/cargo")).filter(|cargo| cargo.is_file());
    let program = program.map_or_else(|| found("cargo"), Ok)?;
    let manifest = folder.join("Cargo.toml");
    fetch(&program, &builds, &manifest)?;
    // Packages are apart from single files: what their build scripts and macros leave is not linked into another's tool.
    let (name, sources) = match what {
        What::File => ("target", vec![folder.parent().unwrap_or(&folder).to_owned()]),
        What::Package => ("packages", folders(&program, &builds, &manifest)?),
    };
    let target = builds.join(name);
    let home = builds.join("home");
    let scratch = builds.join("scratch");
    let cargo_home = user_home();
    let own_home =
        own_home(&builds, cargo_home.as_deref()).map_err(|error| format!("{}: {error}", builds.display()))?;
    for folder in [&target, &home, &scratch] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let write = vec![target.clone(), scratch.clone(), own_home.clone()];
    let walls = room::walls(&toolchain, cargo_home.as_deref(), sources, write);
    let mut arguments: Vec<String> = Vec::new();
    for argument in ["build", "--release", "--lib", "--quiet", "--offline", "--locked"] {
        arguments.push(argument.into());
    }
    arguments.push("--message-format=json-render-diagnostics".into());
    for (option, value) in [("--manifest-path", text(&manifest)?), ("--target-dir", text(&target)?)] {
        arguments.extend([option.to_owned(), value]);
    }
    arguments.extend(["--target".to_owned(), TARGET.to_owned()]);
    let mut environment = vec![
        ("PATH".to_owned(), format!("{}:/usr/bin:/bin", text(&toolchain.join("bin"))?)),
        ("HOME".to_owned(), text(&home)?),
        ("CARGO_HOME".to_owned(), text(&own_home)?),
        ("TMPDIR".to_owned(), text(&scratch)?),
        ("RUSTC".to_owned(), text(&toolchain.join("bin/rustc"))?),
        ("CARGO_TERM_COLOR".to_owned(), "never".to_owned()),
        // In the same folder the same source gives the same bytes; in another one cargo names symbols otherwise, and
        // functions may stand in another order.
        ("CARGO_ENCODED_RUSTFLAGS".to_owned(), flags(&folder, &own_home)?),
    ];
    for (key, value) in
        [("OPT_LEVEL", "3"), ("LTO", "fat"), ("CODEGEN_UNITS", "1"), ("PANIC", "abort"), ("STRIP", "symbols")]
    {
        environment.push((format!("CARGO_PROFILE_RELEASE_{key}"), value.to_owned()));
    }
    let confined = belljar_confine::can_build();
    let build = Build {
        program,
        arguments,
        environment,
        // cargo looks for settings in the folders around the one that it is started in, and may not read those of the user.
        folder: builds.ancestors().last().unwrap_or(&builds).to_owned(),
        walls: confined.then_some(walls),
        memory: limits::BUILD_MEMORY,
        seconds: site.time.as_secs().saturating_add(1),
        file: limits::BUILD_FILE,
        parent: std::process::id(),
    };
    let head = wire::begin(&build, 0).map_err(|error| error.to_string())?;
    let done =
        process::run(&mut site.place.builder(), &[&head], limits::ANSWER_HEAD, limits::BUILD_MESSAGES, site.time);
    let done = done.map_err(|stopped| match stopped {
        Stopped::Late => format!(
            "building it took more than {:?}, the limit for it; a tool that needs longer is built with --compile-time \
             (Builder::compile_time)",
            site.time
        ),
        Stopped::Talkative => "cargo said too much".to_owned(),
        Stopped::Unable(error) => format!("cargo cannot be started: {error}"),
    })?;
    let said = String::from_utf8_lossy(&done.messages);
    if !done.status.success() {
        let mut message = said.trim().to_owned();
        if message.contains("target may not be installed") {
            message.push_str(&format!("\nrun `rustup target add {TARGET}` once"));
        }
        if message.is_empty() {
            message = format!("cargo ended early ({}), perhaps for want of memory or time", done.status);
        }
        return Err(message);
    }
    let module = String::from_utf8_lossy(&done.output)
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
    read(&module, &target)
}

/// Reads the module. A macro can say on cargo's behalf that it lies anywhere.
fn read(module: &Path, target: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("cannot read {}: {error}", module.display());
    let module = module.canonicalize().map_err(failed)?;
    let size = fs::metadata(&module).map_err(failed)?.len();
    if !module.starts_with(target) || size > belljar_admit::limits::COMPONENT_BYTES as u64 {
        return Err(format!("{} is not the module that was built, or it is too large", module.display()));
    }
    fs::read(&module).map_err(failed)
}

/// The toolchain's folder. It is asked for where the tool's own files have no say in it.
fn toolchain(builds: &Path) -> Result<PathBuf, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--print", "sysroot"]).current_dir(builds).stdin(Stdio::null());
    let output = command.output().map_err(|error| missing(&error, "rustc"))?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let path = PathBuf::from(path).canonicalize().map_err(|error| {
        format!("rustc does not say where it lies: {error} {}", String::from_utf8_lossy(&output.stderr).trim())
    })?;
    Ok(path)
}

fn missing(error: &std::io::Error, program: &str) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            "a tool in Rust is built with cargo, which is not installed here: see https://rustup.rs".to_owned()
        }
        _ => format!("{program} cannot be started: {error}"),
    }
}

/// A program of the search path.
fn found(program: &str) -> Result<PathBuf, String> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file());
    found.ok_or_else(|| missing(&std::io::ErrorKind::NotFound.into(), program))
}

/// Has cargo fetch what the package depends on, with the user's own settings: that runs nothing of the package. The network
/// is used only if something is missing.
fn fetch(program: &Path, builds: &Path, manifest: &Path) -> Result<(), String> {
    let locked = manifest.with_file_name("Cargo.lock").exists();
    let mut said = String::new();
    for offline in [true, false] {
        let mut cargo = cargo(program, builds);
        cargo.args(["fetch", "--quiet", "--manifest-path"]).arg(manifest);
        // What macros and build scripts depend on is for this machine: no target is named.
        if offline {
            cargo.arg("--offline");
        }
        if locked {
            cargo.arg("--locked");
        }
        let output = cargo.output().map_err(|error| missing(&error, "cargo"))?;
        if output.status.success() {
            return Ok(());
        }
        said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    }
    Err(said)
}

/// The folders of this machine that a package is made of.
fn folders(program: &Path, builds: &Path, manifest: &Path) -> Result<Vec<PathBuf>, String> {
    let mut cargo = cargo(program, builds);
    cargo.args(["metadata", "--format-version", "1", "--offline", "--locked", "--manifest-path"]).arg(manifest);
    let output = cargo.output().map_err(|error| missing(&error, "cargo"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cargo metadata says something else: {error}"))?;
    let mut folders = vec![metadata.workspace_root];
    for package in metadata.packages.into_iter().filter(|package| package.source.is_none()) {
        let Some(folder) = package.manifest_path.parent() else { continue };
        // A package takes versions and lints from the workspace that it belongs to, and may share files with it.
        let is_workspace = |above: &&Path| {
            let manifest = fs::read_to_string(above.join("Cargo.toml"));
            manifest.is_ok_and(|text| text.parse().is_ok_and(|table: toml::Table| table.contains_key("workspace")))
        };
        folders.push(folder.ancestors().find(is_workspace).unwrap_or(folder).to_owned());
    }
    Ok(folders)
}

fn cargo(program: &Path, builds: &Path) -> Command {
    let mut cargo = Command::new(program);
    cargo.current_dir(builds).stdin(Stdio::null()).env("CARGO_TERM_COLOR", "never");
    cargo.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET");
    cargo
}

/// The user's own folder of cargo.
fn user_home() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))).and_then(|home| home.canonicalize().ok())
}

/// A folder of cargo with the user's registry in it, and neither tokens nor programs.
fn own_home(builds: &Path, user: Option<&Path>) -> std::io::Result<PathBuf> {
    let own = builds.join("cargo");
    fs::create_dir_all(&own)?;
    for part in ["registry", "git"] {
        let (link, Some(to)) = (own.join(part), user.map(|user| user.join(part))) else { continue };
        if fs::read_link(&link).is_ok_and(|found| found == to) {
            continue;
        }
        let _ = fs::remove_file(&link);
        #[cfg(unix)]
        std::os::unix::fs::symlink(&to, &link)?;
        #[cfg(not(unix))]
        let _ = to;
    }
    // Where crates come from instead, if the user says so, because their folders are named after it. Nothing else.
    let settings = user.map(|user| user.join("config.toml")).and_then(|path| fs::read_to_string(path).ok());
    let settings: toml::Table = settings.and_then(|text| text.parse().ok()).unwrap_or_default();
    let sources: toml::Table = settings.into_iter().filter(|(key, _)| key == "source").collect();
    fs::write(own.join("config.toml"), sources.to_string())?;
    Ok(own)
}

fn text(path: &Path) -> Result<String, String> {
    path.to_str().map(str::to_owned).ok_or_else(|| format!("{} is not UTF-8, which cargo needs", path.display()))
}

/// Keeps the machine's folders out of the module.
fn flags(folder: &Path, cargo_home: &Path) -> Result<String, String> {
    let parent = folder.parent().unwrap_or(folder);
    let mut flags = Vec::new();
    for (from, to) in [(cargo_home, "/cargo"), (parent, "/build"), (folder, "/tool")] {
        flags.push(format!("--remap-path-prefix={}={to}", text(from)?));
    }
    Ok(flags.join("\x1f"))
}
