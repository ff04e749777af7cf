//! `belljar-engines IN.wasm OUT.wasm PREPARED.wasm`: starts a language engine once, takes its snapshot, wraps that as a
//! component, and admits it for a page. `belljar-engines freeze FREEZER.wasm LIST FOLDER`: compiles the Python engine's library. The
//! same input gives the same bytes.

mod freeze;

use std::process::ExitCode;

use belljar_admit::WorldKind;
use belljar_snapshot::{Instrumented, State, Value};
use wasmtime::{Caller, Engine, Error, Extern, Instance, Linker, Module, Store, Val};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (from, made) = match arguments[..] {
        ["freeze", freezer, list, folder] => (freezer, freeze::library(freezer, list, folder)),
        [from, to, prepared] => (from, make(from, to, prepared).map(|bytes| format!("{to}: {bytes} bytes"))),
        _ => {
            eprintln!(
                "usage: belljar-engines IN.wasm OUT.wasm PREPARED.wasm, or belljar-engines freeze FREEZER.wasm LIST FOLDER"
            );
            return ExitCode::from(2);
        }
    };
    match made {
        Ok(text) => {
            eprintln!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("belljar-engines: {from}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn make(from: &str, to: &str, prepared: &str) -> wasmtime::Result<usize> {
    let core = std::fs::read(from)?;
    let snapshot = snapshot(&core, "belljar:initialize")?;
    let component = belljar_admit::wrap(&snapshot, WorldKind::Engine, None).map_err(Error::new)?;
    let page = belljar_admit::prepare(&component).map_err(Error::new)?;
    if page.admitted.world != WorldKind::Engine {
        return Err(Error::msg("it is no engine: it exports no `load`"));
    }
    write(prepared, &page.write().map_err(Error::new)?)?;
    write(to, &component)?;
    Ok(component.len())
}

/// Written beside it and renamed: whoever reads it meanwhile sees the old one or the new one.
fn write(to: &str, bytes: &[u8]) -> std::io::Result<()> {
    let beside = format!("{to}.{}", std::process::id());
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, to)
}

/// The module as its `init` leaves it.
fn snapshot(core: &[u8], init: &str) -> wasmtime::Result<Vec<u8>> {
    let instrumented = Instrumented::new(core, init).map_err(Error::new)?;
    let (mut store, instance) = instance(instrumented.wasm())?;
    instance.get_typed_func::<(), ()>(&mut store, init)?.call(&mut store, ())?;
    instrumented.snapshot(&mut Shown { store, instance }).map_err(Error::new)
}

/// An instance of a module that has no world but for its console, on which it says why it does not start.
fn instance(wasm: &[u8]) -> wasmtime::Result<(Store<()>, Instance)> {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm)?;
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.func_wrap(
        "belljar:tool/console@0.1.0",
        "write",
        |mut caller: Caller<'_, ()>, _level: i32, at: u32, length: u32| {
            let memory = caller.get_export("memory").and_then(Extern::into_memory);
            let text = memory
                .and_then(|memory| memory.data(&caller).get(at as usize..)?.get(..length as usize).map(<[u8]>::to_vec));
            eprintln!("{}", String::from_utf8_lossy(&text.unwrap_or_default()));
        },
    )?;
    linker.define_unknown_imports_as_traps(&module)?;
    let instance = linker.instantiate(&mut store, &module)?;
    Ok((store, instance))
}

struct Shown {
    store: Store<()>,
    instance: Instance,
}

impl State for Shown {
    fn global(&mut self, name: &str) -> Option<Value> {
        let global = self.instance.get_global(&mut self.store, name)?;
        match global.get(&mut self.store) {
            Val::I32(value) => Some(Value::I32(value)),
            Val::I64(value) => Some(Value::I64(value)),
            Val::F32(bits) => Some(Value::F32(bits)),
            Val::F64(bits) => Some(Value::F64(bits)),
            Val::V128(value) => Some(Value::V128(value.as_u128())),
            _ => None,
        }
    }

    fn memory(&mut self, name: &str, read: &mut dyn FnMut(&[u8])) {
        if let Some(memory) = self.instance.get_memory(&mut self.store, name) {
            read(memory.data(&self.store));
        }
    }
}
