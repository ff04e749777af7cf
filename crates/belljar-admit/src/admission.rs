//! The steps of admission, in their order.

use wasmparser::{
    CompositeInnerType, Encoding, ExternalKind, Parser, Payload, TypeRef, ValType, Validator, WasmFeatures,
};

use crate::limits;
use crate::manifest::Manifest;
use crate::meter;
use crate::refusal::Refusal;
use crate::unwrap::{self, too_much};
use crate::world::{self, CoreType, WorldKind};

/// A function of the world that a tool imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportName {
    /// The interface, without package and version.
    pub interface: &'static str,
    /// The function.
    pub function: &'static str,
}

/// An admitted component.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The rewritten core module, which counts its fuel.
    pub core: Vec<u8>,
    /// A tool or a language engine.
    pub world: WorldKind,
    /// What it says of itself.
    pub manifest: Option<Manifest>,
    /// What it imports: what it can ask for at all.
    pub imports: Vec<ImportName>,
    /// Memory pages that it starts with.
    pub initial_pages: u32,
    /// Whether the export `belljar:start` must be called first.
    pub has_start: bool,
    /// Bytes of the core module before it was rewritten.
    pub original_size: usize,
}

/// The features of WebAssembly that tools may use; everything else is refused.
pub(crate) fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::CALL_INDIRECT_OVERLONG
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::BULK_MEMORY_OPT
        | WasmFeatures::SIMD
        | WasmFeatures::FLOATS
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::GC_TYPES
}

/// Checks a component and rewrites its core module. Pure and linear in the component's size.
pub fn admit(component: &[u8]) -> Result<Admitted, Refusal> {
    if component.len() > limits::COMPONENT_BYTES {
        return Err(too_much("bytes", component.len() as u64, limits::COMPONENT_BYTES as u64));
    }
    match Parser::new(0).parse(component, true) {
        Ok(wasmparser::Chunk::Parsed { payload: Payload::Version { encoding: Encoding::Component, .. }, .. }) => {}
        Ok(wasmparser::Chunk::Parsed { payload: Payload::Version { encoding: Encoding::Module, .. }, .. }) => {
            return Err(Refusal::NotAComponent("it is a core module; make it a component with `belljar build`"));
        }
        _ => return Err(Refusal::NotAComponent("its header is damaged")),
    }
    // Cheap counts first, so that validation is bounded; then validation, so that everything after may trust it.
    for payload in Parser::new(0).parse_all(component) {
        count(&payload?)?;
    }
    Validator::new_with_features(features() | WasmFeatures::COMPONENT_MODEL).validate_all(component)?;
    let unwrapped = unwrap::unwrap(component)?;
    let facts = inspect(unwrapped.core, unwrapped.world)?;
    let core = meter::rewrite(unwrapped.core)?;
    Ok(Admitted {
        core,
        world: unwrapped.world,
        manifest: unwrapped.manifest,
        imports: facts.imports,
        initial_pages: facts.initial_pages,
        has_start: facts.has_start,
        original_size: unwrapped.core.len(),
    })
}

fn count(payload: &Payload<'_>) -> Result<(), Refusal> {
    let at_most = |what, found: u32, limit: u32| {
        if found > limit { Err(too_much(what, found.into(), limit.into())) } else { Ok(()) }
    };
    match payload {
        Payload::TypeSection(s) => at_most("types", s.count(), limits::TYPES),
        Payload::ImportSection(s) => at_most("imports", s.count(), limits::NAMES),
        Payload::ExportSection(s) => at_most("exports", s.count(), limits::NAMES),
        Payload::FunctionSection(s) => at_most("functions", s.count(), limits::FUNCTIONS),
        Payload::TableSection(s) => at_most("tables", s.count(), limits::TABLES),
        Payload::GlobalSection(s) => at_most("globals", s.count(), limits::GLOBALS),
        Payload::ElementSection(s) => at_most("element segments", s.count(), limits::SEGMENTS),
        Payload::DataSection(s) => at_most("data segments", s.count(), limits::SEGMENTS),
        Payload::CodeSectionEntry(body) => {
            let size = body.range().end - body.range().start;
            if size > limits::BODY_BYTES {
                return Err(too_much("bytes in one function", size as u64, limits::BODY_BYTES as u64));
            }
            let mut locals = 0u64;
            for local in body.get_locals_reader()? {
                locals += u64::from(local?.0);
            }
            if locals > u64::from(limits::LOCALS) {
                return Err(too_much("locals in one function", locals, limits::LOCALS.into()));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

struct Facts {
    imports: Vec<ImportName>,
    initial_pages: u32,
    has_start: bool,
}

/// Checks a core module's imports and exports against the world.
fn inspect(core: &[u8], kind: WorldKind) -> Result<Facts, Refusal> {
    let mut facts = Facts { imports: Vec::new(), initial_pages: 0, has_start: false };
    let mut types: Vec<Option<(Vec<ValType>, Vec<ValType>)>> = Vec::new();
    let mut functions: Vec<u32> = Vec::new();
    let mut exports = Vec::new();
    let same = |types: &[ValType], expected: &[CoreType]| {
        types.len() == expected.len()
            && types
                .iter()
                .zip(expected)
                .all(|(a, b)| matches!((a, b), (ValType::I32, CoreType::I32) | (ValType::I64, CoreType::I64)))
    };
    for payload in Parser::new(0).parse_all(core) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        types.push(match &ty.composite_type.inner {
                            CompositeInnerType::Func(f) => {
                                if f.params().len() > limits::ARITY || f.results().len() > limits::ARITY {
                                    let found = f.params().len().max(f.results().len()) as u64;
                                    return Err(too_much("parameters or results", found, limits::ARITY as u64));
                                }
                                Some((f.params().to_vec(), f.results().to_vec()))
                            }
                            _ => None,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let full = format!("{}.{}", import.module, import.name);
                    let TypeRef::Func(ty) = import.ty else { return Err(Refusal::OutsideTheWorld(full)) };
                    let Some(found) = world::find(import.module, import.name) else {
                        return Err(Refusal::OutsideTheWorld(full));
                    };
                    match types.get(ty as usize) {
                        Some(Some((params, results))) if same(params, found.params) && same(results, found.results) => {
                        }
                        _ => return Err(Refusal::WrongType(full)),
                    }
                    functions.push(ty);
                    facts.imports.push(ImportName { interface: found.interface, function: found.function });
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    functions.push(ty?);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    facts.initial_pages = u32::try_from(memory?.initial).unwrap_or(u32::MAX);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let initial = table?.ty.initial;
                    if initial > limits::TABLE_ELEMENTS.into() {
                        return Err(too_much("table elements", initial, limits::TABLE_ELEMENTS.into()));
                    }
                }
            }
            Payload::StartSection { .. } => facts.has_start = true,
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.name.len() > limits::NAME_BYTES {
                        let found = export.name.len() as u64;
                        return Err(too_much("bytes in a name", found, limits::NAME_BYTES as u64));
                    }
                    if export.name.starts_with("belljar:") {
                        return Err(Refusal::Reserved(export.name.to_owned()));
                    }
                    exports.push((export.name.to_owned(), export.kind, export.index));
                }
            }
            _ => {}
        }
    }
    const I: CoreType = CoreType::I32;
    let expected: &[(&'static str, &[CoreType], &[CoreType], bool)] = &[
        ("run", &[I, I], &[I], true),
        ("load", &[I, I, I, I], &[I], kind == WorldKind::Engine),
        ("describe", &[], &[I], false),
        ("cabi_realloc", &[I, I, I, I], &[I], true),
        ("cabi_post_run", &[I], &[], false),
        ("cabi_post_load", &[I], &[], false),
        ("_initialize", &[], &[], false),
    ];
    for (name, params, results, needed) in expected {
        let found = exports.iter().find(|(n, kind, _)| n == name && *kind == ExternalKind::Func);
        match found {
            None if *needed => return Err(Refusal::Missing(name)),
            None => {}
            Some((_, _, index)) => {
                let ty = functions.get(*index as usize).and_then(|ty| types.get(*ty as usize));
                match ty {
                    Some(Some((p, r))) if same(p, params) && same(r, results) => {}
                    _ => return Err(Refusal::WrongType((*name).to_owned())),
                }
            }
        }
    }
    if !exports.iter().any(|(name, kind, _)| name == "memory" && *kind == ExternalKind::Memory) {
        return Err(Refusal::Missing("memory"));
    }
    Ok(facts)
}
