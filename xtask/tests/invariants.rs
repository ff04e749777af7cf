//! What `docs/architecture.md` says about dependencies, checked against Cargo's own account.

#![expect(clippy::expect_used, reason = "these are tests, helpers included")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The crates that decide and never act.
const PURE: [&str; 6] =
    ["belljar-policy", "belljar-core", "belljar-admit", "belljar-abi", "belljar-schema", "belljar-text"];

/// What no pure crate may contain: engines, async runtimes, browser bindings, random sources.
const FORBIDDEN: [&str; 10] =
    ["tokio", "async-std", "smol", "wasmtime", "wasmi", "web-sys", "js-sys", "getrandom", "cap-std", "chrono"];

/// Who may name wasmtime: the server's host, and what builds and tests.
const ENGINE_USERS: [&str; 4] = ["belljar", "belljar-bench", "belljar-cases", "belljar-engines"];

fn cargo(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root).output().expect("cargo starts");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

/// The names of all packages that `package` is built with on `target`, itself included.
fn tree(package: &str, target: &str) -> BTreeSet<String> {
    names(&cargo(&tree_arguments(package, target)))
}

/// The packages that depend directly on `found` within the tree of `package`.
fn parents(found: &str, package: &str, target: &str) -> BTreeSet<String> {
    let mut arguments = tree_arguments(package, target).to_vec();
    arguments.extend(["--invert", found, "--depth", "1"]);
    let mut names = names(&cargo(&arguments));
    names.remove(found);
    names
}

fn tree_arguments<'a>(package: &'a str, target: &'a str) -> [&'a str; 12] {
    [
        "tree",
        "--locked",
        "--package",
        package,
        "--edges",
        "normal",
        "--target",
        target,
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]
}

fn names(tree: &str) -> BTreeSet<String> {
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn pure_crates_contain_no_engine_runtime_or_random_source() {
    for package in PURE {
        for target in ["wasm32-unknown-unknown", "x86_64-unknown-linux-gnu"] {
            let tree = tree(package, target);
            assert!(tree.contains(package), "cargo tree did not list {package} itself");
            if let Some(found) = FORBIDDEN.into_iter().find(|name| tree.contains(*name)) {
                let parents = parents(found, package, target);
                panic!("{package} must stay pure, but on {target} it contains {found}, through {parents:?}");
            }
        }
    }
}

/// A page downloads what it needs: signatures are made and checked where the feature is asked for.
#[test]
fn the_pages_modules_carry_no_signatures() {
    let target = "wasm32-unknown-unknown";
    assert!(tree("belljar", "x86_64-unknown-linux-gnu").contains("ed25519-dalek"), "it has another name now");
    assert!(!tree("belljar-web", target).contains("ed25519-dalek"), "the page's modules have ed25519-dalek in them");
}

#[test]
fn pure_crates_forbid_unsafe_code() {
    for package in PURE {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(package).join("src/lib.rs");
        let text = std::fs::read_to_string(&path).expect("the crate's root is readable");
        assert!(text.contains("#![forbid(unsafe_code)]"), "{} does not forbid unsafe code", path.display());
    }
}

#[test]
fn only_the_servers_host_names_the_engine() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--locked", "--no-deps", "--format-version", "1"])).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.iter().any(|package| package["name"] == "belljar"), "the workspace has no belljar");
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let normal = dependency["kind"].is_null();
            let engine = dependency["name"] == "wasmtime";
            assert!(!(normal && engine) || ENGINE_USERS.contains(&name), "{name} must not depend on wasmtime");
        }
    }
}

#[test]
fn hosts_depend_on_the_core_and_never_the_other_way_round() {
    for package in PURE {
        let tree = tree(package, "x86_64-unknown-linux-gnu");
        for host in ["belljar", "belljar-cli", "belljar-compile"] {
            assert!(!tree.contains(host), "{package} depends on {host}");
        }
    }
}
