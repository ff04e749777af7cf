//! The meter: rewrites a core module so that it counts its own fuel, bounds its own calls and its own memory.
//!
//! # What is counted
//!
//! Each operator costs 1; `nop`, `drop`, `block`, `loop`, `unreachable`, `return`, `else` and `end` cost nothing;
//! entering a function costs 1; bulk operators cost their length besides. These are wasmtime's default weights.
//!
//! # Where the counters are
//!
//! In the functions themselves: each takes the counter of fuel and what is left of the stack as its last two parameters,
//! and gives the counter of fuel back as its last result, so that both stay in registers where functions call each other.
//! The types of all functions are changed alike, so that what stands in tables can be called by way of them, and calls
//! through a table fail exactly where they did. The globals `belljar:fuel` and `belljar:stack` are how the host and the
//! guest tell each other ([`borders`]): a way in for each export reads them and writes them back, a way out for each
//! import writes them before and reads the fuel again afterwards, asking for a slice does, and `unreachable` does.
//!
//! After any other trap the globals hold what was written last. The fuel of a run that traps is therefore reported too
//! low by what was charged since, which is less than a slice and what can be charged between two checks, for asking
//! writes it. It is the same in every engine.
//!
//! # Why nothing is undercharged
//!
//! A function's operators are cut into *lines* ([`lines`]). Two things are true of each line.
//!
//! 1. *Control passes its charge before or behind each of its operators, whichever way it goes.* A line begins in one
//!    place, and grows only by operators that stand behind that place and that control cannot reach without passing it:
//!    along straight code; into a `block`; and from a construct that nothing leaves but through its end to what follows
//!    that end, because whoever gets there came in through the construct's beginning, which is part of the line. The
//!    charge stands where the line begins, with one exception: a line that ends in a branch out of the loop in which it
//!    began is *owed* until that branch, and then charged on both ways, on the one that leaves and, together with the
//!    line that begins there, on the one that stays. No call, no bulk operator, no other branch or label stands between,
//!    so nobody looks at the counter while something is owed but the check at a loop's label, which knows how much.
//! 2. *Each passing of the charge pays for at most one execution of each operator.* Between two executions of an
//!    operator control goes back over a loop's label, and a loop's body begins a new line: a line never holds both
//!    operators inside and outside of a loop, but for those outside that surround it.
//!
//! So wherever the counter is looked at, whatever was executed was charged before, and as a line is executed as a whole
//! unless something in it traps, a call that completes was charged exactly what wasmtime's own fuel would have charged
//! it. A call that asks the host or gives up has paid for the rest of its line too, and for the rest of its callers'
//! lines. Nothing is ever given back.
//!
//! A small function that costs the same however it is called, and that only functions of its own module call by name,
//! has no meter and carries no counters: each call of it costs so much more in its caller's line. Everything else that
//! can be called (exports, what stands in tables or may be put there) charges itself.
//!
//! # When it is noticed
//!
//! The counter is checked, after charging, at each loop's label, at the entry of each function, and before each bulk
//! operator of more than a few bytes. Functions are not checked at their entry if they are short together with all that
//! they call ([`limits::UNCHECKED_OPERATORS`](crate::limits::UNCHECKED_OPERATORS)). Between two checks lies only code
//! that goes forward through one function, whose size is limited, with calls that short: whoever goes in circles passes
//! a loop's label, or enters a function in a circle of calls by name or one that calls through a table or calls an
//! import, and those are never short. The host checks once more when the guest returns. So a run ends for want of fuel if and only if it
//! was charged more than its budget, and soon after. The counter cannot wrap around: it is at least 0 after a check, and
//! what can be charged until the next is far from 2^63. Nor can the guest write it: it is in locals and globals that no
//! operator of the original names.
//!
//! # The stack
//!
//! A function that calls others takes its frame's slots (its locals, the most operands that it has at a time, its
//! parameters and results once more, and [`limits::FRAME_SLOTS`](crate::limits::FRAME_SLOTS)) off what it was given, and gives what is left to those that it
//! calls; there is nothing to give back. A function whose frame, with the frames of all that it can call, is small takes
//! none: such functions call each other by name and in no circle, so that no more than that ever stands on top of what
//! was taken. What serves the Canonical ABI has less ([`limits::HELPER_SLOTS`](crate::limits::HELPER_SLOTS)), and cannot
//! call imports, as the Canonical ABI has it: so host and guest are never nested more than once.
//!
//! A guest can ask how many slots are left: a function of its own that it exports as
//! [`limits::LEFT_EXPORT`](crate::limits::LEFT_EXPORT) is never called by its code; the number stands in place of each such
//! call. So an interpreter can throw an error of its language where its own stack is not the narrower one. The engine's own guard stays behind this one: an engine's frames are not exactly what is counted here.

mod body;
mod borders;
mod cost;
mod lines;
mod nan;
mod survey;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    BlockType, BranchHint, BranchHints, CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, FunctionSection, GlobalSection, GlobalType, ImportSection, Module, SectionId, TypeSection, ValType,
};
use wasmparser::{FunctionBody, Parser};

use crate::limits;
use crate::refusal::{Refusal, too_much};
use body::Body;
use borders::Names;
use survey::Survey;

/// Rewrites a valid core module, and says how much work it is for a compiler.
pub(crate) fn rewrite(core: &[u8]) -> Result<(Vec<u8>, u64), Refusal> {
    let survey = survey::survey(core)?;
    let mut rewriter = Rewriter::new(&survey);
    let copy;
    let core = if survey.start.is_some() {
        copy = without_start(core)?;
        &copy
    } else {
        core
    };
    let mut module = Module::new();
    rewriter.parse_core_module(&mut module, Parser::new(0), core).map_err(|error| match error {
        reencode::Error::UserError(refusal) => refusal,
        reencode::Error::ParseError(error) => error.into(),
        other => Refusal::Invalid { message: other.to_string(), offset: 0 },
    })?;
    let written = hinted(module.finish(), &rewriter.hints)?;
    if written.len() > limits::WRITTEN_BYTES {
        return Err(too_much("bytes with its meter", written.len(), limits::WRITTEN_BYTES));
    }
    Ok((written, survey.work))
}

/// The module with its branch hints, which stand before its code.
///
/// The meter's branches are taken once in a slice of fuel. The hints change where an engine puts the code, and nothing
/// else (<https://github.com/WebAssembly/branch-hinting>); the module's own hints are dropped with its other custom
/// sections.
fn hinted(module: Vec<u8>, hints: &BranchHints) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    if hints.is_empty() {
        return Ok(module);
    }
    let mut copy = Module::new();
    for payload in Parser::new(0).parse_all(&module) {
        let payload = payload?;
        if matches!(payload, wasmparser::Payload::CodeSectionStart { .. }) {
            copy.section(hints);
        }
        if let Some((id, range)) = payload.as_section() {
            copy.section(&wasm_encoder::RawSection { id, data: module.get(range).unwrap_or_default() });
        }
    }
    Ok(copy.finish())
}

/// The module without its start section: the host calls the start function itself, on the meter.
fn without_start(core: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut copy = Module::new();
    for payload in Parser::new(0).parse_all(core) {
        if let Some((id, range)) = payload?.as_section()
            && id != SectionId::Start as u8
        {
            copy.section(&wasm_encoder::RawSection { id, data: core.get(range).unwrap_or_default() });
        }
    }
    Ok(copy.finish())
}

type Written<T = ()> = Result<T, reencode::Error<Refusal>>;

/// Which of the sections that the meter adds to are written.
#[derive(Default)]
struct Done {
    types: bool,
    imports: bool,
    functions: bool,
    globals: bool,
    exports: bool,
    elements: bool,
    code: bool,
}

struct Rewriter<'a> {
    survey: &'a Survey,
    names: Names,
    /// Several results, and the place of their block type behind all other types.
    blocks: BTreeMap<&'a [ValType], u32>,
    /// The function whose body comes next.
    next: usize,
    done: Done,
    hints: BranchHints,
}

impl<'a> Rewriter<'a> {
    fn new(survey: &'a Survey) -> Self {
        let several = survey.types.iter().map(|(_, results)| results.as_slice()).filter(|results| results.len() > 1);
        let blocks: BTreeSet<&[ValType]> = several.collect();
        let blocks = blocks.into_iter().zip(0..).collect();
        let names = Names::new(survey);
        Rewriter { survey, names, blocks, next: 0, done: Done::default(), hints: BranchHints::new() }
    }

    /// The type of a block with these results.
    fn block(&self, results: &[ValType]) -> BlockType {
        match results {
            [] => BlockType::Empty,
            [one] => BlockType::Result(*one),
            several => {
                let place = self.blocks.get(several).copied().unwrap_or_default();
                BlockType::FunctionType(self.names.carrying(self.survey.types.len() as u32) + place)
            }
        }
    }

    fn add_types(&mut self, types: &mut TypeSection) {
        let carrying = self.survey.types.iter().map(borders::carrying);
        for (parameters, results) in borders::asking_types().into_iter().chain(carrying) {
            types.ty().function(parameters, results);
        }
        for results in self.blocks.keys() {
            types.ty().function([], results.iter().copied());
        }
        self.done.types = true;
    }

    fn add_import(&mut self, imports: &mut ImportSection) {
        imports.import("belljar:meter", "refill", EntityType::Function(self.names.ask_type));
        self.done.imports = true;
    }

    fn add_functions(&mut self, functions: &mut FunctionSection) {
        for ty in self.names.border_types(self.survey) {
            functions.function(ty);
        }
        self.done.functions = true;
    }

    fn add_globals(&mut self, globals: &mut GlobalSection) {
        let mutable = |val_type| GlobalType { val_type, mutable: true, shared: false };
        globals.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
        globals.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
        globals.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
        globals.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
        globals.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
        self.done.globals = true;
    }

    fn add_exports(&mut self, exports: &mut ExportSection) {
        exports.export("belljar:fuel", ExportKind::Global, self.names.fuel);
        exports.export("belljar:stack", ExportKind::Global, self.names.stack);
        exports.export("belljar:pages", ExportKind::Global, self.names.pages);
        exports.export("belljar:refused", ExportKind::Global, self.names.refused);
        if let Some(start) = self.survey.start {
            exports.export("belljar:start", ExportKind::Func, self.names.entry(start));
        }
        self.done.exports = true;
    }

    fn add_code(&mut self, code: &mut CodeSection) {
        for function in borders::functions(&self.names, self.survey) {
            code.function(&function);
        }
        self.done.code = true;
    }

    /// Functions that bodies refer to have to be named outside of them as well. Exports, which count as that, now name
    /// others.
    fn add_elements(&mut self, elements: &mut ElementSection) {
        let referred: Vec<u32> = self.survey.referred.iter().map(|index| self.names.function(*index)).collect();
        if !referred.is_empty() {
            elements.declared(Elements::Functions(referred.into()));
        }
        self.done.elements = true;
    }
}

impl Reencode for Rewriter<'_> {
    type Error = Refusal;

    /// The function as the module's own code sees it: whatever may be called by way of a table carries the counters.
    fn function_index(&mut self, index: u32) -> Written<u32> {
        Ok(self.names.function(index))
    }

    /// Tables are capped by their type: they cannot grow beyond it in any engine.
    fn table_type(&mut self, ty: wasmparser::TableType) -> Written<wasm_encoder::TableType> {
        let mut ty = utils::table_type(self, ty)?;
        let cap = u64::from(limits::TABLE_ELEMENTS);
        ty.maximum = Some(ty.maximum.map_or(cap, |max| max.min(cap)));
        Ok(ty)
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: wasmparser::CustomSectionReader<'_>) -> Written {
        Ok(())
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, section: wasmparser::TypeSectionReader<'_>) -> Written {
        utils::parse_type_section(self, types, section)?;
        self.add_types(types);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Written {
        utils::parse_import_section(self, imports, section)?;
        self.add_import(imports);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Written {
        for (place, ty) in section.into_iter().enumerate() {
            let ty = ty?;
            let carries = self.survey.plans.get(place).is_none_or(|plan| plan.paid_by_callers.is_none());
            functions.function(if carries { self.names.carrying(ty) } else { ty });
        }
        self.add_functions(functions);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Written {
        utils::parse_global_section(self, globals, section)?;
        self.add_globals(globals);
        Ok(())
    }

    fn parse_export(&mut self, exports: &mut ExportSection, export: wasmparser::Export<'_>) -> Written {
        let index = match export.kind {
            wasmparser::ExternalKind::Func => self.names.entry(export.index),
            kind => self.external_index(kind, export.index)?,
        };
        exports.export(export.name, self.export_kind(export.kind)?, index);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Written {
        utils::parse_export_section(self, exports, section)?;
        self.add_exports(exports);
        Ok(())
    }

    fn parse_element_section(
        &mut self,
        elements: &mut ElementSection,
        section: wasmparser::ElementSectionReader<'_>,
    ) -> Written {
        utils::parse_element_section(self, elements, section)?;
        self.add_elements(elements);
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: wasmparser::CodeSectionReader<'_>) -> Written {
        utils::parse_code_section(self, code, section)?;
        self.add_code(code);
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Written {
        let lost = || reencode::Error::UserError(Refusal::Shape("a function has no type"));
        let index = self.next;
        self.next += 1;
        let plan = *self.survey.plans.get(index).ok_or_else(lost)?;
        let ty = *self.survey.functions.get(index).ok_or_else(lost)?;
        let (parameters, results) = self.survey.types.get(ty as usize).ok_or_else(lost)?;
        let mut locals = Vec::new();
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            locals.push((count, self.val_type(ty)?));
        }
        let function = Body {
            names: &self.names,
            plans: &self.survey.plans,
            plan,
            left: self.survey.left,
            parameters: parameters.len() as u32,
            block: self.block(results),
        };
        let written = function.rewrite(&body, locals).map_err(reencode::Error::UserError)?;
        let size = written.function.byte_len();
        if size > limits::WRITTEN_BODY_BYTES {
            let refusal = too_much("bytes in one function with its meter", size, limits::WRITTEN_BODY_BYTES);
            return Err(reencode::Error::UserError(refusal));
        }
        code.function(&written.function);
        if !written.seldom.is_empty() {
            let hint = |branch_func_offset| BranchHint { branch_func_offset, branch_hint_value: 0 };
            let index = self.names.function(self.survey.imported + index as u32);
            self.hints.function_hints(index, written.seldom.into_iter().map(hint).collect::<Vec<_>>());
        }
        Ok(())
    }

    /// Adds the sections that the module lacks, in their places.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Written {
        let next = before.map_or(u8::MAX, place);
        if next > place(SectionId::Type) && !self.done.types {
            let mut types = TypeSection::new();
            self.add_types(&mut types);
            module.section(&types);
        }
        if next > place(SectionId::Import) && !self.done.imports {
            let mut imports = ImportSection::new();
            self.add_import(&mut imports);
            module.section(&imports);
        }
        if next > place(SectionId::Function) && !self.done.functions {
            let mut functions = FunctionSection::new();
            self.add_functions(&mut functions);
            module.section(&functions);
        }
        if next > place(SectionId::Global) && !self.done.globals {
            let mut globals = GlobalSection::new();
            self.add_globals(&mut globals);
            module.section(&globals);
        }
        if next > place(SectionId::Export) && !self.done.exports {
            let mut exports = ExportSection::new();
            self.add_exports(&mut exports);
            module.section(&exports);
        }
        if next > place(SectionId::Element) && !self.done.elements {
            let mut elements = ElementSection::new();
            self.add_elements(&mut elements);
            if !elements.is_empty() {
                module.section(&elements);
            }
        }
        if next > place(SectionId::Code) && !self.done.code {
            let mut code = CodeSection::new();
            self.add_code(&mut code);
            module.section(&code);
        }
        Ok(())
    }
}

/// Where a section stands in a module.
fn place(section: SectionId) -> u8 {
    match section {
        SectionId::Custom => 0,
        SectionId::Type => 1,
        SectionId::Import => 2,
        SectionId::Function => 3,
        SectionId::Table => 4,
        SectionId::Memory => 5,
        SectionId::Tag => 6,
        SectionId::Global => 7,
        SectionId::Export => 8,
        SectionId::Start => 9,
        SectionId::Element => 10,
        SectionId::DataCount => 11,
        SectionId::Code => 12,
        SectionId::Data => 13,
    }
}
