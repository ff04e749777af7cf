//! A tool that is ready to run in a page: admitted, or a program beside its admitted engine.

use std::rc::Rc;

use belljar_admit::{Admitted, Manifest, Origin, Positions, Prepared, WorldKind};
use belljar_core::abi::cell::Program;
use belljar_core::{Contract, hex};
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// The code of a guest, which cells compile.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) core: Vec<u8>,
    pub(crate) hash: [u8; 32],
    pub(crate) initial_pages: u32,
    pub(crate) imports: Vec<String>,
}

impl Code {
    fn of(admitted: &Admitted, core: Vec<u8>, hash: [u8; 32]) -> Rc<Self> {
        let imports = admitted.imports.iter().map(|i| format!("{}.{}", i.interface, i.function)).collect();
        Rc::new(Code { core, hash, initial_pages: admitted.initial_pages, imports })
    }
}

/// A language engine, shared by all its programs.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct Engine(Rc<Code>);

#[wasm_bindgen]
impl Engine {
    /// Takes an engine that was admitted. The file is trusted like this module itself.
    #[wasm_bindgen(constructor)]
    pub fn new(prepared: &[u8]) -> Result<Engine, JsError> {
        let Prepared { identity, mut admitted, .. } = Prepared::read(prepared)?;
        if admitted.world != WorldKind::Engine {
            return Err(JsError::new("this component is no language engine: it exports no `load`"));
        }
        let core = std::mem::take(&mut admitted.core);
        Ok(Engine(Code::of(&admitted, core, identity)))
    }
}

/// A program as the compiler made it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Compiled {
    pub(crate) manifest: Manifest,
    pub(crate) module: String,
    pub(crate) code: String,
    /// 32 bytes.
    pub(crate) identity: Vec<u8>,
    /// The file as the author named it.
    pub(crate) file: String,
    /// Four numbers for each position; nothing if the code is the source.
    pub(crate) positions: Option<Vec<u32>>,
}

/// What a page may know of a tool.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About<'a> {
    #[serde(flatten)]
    manifest: &'a Manifest,
    identity: String,
    imports: &'a [String],
    form: &'static str,
    bytes: usize,
}

/// A tool, ready to run any number of times.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Tool {
    pub(crate) manifest: Manifest,
    pub(crate) contract: Rc<Contract>,
    pub(crate) code: Rc<Code>,
    pub(crate) program: Option<Program>,
    pub(crate) origin: Option<Rc<Origin>>,
    identity: [u8; 32],
    size: usize,
}

#[wasm_bindgen]
impl Tool {
    /// Takes a tool that was admitted. The file is trusted like this module
    /// itself: whoever takes a component that somebody else made has it admitted first.
    #[wasm_bindgen(js_name = ofPrepared)]
    pub fn of_prepared(prepared: &[u8], file: &str) -> Result<Tool, JsError> {
        let Prepared { identity, size, mut admitted } =
            Prepared::read(prepared).map_err(|error| JsError::new(&format!("{file}: {error}")))?;
        let Some(manifest) = admitted.manifest.take().filter(|_| admitted.world == WorldKind::Tool) else {
            return Err(JsError::new(&format!("{file} is not a tool: it is a language engine, which needs a program")));
        };
        let contract = Rc::new(Contract::new(&manifest, identity, None)?);
        let core = std::mem::take(&mut admitted.core);
        let origin = admitted.origin.take().map(Rc::new);
        let code = Code::of(&admitted, core, identity);
        Ok(Tool { manifest, contract, code, program: None, origin, identity, size })
    }

    /// A program for an engine, as the compiler made it.
    #[wasm_bindgen(js_name = ofProgram)]
    pub fn of_program(compiled: JsValue, engine: &Engine) -> Result<Tool, JsError> {
        let Compiled { manifest, module, code, identity, file, positions } = serde_wasm_bindgen::from_value(compiled)?;
        manifest.check()?;
        let identity = <[u8; 32]>::try_from(identity).map_err(|_| JsError::new("the identity is not a SHA-256"))?;
        let contract = Rc::new(Contract::new(&manifest, identity, Some(engine.0.hash))?);
        let size = code.len();
        let positions = Positions::of_flat(positions.as_deref());
        let origin = Some(Rc::new(Origin { module: module.clone(), file, positions }));
        let program = Some(Program { module, code });
        Ok(Tool { manifest, contract, code: engine.0.clone(), program, origin, identity, size })
    }

    /// Name, description, schemas, wishes, identity: the tool's own words, but for the last.
    pub fn about(&self) -> Result<JsValue, JsError> {
        let about = About {
            manifest: &self.manifest,
            identity: hex(&self.identity),
            imports: &self.code.imports,
            form: if self.program.is_some() { "program" } else { "component" },
            bytes: self.size,
        };
        Ok(about.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
    }

    /// The admitted module that a cell compiles.
    pub fn core(&self) -> Uint8Array {
        Uint8Array::from(self.code.core.as_slice())
    }

    /// What tells one cell's code from another's.
    #[wasm_bindgen(js_name = codeHash)]
    pub fn code_hash(&self) -> String {
        hex(&self.code.hash)
    }

    /// Checks an input and returns the JSON text that the tool would get.
    #[wasm_bindgen(js_name = acceptInput)]
    pub fn accept_input(&self, input: &str) -> Result<String, JsError> {
        Ok(self.contract.accept_input(input)?)
    }
}

impl Tool {
    pub(crate) fn identity_hex(&self) -> String {
        hex(&self.identity)
    }
}
