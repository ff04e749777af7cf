//! Checks a core module's imports and exports against the world.

use wasmparser::{CompositeInnerType, ExternalKind, Parser, Payload, TypeRef, ValType};

use crate::admitted::ImportName;
use crate::limits;
use crate::refusal::{Refusal, too_much};
use crate::world::{self, CoreType, WorldKind};

/// What a host wants to know of a core module.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) imports: Vec<ImportName>,
    pub(crate) initial_pages: u32,
    pub(crate) has_start: bool,
    pub(crate) has_initialize: bool,
}

/// An export of the world: its name, core parameters, core results, and whether a tool and an engine need it.
type Export = (&'static str, &'static [CoreType], &'static [CoreType], [bool; 2]);

const I: CoreType = CoreType::I32;

/// What a core module of the world exports besides its memory.
const EXPORTS: &[Export] = &[
    ("run", &[I, I], &[I], [true, true]),
    ("load", &[I, I, I, I], &[I], [false, true]),
    ("describe", &[], &[I], [false, false]),
    ("cabi_realloc", &[I, I, I, I], &[I], [true, true]),
    ("cabi_post_run", &[I], &[], [false, false]),
    ("cabi_post_load", &[I], &[], [false, false]),
    ("cabi_post_describe", &[I], &[], [false, false]),
    ("_initialize", &[], &[], [false, false]),
];

fn same(types: &[ValType], expected: &[CoreType]) -> bool {
    types.len() == expected.len()
        && types
            .iter()
            .zip(expected)
            .all(|pair| matches!(pair, (ValType::I32, CoreType::I32) | (ValType::I64, CoreType::I64)))
}

/// Reads a valid core module.
pub(crate) fn inspect(core: &[u8], kind: WorldKind) -> Result<Facts, Refusal> {
    let mut facts = Facts::default();
    let mut types: Vec<Option<(Vec<ValType>, Vec<ValType>)>> = Vec::new();
    let mut functions: Vec<u32> = Vec::new();
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(core) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        types.push(match &ty.composite_type.inner {
                            CompositeInnerType::Func(f) => {
                                let found = f.params().len().max(f.results().len());
                                if found > limits::ARITY {
                                    return Err(too_much("parameters or results", found, limits::ARITY));
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
                        return Err(too_much("table elements", initial, limits::TABLE_ELEMENTS));
                    }
                }
            }
            Payload::StartSection { .. } => facts.has_start = true,
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.name.starts_with("belljar:") {
                        return Err(Refusal::Reserved(export.name.to_owned()));
                    }
                    exports.push(export);
                }
            }
            _ => {}
        }
    }
    for (name, params, results, needed) in EXPORTS {
        let Some(export) = exports.iter().find(|export| export.name == *name) else {
            match (kind, needed) {
                (WorldKind::Tool, [true, _]) | (WorldKind::Engine, [_, true]) => return Err(Refusal::Missing(name)),
                _ => continue,
            }
        };
        let ty = functions.get(export.index as usize).and_then(|ty| types.get(*ty as usize));
        match ty {
            Some(Some((p, r))) if export.kind == ExternalKind::Func && same(p, params) && same(r, results) => {}
            _ => return Err(Refusal::WrongType((*name).to_owned())),
        }
        facts.has_initialize |= *name == "_initialize";
    }
    if !exports.iter().any(|export| export.name == "memory" && export.kind == ExternalKind::Memory) {
        return Err(Refusal::Missing("memory"));
    }
    Ok(facts)
}
