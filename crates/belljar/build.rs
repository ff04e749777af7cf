//! Finds the JavaScript engine, which `cargo xtask engines` builds, so that the crate can carry it.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-env-changed=BELLJAR_ENGINES");
    let given = std::env::var_os("BELLJAR_ENGINES").map(PathBuf::from);
    let usual = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../target/engines");
    let engine = given.unwrap_or(usual).join("js.wasm");
    println!("cargo::rerun-if-changed={}", engine.display());
    if engine.is_file() {
        println!("cargo::rustc-env=BELLJAR_JS_ENGINE={}", engine.display());
    } else {
        println!(
            "cargo::error=the JavaScript engine is missing at {}; run `cargo xtask engines` once, or set BELLJAR_ENGINES",
            engine.display()
        );
    }
}
