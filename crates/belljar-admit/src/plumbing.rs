//! Tells a tool's core module from what wrapping adds.

use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use crate::refusal::Refusal;

/// What a core module is in a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The tool.
    Tool,
    /// The shim or the fix-up: they carry calls through a table, because an import has to exist before the memory
    /// that it uses. They have no memory, no data, no globals and no start, take everything from one nameless
    /// module, and export numbers and that table.
    Plumbing,
    /// A module without any code, whose start function is the only function that it imports.
    Initializer,
}

/// Looks at a valid core module.
pub(crate) fn role(module: &[u8]) -> Result<Role, Refusal> {
    let (mut memory, mut own, mut start, mut code, mut imports) = (false, false, false, false, 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::MemorySection(section) => memory |= section.count() > 0,
            Payload::DataSection(section) => own |= section.count() > 0,
            Payload::GlobalSection(section) => own |= section.count() > 0,
            Payload::FunctionSection(section) => code |= section.count() > 0,
            Payload::StartSection { func, .. } => {
                start = true;
                own |= func != 0;
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    imports += 1;
                    own |= !import.module.is_empty() || !matches!(import.ty, TypeRef::Func(_) | TypeRef::Table(_));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    own |= match export.kind {
                        ExternalKind::Func => export.name.parse::<u32>().is_err(),
                        ExternalKind::Table => export.name != "$imports",
                        _ => true,
                    };
                }
            }
            _ => {}
        }
    }
    match (memory, own, start) {
        (true, ..) => Ok(Role::Tool),
        (false, false, false) => Ok(Role::Plumbing),
        (false, false, true) if !code && imports == 1 => Ok(Role::Initializer),
        _ => Err(Refusal::Shape("a module besides the tool's has a life of its own, or the tool's has no memory")),
    }
}

/// The module and name of each import of a valid core module.
pub(crate) fn imports(module: &[u8]) -> Result<Vec<(&str, &str)>, Refusal> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                found.push((import.module, import.name));
            }
        }
    }
    Ok(found)
}

/// Whether a valid core module exports a name.
pub(crate) fn exports(module: &[u8], name: &str) -> Result<bool, Refusal> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ExportSection(section) = payload? {
            for export in section {
                if export?.name == name {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}
