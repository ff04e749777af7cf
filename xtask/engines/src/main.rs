//! `belljar-engines IN.wasm OUT.wasm PREPARED.wasm`: starts a language engine once, takes its snapshot, wraps that as a
//! component, and admits it for a page. The same input gives the same bytes.

use std::process::ExitCode;

use belljar_admit::WorldKind;
use belljar_snapshot::{Instrumented, State, Value};
use wasmtime::{Engine, Error, Instance, Linker, Module, Store, Val};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, prepared] = arguments.as_slice() else {
        eprintln!("usage: belljar-engines IN.wasm OUT.wasm PREPARED.wasm");
        return ExitCode::from(2);
    };
    match make(from, to, prepared) {
        Ok(bytes) => {
            eprintln!("{to}: {bytes} bytes");
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
    let engine = Engine::default();
    let module = Module::new(&engine, instrumented.wasm())?;
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    // There is no world while it starts.
    linker.define_unknown_imports_as_traps(&module)?;
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&mut store, init)?.call(&mut store, ())?;
    instrumented.snapshot(&mut Shown { store, instance }).map_err(Error::new)
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
