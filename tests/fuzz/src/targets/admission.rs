//! WebAssembly to be admitted. An input that begins with `(` is a module in text, which is wrapped; one that begins with `~`
//! is what a generator makes a valid module of; every other is a module or component itself.
//!
//! What is admitted, or has the meter written into it, validates, is the same each time, and is no larger than it may be.

use arbitrary::Unstructured;
use belljar_admit::{Manifest, WorldKind, admit, embed_manifest, instrument, limits, wrap};
use wasmparser::{Validator, WasmFeatures};

use crate::Target;

pub(super) const TARGET: Target = Target { name: "admission", check, words: WORDS, seeds, most: 4 << 10 };

const WORDS: &[&str] = &[
    "(module ",
    "(memory (export \"memory\") 1)",
    "(memory 1 2)",
    "(func (export \"run\") (param i32 i32) (result i32) ",
    "(func (export \"_initialize\"))",
    "(func $f ",
    "(export \"cabi_realloc\")",
    "(param i32)",
    "(result i64)",
    "(local i32)",
    "(table 1 funcref)",
    "(elem (i32.const 0) $f)",
    "(data (i32.const 8) \"a\")",
    "(global (mut i32) (i32.const 0))",
    "(start $f)",
    "(import \"belljar:tool/clock@0.1.0\" \"now\" (func (result i64)))",
    "(import \"belljar:tool/waiting@0.1.0\" \"wait\" (func (param i32 i32 i32 i64 i32)))",
    "(import \"a\" \"b\" (func))",
    "(block ",
    "(loop ",
    "(if (i32.const 1) (then ",
    "(else ",
    "(br 0)",
    "(br_table 0 0 (i32.const 0))",
    "(call $f)",
    "(call_indirect (i32.const 0))",
    "(return)",
    "(unreachable)",
    "(drop (i32.const 1))",
    "(i32.add (i32.const 1) (i32.const 2))",
    "(memory.grow (i32.const 1))",
    "(memory.copy (i32.const 0) (i32.const 0) (i32.const 9))",
    "(memory.fill (i32.const 0) (i32.const 0) (i32.const 9))",
    "(table.get (i32.const 0))",
    "(local.set 0 (i32.const 1))",
    "(f64.div (f64.const 0) (f64.const nan))",
    "(return_call $f)",
    "(ref.func $f)",
    "(v128.const i64x2 0 0)",
    "(@custom \"belljar:manifest\" \"{}\")",
    "(@metadata.code.branch_hint \"\\01\")",
    ")",
    "))",
    "\0asm\u{1}\0\0\0",
];

fn check(input: &[u8]) {
    match input.split_first() {
        Some((b'(', _)) => {
            let Ok(text) = std::str::from_utf8(input) else { return };
            if let Ok(module) = wat::parse_str(text) {
                module_of(&module);
            }
        }
        Some((b'~', rest)) => {
            if let Ok(module) = wasm_smith::Module::new(config(), &mut Unstructured::new(rest)) {
                module_of(&module.to_bytes());
            }
        }
        _ => {
            metered(input);
            admitted(input);
        }
    }
}

/// What a generator makes: of what is admitted, most.
fn config() -> wasm_smith::Config {
    wasm_smith::Config {
        max_imports: 0,
        min_funcs: 1,
        max_memories: 1,
        max_memory32_bytes: 32 << 16,
        max_table_elements: 5_000,
        max_instructions: 400,
        export_everything: true,
        reference_types_enabled: false,
        memory64_enabled: false,
        gc_enabled: false,
        exceptions_enabled: false,
        relaxed_simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        ..wasm_smith::Config::default()
    }
}

fn module_of(module: &[u8]) {
    metered(module);
    if let Ok(component) = wrap(module, WorldKind::Tool, None) {
        admitted(&component);
    }
    admitted(module);
}

fn metered(module: &[u8]) {
    let written = match instrument(module) {
        Ok(written) => written,
        Err(refusal) => return assert!(!refusal.to_string().is_empty()),
    };
    valid(&written, limits::WRITTEN_BYTES);
    assert_eq!(instrument(module).ok(), Some(written), "the meter is written in two ways");
}

fn admitted(component: &[u8]) {
    let admitted = match admit(component) {
        Ok(admitted) => admitted,
        Err(refusal) => return assert!(!refusal.to_string().is_empty()),
    };
    valid(&admitted.core, limits::WRITTEN_BYTES);
    let again = admit(component);
    assert!(again.is_ok_and(|again| again.core == admitted.core), "it is admitted in two ways");
    // What is kept of an admitted tool is read as the same.
    let manifest = Manifest { name: "fuzz".into(), ..Manifest::default() };
    if let Ok(named) = embed_manifest(component.to_vec(), &manifest) {
        assert!(admit(&named).is_ok_and(|named| named.core == admitted.core), "with a manifest it is another");
    }
}

fn valid(module: &[u8], most: usize) {
    assert!(module.len() <= most, "{} bytes", module.len());
    let result = Validator::new_with_features(WasmFeatures::all()).validate_all(module);
    assert!(result.is_ok(), "what comes out does not validate: {:?}", result.err());
}

/// The smallest tool, and modules for the generator.
fn seeds() -> Vec<Vec<u8>> {
    let text = "(module (memory (export \"memory\") 1)\
        (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 64))\
        (func (export \"run\") (param i32 i32) (result i32) (i32.const 16)))";
    let module = wat::parse_str(text).unwrap_or_default();
    let component = wrap(&module, WorldKind::Tool, None).unwrap_or_default();
    let mut random = crate::random::Random(7);
    let made = (0..24)
        .map(|_| [b"~".as_slice(), &(0..300).flat_map(|_| random.number().to_le_bytes()).collect::<Vec<_>>()].concat());
    [text.as_bytes().to_vec(), module, component].into_iter().chain(made).collect()
}
