//! The Python engine: CPython as a core module of the world `belljar:engine`, out of its sources.
//!
//! CPython's own build needs a Python of the same version, which compiles the library that is frozen into the module. Here the
//! interpreter is first built as a module that does nothing but compile (`guests/python/src/freezer.c`), which `belljar-engines` runs;
//! so there is no build for this machine, no `configure`, and no `make`. All that is made lies below `target/python`, in folders whose
//! names change with what they are made of.

mod compile;
mod library;
mod licences;
mod parts;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compile::{Compiler, Module};
pub use sources::remove;
use sources::{read, write};

use crate::build::{self, cargo};
use crate::engines::{make_folder, zig};
use crate::patches::{self, digest};
use crate::process::{self, Failure};

/// What is made of all of it.
pub struct Engine {
    /// The core module, before it is started.
    pub core: PathBuf,
    /// The licences of its parts.
    pub licences: PathBuf,
}

/// Makes the engine's core module with what `maker`, the program `belljar-engines`, compiles of the library.
pub fn engine(root: &Path, maker: &Path) -> Result<Engine, Failure> {
    let (guest, made) = (root.join("guests/python"), root.join("target/python"));
    make_folder(&made)?;
    let tools = build::target(root).join("tools");
    let sources = sources::unpack(root, &made, &zig(&tools)?)?;
    let config = sources.join("config");
    make_folder(&config)?;
    let pyconfig = read(&guest.join("pyconfig.h"))?;
    write_if_other(&config.join("pyconfig.h"), pyconfig.as_bytes())?;
    let compiler = Compiler::new(&tools, &sources)?;

    let own = patches::files(&guest.join("src"), &["c", "h", "S"])?;
    let wasi = adapter(root)?;
    let parts = parts_digest(&sources, &pyconfig);
    let objects = made.join(format!("objects-{parts:016x}"));
    let objects = compiler.parts(&objects)?;

    let file = |name: &str| guest.join("src").join(name);
    let freezer = made.join(format!("freezer-{:016x}.wasm", digest(&[own.clone(), keyed(parts)].concat())));
    if !freezer.is_file() {
        compiler.link(&Module {
            flags: &["-DBELLJAR_FREEZER"],
            include: &[guest.join("src/empty")],
            files: &["start.c", "inittab.c", "freezer.c"].map(file),
            objects: &objects,
            libraries: std::slice::from_ref(&wasi),
            to: &freezer,
        })?;
    }

    let frozen = freeze(&guest, &made, &sources, &freezer, maker)?;
    let frozen_name = frozen.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let adapter = fs::read(&wasi).map_err(|error| Failure::new(format!("{}: {error}", wasi.display())))?;
    let adapter = vec![("adapter".to_owned(), format!("{:016x}", bytes_digest(&adapter)))];
    let all = [own, keyed(parts), adapter, vec![("frozen".to_owned(), frozen_name)]].concat();
    let core = made.join(format!("engine-{:016x}.wasm", digest(&all)));
    if !core.is_file() {
        compiler.link(&Module {
            flags: &[],
            include: &[frozen],
            files: &["start.c", "inittab.c", "world.c", "engine.c", "frozen.S"].map(file),
            objects: &objects,
            libraries: &[wasi],
            to: &core,
        })?;
    }
    let licences = made.join("LICENCES.txt");
    write_if_other(&licences, licences::text(&sources)?.as_bytes())?;
    Ok(Engine { core, licences })
}

fn keyed(digest: u64) -> Vec<(String, String)> {
    vec![("parts".to_owned(), format!("{digest:016x}"))]
}

/// What the objects depend on: the sources, the configuration, the compiler, what it is told.
fn parts_digest(sources: &Path, pyconfig: &str) -> u64 {
    let mut inputs = vec![
        ("sources".to_owned(), sources.file_name().unwrap_or_default().to_string_lossy().into_owned()),
        ("pyconfig.h".to_owned(), pyconfig.to_owned()),
        ("zig".to_owned(), crate::engines::ZIG.to_owned()),
        ("flags".to_owned(), parts::FLAGS.join(" ")),
    ];
    for part in &parts::PARTS {
        inputs.push((part.folder.to_owned(), format!("{} {} {}", part.files, part.without, part.flags.join(" "))));
    }
    digest(&inputs)
}

/// Builds the adapter for WASI in the form that is linked in.
fn adapter(root: &Path) -> Result<PathBuf, Failure> {
    let target = build::target(root).join("guests-linked");
    let mut command = cargo(root);
    command.current_dir(root.join("guests/wasi")).args(["rustc", "--release", "--locked"]);
    command.args(["--target", "wasm32-unknown-unknown", "--crate-type", "staticlib", "--features", "linked"]);
    process::run(command.arg("--target-dir").arg(&target))?;
    Ok(target.join("wasm32-unknown-unknown/release/libbelljar_wasi.a"))
}

/// Compiles the library to a folder with `frozen.bin` and `frozen.h`, unless it is as it was.
fn freeze(guest: &Path, made: &Path, sources: &Path, freezer: &Path, maker: &Path) -> Result<PathBuf, Failure> {
    let lib = sources.join("cpython/Lib");
    let zones = made.join("_zones.py");
    write_if_other(&zones, library::zones(&sources.join("tzdata/tzdata"))?.as_bytes())?;
    let mut list = String::new();
    let mut inputs =
        vec![("freezer".to_owned(), freezer.file_name().unwrap_or_default().to_string_lossy().into_owned())];
    let mut add = |table: &str, module: library::Module| -> Result<(), Failure> {
        if !module.path.starts_with(sources) {
            inputs.push((module.name.clone(), read(&module.path)?));
        }
        let file = match module.name.strip_prefix("_frozen_importlib") {
            Some("") => "importlib._bootstrap",
            Some(_) => "importlib._bootstrap_external",
            None => &module.name,
        };
        let kind = u8::from(module.package);
        list.push_str(&format!("{table}\t{}\t{kind}\t<frozen {file}>\t{}\n", module.name, module.path.display()));
        Ok(())
    };
    for module in library::bootstrap(&lib) {
        add("bootstrap", module)?;
    }
    let mut modules = library::modules(&lib, &guest.join("lib"))?;
    modules.push(library::Module { name: "_zones".to_owned(), package: false, path: zones });
    for module in modules {
        add("library", module)?;
    }
    inputs.push((
        "list".to_owned(),
        list.replace(&*sources.to_string_lossy(), "").replace(&*guest.to_string_lossy(), ""),
    ));
    let folder = made.join(format!("frozen-{:016x}", digest(&inputs)));
    if folder.join("complete").is_file() {
        return Ok(folder);
    }
    remove(&folder)?;
    make_folder(&folder)?;
    let names = folder.join("list");
    write(&names, list)?;
    process::run(Command::new(maker).arg("freeze").arg(freezer).arg(&names).arg(&folder))?;
    write(&folder.join("complete"), "")?;
    Ok(folder)
}

/// Writes a file unless it is as it was.
pub fn write_if_other(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if fs::read(path).ok().as_deref() == Some(bytes) { Ok(()) } else { write(path, bytes) }
}

fn bytes_digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
