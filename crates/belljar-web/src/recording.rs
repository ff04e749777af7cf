//! Recorded runs, as a page handles them.

use std::sync::Arc;

use belljar_core::{Asks, Grant, Recording, Run, hex, in_order_of, parse_hex};
use belljar_policy::limits::Limits;
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

    /// Lines of several runs in the order that the recorded log has.
    #[wasm_bindgen(js_name = inOrder)]
    pub fn in_order(&self, lines: &str) -> String {
        in_order_of(&self.0.parts().log, lines)
    }

    /// What it asks for, in sentences. The text is the file's.
    pub fn sentences(&self) -> Result<Vec<String>, JsError> {
        Ok(self.asks()?.sentences())
    }

    /// What identifies all that it asks for, and for which tool, in hexadecimal: [`Recorded::seen`] takes it.
    pub fn digest(&self) -> Result<String, JsError> {
        Ok(hex(&self.asks()?.digest()))
    }

    /// What it asks for, granted by whoever saw what has this digest.
    pub fn seen(&self, digest: &str) -> Result<Grants, JsError> {
        let digest = parse_hex(digest).ok_or_else(|| JsError::new("a digest is 64 hexadecimal digits"))?;
        self.granted(Grant::Seen(digest))
    }

    /// What it asks for, granted by a policy that must be the same.
    pub fn given(&self, grants: &Grants) -> Result<Grants, JsError> {
        self.granted(Grant::Policy(grants.0.policy()))
    }

    /// What a replay takes, which is work alone, within the limits of whom nobody gave anything.
    pub fn bare(&self) -> Result<Grants, JsError> {
        self.granted(Grant::Limits(&Limits::default()))
    }

    /// Checks that a run that was suspended can be resumed here: that it is of this tool, policy, engine and admission.
    #[wasm_bindgen(js_name = checkResumable)]
    pub fn check_resumable(&self, tool: &Tool) -> Result<(), JsError> {
        Ok(Run::check_resumable(&tool.contract, &self.0, self.0.terms(self.asks()?.policy().clone()))?)
    }

    /// Whether the run was suspended.
    #[wasm_bindgen(js_name = isSuspended)]
    pub fn is_suspended(&self) -> bool {
        self.0.suspended().is_some()
    }
}

impl Recorded {
    fn asks(&self) -> Result<Asks, JsError> {
        Ok(Asks::of(&self.0)?)
    }

    fn granted(&self, grant: Grant<'_>) -> Result<Grants, JsError> {
        Ok(Grants(Arc::new(self.0.terms(self.asks()?.granted(grant)?))))
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
