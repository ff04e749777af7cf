//! A run's report as JavaScript sees it.

use belljar_core::{Report, wire};
use js_sys::{Array, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// The report as an object, with its output as the text of JSON; the artifacts' bytes are copied once, into it.
pub(crate) fn show(report: &Report) -> Result<JsValue, JsValue> {
    let shown = wire::Report::new(report, report.output.as_deref());
    let value = shown.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?;
    let artifacts = Array::from(&Reflect::get(&value, &"artifacts".into())?);
    for (item, artifact) in artifacts.iter().zip(&report.artifacts) {
        Reflect::set(&item, &"bytes".into(), &Uint8Array::from(artifact.bytes.as_slice()))?;
    }
    Ok(value)
}
