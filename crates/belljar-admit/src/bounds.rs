//! Counts what stands in headers, before anything is validated: refuses what is too large for that.

use wasmparser::{ElementItems, Parser, Payload};

use crate::limits;
use crate::refusal::{Refusal, too_much};

/// Checks a component, or a core module, against [`limits`]. It may be invalid otherwise.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Refusal> {
    let mut total = Total::default();
    for payload in Parser::new(0).parse_all(bytes) {
        total.add(&payload?)?;
    }
    Ok(())
}

/// What is counted over several sections.
#[derive(Default)]
struct Total {
    modules: u32,
    custom: u32,
    wrapping: usize,
    elements: u32,
}

fn at_most(what: &'static str, found: u32, limit: u32) -> Result<(), Refusal> {
    if found > limit { Err(too_much(what, found, limit)) } else { Ok(()) }
}

fn named(names: [&str; 2]) -> Result<(), Refusal> {
    match names.into_iter().map(str::len).max() {
        Some(found) if found > limits::NAME_BYTES => Err(too_much("bytes in one name", found, limits::NAME_BYTES)),
        _ => Ok(()),
    }
}

impl Total {
    fn add(&mut self, payload: &Payload<'_>) -> Result<(), Refusal> {
        match payload {
            Payload::ComponentSection { .. } => return Err(Refusal::Shape("it holds a component inside")),
            Payload::ModuleSection { .. } => {
                self.modules += 1;
                self.elements = 0;
                at_most("core modules", self.modules, limits::MODULES)?;
            }
            Payload::CustomSection(_) => {
                self.custom += 1;
                at_most("custom sections", self.custom, limits::CUSTOM_SECTIONS)?;
            }
            _ => {}
        }
        self.component(payload)?;
        self.module(payload)
    }

    /// A component's own sections.
    fn component(&mut self, payload: &Payload<'_>) -> Result<(), Refusal> {
        let (count, range) = match payload {
            Payload::InstanceSection(s) => (s.count(), s.range()),
            Payload::CoreTypeSection(s) => (s.count(), s.range()),
            Payload::ComponentInstanceSection(s) => (s.count(), s.range()),
            Payload::ComponentAliasSection(s) => (s.count(), s.range()),
            Payload::ComponentTypeSection(s) => (s.count(), s.range()),
            Payload::ComponentCanonicalSection(s) => (s.count(), s.range()),
            Payload::ComponentImportSection(s) => (s.count(), s.range()),
            Payload::ComponentExportSection(s) => (s.count(), s.range()),
            _ => return Ok(()),
        };
        at_most("entries in one section of the component", count, limits::COMPONENT_ITEMS)?;
        self.wrapping = self.wrapping.saturating_add(range.len());
        if self.wrapping > limits::WRAPPING_BYTES {
            return Err(too_much("bytes around its core modules", self.wrapping, limits::WRAPPING_BYTES));
        }
        Ok(())
    }

    /// A core module's sections.
    fn module(&mut self, payload: &Payload<'_>) -> Result<(), Refusal> {
        match payload {
            Payload::TypeSection(s) => at_most("types", s.count(), limits::TYPES),
            Payload::FunctionSection(s) => at_most("functions", s.count(), limits::FUNCTIONS),
            Payload::TableSection(s) => at_most("tables", s.count(), limits::TABLES),
            Payload::GlobalSection(s) => at_most("globals", s.count(), limits::GLOBALS),
            Payload::DataSection(s) => at_most("data segments", s.count(), limits::SEGMENTS),
            Payload::MemorySection(s) => {
                at_most("memories", s.count(), limits::MEMORIES)?;
                for memory in s.clone() {
                    let found = memory?.initial;
                    if found > limits::PAGES {
                        return Err(too_much("pages of memory", found, limits::PAGES));
                    }
                }
                Ok(())
            }
            Payload::ImportSection(s) => {
                at_most("imports", s.count(), limits::IMPORTS)?;
                let mut found = 0;
                for import in s.clone().into_imports() {
                    let import = import?;
                    // One entry may stand for several imports.
                    found += 1;
                    at_most("imports", found, limits::IMPORTS)?;
                    named([import.module, import.name])?;
                }
                Ok(())
            }
            Payload::ExportSection(s) => {
                at_most("exports", s.count(), limits::EXPORTS)?;
                s.clone().into_iter().try_for_each(|export| named([export?.name, ""]))
            }
            Payload::ElementSection(s) => {
                at_most("element segments", s.count(), limits::SEGMENTS)?;
                for element in s.clone() {
                    let found = match element?.items {
                        ElementItems::Functions(items) => items.count(),
                        ElementItems::Expressions(_, items) => items.count(),
                    };
                    self.elements = self.elements.saturating_add(found);
                    at_most("elements in its segments", self.elements, limits::SEGMENT_ELEMENTS)?;
                }
                Ok(())
            }
            Payload::CodeSectionStart { count, .. } => at_most("functions", *count, limits::FUNCTIONS),
            Payload::CodeSectionEntry(body) => {
                let size = body.range().len();
                if size > limits::BODY_BYTES {
                    return Err(too_much("bytes in one function", size, limits::BODY_BYTES));
                }
                let mut locals = 0u64;
                for local in body.get_locals_reader()? {
                    locals += u64::from(local?.0);
                }
                if locals > u64::from(limits::LOCALS) {
                    return Err(too_much("locals in one function", locals, limits::LOCALS));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
