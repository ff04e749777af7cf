//! Compiling strangers' code ends within its bounds, and says which bound it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests, helpers included")]
#![cfg(unix)]

use std::fmt::Write;
use std::time::{Duration, Instant};

use belljar::{Belljar, Builder, LoadError, RunOptions, limits};

/// The program that compiles for tests, which cannot start themselves again.
const COMPILER: &str = env!("CARGO_BIN_EXE_belljar-compiler");

fn jar(builder: Builder) -> Belljar {
    builder.no_cache().compiler(COMPILER).build().expect("wasmtime runs here")
}

/// A tool whose core module holds these functions besides.
fn module(functions: &str) -> String {
    format!(
        r#"(module (memory (export "memory") 1)
  (data (i32.const 16) "\00\00\00\00\20\00\00\00\02\00\00\00") (data (i32.const 32) "42")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
  (func (export "run") (param i32 i32) (result i32) (i32.const 16)) {functions})"#
    )
}

/// Loops inside each other around the use of many locals.
fn nest(loops: usize, locals: usize) -> String {
    let mut text = format!("(func (local {})", "i32 ".repeat(locals));
    text.push_str(&" loop".repeat(loops));
    for local in 0..locals {
        let other = (local * 7 + 1) % locals;
        let _ = write!(text, " local.get {local} local.get {other} i32.add local.set {local}");
    }
    text.push_str(&" local.get 0 br_if 0 end".repeat(loops));
    text + ")"
}

/// Straight code, `lines` long, over a few locals.
fn line(lines: usize, locals: usize) -> String {
    let mut text = format!("(func (local {})", "i32 ".repeat(locals));
    for i in 0..lines {
        let (a, b, c) = (i % locals, (i * 13 + 5) % locals, (i * 31 + 7) % locals);
        let _ = write!(text, " local.get {a} local.get {b} i32.mul local.set {c}");
    }
    text + ")"
}

#[test]
fn a_small_tool_needs_no_other_process() {
    let alone = Belljar::builder().no_cache().build().expect("wasmtime runs here");
    let tool = alone.load("tool.wat", module("").as_bytes()).expect("it is compiled here");
    assert_eq!(alone.run_blocking(&tool, "{}", RunOptions::default()).unwrap().output.as_deref(), Some("42"));
    alone.load("tool.ts", b"export default (x: number) => x").expect("it is compiled here");
    // What is more is refused by a sentence that names the way out.
    let large = module(&line(20_000, 50));
    for (file, source) in [("tool.wat", large.clone().into_bytes()), ("tool.js", vec![b' '; 100_000])] {
        let error = alone.load(file, &source).unwrap_err();
        assert!(error.to_string().contains("belljar::compile_server()"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
    let apart = jar(Belljar::builder());
    let tool = apart.load("tool.wat", large.as_bytes()).expect("another process compiles it");
    assert_eq!(apart.run_blocking(&tool, "{}", RunOptions::default()).unwrap().output.as_deref(), Some("42"));
}

#[test]
fn a_source_compiled_elsewhere_is_the_same_program() {
    let jar = jar(Belljar::builder());
    // It is not light, for the length of its comment; without it, it is.
    let source = "/** Counts. */\nexport default (x: { n: number }): number => x.n + 1;\n";
    let long = format!("{source}//{}\n", " ".repeat(100_000));
    let apart = jar.load("tool.ts", long.as_bytes()).unwrap();
    let report = jar.run_blocking(&apart, r#"{"n":41}"#, RunOptions::default()).unwrap();
    assert_eq!(report.output.as_deref(), Some("42"));
    let other = jar.load("tool.ts", source.as_bytes()).unwrap();
    assert_eq!(apart.manifest().input, other.manifest().input);
    assert_ne!(apart.identity(), other.identity());
    // Its messages are the same, too.
    let wrong = |source: &str| jar.load("tool.ts", source.as_bytes()).unwrap_err().to_string();
    let bad = "export default (1;\n";
    assert_eq!(wrong(bad), wrong(&format!("{bad}//{}\n", " ".repeat(100_000))));
}

#[test]
fn the_limit_that_ends_it_is_named() {
    let large = module(&line(120_000, 50));
    for (builder, option) in [
        (Belljar::builder().compile_time(Duration::from_millis(1)), "--compile-time"),
        (Belljar::builder().compile_memory(16 << 20), "--compile-memory"),
    ] {
        let error = jar(builder).load("tool.wat", large.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(option), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
}

#[test]
fn what_doubles_while_it_is_compiled_ends() {
    let mut text = String::from("enum E{a0='xxxxxxxx'");
    for i in 1..40 {
        let _ = write!(text, ",a{i}=a{0}+a{0}", i - 1);
    }
    text.push_str("}\nexport default (x: unknown) => x;\n");
    let begun = Instant::now();
    // Whether it is refused or compiled to something is the compiler's business; that it ends is this test's.
    let _ = jar(Belljar::builder()).load("tool.ts", text.as_bytes());
    assert!(begun.elapsed() < limits::COMPILE_TIME + Duration::from_secs(10));
}

/// Hostile modules from a seed: each is refused, or compiled within the bounds. `BELLJAR_BOMBS` says how many.
#[test]
fn hostile_modules_stay_within_the_bounds() {
    let count: u64 = std::env::var("BELLJAR_BOMBS").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    let seed: u64 = std::env::var("BELLJAR_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let jar = jar(Belljar::builder());
    let (mut compiled, mut refused, mut longest) = (0, 0, Duration::ZERO);
    for round in 0..count {
        let mut state = (seed << 32) + round;
        // SplitMix64.
        let mut below = |n: usize| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) % n as u64) as usize
        };
        let function = match below(5) {
            0 => nest(1 + below(900), 1 + below(300)),
            1 => nest(1 + below(12), 100 + below(1_500)),
            2 => line(10_000 + below(40_000), 1 + below(2_000)),
            3 => {
                let mut text = String::from("(func (param i32) (local i32 i32 i32)");
                let targets = 1 + below(2_000);
                for _ in 0..1 + below(300) {
                    let _ = write!(text, " block local.get 0 br_table{} end", " 0".repeat(targets));
                }
                text + ")"
            }
            _ => {
                let (params, calls) = (1 + below(64), below(4_000));
                let types = "i32 ".repeat(params);
                let mut text = format!("(func $f (param {types}) (result {types})");
                for i in 0..params {
                    let _ = write!(text, " local.get {i}");
                }
                text + &" call $f".repeat(calls) + ")"
            }
        };
        let text = module(&function);
        let begun = Instant::now();
        match jar.load("tool.wat", text.as_bytes()) {
            Ok(_) => compiled += 1,
            Err(LoadError::Refused { .. } | LoadError::RefusedApart { .. } | LoadError::Compile(_)) => refused += 1,
            Err(error) => panic!("round {round}: {error}"),
        }
        longest = longest.max(begun.elapsed());
    }
    println!("{compiled} compiled, {refused} refused, the longest {longest:?}");
    assert!(longest < limits::COMPILE_TIME);
}
