//! Sources to tools, in a module that a page loads only if it compiles.

use belljar_admit::{Manifest, Positions, WorldKind};
use belljar_compile::{Compiled, Form, Source};
use belljar_core::hex;
use belljar_snapshot::{Instrumented, State, Value};
use js_sys::{Function, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Program<'a> {
    manifest: &'a Manifest,
    module: &'a str,
    code: &'a str,
    file: &'a str,
    identity: String,
    positions: Option<Vec<u32>>,
}

/// What a component needs of a program for its stack traces.
#[derive(Deserialize)]
struct Origin {
    module: String,
    positions: Option<Vec<u32>>,
}

/// A compiled tool, as the page's other module takes it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Output(Compiled);

#[wasm_bindgen]
impl Output {
    /// The component's bytes, if it is one.
    pub fn component(&self) -> Option<Uint8Array> {
        match &self.0.form {
            Form::Component(bytes) => Some(Uint8Array::from(bytes.as_slice())),
            Form::Program(_) => None,
        }
    }

    /// The program, if it is one.
    pub fn program(&self) -> Result<JsValue, JsError> {
        let Form::Program(program) = &self.0.form else { return Ok(JsValue::UNDEFINED) };
        let positions = program.positions.pairs();
        let program = Program {
            manifest: &self.0.manifest,
            module: &program.module,
            code: &program.code,
            file: &program.file,
            identity: hex(&program.identity),
            positions: positions.map(|pairs| pairs.iter().flat_map(|&(a, b, c, d)| [a, b, c, d]).collect()),
        };
        Ok(program.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
    }

    /// The manifest as JSON.
    pub fn manifest(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(&self.0.manifest)?)
    }

    /// What the compiler had to remark.
    pub fn warnings(&self) -> Vec<String> {
        self.0.warnings.iter().map(ToString::to_string).collect()
    }
}

/// Compiles a source. `file` says what it is and names it in messages. An error has `line` and `column`, from 1, where
/// there is a place.
#[wasm_bindgen]
pub fn compile(file: &str, bytes: &[u8]) -> Result<Output, JsValue> {
    belljar_compile::compile(&Source { file, bytes }).map(Output).map_err(|error| {
        let shown = js_sys::Error::new(&error.to_string());
        let set = |name: &str, value: &JsValue| js_sys::Reflect::set(&shown, &name.into(), value);
        // What cannot be said is left out.
        let _ = set("reason", &error.0.message.as_str().into());
        if let Some((line, column, _)) = &error.0.place {
            let _ = set("line", &JsValue::from(*line as f64));
            let _ = set("column", &JsValue::from(*column as f64));
        }
        shown.into()
    })
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
    /// what [`Output::program`] gave.
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
