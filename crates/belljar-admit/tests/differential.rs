//! The rewritten module against the original, with wasmtime's own fuel as the measure.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by them")]

mod metered;

use arbitrary::Unstructured;
use metered::{Budget, End, Metered, call, end, fuelled, plain};
use wasmtime::{Engine, Extern, Instance, Module, Store, Val};

const FUEL: i64 = 300_000;

/// Deterministic bytes for a generated module.
fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let step = |state: &mut u64| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 24) as u8
    };
    (0..length).map(|_| step(&mut state)).collect()
}

fn config(seed: u64) -> wasm_smith::Config {
    wasm_smith::Config {
        min_funcs: 3,
        max_funcs: 12,
        max_imports: 0,
        min_memories: 1,
        max_memories: 1,
        max_memory32_bytes: 32 << 16,
        memory_max_size_required: false,
        min_tables: 1,
        max_tables: 2,
        max_table_elements: 5_000,
        max_instructions: 400,
        export_everything: true,
        // External references are not admitted, and this generator puts them into most modules that could have them.
        reference_types_enabled: seed.is_multiple_of(5),
        max_data_segments: 5,
        max_types: 20,
        allow_start_export: seed.is_multiple_of(4),
        memory64_enabled: false,
        gc_enabled: false,
        exceptions_enabled: false,
        relaxed_simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        simd_enabled: seed.is_multiple_of(3),
        disallow_traps: seed.is_multiple_of(2),
        min_uleb_size: 1,
        ..wasm_smith::Config::default()
    }
}

/// Exports all, some, or one of a module's functions, so that some are called by name alone.
fn fewer_exports(module: &[u8], seed: u64) -> Vec<u8> {
    let mut copy = wasm_encoder::Module::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let payload = payload.unwrap();
        if let wasmparser::Payload::ExportSection(section) = payload {
            let mut exports = wasm_encoder::ExportSection::new();
            for (i, export) in section.into_iter().enumerate() {
                let export = export.unwrap();
                let kind = match export.kind {
                    wasmparser::ExternalKind::Func if !(i as u64 + seed).is_multiple_of(1 + seed % 4) => continue,
                    wasmparser::ExternalKind::Func => wasm_encoder::ExportKind::Func,
                    wasmparser::ExternalKind::Memory => wasm_encoder::ExportKind::Memory,
                    wasmparser::ExternalKind::Global => wasm_encoder::ExportKind::Global,
                    _ => wasm_encoder::ExportKind::Table,
                };
                exports.export(export.name, kind, export.index);
            }
            copy.section(&exports);
        } else if let Some((id, range)) = payload.as_section() {
            copy.section(&wasm_encoder::RawSection { id, data: &module[range] });
        }
    }
    copy.finish()
}

/// What a call leaves behind in memory and globals.
fn traces<T: 'static>(store: &mut Store<T>, instance: &Instance) -> Vec<String> {
    let exports: Vec<(String, Extern)> =
        instance.exports(&mut *store).map(|e| (e.name().to_owned(), e.into_extern())).collect();
    let mut traces = Vec::new();
    for (name, export) in exports {
        match export {
            Extern::Memory(memory) => {
                let data = memory.data(&mut *store);
                let sum = data
                    .iter()
                    .enumerate()
                    .fold(0u64, |sum, (i, byte)| sum.wrapping_add((i as u64 ^ 0x5bd1).wrapping_mul(u64::from(*byte))));
                traces.push(format!("{name}: {} bytes, {sum:x}", data.len()));
            }
            Extern::Global(global) if !name.starts_with("belljar:") => match global.get(&mut *store) {
                Val::FuncRef(function) => traces.push(format!("{name}: {}", function.is_some())),
                Val::V128(bits) => traces.push(format!("{name}: {:x}", bits.as_u128())),
                value => traces.push(format!("{name}: {value:?}")),
            },
            _ => {}
        }
    }
    traces
}

#[derive(Debug, Default)]
struct Score {
    modules: u32,
    refused: u32,
    reasons: std::collections::BTreeMap<String, u32>,
    calls: u32,
    completed: u32,
    out_of_fuel: u32,
    deep: u32,
    trapped: u32,
}

fn compare(seed: u64, module: &[u8], own: &Engine, ours: &Engine, score: &mut Score) {
    let rewritten = match belljar_admit::instrument(module) {
        Ok(rewritten) => rewritten,
        Err(refusal @ (belljar_admit::Refusal::TooMuch { .. } | belljar_admit::Refusal::Feature { .. })) => {
            score.refused += 1;
            *score.reasons.entry(refusal.to_string().split(':').next().unwrap_or_default().to_owned()).or_insert(0) +=
                1;
            return;
        }
        Err(refusal) => panic!("module {seed}: {refusal}"),
    };
    let (original, metered) = (Module::new(own, module).unwrap(), Module::new(ours, &rewritten));
    let metered = metered.unwrap_or_else(|e| panic!("module {seed}: {e:#}"));
    score.modules += 1;
    let names: Vec<String> = original
        .exports()
        .filter(|export| matches!(export.ty(), wasmtime::ExternType::Func(_)))
        .map(|export| export.name().to_owned())
        .collect();
    let starts = metered.exports().any(|export| export.name() == "belljar:start");
    for name in names {
        // The original. Its start function runs with the instantiation.
        let mut store = Store::new(own, ());
        store.set_fuel(FUEL as u64).unwrap();
        let begun = Instance::new(&mut store, &original, &[]);
        let mut ours_too = match Metered::new(ours, &metered, Budget::new(FUEL, 1000), 65_536) {
            Ok(instance) => instance,
            Err(ended) => {
                assert_eq!(begun.err().map(|e| end(&e)), Some(ended), "module {seed}, instantiation");
                return;
            }
        };
        if starts {
            let ended = ours_too.call("belljar:start");
            match (&begun, &ended) {
                (Ok(_), End::Values(_)) => {}
                (Err(_), End::Deep) => return,
                (Err(e), ended) => {
                    if end(e) == End::Trap(wasmtime::Trap::StackOverflow) {
                        return;
                    }
                    assert_eq!(&end(e), ended, "module {seed}, start");
                    return;
                }
                _ => panic!("module {seed}, start: {ended:?} only when rewritten"),
            }
        }
        let instance = begun.unwrap();
        // wasmtime stops when nothing is left, the meter when more than the budget was charged.
        store.set_fuel(FUEL as u64 + 1).unwrap();
        let before = ours_too.charged();
        *ours_too.store.data_mut() = Budget::new(FUEL, 1000 + (seed as i64 % 7) * 777);
        let given = ours_too.store.data().slice.min(FUEL);
        ours_too.set("belljar:fuel", Val::I64(given));
        assert!(before >= 0);

        let function = instance.get_func(&mut store, &name).unwrap();
        let expected = call(&mut store, &function);
        let used = FUEL + 1 - store.get_fuel().unwrap() as i64;
        let got = ours_too.call(&name);
        score.calls += 1;
        match &expected {
            End::Values(_) => {
                // wasmtime does not look once more at the end; a host of ours does.
                if used > FUEL {
                    assert_eq!(got, End::OutOfFuel, "module {seed}, {name}");
                    continue;
                }
                assert_eq!(got, expected, "module {seed}, {name}, fuel {used}");
                assert_eq!(ours_too.charged(), used, "module {seed}, {name}: fuel");
                let left = ours_too.instance;
                assert_eq!(
                    traces(&mut ours_too.store, &left),
                    traces(&mut store, &instance),
                    "module {seed}, {name}: traces"
                );
                assert!(matches!(ours_too.get("belljar:stack"), Val::I64(belljar_admit::limits::STACK_SLOTS)));
                score.completed += 1;
                // Exactly that much is enough, and one less is not.
                for (budget, enough) in [(used, true), (used - 1, false)] {
                    let mut again = Metered::new(ours, &metered, Budget::new(FUEL, 100), 65_536).unwrap();
                    if starts {
                        again.call("belljar:start");
                    }
                    *again.store.data_mut() = Budget::new(budget, budget.max(1));
                    again.set("belljar:fuel", Val::I64(budget));
                    let ended = again.call(&name);
                    let expected = if enough { expected.clone() } else { End::OutOfFuel };
                    assert_eq!(ended, expected, "module {seed}, {name}, budget {budget} of {used}");
                }
            }
            // Recursion without end uses up the stack, or fuel, whichever is less.
            End::OutOfFuel if got == End::Deep => score.deep += 1,
            End::OutOfFuel => {
                assert_eq!(got, End::OutOfFuel, "module {seed}, {name}");
                score.out_of_fuel += 1;
            }
            // The engine's stack and the meter's are not equal: either may end first, or fuel may.
            End::Trap(wasmtime::Trap::StackOverflow) => {
                assert!(matches!(got, End::Deep | End::OutOfFuel), "module {seed}, {name}: {got:?}");
                score.trapped += 1;
            }
            _ => {
                if got == End::OutOfFuel || got == End::Deep {
                    assert!(got == End::Deep || used > FUEL * 9 / 10, "module {seed}, {name}: {got:?}, {used}");
                } else {
                    assert_eq!(got, expected, "module {seed}, {name}");
                }
                score.trapped += 1;
            }
        }
    }
}

#[test]
fn generated_modules_do_the_same_and_cost_the_same() {
    metered::with_stack(generated);
}

fn generated() {
    let (own, ours) = (fuelled(), plain());
    let count = std::env::var("BELLJAR_MODULES").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let mut score = Score::default();
    for seed in 0..count {
        let bytes = bytes(seed + 1, 6_000);
        let Ok(mut module) = wasm_smith::Module::new(config(seed), &mut Unstructured::new(&bytes)) else { continue };
        if seed % 2 == 1 {
            // Loops that would not end, end.
            module.ensure_termination(50).unwrap();
        }
        compare(seed, &fewer_exports(&module.to_bytes(), seed), &own, &ours, &mut score);
    }
    println!("{score:?}");
    assert!(score.completed > score.modules / 4 && score.out_of_fuel > 20 && score.modules > 200, "{score:?}");
}

/// What other engines must find, a JSON object a line: the rewritten module in hexadecimal, and of each export how a call
/// with zeros ends, what was charged, and a hash of the memory. The tests in a browser read it.
#[test]
fn a_corpus_for_other_engines() {
    metered::with_stack(|| {
        let path = std::env::var_os("BELLJAR_CORPUS").map_or_else(
            || std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus.jsonl"),
            std::path::PathBuf::from,
        );
        let count = std::env::var("BELLJAR_MODULES").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
        let ours = plain();
        let mut corpus = String::new();
        let mut described_calls = 0;
        for seed in 0..count {
            let bytes = bytes(seed + 1, 6_000);
            let Ok(mut module) = wasm_smith::Module::new(config(seed), &mut Unstructured::new(&bytes)) else {
                continue;
            };
            if seed % 2 == 1 {
                module.ensure_termination(50).unwrap();
            }
            let Ok(rewritten) = belljar_admit::instrument(&fewer_exports(&module.to_bytes(), seed)) else { continue };
            let module = described(seed, &rewritten, &ours);
            assert_eq!(module, described(seed, &rewritten, &ours), "{seed} is not the same twice");
            described_calls += module["calls"].as_array().map_or(0, Vec::len);
            corpus.push_str(&module.to_string());
            corpus.push('\n');
        }
        assert!(
            corpus.lines().count() as u64 * 2 > count && described_calls as u64 * 2 > count,
            "{described_calls} calls"
        );
        std::fs::write(path, corpus).unwrap();
    });
}

fn described(seed: u64, rewritten: &[u8], ours: &Engine) -> serde_json::Value {
    let module = Module::new(ours, rewritten).unwrap();
    let wasm: String = rewritten.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut calls = Vec::new();
    for export in module.exports() {
        let wasmtime::ExternType::Func(ty) = export.ty() else { continue };
        // What a script cannot hand over or take.
        if ty.params().chain(ty.results()).any(|ty| ty.is_v128()) || export.name() == "belljar:start" {
            continue;
        }
        let name = export.name();
        let Ok(mut instance) = Metered::new(ours, &module, Budget::new(FUEL, 1000), 65_536) else { continue };
        let starts = instance.instance.get_func(&mut instance.store, "belljar:start").is_some();
        let mut ended = if starts { instance.call("belljar:start") } else { End::Values(Vec::new()) };
        if matches!(ended, End::Values(_)) {
            ended = instance.call(name);
        }
        let memory = instance.instance.exports(&mut instance.store).find_map(|export| export.into_memory());
        // Of whole words, which a script looks at fast.
        let hash = memory.map(|memory| {
            let words = memory.data(&instance.store).as_chunks::<4>().0;
            let words = words.iter().map(|word| u32::from_le_bytes(*word));
            words.fold(0x811c_9dc5u32, |hash, word| (hash ^ word).wrapping_mul(0x0100_0193))
        });
        let (kind, values) = match &ended {
            End::Values(values) => ("values", values.clone()),
            End::Trap(wasmtime::Trap::StackOverflow) => panic!("module {seed}, {name}: the engine's stack ended first"),
            End::Trap(_) => ("trap", Vec::new()),
            End::OutOfFuel => ("fuel", Vec::new()),
            End::Deep => ("deep", Vec::new()),
        };
        calls.push(serde_json::json!({
            "name": name, "ended": kind, "values": values, "charged": instance.charged(), "memory": hash,
        }));
    }
    serde_json::json!({ "seed": seed, "fuel": FUEL, "slice": 1000, "stack": belljar_admit::limits::STACK_SLOTS, "wasm": wasm, "calls": calls })
}
