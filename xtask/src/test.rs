//! Everything that must pass before a change lands.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{self, cargo};
use crate::process::{self, Failure, Lane, Stage};
use crate::{Cases, cases, engines, setup, suite, web};

/// The crates that decide and never act; they must build for the browser, too.
const PURE: [&str; 8] = [
    "belljar-policy",
    "belljar-core",
    "belljar-admit",
    "belljar-abi",
    "belljar-schema",
    "belljar-compile",
    "belljar-snapshot",
    "belljar-text",
];

/// Of these, the ones whose tests need no engine. They are run once more with debug assertions and overflow checks, which
/// what is shipped leaves out.
const CHECKED: [&str; 5] = ["belljar-abi", "belljar-core", "belljar-policy", "belljar-schema", "belljar-text"];

/// Compilers, and tests of which most use one processor.
const FIRST: [(&str, Stage); 2] = [("the pure crates on wasm32", wasm32), ("cargo test", tests)];

/// What is run beside [`FIRST`], one after the other: it waits most of the time, or uses one processor; the last one is built in a
/// folder of its own, so that cargo does not wait for cargo.
const BESIDE: [(&str, Stage); 8] = [
    ("the ways out of the compartments", ways_out),
    ("generated programs, compared with Node", programs),
    ("generated hostile tools", hostile),
    ("what docs/api.md says", api),
    ("locales, compared with Node", locales),
    ("the page's own tests", page),
    ("the WASI adapter's own tests", adapter),
    ("the pure crates' tests, with overflow checks", checked),
];

/// What runs alone behind both: browsers use the whole machine, and a page's frames are counted. The cases are last, because
/// their last line says how many passed and failed.
const LAST: [(&str, Stage); 2] = [("the tests in a browser", in_browser), ("the cases", all_cases)];

/// Runs all stages, also after one of them failed, and fails with the list of those that did.
pub fn run(root: &Path) -> Result<(), Failure> {
    // What is built below may take this program's place, and its name is not known then.
    let own = process::own()?;
    setup::run(root)?;
    engines::run(root)?;
    setup::browser()?;
    suite::fetch(root)?;
    web::site(root)?;
    build::program(root)?;
    let beside = Lane::start(&own, BESIDE.map(|(name, _)| (name, vec!["test", "--only", name])));
    let mut failed = process::stages(root, &FIRST);
    failed.extend(beside.end());
    failed.extend(process::stages(root, &LAST));
    process::summary(&failed)
}

fn all() -> impl Iterator<Item = &'static (&'static str, Stage)> {
    FIRST.iter().chain(&BESIDE).chain(&LAST)
}

/// Runs one stage.
pub fn only(root: &Path, name: &str) -> Result<(), Failure> {
    match all().find(|(other, _)| *other == name) {
        Some((_, stage)) => stage(root),
        None => {
            let names: Vec<&str> = all().map(|(name, _)| *name).collect();
            Err(Failure::new(format!(
                "there is no stage `{name}`; the stages are:\n       {}",
                names.join("\n       ")
            )))
        }
    }
}

/// Checks that the pure crates build for wasm32-unknown-unknown; what of them a page uses is built whole for the page. Runs the
/// policy's tests on wasm32.
pub fn wasm32(root: &Path) -> Result<(), Failure> {
    let mut command = cargo(root);
    command.args(["check", "--release", "--target", "wasm32-unknown-unknown"]);
    for package in PURE {
        command.args(["--package", package]);
    }
    // A page may check signatures; its own modules do without.
    command.args(["--features", "belljar-core/sign"]);
    process::run(&mut command)?;
    // What a policy means is the same there, by the same tests: those that compare policies with their decisions.
    let runner = root.join("tests/wasi.mjs");
    let mut command = cargo(root);
    command.args(["test", "--release", "--target", "wasm32-wasip1", "--package", "belljar-policy"]);
    command.args(["--test", "algebra", "--test", "properties"]);
    command.env("CARGO_TARGET_WASM32_WASIP1_RUNNER", format!("node --no-warnings {}", runner.display()));
    process::run(&mut command)?;
    // One digest over what each build decides, and the URLs of the standard's tests.
    process::run(Command::new("node").arg("tests/agreement/agreement.mjs").current_dir(root))
}

fn tests(root: &Path) -> Result<(), Failure> {
    // The modules that are run in wasmtime here are run in Chromium later.
    let mut command = cargo(root);
    command.args(["test", "--release", "--workspace", "--no-fail-fast"]).env("BELLJAR_CORPUS", corpus(root));
    process::run(&mut command)
}

fn checked(root: &Path) -> Result<(), Failure> {
    let mut command = cargo(root);
    command.args(["test", "--profile", "checked", "--no-fail-fast", "--features", "belljar-core/sign"]);
    for package in CHECKED {
        command.args(["--package", package]);
    }
    process::run(&mut command)
}

/// Modules and what becomes of them, from the meter's differential test.
fn corpus(root: &Path) -> PathBuf {
    build::target(root).join("corpus.jsonl")
}

/// What of the page needs no browser.
fn page(root: &Path) -> Result<(), Failure> {
    web::node(root, "www", &["test.mjs"])
}

/// What of the adapter for WASI is no call of the world.
fn adapter(root: &Path) -> Result<(), Failure> {
    let mut command = cargo(root);
    command.current_dir(root.join("guests/wasi")).args(["test", "--locked", "--target-dir"]);
    process::run(command.arg(build::target(root).join("guests")))
}

/// What leaves the compartments: tests that wait most of the time, for what must not come, and so beside each other.
fn ways_out(root: &Path) -> Result<(), Failure> {
    browser_tests(root, &["compartments", "stage"], 2)
}

/// The meter, the npm package, and the page as a person uses it.
fn in_browser(root: &Path) -> Result<(), Failure> {
    browser_tests(
        root,
        &["meter", "package", "directories", "recordings", "timeline", "page", "page-payloads", "relay"],
        1,
    )
}

fn browser_tests(root: &Path, names: &[&str], at_once: usize) -> Result<(), Failure> {
    let program = build::program(root)?;
    let mut node = Command::new("node");
    node.args(["--test", &format!("--test-concurrency={at_once}")])
        .args(names.iter().map(|name| format!("{name}.test.mjs")))
        .current_dir(root.join("tests/browser"))
        .env("BELLJAR_PROGRAM", program)
        .env("BELLJAR_CORPUS", corpus(root));
    process::run(&mut node)
}

/// Programs that are made at random and run in Belljar and in Node.
fn programs(root: &Path) -> Result<(), Failure> {
    with_program(root, "programs")
}

/// The examples of the page for authors of tools, its names, and the declarations that the npm package ships.
fn api(root: &Path) -> Result<(), Failure> {
    with_program(root, "api")
}

/// Texts in many locales; `compare.mjs` makes larger tables and others.
fn locales(root: &Path) -> Result<(), Failure> {
    let program = build::program(root)?;
    let mut node = Command::new("node");
    node.arg("compare.mjs").arg(program).arg("1000").current_dir(root.join("tests/locales")).env("TZ", "UTC");
    process::run(&mut node)
}

/// Tools that try to make the host work; `loop.py` makes more of them.
fn hostile(root: &Path) -> Result<(), Failure> {
    let program = build::program(root)?;
    process::run(Command::new("python3").arg(root.join("tests/hostile/loop.py")).arg(program).arg("80"))
}

/// A test in Node that runs the program `belljar`.
fn with_program(root: &Path, name: &str) -> Result<(), Failure> {
    let program = build::program(root)?;
    let mut node = Command::new("node");
    node.args(["--test", &format!("{name}.test.mjs")])
        .current_dir(root.join("tests").join(name))
        .env("BELLJAR_PROGRAM", program);
    process::run(&mut node)
}

fn all_cases(root: &Path) -> Result<(), Failure> {
    cases::run(root, &Cases { host: "all".to_owned(), dir: None, filter: None, agree: false })
}
