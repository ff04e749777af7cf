//! The language engines, which the `belljar` crate carries: built for WebAssembly, started once, snapshotted. And the adapter for
//! WASI, which `belljar-compile` carries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{self, cargo};
use crate::patches;
use crate::process::{self, Failure};
use crate::python;

/// The C compiler for WebAssembly, unless `BELLJAR_CLANG` names one: a package of PyPI, which brings its headers.
pub const ZIG: &str = "ziglang==0.13.0.post1";

/// Makes the engines in `target/engines`, `js.wasm` and `python.wasm`, and what a page takes of each, if what they are made of has
/// changed.
pub fn run(root: &Path) -> Result<(), Failure> {
    // The programs that make the engines carry it, too.
    adapter(root)?;
    let core = guest(root, "js", "belljar_js")?;
    let maker = build::binary(root, "belljar-engines")?;
    make(root, "js", &core, &maker)?;
    python(root, &maker)
}

/// Makes the Python engine alone, with all that it needs.
pub fn python_alone(root: &Path) -> Result<(), Failure> {
    adapter(root)?;
    let maker = build::binary(root, "belljar-engines")?;
    python(root, &maker)
}

fn python(root: &Path, maker: &Path) -> Result<(), Failure> {
    let engine = python::engine(root, maker)?;
    make(root, "python", &engine.core, maker)?;
    let licences =
        fs::read(&engine.licences).map_err(|error| Failure::new(format!("{}: {error}", engine.licences.display())))?;
    python::write_if_other(&root.join("target/engines/python.licences.txt"), &licences)
}

/// Starts an engine's core module, and makes its component and what a page takes of it, unless both are newer than what they are
/// made of.
fn make(root: &Path, name: &str, core: &Path, maker: &Path) -> Result<(), Failure> {
    // Where the build script of `belljar` looks, whatever folder cargo builds in.
    let folder = root.join("target/engines");
    let (made, prepared) = (folder.join(format!("{name}.wasm")), folder.join(format!("{name}.prepared.wasm")));
    // Of which core module it was made: its place changes with it.
    let stamp = folder.join(format!("{name}.made-of"));
    let of = core.display().to_string();
    if let Some(when) = modified(&made).min(modified(&prepared))
        && [core, maker].into_iter().all(|from| modified(from).is_some_and(|from| from < when))
        && fs::read_to_string(&stamp).ok().as_ref() == Some(&of)
    {
        return Ok(());
    }
    make_folder(&folder)?;
    process::run(Command::new(maker).arg(core).arg(&made).arg(prepared))?;
    write(&stamp, &of)
}

/// The command that builds or checks a guest of `guests/`.
pub fn guest_cargo(root: &Path, guest: &str, action: &str) -> Result<Command, Failure> {
    let mut command = cargo(root);
    command
        .current_dir(root.join("guests").join(guest))
        .args([action, "--release", "--locked", "--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(build::target(root).join("guests"));
    if !root.join("guests").join(guest).join("patches").is_dir() {
        return Ok(command);
    }
    // It holds C.
    let (cc, ar) = compiler(root, guest)?;
    command.env("CC_wasm32_unknown_unknown", cc);
    if let Some(ar) = ar {
        command.env("AR_wasm32_unknown_unknown", ar);
    }
    Ok(command)
}

/// Makes `target/engines/wasi.wasm`, unless it is there: rewritten, it would make what carries it be compiled anew.
fn adapter(root: &Path) -> Result<(), Failure> {
    let built = guest(root, "wasi", "belljar_wasi")?;
    let bytes = fs::read(&built).map_err(|error| Failure::new(format!("{}: {error}", built.display())))?;
    let made = root.join("target/engines/wasi.wasm");
    if fs::read(&made).ok().as_ref() != Some(&bytes) {
        make_folder(&root.join("target/engines"))?;
        fs::write(&made, bytes).map_err(|error| Failure::new(format!("{}: {error}", made.display())))?;
    }
    Ok(())
}

/// Builds a guest's core module.
fn guest(root: &Path, name: &str, library: &str) -> Result<PathBuf, Failure> {
    process::run(&mut guest_cargo(root, name, "build")?)?;
    Ok(build::target(root).join(format!("guests/wasm32-unknown-unknown/release/{library}.wasm")))
}

/// The C compiler and the archiver for wasm32. The compiler takes the guest's patched sources in place of those that cargo
/// fetched; its own place changes with them, which makes cargo compile them anew.
fn compiler(root: &Path, guest: &str) -> Result<(PathBuf, Option<PathBuf>), Failure> {
    let tools = build::target(root).join("tools");
    let sources = patches::apply(
        &c_sources(root, guest)?,
        &root.join("guests").join(guest).join("patches"),
        &tools.join("quickjs"),
    )?;
    let (clang, without_target, ar) = match std::env::var_os("BELLJAR_CLANG") {
        Some(clang) => (format!("'{}'", Path::new(&clang).display()), "--target=no", None),
        None => {
            let python = zig(&tools)?;
            let python = python.display();
            let ar = format!("#!/bin/sh\nexec '{python}' -m ziglang ar \"$@\"\n");
            // zig names its targets its own way, so the one that build scripts pass is dropped.
            let clang = format!("'{python}' -m ziglang cc -target wasm32-freestanding");
            (clang, "--target=*", Some(script(&tools.join("wasm32-ar"), &ar)?))
        }
    };
    let cc = format!(
        "#!/bin/sh\nfor a do shift; case \"$a\" in {without_target}) continue;; \
         */out/*.c) a='{}'/\"${{a##*/}}\";; esac; set -- \"$@\" \"$a\"; done\n\
         exec {clang} \"$@\"\n",
        sources.display()
    );
    Ok((script(&sources.join("wasm32-cc"), &cc)?, ar))
}

/// Where cargo has the C sources of QuickJS-ng.
fn c_sources(root: &Path, guest: &str) -> Result<PathBuf, Failure> {
    let folder = root.join("guests").join(guest);
    process::run(cargo(root).current_dir(&folder).args(["fetch", "--quiet", "--locked"]))?;
    let mut tree = cargo(root);
    tree.current_dir(&folder).args(["metadata", "--locked", "--offline", "--format-version=1"]);
    let metadata = process::ask(&mut tree).ok_or_else(|| Failure::new("`cargo metadata` failed in guests/js"))?;
    let manifest = metadata
        .split("\"manifest_path\":\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|path| path.contains("rquickjs-sys-"))
        .ok_or_else(|| Failure::new("guests/js does not depend on rquickjs-sys"))?;
    Ok(Path::new(manifest).with_file_name("quickjs"))
}

/// Installs zig, and returns the Python that has it.
pub fn zig(tools: &Path) -> Result<PathBuf, Failure> {
    let zig = tools.join("zig");
    let python = zig.join("bin/python");
    let stamp = zig.join("installed");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(ZIG) {
        make_folder(tools)?;
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&zig))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", ZIG];
        process::run(Command::new(&python).args(install))?;
        write(&stamp, ZIG)?;
    }
    Ok(python)
}

/// Writes a shell script unless it is there: rewritten, it would make the C code be compiled anew.
fn script(path: &Path, text: &str) -> Result<PathBuf, Failure> {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        write(path, text)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))
                .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        }
    }
    Ok(path.to_owned())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// Makes a folder, and those above it.
pub fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// When a file was written, if it is there.
pub fn modified(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
