//! Writes the joined module.
//!
//! Its functions are, in this order: the imports of the world, what is needed of the adapter, what joining makes, the command.

use std::collections::BTreeMap;

use wasm_encoder::reencode::Reencode;
use wasm_encoder::{
    CodeSection, CustomSection, DataCountSection, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, FunctionSection, GlobalSection, ImportSection, MemorySection, MemoryType, Module, TableSection,
    TypeSection,
};
use wasmparser::{Parser, Payload};

use super::helpers::{self, Helpers, Made};
use super::lift::Side;
use super::reach::{self, Reached};
use super::survey::Facts;
use super::{BASE, JoinError, PAGE, PAGES, PREVIEW_1, START};

/// The module from which the adapter imports what joining makes.
const GUEST: &str = "guest";

/// What the adapter exports for the host, and for the command's instructions.
const RUN: &str = "run";
const REALLOC: &str = "cabi_realloc";
const SIZE: &str = "guest.size";
const GROW: &str = "guest.grow";

/// Where the functions are.
struct Layout<'a> {
    /// Imports of the world, each once, with the index of its type.
    imports: Vec<(&'a str, &'a str, u32)>,
    adapter: Side,
    command: Side,
    made: Vec<Made>,
    reached: Reached,
}

/// Joins a valid command and the adapter.
pub(super) fn join(adapter: &Facts<'_>, command: &Facts<'_>, name: &str) -> Result<Vec<u8>, JoinError> {
    if command.pages > u64::from(PAGES - BASE / PAGE) {
        return Err(JoinError::Pages(command.pages));
    }
    if adapter.pages > u64::from(BASE / PAGE) {
        return Err(JoinError::Adapter("it is larger than the room beneath a command"));
    }
    let mut layout = lay_out(adapter, command, name)?;
    let mut written = Sections::default();
    let types = (adapter.types.len() + command.types.len()) as u32;
    for (module, name, ty) in &layout.imports {
        written.imports.import(module, name, EntityType::Function(*ty));
    }
    written.side(adapter, &mut layout.adapter, Some(&layout.reached))?;
    for (index, made) in (types..).zip(&layout.made) {
        written.made_types.push((made.params, made.results));
        written.functions.function(index);
        written.code.function(&made.body);
    }
    written.side(command, &mut layout.command, None)?;
    Ok(written.finish(adapter, command, &layout))
}

/// The function that a module exports.
fn exported(module: &Facts<'_>, name: &str) -> Result<u32, JoinError> {
    module.exports.get(name).copied().ok_or(JoinError::Adapter("it lacks a function"))
}

fn lay_out<'a>(adapter: &Facts<'a>, command: &Facts<'a>, name: &str) -> Result<Layout<'a>, JoinError> {
    let begin = command.exports.get(START).copied().ok_or(JoinError::Reactor)?;
    if command.ty(begin).is_none_or(|ty| !ty.params().is_empty() || !ty.results().is_empty()) {
        return Err(JoinError::WrongType(START.into()));
    }
    // What of the adapter answers each import of the command.
    let mut answers = Vec::new();
    for (index, import) in (0..).zip(&command.imports) {
        answers.push(match import.module {
            PREVIEW_1 => {
                let answer = adapter.exports.get(format!("{PREVIEW_1}.{}", import.name).as_str()).copied();
                let answer = answer.ok_or_else(|| JoinError::Unknown(import.name.into()))?;
                if adapter.ty(answer) != command.ty(index) {
                    return Err(JoinError::WrongType(import.name.into()));
                }
                Some(answer)
            }
            _ => None,
        });
    }
    let mut roots: Vec<u32> = answers.iter().flatten().copied().collect();
    for name in [RUN, REALLOC, SIZE, GROW] {
        roots.push(exported(adapter, name)?);
    }
    let reached = reach::reach(adapter, roots)?;

    // The imports that stay, each once.
    let mut imports: Vec<(&str, &str, u32)> = Vec::new();
    let mut known: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let own = adapter.types.len() as u32;
    let from_adapter = adapter.imports.iter().zip(&reached.functions);
    let from_adapter = from_adapter.filter(|(i, reached)| **reached && i.module != GUEST).map(|(i, _)| (i, 0));
    let from_command = command.imports.iter().filter(|i| i.module != PREVIEW_1).map(|i| (i, own));
    for (import, types) in from_adapter.chain(from_command) {
        let next = imports.len() as u32;
        known.entry((import.module, import.name)).or_insert_with(|| {
            imports.push((import.module, import.name, import.ty + types));
            next
        });
    }

    let mut next = imports.len() as u32;
    let defined = reached.functions.iter().skip(adapter.imports.len()).map(|reached| {
        let place = reached.then_some(next);
        next += u32::from(*reached);
        place
    });
    let defined: Vec<Option<u32>> = defined.collect();
    let place = |function: u32| {
        let defined = (function as usize).checked_sub(adapter.imports.len()).and_then(|at| defined.get(at));
        defined.copied().flatten().ok_or(JoinError::Adapter("it exports what it imports"))
    };
    let first_made = next;
    let segments = helpers::used_segments(command)?;
    // Four for the adapter, two for copying and filling.
    let first_init = first_made + 6;
    let first_command = first_init + segments.len() as u32;

    let mut functions = Vec::new();
    for (import, answer) in command.imports.iter().zip(answers) {
        functions.push(Some(match answer {
            Some(answer) => place(answer)?,
            None => known.get(&(import.module, import.name)).copied().unwrap_or_default(),
        }));
    }
    functions.extend((first_command..).take(command.functions.len()).map(Some));
    let of_command = |function: u32| functions.get(function as usize).copied().flatten();
    let starts = command.start.into_iter().chain([begin]).filter_map(of_command);
    let (size, grow) = (place(exported(adapter, SIZE)?)?, place(exported(adapter, GROW)?)?);
    let data = adapter.data;
    let mut made = vec![
        helpers::start(starts),
        helpers::number(command.pages as u32),
        helpers::number(helpers::most(command)),
        helpers::text(name),
        helpers::copy(size),
        helpers::fill(size),
    ];
    made.extend(segments.iter().map(|segment| helpers::init(size, segment + data)));

    let mut adapters = Vec::new();
    for import in &adapter.imports {
        adapters.push(if import.module == GUEST {
            let place = ["start", "pages", "most", "name"].iter().position(|name| *name == import.name);
            Some(first_made + place.ok_or(JoinError::Adapter("it imports what is not made"))? as u32)
        } else {
            known.get(&(import.module, import.name)).copied()
        });
    }
    adapters.extend(defined);
    let [tables, elements] = if reached.tables { [adapter.tables, adapter.elements] } else { [0, 0] };
    let helpers = Helpers {
        size,
        grow,
        copy: first_made + 4,
        fill: first_made + 5,
        init: segments.into_iter().zip(first_init..).collect(),
    };
    let command = Side {
        functions,
        types: own,
        tables,
        globals: adapter.globals,
        elements,
        data,
        helpers: Some(helpers),
        ..Side::default()
    };
    Ok(Layout { imports, adapter: Side { functions: adapters, ..Side::default() }, command, made, reached })
}

/// The sections while they are written.
#[derive(Default)]
struct Sections {
    types: TypeSection,
    made_types: Vec<(&'static [wasm_encoder::ValType], &'static [wasm_encoder::ValType])>,
    imports: ImportSection,
    functions: FunctionSection,
    tables: TableSection,
    globals: GlobalSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
}

impl Sections {
    /// Writes a module, or what is reached of it.
    fn side(&mut self, module: &Facts<'_>, side: &mut Side, reached: Option<&Reached>) -> Result<(), JoinError> {
        let keeps = |function: usize| {
            reached.is_none_or(|reached| reached.functions.get(module.imports.len() + function).is_some_and(|is| *is))
        };
        let tables = reached.is_none_or(|reached| reached.tables);
        let mut body = 0;
        for payload in Parser::new(0).parse_all(module.bytes) {
            match payload? {
                Payload::TypeSection(section) => side.parse_type_section(&mut self.types, section)?,
                Payload::FunctionSection(section) => {
                    for (index, ty) in section.into_iter().enumerate() {
                        if keeps(index) {
                            self.functions.function(side.type_index(ty?)?);
                        }
                    }
                }
                Payload::TableSection(section) if tables => side.parse_table_section(&mut self.tables, section)?,
                Payload::GlobalSection(section) => side.parse_global_section(&mut self.globals, section)?,
                Payload::ElementSection(section) if tables => {
                    side.parse_element_section(&mut self.elements, section)?
                }
                Payload::DataSection(section) => side.parse_data_section(&mut self.data, section)?,
                Payload::CodeSectionEntry(code) => {
                    if keeps(body) {
                        side.parse_function_body(&mut self.code, code)?;
                    }
                    body += 1;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn finish(mut self, adapter: &Facts<'_>, command: &Facts<'_>, layout: &Layout<'_>) -> Vec<u8> {
        for (params, results) in &self.made_types {
            self.types.ty().function(params.iter().copied(), results.iter().copied());
        }
        // What the command exported could be referred to; its exports are gone.
        let referenced: Vec<u32> =
            layout.command.referenced.iter().chain(&layout.adapter.referenced).copied().collect();
        if !referenced.is_empty() {
            self.elements.declared(Elements::Functions(referenced.into()));
        }
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: u64::from(BASE / PAGE) + command.pages,
            maximum: Some(PAGES.into()),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        for name in [RUN, REALLOC] {
            let function = adapter.exports.get(name).and_then(|index| layout.adapter.functions.get(*index as usize));
            if let Some(function) = function.copied().flatten() {
                exports.export(name, ExportKind::Func, function);
            }
        }
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.tables);
        module.section(&memories).section(&self.globals).section(&exports).section(&self.elements);
        if !self.data.is_empty() {
            module.section(&DataCountSection { count: self.data.len() });
        }
        module.section(&self.code).section(&self.data);
        for manifest in &command.manifests {
            module.section(&CustomSection { name: "belljar:manifest".into(), data: (*manifest).into() });
        }
        module.finish()
    }
}
