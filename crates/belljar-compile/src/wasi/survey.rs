//! What is known of a module before it is joined.

use std::collections::HashMap;

use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef};

use super::JoinError;

/// The section that describes a tool.
const MANIFEST: &str = "belljar:manifest";

/// A function that a module imports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Import<'a> {
    pub(super) module: &'a str,
    pub(super) name: &'a str,
    /// The index of its type.
    pub(super) ty: u32,
}

/// A valid module, counted.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) types: Vec<FuncType>,
    pub(super) imports: Vec<Import<'a>>,
    /// The types of the functions that it defines.
    pub(super) functions: Vec<u32>,
    pub(super) tables: u32,
    pub(super) globals: u32,
    /// Pages that its memory begins with, and at most has.
    pub(super) pages: u64,
    pub(super) most: u64,
    pub(super) elements: u32,
    pub(super) data: u32,
    /// Exported functions.
    pub(super) exports: HashMap<&'a str, u32>,
    pub(super) start: Option<u32>,
    /// The custom sections that are kept: what the tool says of itself.
    pub(super) manifests: Vec<&'a [u8]>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, JoinError> {
        let mut facts = Facts { bytes, ..Facts::default() };
        for payload in Parser::new(0).parse_all(bytes) {
            facts.add(payload?)?;
        }
        Ok(facts)
    }

    fn add(&mut self, payload: Payload<'a>) -> Result<(), JoinError> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let (module, name) = (import.module, import.name);
                    let TypeRef::Func(ty) = import.ty else {
                        return Err(JoinError::NoFunction { module: module.into(), name: name.into() });
                    };
                    self.imports.push(Import { module, name, ty });
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(section) => self.tables = section.count(),
            Payload::GlobalSection(section) => self.globals = section.count(),
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    (self.pages, self.most) = (memory.initial, memory.maximum.unwrap_or(u64::MAX));
                }
            }
            Payload::ElementSection(section) => self.elements = section.count(),
            Payload::DataSection(section) => self.data = section.count(),
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.exports.insert(export.name, export.index);
                    }
                }
            }
            Payload::CustomSection(section) if section.name() == MANIFEST => self.manifests.push(section.data()),
            _ => {}
        }
        Ok(())
    }

    /// The type of a function, by its index.
    pub(super) fn ty(&self, function: u32) -> Option<&FuncType> {
        let function = function as usize;
        let ty = match self.imports.get(function) {
            Some(import) => import.ty,
            None => *self.functions.get(function - self.imports.len())?,
        };
        self.types.get(ty as usize)
    }
}

/// The names that a core module imports from another, as far as it can be read.
pub(super) fn imported_from(module: &[u8], from: &str) -> Vec<String> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload {
            Ok(Payload::ImportSection(section)) => {
                let imports = section.into_imports().flatten().filter(|import| import.module == from);
                found.extend(imports.map(|import| import.name.to_owned()));
            }
            Ok(Payload::CodeSectionStart { .. }) | Err(_) => break,
            _ => {}
        }
    }
    found
}

/// The modules that a core module imports from, and the names that it exports.
pub(super) fn names(module: &[u8]) -> Result<(Vec<&str>, Vec<&str>), wasmparser::Error> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imports.push(import?.module);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    exports.push(export?.name);
                }
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok((imports, exports))
}
