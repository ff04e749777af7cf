//! The language engines, which the `belljar` crate carries: built for WebAssembly, started once, snapshotted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{self, cargo};
use crate::process::{self, Failure};

/// The C compiler for WebAssembly, unless `BELLJAR_CLANG` names one: a package of PyPI, which brings its headers.
const ZIG: &str = "ziglang==0.13.0.post1";

/// Makes `target/engines/js.wasm`, and what a page takes of it, if what it is made of has changed.
pub fn run(root: &Path) -> Result<(), Failure> {
    let core = guest(root, "js", "belljar_js")?;
    let maker = build::binary(root, "belljar-engines")?;
    // Where the build script of `belljar` looks, whatever folder cargo builds in.
    let made = root.join("target/engines/js.wasm");
    let prepared = root.join("target/engines/js.prepared.wasm");
    if let Some(when) = modified(&made).min(modified(&prepared))
        && [&core, &maker].into_iter().all(|from| modified(from).is_some_and(|from| from < when))
    {
        return Ok(());
    }
    make_folder(&root.join("target/engines"))?;
    process::run(Command::new(maker).arg(&core).arg(&made).arg(prepared))
}

/// The command that builds or checks a guest of `guests/`.
pub fn guest_cargo(root: &Path, guest: &str, action: &str) -> Result<Command, Failure> {
    let (cc, ar) = compiler(root)?;
    let mut command = cargo(root);
    command
        .current_dir(root.join("guests").join(guest))
        .args([action, "--release", "--locked", "--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(build::target(root).join("guests"))
        .env("CC_wasm32_unknown_unknown", cc);
    if let Some(ar) = ar {
        command.env("AR_wasm32_unknown_unknown", ar);
    }
    Ok(command)
}

/// Builds a guest's core module.
fn guest(root: &Path, name: &str, library: &str) -> Result<PathBuf, Failure> {
    process::run(&mut guest_cargo(root, name, "build")?)?;
    Ok(build::target(root).join(format!("guests/wasm32-unknown-unknown/release/{library}.wasm")))
}

/// The C compiler and the archiver for wasm32.
fn compiler(root: &Path) -> Result<(PathBuf, Option<PathBuf>), Failure> {
    if let Some(clang) = std::env::var_os("BELLJAR_CLANG") {
        return Ok((clang.into(), None));
    }
    let tools = build::target(root).join("tools");
    let zig = tools.join("zig");
    let python = zig.join("bin/python");
    let stamp = zig.join("installed");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(ZIG) {
        make_folder(&tools)?;
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&zig))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", ZIG];
        process::run(Command::new(&python).args(install))?;
        write(&stamp, ZIG)?;
    }
    // zig names its targets its own way, so the one that build scripts pass is dropped.
    let python = python.display();
    let cc = format!(
        "#!/bin/sh\nfor a do shift; case \"$a\" in --target=*) ;; *) set -- \"$@\" \"$a\";; esac; done\n\
         exec '{python}' -m ziglang cc -target wasm32-freestanding \"$@\"\n"
    );
    let ar = format!("#!/bin/sh\nexec '{python}' -m ziglang ar \"$@\"\n");
    Ok((script(&tools.join("wasm32-cc"), &cc)?, Some(script(&tools.join("wasm32-ar"), &ar)?)))
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

fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn modified(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
