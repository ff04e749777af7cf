//! The meter: rewrites a core module so that it counts its own fuel, bounds its own calls and its own memory.
//!
//! # What is counted
//!
//! Each operator costs 1; `nop`, `drop`, `block`, `loop`, `unreachable`, `return`, `else` and `end` cost nothing;
//! entering a function costs 1; bulk operators cost their length besides. These are wasmtime's default weights.
//!
//! # Why nothing is undercharged
//!
//! A function's operators are cut into *lines* ([`lines`]). Two things are true of each line.
//!
//! 1. *Its charge comes first.* A line begins where it is charged, and grows only by operators that stand behind
//!    that place and that control cannot reach without passing it: along straight code; into a `block`; and from a
//!    construct that nothing leaves but through its end to what follows that end, because whoever gets there came in
//!    through the construct's beginning, which is part of the line.
//! 2. *Each passing of the charge pays for at most one execution of each operator.* Between two executions of an
//!    operator control goes back over a loop's label, and a loop's body begins a new line: a line never holds both
//!    operators inside and outside of a loop, but for those outside that surround it.
//!
//! So whatever is executed was charged before, and as the line is executed as a whole unless something in it traps,
//! a call that completes was charged exactly what wasmtime's own fuel would have charged it. A call that traps has
//! paid for the rest of its line too, and for the rest of its callers' lines.
//!
//! A small function that costs the same however it is called, and that only functions of its own module call by name,
//! has no meter: each call of it costs so much more in its caller's line. Everything else that can be called (exports,
//! what stands in tables or may be put there) charges itself.
//!
//! # When it is noticed
//!
//! The counter is checked, after charging, at each loop's label, at the entry of each function, and before each bulk
//! operator of more than a few bytes. Functions are not checked at their entry if they are short together with all that
//! they call ([`limits::UNCHECKED_OPERATORS`](crate::limits::UNCHECKED_OPERATORS)). Between two checks lies only code
//! that goes forward through one function, whose size is limited, with calls that short. The host checks once more when
//! the guest returns. So a run ends for want of fuel if and only if it was charged more than its budget, and soon after.
//! The counter cannot wrap around: it is at least 0 after a check, and what can be charged until the next is far from
//! 2^63. Nor can the guest write it: it is a global that no operator of the original names.
//!
//! # Where the counter is
//!
//! In the global `belljar:fuel`. A function with loops, and a function of several lines that calls nothing, keep it in
//! a local, and write it back before everything that may look at it: calls of functions that charge, asking the host,
//! `unreachable`, leaving the function. After any other trap the global holds the value last written back: less exact,
//! but the same in every engine.
//!
//! # The stack
//!
//! A function that calls others takes its frame's slots (its locals, the most operands that it has at a time, and
//! [`limits::FRAME_SLOTS`](crate::limits::FRAME_SLOTS)) off `belljar:stack` when it is entered and gives them back when
//! it is left. A function whose frame, with the frames of all that it can call, is small takes none: such functions call
//! each other by name and in no circle, so that no more than that ever stands on top of what was taken. The engine's own
//! guard stays behind this one: an engine's frames are not exactly what is counted here.

mod body;
mod cost;
mod lines;
mod survey;

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    BlockType, BranchHint, BranchHints, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, FunctionSection,
    GlobalSection, GlobalType, ImportSection, Module, SectionId, TypeSection, ValType,
};
use wasmparser::{FunctionBody, Parser};

use crate::limits;
use crate::refusal::Refusal;
use body::{Body, Names};
use survey::Survey;

/// Rewrites a valid core module.
pub(crate) fn rewrite(core: &[u8]) -> Result<Vec<u8>, Refusal> {
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
    Ok(hinted(module.finish(), &rewriter.hints)?)
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
    code: bool,
}

struct Rewriter<'a> {
    survey: &'a Survey,
    names: Names,
    /// Several results, and the place of their block type behind the module's own types and the meter's two.
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
        let ask = survey.imported + 1 + survey.functions.len() as u32;
        let globals = survey.globals;
        let names = Names {
            imported: survey.imported,
            ask,
            ask_deep: ask + 1,
            fuel: globals,
            stack: globals + 1,
            pages: globals + 2,
            refused: globals + 3,
        };
        Rewriter { survey, names, blocks, next: 0, done: Done::default(), hints: BranchHints::new() }
    }

    /// The type (i64) -> i64, behind the module's own; the type (i64) -> () is the next.
    fn ask_type(&self) -> u32 {
        self.survey.types.len() as u32
    }

    /// The type of a block with these results.
    fn block(&self, results: &[ValType]) -> BlockType {
        match results {
            [] => BlockType::Empty,
            [one] => BlockType::Result(*one),
            several => {
                let place = self.blocks.get(several).copied().unwrap_or_default();
                BlockType::FunctionType(self.ask_type() + 2 + place)
            }
        }
    }

    fn add_types(&mut self, types: &mut TypeSection) {
        types.ty().function([ValType::I64], [ValType::I64]);
        types.ty().function([ValType::I64], []);
        for results in self.blocks.keys() {
            types.ty().function([], results.iter().copied());
        }
        self.done.types = true;
    }

    fn add_import(&mut self, imports: &mut ImportSection) {
        imports.import("belljar:meter", "refill", EntityType::Function(self.ask_type()));
        self.done.imports = true;
    }

    fn add_functions(&mut self, functions: &mut FunctionSection) {
        functions.function(self.ask_type()).function(self.ask_type() + 1);
        self.done.functions = true;
    }

    fn add_globals(&mut self, globals: &mut GlobalSection) {
        let mutable = |val_type| GlobalType { val_type, mutable: true, shared: false };
        globals.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
        globals.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
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
            exports.export("belljar:start", ExportKind::Func, self.names.function(start));
        }
        self.done.exports = true;
    }

    fn add_code(&mut self, code: &mut CodeSection) {
        for function in body::asking(self.names, self.survey.imported) {
            code.function(&function);
        }
        self.done.code = true;
    }
}

impl Reencode for Rewriter<'_> {
    type Error = Refusal;

    /// The meter's import stands behind the module's imports, before its functions.
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
        utils::parse_function_section(self, functions, section)?;
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

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Written {
        utils::parse_export_section(self, exports, section)?;
        self.add_exports(exports);
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
            names: self.names,
            plans: &self.survey.plans,
            plan,
            parameters: parameters.len() as u32,
            block: self.block(results),
        };
        let written = function.rewrite(&body, locals).map_err(reencode::Error::UserError)?;
        code.function(&written.function);
        if !written.seldom.is_empty() {
            let hint = |branch_func_offset| BranchHint { branch_func_offset, branch_hint_value: 0 };
            let index = self.names.imported + 1 + index as u32;
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
