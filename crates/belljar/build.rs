//! Finds what the crate carries: the language engines, which `cargo xtask build` builds, and the crates that a single-file
//! tool in Rust is built with.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

fn main() {
    engine();
    if let Err(error) = sdk() {
        println!("cargo::error=the crates for tools in Rust cannot be read: {error}");
    }
}

fn engine() {
    println!("cargo::rerun-if-env-changed=BELLJAR_ENGINES");
    let given = std::env::var_os("BELLJAR_ENGINES").map(PathBuf::from);
    let usual = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../target/engines");
    let folder = given.unwrap_or(usual);
    for (file, name, variable) in [("js.wasm", "JavaScript", "JS"), ("python.wasm", "Python", "PYTHON")] {
        let engine = folder.join(file);
        println!("cargo::rerun-if-changed={}", engine.display());
        if let Ok(bytes) = std::fs::read(&engine) {
            let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            println!("cargo::rustc-env=BELLJAR_{variable}_ENGINE_HASH={hash}");
            println!("cargo::rustc-env=BELLJAR_{variable}_ENGINE={}", engine.display());
        } else {
            println!(
                "cargo::error=the {name} engine is missing at {}; run `cargo xtask build` once, or set BELLJAR_ENGINES",
                engine.display()
            );
        }
    }
}

/// Writes the list of the files of which `src/rust/sdk.rs` is made, each with its contents.
fn sdk() -> std::io::Result<()> {
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = manifest.join("../..");
    let mut paths =
        vec!["crates/belljar-guest/Cargo.toml".to_owned(), "crates/belljar-guest-macros/Cargo.toml".to_owned()];
    for folder in ["crates/belljar-guest/src", "crates/belljar-guest-macros/src", "wit/tool"] {
        below(&root, folder, &mut paths)?;
    }
    paths.sort();
    let mut list = String::from("&[\n");
    for path in paths {
        println!("cargo::rerun-if-changed={}", root.join(&path).display());
        let _ = writeln!(list, "    ({path:?}, include_str!({:?})),", root.join(&path));
    }
    list.push_str("]\n");
    std::fs::write(Path::new(&std::env::var_os("OUT_DIR").unwrap_or_default()).join("sdk.rs"), list)
}

/// All sources below a folder, by their paths from the root.
fn below(root: &Path, folder: &str, paths: &mut Vec<String>) -> std::io::Result<()> {
    // A file that is new changes its folder.
    println!("cargo::rerun-if-changed={}", root.join(folder).display());
    for entry in std::fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            below(root, &path, paths)?;
        } else if path.ends_with(".rs") || path.ends_with(".wit") {
            // Not what editors leave beside them.
            paths.push(path);
        }
    }
    Ok(())
}
