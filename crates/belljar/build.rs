//! Finds the JavaScript engine, which `cargo xtask build` builds, so that the crate can carry it.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

fn main() {
    println!("cargo::rerun-if-env-changed=BELLJAR_ENGINES");
    let given = std::env::var_os("BELLJAR_ENGINES").map(PathBuf::from);
    let usual = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../target/engines");
    let engine = given.unwrap_or(usual).join("js.wasm");
    println!("cargo::rerun-if-changed={}", engine.display());
    if let Ok(bytes) = std::fs::read(&engine) {
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        println!("cargo::rustc-env=BELLJAR_JS_ENGINE_HASH={hash}");
        println!("cargo::rustc-env=BELLJAR_JS_ENGINE={}", engine.display());
    } else {
        println!(
            "cargo::error=the JavaScript engine is missing at {}; run `cargo xtask build` once, or set BELLJAR_ENGINES",
            engine.display()
        );
    }
}
