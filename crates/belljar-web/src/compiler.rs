//! Sources to tools, in a module that a page loads only if it compiles.

use belljar_compile::{Compiled, Form, Source};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

#[cfg(any(feature = "javascript", feature = "python"))]
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Program<'a> {
    engine: &'static str,
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
    #[cfg(any(feature = "javascript", feature = "python"))]
    pub fn program(&self) -> Result<JsValue, JsError> {
        let Form::Program(program) = &self.0.form else { return Ok(JsValue::UNDEFINED) };
        shown(&self.0.manifest, program)
    }

    /// What describes a program whose manifest is not read by its compiler: another program, and its input.
    #[cfg(feature = "python")]
    pub fn describer(&self) -> Result<Option<Vec<JsValue>>, JsError> {
        use belljar_compile::{Engine, Manifest, Positions};

        let Form::Program(program) = &self.0.form else { return Ok(None) };
        if program.engine != Engine::Python {
            return Ok(None);
        }
        let (code, input) = belljar_compile::describe_python(program);
        let describer = belljar_compile::Program {
            module: "describe.py".into(),
            code: code.into(),
            positions: Positions::same(),
            ..program.clone()
        };
        let manifest = Manifest { name: "describe".into(), ..Manifest::default() };
        Ok(Some(vec![shown(&manifest, &describer)?, input.into()]))
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

/// A program as the page's other module takes it.
#[cfg(any(feature = "javascript", feature = "python"))]
fn shown(manifest: &belljar_compile::Manifest, program: &belljar_compile::Program) -> Result<JsValue, JsError> {
    use serde::Serialize as _;

    let program = Program {
        engine: match program.engine {
            belljar_compile::Engine::JavaScript => "js",
            belljar_compile::Engine::Python => "python",
        },
        manifest,
        module: &program.module,
        code: &program.code,
        file: &program.file,
        identity: &program.identity,
        positions: program.positions.flat(),
    };
    Ok(program.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// A program in Python with the manifest that its describer gave.
#[cfg(feature = "python")]
#[wasm_bindgen]
pub fn described(file: &str, bytes: &[u8], answer: &str) -> Result<Output, JsValue> {
    let compiled = belljar_compile::compile(&Source { file, bytes }).and_then(|compiled| match compiled.form {
        Form::Program(program) => belljar_compile::described_python(program, answer),
        Form::Component(_) => Ok(compiled),
    });
    compiled.map(Output).map_err(error)
}

/// Compiles a source. `file` says what it is and names it in messages. An error has `line` and `column`, from 1, where
/// there is a place.
#[wasm_bindgen]
pub fn compile(file: &str, bytes: &[u8]) -> Result<Output, JsValue> {
    belljar_compile::compile(&Source { file, bytes }).map(Output).map_err(error)
}

fn error(error: belljar_compile::CompileError) -> JsValue {
    let shown = js_sys::Error::new(&error.to_string());
    let set = |name: &str, value: &JsValue| js_sys::Reflect::set(&shown, &name.into(), value);
    // What cannot be said is left out.
    let _ = set("reason", &error.0.message.as_str().into());
    if let Some((line, column, _)) = &error.0.place {
        let _ = set("line", &JsValue::from(*line as f64));
        let _ = set("column", &JsValue::from(*column as f64));
    }
    shown.into()
}
