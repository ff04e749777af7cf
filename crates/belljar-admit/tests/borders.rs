//! Where the functions that carry the counters meet the host, and what never ends.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by them")]

mod metered;

use metered::{Budget, End, Metered, bind, call, end, fuelled, plain};
use wasmtime::{Caller, Linker, Module, Store, Trap, Val};

const FUEL: i64 = 100_000;

/// An import that is called by name, by way of a table and by reference, and that calls back.
const MODULE: &str = r#"(module
  (import "host" "call" (func $call (param i32) (result i32)))
  (table 4 funcref)
  (elem (i32.const 0) $call $twice $none)
  (func $twice (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func $none)
  (func $exported (export "exported") (param i32) (result i32) (call $call (local.get 0)))
  (func $by_table (param i32) (result i32)
    (call_indirect (param i32) (result i32) (i32.const 7) (local.get 0)))
  (export "same" (func $call))
  (func (export "directly") (result i32) (call $exported (i32.const 5)))
  (func (export "table_import") (result i32) (call $by_table (i32.const 0)))
  (func (export "table_own") (result i32) (call $by_table (i32.const 1)))
  (func (export "table_wrong") (result i32) (call $by_table (i32.const 2)))
  (func (export "table_empty") (result i32) (call $by_table (i32.const 3)))
  (func (export "table_beyond") (result i32) (call $by_table (i32.const 4)))
  (func (export "reference") (result i32)
    (table.set (i32.const 3) (ref.func $exported)) (call $by_table (i32.const 3)))
  (func $give_up unreachable)
  (func $then_give_up (param i32) (if (local.get 0) (then (nop)) (else (call $give_up))))
  (func (export "gives_up") (result i32) (call $then_give_up (i32.const 0)) (i32.const 1)))"#;

/// What the import does: it has the guest called again, while the guest waits for it.
fn host<T: 'static>(linker: &mut Linker<T>) {
    let called_back = |mut caller: Caller<'_, T>, number: i32| {
        let stack = |caller: &mut Caller<'_, T>| {
            let global = caller.get_export("belljar:stack").and_then(wasmtime::Extern::into_global);
            global.and_then(|global| global.get(&mut *caller).i64())
        };
        let before = stack(&mut caller);
        let twice = caller.get_export("twice").unwrap().into_func().unwrap().typed::<i32, i32>(&caller)?;
        let result = twice.call(&mut caller, number)?;
        assert_eq!(stack(&mut caller), before, "what is left of the stack is what it was");
        assert!(before.is_none_or(|slots| slots < belljar_admit::limits::STACK_SLOTS), "the guest's frames are on it");
        Ok(result + 1)
    };
    linker.func_wrap("host", "call", called_back).unwrap();
}

#[test]
fn the_host_sees_the_counters_and_the_guest_sees_what_the_host_did() {
    let original = wat::parse_str(MODULE).unwrap();
    let (own, ours) = (fuelled(), plain());
    let rewritten = Module::new(&ours, belljar_admit::instrument(&original).unwrap()).unwrap();
    let original = Module::new(&own, original).unwrap();
    for (name, expected) in [
        ("directly", Ok(11)),
        ("table_import", Ok(15)),
        ("table_own", Ok(14)),
        ("table_wrong", Err(Trap::BadSignature)),
        ("table_empty", Err(Trap::IndirectCallToNull)),
        ("table_beyond", Err(Trap::TableOutOfBounds)),
        ("reference", Ok(15)),
        ("gives_up", Err(Trap::UnreachableCodeReached)),
    ] {
        let mut linker = Linker::new(&own);
        host(&mut linker);
        let mut store = Store::new(&own, ());
        store.set_fuel(FUEL as u64).unwrap();
        let instance = linker.instantiate(&mut store, &original).unwrap();
        let function = instance.get_func(&mut store, name).unwrap();
        let theirs = call(&mut store, &function);
        let used = FUEL - store.get_fuel().unwrap() as i64;

        for slice in [1, 3, 1_000] {
            let mut metered = with_host(&ours, &rewritten, slice);
            let got = metered.call(name);
            assert_eq!(got, theirs, "{name}");
            match expected {
                Ok(value) => {
                    assert_eq!(got, End::Values(vec![format!("{:?}", Val::I32(value))]), "{name}");
                    assert_eq!(metered.charged(), used, "{name}: fuel");
                    let left = metered.get("belljar:stack").i64();
                    assert_eq!(left, Some(belljar_admit::limits::STACK_SLOTS), "{name}");
                }
                Err(trap) => assert_eq!(got, End::Trap(trap), "{name}"),
            }
            if name == "gives_up" {
                // Two entries of functions, a constant, a call and the rest of their line; then an entry, a condition,
                // a call, and the entry of the last.
                assert_eq!(metered.charged(), 4 + 3 + 1 + 1, "{name}");
            }
        }
    }
}

fn with_host(engine: &wasmtime::Engine, module: &Module, slice: i64) -> Metered {
    let mut linker = Linker::new(engine);
    bind(&mut linker);
    host(&mut linker);
    let mut store = Store::new(engine, Budget::new(FUEL, slice));
    let instance = linker.instantiate(&mut store, module).map_err(|e| end(&e)).unwrap();
    let mut metered = Metered { store, instance };
    metered.set("belljar:fuel", Val::I64(slice));
    metered.set("belljar:stack", Val::I64(belljar_admit::limits::STACK_SLOTS));
    metered.set("belljar:pages", Val::I32(10));
    metered
}

#[test]
fn whatever_goes_in_circles_ends() {
    /// More than lies between two checks of these modules: what is not checked at its entry is that short.
    const OVERDRAFT: i64 = belljar_admit::limits::UNCHECKED_OPERATORS as i64;
    metered::with_stack(|| {
        let engine = plain();
        for body in [
            "(func (export \"run\") (loop (br 0)))",
            "(func (export \"run\") (block (loop (br_if 1 (i32.const 0)) (br 0))))",
            "(func (export \"run\") (block (loop (br_if 1 (i32.const 0)) (br_if 1 (i32.const 0)) (br_if 0 (i32.const 1)))))",
            "(func (export \"run\") (loop (block (br_table 1 0 1 (i32.const 0)))))",
            "(func (export \"run\") (loop (loop (br_table 1 1 (i32.const 0)))))",
            "(func (export \"run\") (block (loop (loop (br_if 2 (i32.const 0)) (br_if 0 (i32.const 0))) (br 0))))",
            "(func $run (export \"run\") (call $run))",
            "(func $a (export \"run\") (call $b)) (func $b (call $c)) (func $c (call $a))",
            "(table 1 funcref) (elem (i32.const 0) $a) (func $a (export \"run\") (call_indirect (i32.const 0)))",
            // It goes in no circle but takes 2^30 calls; and a circle that is never deep.
            &doubling(30),
            "(func $leaf (param i32) (result i32) (local.get 0)) (func (export \"run\") (loop (br_if 0 (call $leaf (i32.const 1)))))",
        ] {
            let module = wat::parse_str(format!("(module {body})")).unwrap();
            let rewritten = Module::new(&engine, belljar_admit::instrument(&module).unwrap()).unwrap();
            for (fuel, slice) in [(FUEL, FUEL), (FUEL, 7), (5, 5)] {
                let mut metered = Metered::new(&engine, &rewritten, Budget::new(fuel, slice), 10).unwrap();
                let got = metered.call("run");
                assert!(matches!(got, End::OutOfFuel | End::Deep), "{body}: {got:?}");
                let charged = metered.charged();
                assert!(
                    got == End::Deep || charged > fuel && charged <= fuel + OVERDRAFT,
                    "{body}: {charged} of {fuel}"
                );
            }
        }
    });
}

/// Functions of which each calls the next twice.
fn doubling(depth: u32) -> String {
    let functions = (1..depth).map(|n| format!("(func $f{n} (call $f{0}) (call $f{0}))", n - 1));
    format!("(func $f0) {} (func (export \"run\") (call $f{}))", functions.collect::<String>(), depth - 1)
}

/// A guest that calls itself until fewer slots are left than it was told, and then says how often it did.
const ASKS: &str = r#"(module
  (func $left (export "belljar_stack_left") (result i32) (i32.const 2147483647))
  (func $down (param i32) (result i32) (local i64 i64 i64)
    (if (result i32) (i32.lt_s (call $left) (i32.const 1000))
      (then (local.get 0))
      (else (call $down (i32.add (local.get 0) (i32.const 1))))))
  (func (export "deepest") (result i32) (call $down (i32.const 0)))
  (func (export "first") (result i32) (call $left))
  (table funcref (elem $left))
  (func (export "by_table") (result i32) (call_indirect (result i32) (i32.const 0))))"#;

#[test]
fn a_guest_is_told_what_is_left_of_its_stack() {
    use belljar_admit::limits::{FRAME_SLOTS, STACK_SLOTS};
    let original = wat::parse_str(ASKS).unwrap();
    let ours = plain();
    let rewritten = Module::new(&ours, belljar_admit::instrument(&original).unwrap()).unwrap();
    let told = |name| {
        let End::Values(values) = with_host(&ours, &rewritten, 1_000).call(name) else {
            panic!("{name} did not return")
        };
        values[0].trim_start_matches("I32(").trim_end_matches(')').parse::<i64>().unwrap()
    };
    // A result, an operand and the frame itself; and for `down` its parameter, its locals and the operands of the call.
    let first = STACK_SLOTS - told("first");
    assert_eq!(first, 1 + 1 + i64::from(FRAME_SLOTS));
    let frame = 1 + 3 + 2 + 2 + i64::from(FRAME_SLOTS);
    let deepest = told("deepest");
    assert_eq!(deepest, (STACK_SLOTS - first - 1_000) / frame, "it stops where the next frame leaves too little");
    assert_eq!(told("by_table"), i64::from(i32::MAX), "called otherwise, it is an ordinary function");
}
