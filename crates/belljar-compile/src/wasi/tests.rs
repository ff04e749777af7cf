use arbitrary::Unstructured;
use wasmtime::{Engine, Instance, Linker, Module, Store, StoreLimits, StoreLimitsBuilder, Trap};

use super::*;

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A command with a `_start`.
fn command(body: &str) -> Vec<u8> {
    wat(&format!("(module {body})"))
}

fn store(engine: &Engine, pages: u32) -> Store<StoreLimits> {
    let limits = StoreLimitsBuilder::new().memory_size(pages as usize * PAGE as usize).build();
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store
}

/// How a module ended, and its memory then.
#[derive(Debug, PartialEq)]
struct End {
    trap: Option<Trap>,
    memory: Option<Vec<u8>>,
}

/// Pages that a command may have in tests.
const ROOM: u32 = 40;

fn trap(error: &wasmtime::Error) -> Trap {
    *error.downcast_ref::<Trap>().unwrap_or_else(|| panic!("no trap: {error:?}"))
}

/// Runs a command as it is.
fn before(engine: &Engine, command: &[u8]) -> End {
    let module = Module::new(engine, command).unwrap();
    let mut store = store(engine, ROOM);
    let instance = match Instance::new(&mut store, &module, &[]) {
        Ok(instance) => instance,
        Err(error) => return End { trap: Some(trap(&error)), memory: None },
    };
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap();
    let trap = start.call(&mut store, ()).err().map(|error| trap(&error));
    let memory = instance.get_memory(&mut store, "memory").map(|memory| memory.data(&store).to_vec());
    End { trap, memory }
}

/// A joined module in which nothing of the world can be called.
fn instance(engine: &Engine, joined: &[u8]) -> Result<(Store<StoreLimits>, Instance), wasmtime::Error> {
    let module = Module::new(engine, joined).unwrap();
    let mut store = store(engine, ROOM + BASE / PAGE);
    let mut linker = Linker::new(engine);
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let instance = linker.instantiate(&mut store, &module)?;
    Ok((store, instance))
}

/// Runs a command that is joined, with its own part of the memory.
fn after(engine: &Engine, command: &[u8]) -> End {
    let joined = join(command, "test").unwrap();
    let (mut store, instance) = match instance(engine, &joined) {
        Ok(made) => made,
        Err(error) => return End { trap: Some(trap(&error)), memory: None },
    };
    let run = instance.get_typed_func::<(u32, u32), u32>(&mut store, "run").unwrap();
    let trap = run.call(&mut store, (0, 0)).err().map(|error| trap(&error));
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    End { trap, memory: Some(memory.data(&store)[BASE as usize..].to_vec()) }
}

fn alike(body: &str) -> End {
    let (engine, command) = (Engine::default(), command(body));
    let (before, after) = (before(&engine, &command), after(&engine, &command));
    assert!(before == after, "{body}: {:?} and {:?}", before.trap, after.trap);
    after
}

/// A module that exports a memory and functions, as a command: one without parameters and results is its `_start`.
fn as_command(module: &[u8]) -> Option<Vec<u8>> {
    let facts = Facts::of(module).ok()?;
    let mut starts = facts.exports.values().copied().collect::<Vec<_>>();
    starts.sort_unstable();
    let plain =
        |function: &u32| facts.ty(*function).is_some_and(|ty| ty.params().is_empty() && ty.results().is_empty());
    let start = starts.into_iter().find(plain)?;
    let mut copy = wasm_encoder::Module::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let payload = payload.ok()?;
        if let wasmparser::Payload::ExportSection(_) = payload {
            let mut exports = wasm_encoder::ExportSection::new();
            exports.export("memory", wasm_encoder::ExportKind::Memory, 0);
            exports.export("_start", wasm_encoder::ExportKind::Func, start);
            copy.section(&exports);
        } else if let Some((id, range)) = payload.as_section() {
            copy.section(&wasm_encoder::RawSection { id, data: &module[range] });
        }
    }
    Some(copy.finish())
}

#[test]
fn random_commands_behave_as_before() {
    let engine = Engine::default();
    let (mut whole, mut trapped, mut compared) = (0, 0, 0);
    for seed in 1..=700u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .take(3000)
        .collect();
        let config = wasm_smith::Config {
            export_everything: true,
            min_funcs: 3,
            min_memories: 1,
            max_memories: 1,
            max_memory32_bytes: 32 << 16,
            max_tables: 2,
            max_table_elements: 1000,
            max_imports: 0,
            max_types: 4,
            max_instructions: 300,
            reference_types_enabled: seed.is_multiple_of(5),
            simd_enabled: seed.is_multiple_of(3),
            disallow_traps: seed.is_multiple_of(2),
            memory64_enabled: false,
            gc_enabled: false,
            exceptions_enabled: false,
            relaxed_simd_enabled: false,
            tail_call_enabled: false,
            threads_enabled: false,
            wide_arithmetic_enabled: false,
            ..wasm_smith::Config::default()
        };
        let Ok(mut module) = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)) else { continue };
        if module.ensure_termination(10_000).is_err() {
            continue;
        }
        let Some(command) = as_command(&module.to_bytes()) else { continue };
        if belljar_admit::check_module(&command).is_err() {
            continue;
        }
        let (before, after) = (before(&engine, &command), after(&engine, &command));
        if [before.trap, after.trap].contains(&Some(Trap::StackOverflow)) {
            continue;
        }
        assert_eq!(before.trap, after.trap, "seed {seed}");
        // What did not begin has left nothing; a start function that traps leaves it behind in the joined module.
        assert!(before.memory.is_none() || before.memory == after.memory, "seed {seed}: the memories differ");
        compared += 1;
        whole += usize::from(before.trap.is_none());
        trapped += usize::from(before.trap.is_some());
    }
    assert!(compared > 80 && whole > 30 && trapped > 20, "{compared} compared, {whole} ended, {trapped} trapped");
}

#[test]
fn the_instructions_of_memory_are_the_commands_own() {
    let body = r#"(memory (export "memory") 2 5) (data $a "abcdef") (data (i32.const 8) "xyz")
        (func $put (param i32 i32) (i32.store (local.get 0) (local.get 1)))
        (func (export "_start")
          (call $put (i32.const 100) (memory.size))
          (call $put (i32.const 104) (memory.grow (i32.const 2)))
          (call $put (i32.const 108) (memory.grow (i32.const 2)))
          (call $put (i32.const 112) (memory.grow (i32.const -1)))
          (call $put (i32.const 116) (memory.size))
          (memory.init $a (i32.const 200) (i32.const 1) (i32.const 3))
          (data.drop $a)
          (memory.init $a (i32.const 200) (i32.const 0) (i32.const 0))
          (memory.fill (i32.const 0x3fff0) (i32.const 7) (i32.const 16))
          (memory.copy (i32.const 300) (i32.const 8) (i32.const 3))
          (memory.copy (i32.const 0x40000) (i32.const 0x40000) (i32.const 0)))"#;
    let end = alike(body);
    assert_eq!(end.trap, None);
    let memory = end.memory.unwrap();
    let word = |at: usize| u32::from_le_bytes(memory[at..at + 4].try_into().unwrap());
    assert_eq!([100, 104, 108, 112, 116].map(word), [2, 2, u32::MAX, u32::MAX, 4]);
    assert_eq!((&memory[200..203], &memory[300..303], memory.len()), (&b"bcd"[..], &b"xyz"[..], 4 << 16));
}

#[test]
fn an_access_outside_traps_as_before() {
    for (access, traps) in [
        ("(drop (i32.load8_u (i32.const 65535)))", false),
        ("(drop (i32.load8_u (i32.const 65536)))", true),
        ("(drop (i32.load (i32.const 65533)))", true),
        ("(drop (i32.load8_u offset=65535 (i32.const 0)))", false),
        ("(drop (i32.load8_u offset=65536 (i32.const 0)))", true),
        // Sums that are below 2 MiB again if they are cut to 32 bits.
        ("(drop (i32.load8_u (i32.const 0xffe00000)))", true),
        ("(drop (i32.load8_u offset=0xffe00000 (i32.const 0)))", true),
        ("(drop (i32.load8_u offset=0xffffffff (i32.const 0)))", true),
        ("(drop (i32.load8_u offset=0xffffffff (i32.const -1)))", true),
        ("(i64.store offset=0xfffffff8 (i32.const 0xffe00008) (i64.const 7))", true),
        ("(drop (v128.load offset=0xffe00000 (i32.const 16)))", true),
        ("(memory.copy (i32.const 0xffe00000) (i32.const 0) (i32.const 1))", true),
        ("(memory.copy (i32.const 0) (i32.const 0xffe00000) (i32.const 1))", true),
        ("(memory.copy (i32.const 1) (i32.const 0) (i32.const -1))", true),
        ("(memory.copy (i32.const 65536) (i32.const 65536) (i32.const 0))", false),
        ("(memory.copy (i32.const 65537) (i32.const 0) (i32.const 0))", true),
        ("(memory.fill (i32.const 0xffe00000) (i32.const 7) (i32.const 9))", true),
        ("(memory.fill (i32.const 65537) (i32.const 7) (i32.const 0))", true),
        ("(memory.fill (i32.const 65530) (i32.const 7) (i32.const 7))", true),
        ("(memory.init $a (i32.const 0xffe00000) (i32.const 0) (i32.const 1))", true),
        ("(memory.init $a (i32.const 0) (i32.const 0) (i32.const 2))", true),
    ] {
        let end = alike(&format!(r#"(memory (export "memory") 1) (data $a "a") (func (export "_start") {access})"#));
        assert_eq!(end.trap.is_some(), traps, "{access}");
    }
}

#[test]
fn segments_tables_references_and_start_functions_stay() {
    alike(
        r#"(memory (export "memory") 1) (table 4 funcref) (global $g (mut i32) (i32.const 5)) (type $t (func (result i32)))
        (elem (i32.const 1) $one $two) (elem declare func $two)
        (data (i32.add (i32.const 30) (i32.mul (i32.const 2) (i32.const 5))) "here")
        (func $one (result i32) (i32.const 1)) (func $two (result i32) (global.get $g))
        (func $exported (export "exported") (result i32) (i32.const 9))
        (func $begin (global.set $g (i32.const 77))) (start $begin)
        (func (export "_start")
          (table.set (i32.const 0) (ref.func $exported))
          (i32.store (i32.const 0) (call_indirect (type $t) (i32.const 0)))
          (i32.store (i32.const 4) (call_indirect (type $t) (i32.const 1)))
          (i32.store (i32.const 8) (call_indirect (type $t) (i32.const 2)))
          (i32.store (i32.const 12) (table.size)))"#,
    );
    let end = alike(r#"(memory (export "memory") 1) (data (i32.const 65535) "ab") (func (export "_start"))"#);
    assert_eq!(end.trap, Some(Trap::MemoryOutOfBounds));
}

#[test]
fn input_and_output_beyond_the_room_beneath_move_with_the_memory() {
    // Copies its input to its output in pieces, with a page more after each; the new page must be empty, and stay its own.
    let echo = wat(r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory 2)
        (func (export "_start") (local $page i32)
          (i32.store (i32.const 0) (i32.const 65536))
          (loop $next
            (i32.store (i32.const 4) (i32.const 65536))
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
            (local.set $page (i32.shl (memory.grow (i32.const 1)) (i32.const 16)))
            (if (i32.eq (local.get $page) (i32.const 0xffff0000)) (then unreachable))
            (if (i32.load (local.get $page)) (then unreachable))
            (if (i32.load offset=65532 (local.get $page)) (then unreachable))
            (memory.fill (local.get $page) (i32.const 0xee) (i32.const 65536))
            (br_if $next (i32.load (i32.const 8))))))"#);
    let joined = join(&echo, "echo").unwrap();
    let engine = Engine::default();
    for size in [10, 900_000, 1_100_000, 3_000_000] {
        let module = Module::new(&engine, &joined).unwrap();
        let mut store = store(&engine, 1000);
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&module).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let mut input: Vec<u8> = (0..size).map(|n| b'a' + (n % 26 + n / 7919 % 3) as u8 % 26).collect();
        (input[0], input[size - 1]) = (b'"', b'"');
        let realloc = instance.get_typed_func::<(u32, u32, u32, u32), u32>(&mut store, "cabi_realloc").unwrap();
        let at = realloc.call(&mut store, (0, 0, 1, size as u32)).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        memory.write(&mut store, at as usize, &input).unwrap();
        let run = instance.get_typed_func::<(u32, u32), u32>(&mut store, "run").unwrap();
        let result = run.call(&mut store, (at, size as u32)).unwrap() as usize;
        let data = memory.data(&store);
        let word = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!((word(result), word(result + 8)), (0, size), "{size} bytes");
        assert!(data[word(result + 4)..][..size] == input, "{size} bytes");
    }
}

#[test]
fn a_command_imports_what_it_can_use() {
    let exit = wat(r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "belljar:tool/clock@0.1.0" "now" (func (result i64)))
        (func (export "_start") (call $exit (i32.const 3))))"#);
    let joined = join(&exit, "exit").unwrap();
    let (modules, exports) = survey::names(&joined).unwrap();
    assert_eq!(modules, ["belljar:tool/console@0.1.0", "belljar:tool/ending@0.1.0", "belljar:tool/clock@0.1.0"]);
    assert_eq!(exports, ["memory", "run", "cabi_realloc"]);
    assert_eq!(wasi_imports(&exit), Some(vec!["proc_exit".into()]));
    assert_eq!(wasi_imports(&joined), None);
    assert_eq!(wasi_imports(b"\0asm\x0d\0\x01\0"), None);
}

#[test]
fn what_cannot_be_joined_is_explained() {
    for (body, expected) in [
        (r#"(import "wasi_snapshot_preview1" "fd_fly" (func)) (func (export "_start"))"#, "\"fd_fly\""),
        (
            r#"(import "wasi_snapshot_preview1" "fd_sync" (func)) (func (export "_start"))"#,
            "\"fd_sync\" has another type",
        ),
        (r#"(func (export "_start") (param i32))"#, "\"_start\" has another type"),
        (r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#, "reactor"),
        (r#"(import "env" "memory" (memory 1)) (func (export "_start"))"#, "no function"),
        (r#"(memory 65504) (func (export "_start"))"#, "65504 pages"),
        (r#"(memory 1) (data (i32.const -8) "a") (func (export "_start"))"#, "0xfffffff8"),
        (r#"(memory i64 1) (func (export "_start"))"#, "32-bit addresses"),
        (r#"(memory 1) (memory 1) (func (export "_start"))"#, "one memory"),
        (r#"(memory 1 1 shared) (func (export "_start"))"#, "without threads"),
        (r#"(tag) (func (export "_start"))"#, "-fno-exceptions"),
        (r#"(func $f (export "_start") (return_call $f))"#, "-mno-tail-call"),
        (r#"(func (export "_start") (i32.add))"#, "not valid"),
    ] {
        let error = join(&command(body), "test").unwrap_err().to_string();
        assert!(error.contains(expected), "{body}: {error}");
    }
}
