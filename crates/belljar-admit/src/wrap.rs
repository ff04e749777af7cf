//! Making a component out of a core module of the world.

use thiserror::Error;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::manifest::{Manifest, ManifestError, SECTION};
use crate::world::WorldKind;

/// The module cannot be made a component of the world.
#[derive(Clone, Debug, Error)]
pub enum WrapError {
    /// The module and the world do not fit.
    #[error("the module does not fit the world belljar:tool@0.1.0: {0}")]
    World(String),
    /// The bytes are no core module.
    #[error("this is not a core WebAssembly module: {0}")]
    NotAModule(String),
    /// The manifest is unusable.
    #[error("the manifest is unusable: {0}")]
    Manifest(#[from] ManifestError),
}

/// Makes a component of a core module whose imports and exports are the world's. A manifest given here replaces
/// one that the module carries. The same module gives the same bytes.
pub fn wrap(module: &[u8], world: WorldKind, manifest: Option<&Manifest>) -> Result<Vec<u8>, WrapError> {
    // A snapshot of an engine with its program carries the engine's types, but is a tool.
    let retype = world == WorldKind::Tool && exports(module, "load");
    let mut carried = None;
    let mut typed = false;
    let mut module = copy_without(module, |name, data| {
        if name == SECTION {
            carried = Some(String::from_utf8_lossy(data).into_owned());
        }
        let types = name.starts_with("component-type") && !retype;
        typed |= types;
        !types
    })?;
    if !typed {
        embed(&mut module, world)?;
    }
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|e| WrapError::World(explain(&format!("{e:#}"))))?;
    match (manifest, carried) {
        (Some(manifest), _) => embed_manifest(component, manifest),
        (None, Some(text)) => embed_manifest(component, &Manifest::parse(&text)?),
        (None, None) => Ok(component),
    }
}

/// Writes a manifest into a component that has none.
pub fn embed_manifest(mut component: Vec<u8>, manifest: &Manifest) -> Result<Vec<u8>, WrapError> {
    manifest.check()?;
    let text = serde_json::to_string(manifest).map_err(|e| WrapError::World(e.to_string()))?;
    use wasm_encoder::ComponentSection;
    let section = wasm_encoder::CustomSection { name: SECTION.into(), data: text.into_bytes().into() };
    section.append_to_component(&mut component);
    Ok(component)
}

fn embed(module: &mut Vec<u8>, world: WorldKind) -> Result<(), WrapError> {
    fn fail(error: impl std::fmt::Display) -> WrapError {
        WrapError::World(format!("{error:#}"))
    }
    let mut resolve = Resolve::default();
    let tool = resolve.push_str("tool.wit", include_str!("../../../wit/tool/tool.wit")).map_err(fail)?;
    let (package, name) = match world {
        WorldKind::Tool if exports(module, "describe") => (tool, "described-tool"),
        WorldKind::Tool => (tool, "tool"),
        WorldKind::Engine => {
            (resolve.push_str("engine.wit", include_str!("../../../wit/engine/engine.wit")).map_err(fail)?, "engine")
        }
    };
    let world = resolve.select_world(&[package], Some(name)).map_err(fail)?;
    embed_component_metadata(module, &resolve, world, StringEncoding::UTF8).map_err(fail)
}

fn exports(module: &[u8], name: &str) -> bool {
    wasmparser::Parser::new(0).parse_all(module).any(|payload| match payload {
        Ok(wasmparser::Payload::ExportSection(section)) => {
            section.into_iter().any(|export| export.is_ok_and(|e| e.name == name))
        }
        _ => false,
    })
}

/// The module without the custom sections that `drop` names.
fn copy_without(module: &[u8], mut drop: impl FnMut(&str, &[u8]) -> bool) -> Result<Vec<u8>, WrapError> {
    let fail = |e: wasmparser::Error| WrapError::NotAModule(e.to_string());
    let mut copy = wasm_encoder::Module::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let payload = payload.map_err(fail)?;
        match &payload {
            wasmparser::Payload::Version { encoding: wasmparser::Encoding::Component, .. } => {
                return Err(WrapError::NotAModule("it is a component already".into()));
            }
            wasmparser::Payload::CustomSection(section) if drop(section.name(), section.data()) => continue,
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            let data = module.get(range.start..range.end).unwrap_or_default();
            copy.section(&wasm_encoder::RawSection { id, data });
        }
    }
    Ok(copy.finish())
}

/// Adds what an author can do about it.
fn explain(message: &str) -> String {
    let hint = if message.contains("cabi_realloc") {
        "; export cabi_realloc: (func (param i32 i32 i32 i32) (result i32)), by which the host allocates in the tool's memory"
    } else if message.contains("memory") {
        "; export the memory as \"memory\""
    } else if message.contains("run") {
        "; export run: (func (param i32 i32) (result i32))"
    } else {
        ""
    };
    format!("{message}{hint}")
}
