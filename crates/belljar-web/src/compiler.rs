//! Sources to tools, in a module that a page loads only if it compiles.

use belljar_compile::{Compiled, Form, Source};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

#[cfg(feature = "javascript")]
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Program<'a> {
    manifest: &'a belljar_compile::Manifest,
    module: &'a str,
    code: &'a str,
    file: &'a str,
    identity: &'a [u8],
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
    #[cfg(feature = "javascript")]
    pub fn program(&self) -> Result<JsValue, JsError> {
        use serde::Serialize as _;

        let Form::Program(program) = &self.0.form else { return Ok(JsValue::UNDEFINED) };
        let program = Program {
            manifest: &self.0.manifest,
            module: &program.module,
            code: &program.code,
            file: &program.file,
            identity: &program.identity,
            positions: program.positions.flat(),
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
