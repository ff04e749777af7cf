//! Recorded runs, as a page handles them.

use std::sync::Arc;

use belljar_core::{Recording, Run};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::policy::Grants;
use crate::tool::Tool;

/// A recorded run.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Recorded(pub(crate) Arc<Recording>);

#[wasm_bindgen]
impl Recorded {
    /// Reads a recording and checks everything that can be checked without running it.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> Result<Recorded, JsError> {
        Ok(Recorded(Arc::new(Recording::parse(bytes)?)))
    }

    /// The tool's file as the run named it.
    pub fn file(&self) -> String {
        self.0.parts().file.clone()
    }

    /// The tool: its source, or its component.
    pub fn tool(&self) -> Uint8Array {
        Uint8Array::from(self.0.parts().tool.as_slice())
    }

    /// The input as the tool got it.
    pub fn input(&self) -> String {
        self.0.parts().input.clone()
    }

    /// The policy.
    pub fn policy(&self) -> String {
        self.0.parts().policy.clone()
    }

    /// The log.
    pub fn log(&self) -> String {
        self.0.parts().log.clone()
    }

    /// What a person said yes to for the whole run, in the words of rules: it holds on when the run is taken up.
    pub fn approved(&self) -> Vec<String> {
        self.0.approved().iter().cloned().collect()
    }

    /// Checks that a run that was put away can be taken up here: that it is of this tool, policy, engine and admission.
    #[wasm_bindgen(js_name = checkResumable)]
    pub fn check_resumable(&self, tool: &Tool, grants: &Grants) -> Result<(), JsError> {
        Ok(Run::check_resumable(&tool.contract, &self.0, grants.0.clone())?)
    }

    /// Whether the run was put away.
    #[wasm_bindgen(js_name = isSuspended)]
    pub fn is_suspended(&self) -> bool {
        self.0.suspended().is_some()
    }
}

/// What the tool was made of, for a run that is recorded.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Source {
    pub(crate) file: String,
    pub(crate) bytes: Vec<u8>,
}

#[wasm_bindgen]
impl Source {
    /// A source, or a component, and the name of its file, whose ending says which.
    #[wasm_bindgen(constructor)]
    pub fn new(file: String, bytes: Vec<u8>) -> Source {
        Source { file, bytes }
    }
}
