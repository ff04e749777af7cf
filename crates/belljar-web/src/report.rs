//! A run's report as JavaScript sees it.

use belljar_core::{Refusal, Report, Usage, hex};
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    outcome: &'static str,
    exit_code: u8,
    output: Option<&'a str>,
    message: &'a str,
    code: &'a str,
    stack: &'a str,
    budget: Option<&'a str>,
    refusals: &'a [Refusal],
    usage: Usage,
    log_head: String,
    log_entries: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    divergence: Option<Differs<'a>>,
}

/// In a replay, the first entry that is not the recorded one.
#[derive(Serialize)]
struct Differs<'a> {
    entry: u64,
    recorded: &'a str,
    now: &'a str,
}

/// The report as an object; the artifacts' bytes are copied once, into it.
pub(crate) fn show(report: &Report) -> Result<JsValue, JsValue> {
    let shown = Shown {
        outcome: report.outcome.name(),
        exit_code: report.outcome.exit_code(),
        output: report.output.as_deref(),
        message: &report.message,
        code: &report.code,
        stack: &report.stack,
        budget: report.budget.as_deref(),
        refusals: &report.refusals,
        usage: report.usage,
        log_head: hex(&report.log_head),
        log_entries: report.log_entries,
        divergence: report.divergence.as_ref().map(|divergence| Differs {
            entry: divergence.entry,
            recorded: &divergence.recorded,
            now: &divergence.new,
        }),
    };
    let value = shown.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?;
    let artifacts = js_sys::Array::new();
    for artifact in &report.artifacts {
        let item = js_sys::Object::new();
        js_sys::Reflect::set(&item, &"name".into(), &artifact.name.as_str().into())?;
        js_sys::Reflect::set(&item, &"mediaType".into(), &artifact.media_type.as_str().into())?;
        js_sys::Reflect::set(&item, &"bytes".into(), &Uint8Array::from(artifact.bytes.as_slice()))?;
        artifacts.push(&item);
    }
    js_sys::Reflect::set(&value, &"artifacts".into(), &artifacts)?;
    Ok(value)
}
