//! Taking the core module out of a component, after checking that nothing else is in it.

use wasmparser::{CanonicalFunction, CanonicalOption, Encoding, Parser, Payload};

use crate::limits;
use crate::manifest::{Manifest, SECTION};
use crate::refusal::Refusal;
use crate::world::{self, WorldKind};

pub(crate) struct Unwrapped<'a> {
    pub(crate) core: &'a [u8],
    pub(crate) world: WorldKind,
    pub(crate) manifest: Option<Manifest>,
}

/// Finds the tool's core module in a component that is valid already.
pub(crate) fn unwrap(component: &[u8]) -> Result<Unwrapped<'_>, Refusal> {
    let mut modules = Vec::new();
    let mut manifest = None;
    let mut customs = 0;
    let mut engine = false;
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { encoding: Encoding::Module, .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            Payload::ModuleSection { unchecked_range, .. } => {
                let range = unchecked_range.start..unchecked_range.end;
                modules.push(component.get(range).ok_or(Refusal::Shape("a module reaches beyond the file"))?);
            }
            Payload::ComponentSection { .. } => return Err(Refusal::Shape("it holds a component inside")),
            Payload::ComponentStartSection { .. } => return Err(Refusal::Shape("it has a component start function")),
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    let name = import.name.name;
                    // The world's own types, which a component names before it exports `run`; they do nothing.
                    if matches!(import.ty, wasmparser::ComponentTypeRef::Type(_)) {
                        continue;
                    }
                    let known = world::interface(name).is_some_and(|interface| {
                        world::TYPES_ONLY.contains(&interface)
                            || world::IMPORTS.iter().any(|i| i.interface == interface)
                    });
                    if !known {
                        return Err(Refusal::OutsideTheWorld(name.to_owned()));
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    engine |= export?.name.name == "load";
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    check_canonical(&function?)?;
                }
            }
            Payload::CustomSection(section) => {
                customs += 1;
                if customs > limits::CUSTOM_SECTIONS {
                    return Err(too_much("custom sections", customs.into(), limits::CUSTOM_SECTIONS.into()));
                }
                if section.name() == SECTION {
                    if manifest.is_some() {
                        return Err(Refusal::Manifest("there are two of them".into()));
                    }
                    let text =
                        std::str::from_utf8(section.data()).map_err(|_| Refusal::Manifest("it is not UTF-8".into()))?;
                    manifest = Some(Manifest::parse(text).map_err(|e| Refusal::Manifest(e.to_string()))?);
                }
            }
            _ => {}
        }
    }
    let mut main = None;
    for module in modules {
        match role(module)? {
            Role::Tool if main.is_some() => return Err(Refusal::Shape("it has more than one core module")),
            Role::Tool => main = Some(module),
            Role::Plumbing => {}
        }
    }
    let core = main.ok_or(Refusal::Shape("it has no core module that exports run"))?;
    Ok(Unwrapped { core, world: if engine { WorldKind::Engine } else { WorldKind::Tool }, manifest })
}

pub(crate) fn too_much(what: &'static str, found: u64, limit: u64) -> Refusal {
    Refusal::TooMuch { what, found, limit }
}

enum Role {
    Tool,
    /// wit-component's shim and fix-up modules: they carry calls through a table, because an import has to exist
    /// before the memory that it uses.
    Plumbing,
}

/// Tells the tool's module from plumbing, which has no memory, no data and no exports but numbered ones.
fn role(module: &[u8]) -> Result<Role, Refusal> {
    let mut run = false;
    let mut own = false;
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::MemorySection(s) => own |= s.count() > 0,
            Payload::DataSection(s) => own |= s.count() > 0,
            Payload::GlobalSection(s) => own |= s.count() > 0,
            Payload::StartSection { .. } => own = true,
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    own |= !import?.module.is_empty();
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let name = export?.name;
                    run |= name == "run";
                    own |= name != "$imports" && name.parse::<u32>().is_err();
                }
            }
            _ => {}
        }
    }
    match (run, own) {
        (true, _) => Ok(Role::Tool),
        (false, true) => Err(Refusal::Shape("a module besides the tool's has a life of its own")),
        (false, false) => Ok(Role::Plumbing),
    }
}

fn check_canonical(function: &CanonicalFunction) -> Result<(), Refusal> {
    let options = match function {
        CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. } => options,
        _ => return Err(Refusal::Shape("it uses canonical functions other than lift and lower")),
    };
    for option in options {
        match option {
            CanonicalOption::UTF8
            | CanonicalOption::Memory(_)
            | CanonicalOption::Realloc(_)
            | CanonicalOption::PostReturn(_) => {}
            _ => return Err(Refusal::Shape("its text is not UTF-8, or its calls are asynchronous")),
        }
    }
    Ok(())
}
