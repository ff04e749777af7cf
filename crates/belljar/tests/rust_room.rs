//! A tool in a single Rust file reads nothing of the machine while it is built, whatever it tries, and building it ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests, helpers included")]
#![cfg(target_os = "linux")]

use std::path::Path;
use std::time::{Duration, Instant};

use belljar::Belljar;

const COMPILER: &str = env!("CARGO_BIN_EXE_belljar-compiler");

/// What must not be found in anything that is said.
const CANARY: &str = "CANARY-3f9d-of-this-machine";

/// Tools with `FILE` for a file of this machine, and whether they build.
const TOOLS: [(&str, &str); 9] = [
    (
        "serde",
        r##"
use serde::Deserialize; use schemars::JsonSchema;
fn f<const N: usize>() -> usize { N }
#[derive(Deserialize, JsonSchema)]
struct In { #[serde(default = "f::<{ include_bytes!(\"FILE\").len() }>")] a: usize }
#[belljar::tool] fn run(i: In) -> usize { i.a }
"##,
    ),
    (
        "schemars",
        r##"
use serde::Deserialize; use schemars::JsonSchema;
#[derive(Deserialize, JsonSchema)]
struct In { #[schemars(with = "[u8; { include_str!(\"FILE\").len() }]")] a: String }
#[belljar::tool] fn run(i: In) -> String { i.a }
"##,
    ),
    (
        "module",
        r##"
macro_rules! m { ($p:literal $a:tt $b:tt $g:tt) => { #[path = $p] $a $b; } }
m!("FILE" mod x {});
#[belljar::tool] fn run() -> String { String::new() }
"##,
    ),
    (
        "attribute",
        r##"
macro_rules! m { ($p:literal $a:tt $b:tt $g:tt) => { #[cfg_attr(all(), path = $p)] $a $b; } }
m!("FILE" mod x {});
#[belljar::tool] fn run() -> String { String::new() }
"##,
    ),
    (
        "process",
        r##"
macro_rules! m { ($p:literal $a:tt $b:tt $g:tt) => { #[path = $p] $a $b; } }
m!("/proc/self/environ" mod x {});
#[belljar::tool] fn run() -> String { String::new() }
"##,
    ),
    (
        "documentation",
        r##"
#[doc = include_str!("FILE")]
#[belljar::tool] fn run() -> String { String::new() }
"##,
    ),
    (
        "joined",
        r##"
const X: &str = include_str!(concat!("FI", "LE"));
#[belljar::tool] fn run() -> String { X.into() }
"##,
    ),
    (
        "endless macro",
        r##"
macro_rules! m { ($($a:tt)*) => { m!($($a)* $($a)*); } }
m!(a);
#[belljar::tool] fn run() -> u64 { 1 }
"##,
    ),
    (
        "endless constant",
        r##"
#[allow(long_running_const_eval)]
const fn forever() -> u64 { let mut i = 0u64; while i < u64::MAX { i += 1; } i }
#[allow(long_running_const_eval)]
const X: u64 = forever();
#[belljar::tool] fn run() -> u64 { X }
"##,
    ),
];

#[test]
fn a_single_file_reads_nothing_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let canary = folder.path().join("canary.rs");
    std::fs::write(&canary, format!("pub const TOKEN: &str = \"{CANARY}\";")).unwrap();
    let builds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/rust");
    let build = |time: u64, name: &str, source: &str| {
        let jar = Belljar::builder().no_cache().compiler(COMPILER).build_dir(&builds);
        let jar = jar.compile_time(Duration::from_secs(time)).build().unwrap();
        let path = folder.path().join(name.replace(' ', "_") + ".rs");
        std::fs::write(&path, source.replace("FILE", &canary.to_string_lossy())).unwrap();
        let begun = Instant::now();
        (jar.load_path(&path).map(|tool| tool.manifest().name.clone()), begun.elapsed())
    };
    // What the SDK needs is built first, so that a short deadline means the tool's own part.
    let (first, _) = build(900, "plain", "#[belljar::tool] fn run() -> u64 { 1 }");
    assert_eq!(first.unwrap(), "plain");
    for (name, source) in TOOLS {
        let (built, took) = build(60, name, source);
        let said = match built {
            Ok(name) => panic!("{name} was built"),
            Err(error) => error.to_string(),
        };
        assert!(!said.contains(CANARY), "{name}: {said}");
        assert!(took < Duration::from_secs(75), "{name} took {took:?}");
        if !name.contains("endless") {
            assert!(said.contains("Permission denied") || said.contains("reads the machine"), "{name}: {said}");
        }
    }
    // A variable is not there.
    let variable = r##"
use serde::Deserialize; use schemars::JsonSchema;
fn f<const N: bool>() -> bool { N }
#[derive(Deserialize, JsonSchema)]
struct In { #[serde(default = "f::<{ option_env!(\"CARGO_BIN_EXE_belljar-compiler\").is_some() }>")] a: bool, #[serde(default = "f::<{ option_env!(\"USER\").is_some() }>")] b: bool }
#[belljar::tool] fn run(i: In) -> bool { i.a || i.b }
"##;
    let (built, _) = build(300, "variable", variable);
    built.unwrap();
}
