//! Making a component out of a core module of the world.

use thiserror::Error;
use wasmparser::{Encoding, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::manifest::{Manifest, ManifestError, SECTION};
use crate::positions::Positions;
use crate::refusal::Refusal;
use crate::section;
use crate::world::{self, WorldKind};

/// The module cannot be made a component of the world.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum WrapError {
    /// The bytes are no core module.
    #[error("this is not a core WebAssembly module: {0}")]
    NotAModule(String),
    /// The module lacks an export without which it is no tool, or no engine.
    #[error("the module does not export {name:?}; add {form}, {purpose}")]
    Missing {
        /// The export.
        name: &'static str,
        /// What it looks like in the text format.
        form: &'static str,
        /// What the host needs it for.
        purpose: &'static str,
    },
    /// The module imports something that the world does not have.
    #[error(
        "the module imports {name:?} from {module:?}, which is outside Belljar's world; \
         a tool imports functions of belljar:tool@0.1.0 only, such as \"now\" from \"belljar:tool/clock@0.1.0\""
    )]
    OutsideTheWorld {
        /// The import's module.
        module: String,
        /// The import's name.
        name: String,
    },
    /// The module was made for something else than Belljar.
    #[error("{what} ({found})")]
    Foreign {
        /// What it is, and what to do instead.
        what: &'static str,
        /// What was found.
        found: String,
    },
    /// The module and the world do not fit otherwise: a type differs, or the module is invalid.
    #[error("the module does not fit the world belljar:tool@0.1.0: {0}")]
    World(String),
    /// The manifest is unusable.
    #[error("the manifest is unusable: {0}")]
    Manifest(#[from] ManifestError),
    /// The positions for stack traces cannot be written.
    #[error("the positions for stack traces cannot be written: {0}")]
    Positions(Refusal),
}

/// What a module has to export: name, form, purpose, and whether only an engine has to.
const NEEDED: &[(&str, &str, &str, bool)] = &[
    (
        "run",
        r#"(func (export "run") (param i32 i32) (result i32) …)"#,
        "which is given the address and length of the input's JSON text and returns the address of its result",
        false,
    ),
    (
        "load",
        r#"(func (export "load") (param i32 i32 i32 i32) (result i32) …)"#,
        "which is given the address and length of the program's file name and of its text",
        true,
    ),
    ("memory", r#"(memory (export "memory") 1)"#, "through which text travels", false),
    (
        "cabi_realloc",
        r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) …)"#,
        "by which the host allocates in the tool's memory: given an old address and size, an alignment and a new \
         size, it returns an address",
        false,
    ),
];

/// Makes a component of a core module whose imports and exports are the world's.
///
/// The module may carry the world's types in a custom section, as `wit-bindgen` writes it, or not, as when it is
/// written by hand. A manifest given here replaces one that the module carries in its custom section
/// `belljar:manifest`. The same module gives the same bytes.
///
/// # Errors
///
/// What the module lacks or has too much, and what to write instead.
pub fn wrap(core_module: &[u8], world: WorldKind, manifest: Option<&Manifest>) -> Result<Vec<u8>, WrapError> {
    let names = names(core_module)?;
    check(&names, world).map_err(|error| match crate::foreign::foreign(core_module) {
        Some(what) => WrapError::Foreign { what, found: error.to_string() },
        None => error,
    })?;
    // A snapshot of an engine with its program carries the engine's types, but is a tool.
    let retype = world == WorldKind::Tool && names.exports.contains(&"load");
    let mut carried = Vec::new();
    let mut typed = false;
    let mut module = copy_without(core_module, |name, data| {
        if name == SECTION {
            carried.push(String::from_utf8_lossy(data).into_owned());
        }
        let types = name.starts_with("component-type");
        typed |= types && !retype;
        types && retype || name == SECTION
    })?;
    if !typed {
        embed(&mut module, world, names.exports.contains(&"describe"))?;
    }
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|e| WrapError::World(format!("{e:#}")))?;
    match (manifest, carried.as_slice()) {
        (Some(manifest), _) => embed_manifest(component, manifest),
        (None, []) => Ok(component),
        (None, [text]) => embed_manifest(component, &Manifest::parse(text)?),
        (None, _) => Err(ManifestError { field: "the manifest", reason: "there are several of them".into() }.into()),
    }
}

/// Writes a manifest into a component that has none.
///
/// # Errors
///
/// The field of the manifest that is unusable, and why.
pub fn embed_manifest(mut component: Vec<u8>, manifest: &Manifest) -> Result<Vec<u8>, WrapError> {
    use wasm_encoder::ComponentSection;
    manifest.check()?;
    let text = serde_json::to_string(manifest)
        .map_err(|e| ManifestError { field: "the manifest", reason: format!("it cannot be written as JSON: {e}") })?;
    let section = wasm_encoder::CustomSection { name: SECTION.into(), data: text.into_bytes().into() };
    section.append_to_component(&mut component);
    Ok(component)
}

/// Writes into a component where its stack traces come from: `module` is the file as the tool sees it. If the code is
/// the source there is nothing to write.
///
/// # Errors
///
/// If `module` is not a tool's name with an ending, or there are more positions than admission lets in.
pub fn embed_positions(mut component: Vec<u8>, module: &str, positions: &Positions) -> Result<Vec<u8>, WrapError> {
    use wasm_encoder::ComponentSection;
    if let Some(bytes) = section::write(module, positions).map_err(WrapError::Positions)? {
        let section = wasm_encoder::CustomSection { name: section::SECTION.into(), data: bytes.into() };
        section.append_to_component(&mut component);
    }
    Ok(component)
}

/// Adds the world's types to a module that carries none.
fn embed(module: &mut Vec<u8>, world: WorldKind, describes: bool) -> Result<(), WrapError> {
    let fail = |error: &dyn std::fmt::Display| WrapError::World(format!("{error:#}"));
    let mut resolve = Resolve::default();
    let tool =
        resolve.push_str("tool.wit", include_str!("../../../wit/tool/tool.wit")).map_err(|error| fail(&error))?;
    let (package, name) = match world {
        WorldKind::Tool if describes => (tool, "described-tool"),
        WorldKind::Tool => (tool, "tool"),
        WorldKind::Engine => {
            let text = include_str!("../../../wit/engine/engine.wit");
            (resolve.push_str("engine.wit", text).map_err(|error| fail(&error))?, "engine")
        }
    };
    let world = resolve.select_world(&[package], Some(name)).map_err(|error| fail(&error))?;
    embed_component_metadata(module, &resolve, world, StringEncoding::UTF8).map_err(|error| fail(&error))
}

/// What a core module imports and exports.
struct Names<'a> {
    imports: Vec<(&'a str, &'a str)>,
    exports: Vec<&'a str>,
}

fn names(module: &[u8]) -> Result<Names<'_>, WrapError> {
    let invalid = |e: wasmparser::Error| WrapError::NotAModule(e.to_string());
    let mut names = Names { imports: Vec::new(), exports: Vec::new() };
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(invalid)? {
            Payload::Version { encoding: Encoding::Component, .. } => {
                return Err(WrapError::NotAModule("it is a component already".into()));
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(invalid)?;
                    names.imports.push((import.module, import.name));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    names.exports.push(export.map_err(invalid)?.name);
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

fn check(names: &Names<'_>, world: WorldKind) -> Result<(), WrapError> {
    for (name, form, purpose, engine) in NEEDED {
        if !names.exports.contains(name) && (!engine || world == WorldKind::Engine) {
            return Err(WrapError::Missing { name, form, purpose });
        }
    }
    for (module, name) in &names.imports {
        if world::find(module, name).is_none() {
            return Err(WrapError::OutsideTheWorld { module: (*module).to_owned(), name: (*name).to_owned() });
        }
    }
    Ok(())
}

/// The module without the custom sections that `drop` names.
fn copy_without(module: &[u8], mut drop: impl FnMut(&str, &[u8]) -> bool) -> Result<Vec<u8>, WrapError> {
    let mut copy = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(|e| WrapError::NotAModule(e.to_string()))?;
        if let Payload::CustomSection(section) = &payload
            && drop(section.name(), section.data())
        {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            copy.section(&wasm_encoder::RawSection { id, data: module.get(range).unwrap_or_default() });
        }
    }
    Ok(copy.finish())
}
