//! A program and its engine as one component, by the browser's own WebAssembly.

use belljar_admit::{Manifest, Positions, WorldKind};
use belljar_snapshot::{Instrumented, State, Value};
use js_sys::{Function, Uint8Array};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

/// What a component needs of a program for its stack traces.
#[derive(Deserialize)]
struct Origin {
    module: String,
    positions: Option<Vec<u32>>,
}

/// A language engine that is prepared for a snapshot with a program.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Snapshot {
    core: Vec<u8>,
}

struct Shown<'a> {
    global: &'a Function,
    memory: &'a Function,
}

// SAFETY: a page's WebAssembly has one thread.
#[expect(unsafe_code, reason = "the snapshot's trait is shared with the server; a page has one thread")]
unsafe impl Send for Shown<'_> {}

impl State for Shown<'_> {
    fn global(&mut self, name: &str) -> Option<Value> {
        let value = self.global.call1(&JsValue::NULL, &name.into()).ok()?;
        if value.is_bigint() {
            return i64::try_from(value).ok().map(Value::I64);
        }
        let number = value.as_f64()?;
        (number.fract() == 0.0 && number.abs() < 4_294_967_296.0).then_some(Value::I32(number as i64 as i32))
    }

    fn memory(&mut self, name: &str, read: &mut dyn FnMut(&[u8])) {
        if let Ok(bytes) = self.memory.call1(&JsValue::NULL, &name.into()) {
            read(&Uint8Array::new(&bytes).to_vec());
        }
    }
}

#[wasm_bindgen]
impl Snapshot {
    /// Prepares an engine's component.
    #[wasm_bindgen(constructor)]
    pub fn new(engine: &[u8]) -> Result<Snapshot, JsError> {
        Ok(Snapshot { core: belljar_admit::core_module(engine)?.to_vec() })
    }

    /// The component to admit and run: it loads the program, and shows all of its state afterwards.
    pub fn engine(&self) -> Result<Uint8Array, JsError> {
        let prepared = Instrumented::keeping(&self.core, "load")?;
        let engine = belljar_admit::wrap(prepared.wasm(), WorldKind::Engine, None)?;
        Ok(Uint8Array::from(engine.as_slice()))
    }

    /// The component of the tool, as `global` and `memory` show the instance that has loaded the program. `program` is
    /// what the compiler gave.
    pub fn component(
        &self,
        manifest: &str,
        program: JsValue,
        global: &Function,
        memory: &Function,
    ) -> Result<Uint8Array, JsError> {
        let Origin { module, positions } = serde_wasm_bindgen::from_value(program)?;
        let prepared = Instrumented::keeping(&self.core, "load")?;
        let snapshot = prepared.snapshot(&mut Shown { global, memory })?;
        let manifest = Manifest::parse(manifest)?;
        let component = belljar_admit::wrap(&snapshot, WorldKind::Tool, Some(&manifest))?;
        let component = belljar_admit::embed_positions(component, &module, &Positions::of_flat(positions.as_deref()))?;
        Ok(Uint8Array::from(component.as_slice()))
    }
}
