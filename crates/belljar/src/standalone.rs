//! A program and its engine as one component: the engine's snapshot with the program loaded.

use belljar_admit::WorldKind;
use belljar_core::{Stop, calls};
use belljar_snapshot::{Instrumented, State, Value};
use wasmtime::Val;

use crate::error::LoadError;
use crate::prepared::Maker;
use crate::rehearsal::{self, Rehearsal};
use crate::run;
use crate::tool::{Identity, Tool};
use crate::{Belljar, engines};

/// The engine's export that loads a program.
const LOAD: &str = "load";

impl Belljar {
    /// The tool as one component that needs no engine beside it: for other hosts, and for programs that do much work
    /// when they are loaded. The same source gives the same bytes.
    ///
    /// A program is loaded once, under the default limits and with nothing granted, and its memory becomes the
    /// component's. A tool that is a component already is returned as it is. Its identity is another than the program's.
    /// It carries the positions that its stack traces need, so that they name the author's lines; the file's name in
    /// them is the tool's, since the same source is to give the same bytes wherever it lies.
    ///
    /// # Errors
    ///
    /// If the program's top level throws or exceeds a limit.
    pub fn standalone(&self, tool: &Tool) -> Result<Vec<u8>, LoadError> {
        if let Some(component) = tool.component() {
            return Ok(component.to_vec());
        }
        let Some(program) = tool.program() else {
            return Err(LoadError::Host("the tool is neither a component nor a program".into()));
        };
        let host = |error: &dyn std::fmt::Display| LoadError::Host(error.to_string());
        let component = self.engines.component(program.engine)?;
        let core = belljar_admit::core_module(&component).map_err(|error| host(&error))?;
        let prepared = Instrumented::keeping(core, LOAD).map_err(|error| host(&error))?;
        let engine = belljar_admit::wrap(prepared.wasm(), WorldKind::Engine, None).map_err(|error| host(&error))?;
        let hash = Identity::of(&engine).0;
        let name = engines::name(program.engine);
        let what = format!("compiling {name} for snapshots, once");
        let code = self.prepare(name, &engine, &hash, Maker::Us, &what)?;
        let loaded = rehearsal::wait(async {
            let Rehearsal { mut store, instance } = self.set_stage(&code, hash).await?;
            let load = code.exports.load.as_ref().ok_or_else(|| Stop::Host("the engine loads nothing".into()))?;
            let load = run::export_func::<(u32, u32, u32, u32)>(&mut store, &instance, load)?;
            let file = run::write_text(&mut store, &program.module).await?;
            let text = run::write_text(&mut store, &program.code).await?;
            let address = load.call_async(&mut store, (file.0, file.1, text.0, text.1)).await?;
            let outcome = calls::lift_load(address, run::memory(&store))?;
            Ok(outcome.map(|()| Rehearsal { store, instance }))
        });
        let unloadable = |message: String| LoadError::Unloadable { name: tool.manifest().name.clone(), message };
        let loaded = loaded.map_err(unloadable)?.map_err(|fault| {
            let stack = program.map_stack(&fault.stack);
            unloadable(format!("{}\n{stack}", program.map_stack(&fault.message)).trim_end().to_owned())
        })?;
        let snapshot = prepared.snapshot(&mut Shown(loaded)).map_err(|error| host(&error))?;
        belljar_admit::wrap(&snapshot, WorldKind::Tool, Some(tool.manifest()))
            .and_then(|component| belljar_admit::embed_positions(component, &program.module, &program.positions))
            .map_err(|error| host(&error))
    }
}

struct Shown(Rehearsal);

impl State for Shown {
    fn global(&mut self, name: &str) -> Option<Value> {
        let Rehearsal { store, instance } = &mut self.0;
        match instance.get_global(&mut *store, name)?.get(&mut *store) {
            Val::I32(value) => Some(Value::I32(value)),
            Val::I64(value) => Some(Value::I64(value)),
            Val::F32(bits) => Some(Value::F32(bits)),
            Val::F64(bits) => Some(Value::F64(bits)),
            Val::V128(value) => Some(Value::V128(value.as_u128())),
            _ => None,
        }
    }

    fn memory(&mut self, name: &str, read: &mut dyn FnMut(&[u8])) {
        let Rehearsal { store, instance } = &mut self.0;
        if let Some(memory) = instance.get_memory(&mut *store, name) {
            read(memory.data(store));
        }
    }
}
