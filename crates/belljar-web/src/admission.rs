//! Components to prepared tools, in a module that a page loads only if it has a component.

use belljar_admit::{Manifest, WorldKind};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

/// Admits a component; what comes back is what `Tool.ofPrepared` and `Engine` take. `manifest` is JSON and stands in for
/// one that a tool does not carry; `file` names it in messages.
#[wasm_bindgen]
pub fn admit(component: &[u8], manifest: &str, file: &str) -> Result<Uint8Array, JsError> {
    let mut prepared =
        belljar_admit::prepare(component).map_err(|refusal| JsError::new(&format!("{file} is refused: {refusal}")))?;
    let admitted = &mut prepared.admitted;
    if admitted.manifest.is_none() && admitted.world == WorldKind::Tool {
        admitted.manifest = Some(Manifest::parse(manifest)?);
    }
    Ok(Uint8Array::from(prepared.write()?.as_slice()))
}
