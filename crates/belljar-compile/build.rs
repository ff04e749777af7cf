//! Finds what the crate carries: the adapter that is joined to commands of WASI, which `cargo xtask build` builds.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-env-changed=BELLJAR_ENGINES");
    if std::env::var_os("CARGO_FEATURE_WASM").is_none() {
        return;
    }
    let given = std::env::var_os("BELLJAR_ENGINES").map(PathBuf::from);
    let usual = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../target/engines");
    let adapter = given.unwrap_or(usual).join("wasi.wasm");
    println!("cargo::rerun-if-changed={}", adapter.display());
    println!("cargo::rustc-env=BELLJAR_WASI={}", adapter.display());
    if !adapter.is_file() {
        println!(
            "cargo::error=the adapter for WASI is missing at {}; run `cargo xtask build` once, or set BELLJAR_ENGINES",
            adapter.display()
        );
    }
}
