//! The meter: rewrites a core module so that it counts its own fuel, bounds its own calls and its own memory.
//!
//! # What is counted
//!
//! Each operator costs 1; `nop`, `drop`, `block`, `loop`, `unreachable`, `return`, `else` and `end` cost nothing;
//! entering a function costs 1; bulk operators cost their length besides. These are wasmtime's default weights.
//!
//! # Why nothing is undercharged
//!
//! The operators of a function are cut into straight lines: control enters a line only at its first operator and
//! leaves it only after its last. Lines end before `loop`, `else` and `end`, with every branch, `if`, call, `return`
//! and `unreachable`, which belong to the line that they end. At the end of each line, before the operator that
//! ends it is executed, the line's whole cost is taken off the counter. So control never leaves a line uncharged;
//! a line in which the guest traps is charged only if the trap is its last operator. The counter is checked at each
//! loop header, at the entry of each function that calls or loops, and at each bulk operator: between two checks
//! lies only code without loops and calls, whose length the size of a function bounds. The host checks once more
//! when the guest returns.
//!
//! # Where the counter is
//!
//! In the global `belljar:fuel`. A function with loops keeps it in a local, and writes it back before everything that
//! may look at it: calls, bulk operators' checks, leaving the function. After a trap the global holds the value last
//! written back: less exact, but the same in every engine.
//!
//! # The stack
//!
//! A function that calls takes its frame's slots off `belljar:stack` when it is entered and gives them back when it is
//! left. A function that calls nothing takes none: at most one such frame stands on the stack, and engines
//! are configured with room for it.

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, GlobalSection, GlobalType,
    ImportSection, Instruction as I, Module, SectionId, TypeSection, ValType,
};
use wasmparser::{FunctionBody, Operator as O, Parser, Payload, TypeRef, Validator};

use crate::limits;
use crate::refusal::Refusal;
use crate::unwrap::too_much;

/// Rewrites a valid core module.
pub(crate) fn rewrite(core: &[u8]) -> std::result::Result<Vec<u8>, Refusal> {
    let mut meter = Meter::survey(core)?;
    let mut module = Module::new();
    let copy;
    let core = match meter.start {
        Some(_) => {
            copy = without_start(core)?;
            &copy
        }
        None => core,
    };
    meter.parse_core_module(&mut module, Parser::new(0), core).map_err(|error| match error {
        reencode::Error::UserError(refusal) => refusal,
        reencode::Error::ParseError(error) => error.into(),
        other => Refusal::Invalid { message: other.to_string(), offset: 0 },
    })?;
    Ok(module.finish())
}

/// The module without its start section: the host calls the start function itself, on the meter.
fn without_start(core: &[u8]) -> std::result::Result<Vec<u8>, Refusal> {
    let mut copy = Module::new();
    for payload in Parser::new(0).parse_all(core) {
        let payload = payload?;
        if let Some((id, range)) = payload.as_section()
            && id != SectionId::Start as u8
        {
            let data = core.get(range.start..range.end).unwrap_or_default();
            copy.section(&wasm_encoder::RawSection { id, data });
        }
    }
    Ok(copy.finish())
}

/// What one function needs, found before it is rewritten.
#[derive(Clone, Copy, Debug, Default)]
struct Plan {
    calls: bool,
    loops: bool,
    /// Slots of its frame.
    frame: u32,
}

struct Meter {
    imported: u32,
    types: Vec<(Vec<ValType>, Vec<ValType>)>,
    functions: Vec<u32>,
    plans: Vec<Plan>,
    globals: u32,
    start: Option<u32>,
    next: usize,
    wrote_types: bool,
    wrote_imports: bool,
    wrote_globals: bool,
    wrote_exports: bool,
}

type Result<T = ()> = std::result::Result<T, reencode::Error<Refusal>>;

fn cost(op: &O<'_>) -> i64 {
    match op {
        O::Nop | O::Drop | O::Block { .. } | O::Loop { .. } | O::Unreachable | O::Return | O::Else | O::End => 0,
        _ => 1,
    }
}

impl Meter {
    fn survey(core: &[u8]) -> std::result::Result<Self, Refusal> {
        let mut meter = Meter {
            imported: 0,
            types: Vec::new(),
            functions: Vec::new(),
            plans: Vec::new(),
            globals: 0,
            start: None,
            next: 0,
            wrote_types: false,
            wrote_imports: false,
            wrote_globals: false,
            wrote_exports: false,
        };
        let mut validator = Validator::new_with_features(crate::admission::features());
        let mut allocations = Default::default();
        for payload in Parser::new(0).parse_all(core) {
            let payload = payload?;
            if let wasmparser::ValidPayload::Func(function, body) = validator.payload(&payload)? {
                let mut function = function.into_validator(std::mem::take(&mut allocations));
                meter.plans.push(plan(&mut function, &body)?);
                allocations = function.into_allocations();
            }
            match payload {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group?.into_types() {
                            let wasmparser::CompositeInnerType::Func(f) = &ty.composite_type.inner else {
                                return Err(Refusal::Shape("it has types of garbage collection"));
                            };
                            let of = |types: &[wasmparser::ValType]| {
                                types
                                    .iter()
                                    .map(|t| reencode::RoundtripReencoder.val_type(*t))
                                    .collect::<std::result::Result<Vec<_>, _>>()
                            };
                            let fail = |_| Refusal::Shape("it has a type that is not admitted");
                            meter.types.push((of(f.params()).map_err(fail)?, of(f.results()).map_err(fail)?));
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) => meter.imported += 1,
                            // Admission has refused every other import.
                            _ => return Err(Refusal::Shape("it imports something that is no function")),
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        meter.functions.push(ty?);
                    }
                }
                Payload::GlobalSection(section) => meter.globals += section.count(),
                Payload::StartSection { func, .. } => meter.start = Some(func),
                _ => {}
            }
        }
        Ok(meter)
    }

    fn refill(&self) -> u32 {
        self.imported
    }
    fn fuel(&self) -> u32 {
        self.globals
    }
    fn stack(&self) -> u32 {
        self.globals + 1
    }
    fn pages(&self) -> u32 {
        self.globals + 2
    }
    fn refused(&self) -> u32 {
        self.globals + 3
    }
    /// The type (i64) -> i64, added behind the module's own.
    fn refill_type(&self) -> u32 {
        self.types.len() as u32
    }

    fn add_types(&mut self, types: &mut TypeSection) {
        types.ty().function([ValType::I64], [ValType::I64]);
        // One block type for each function type, so that bodies with several results can be wrapped in a block.
        for (_, results) in &self.types {
            types.ty().function([], results.iter().copied());
        }
        self.wrote_types = true;
    }

    fn add_import(&mut self, imports: &mut ImportSection) {
        imports.import("belljar:meter", "refill", EntityType::Function(self.refill_type()));
        self.wrote_imports = true;
    }

    fn add_globals(&mut self, globals: &mut GlobalSection) {
        let mutable = |val_type| GlobalType { val_type, mutable: true, shared: false };
        globals.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
        globals.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
        globals.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
        globals.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
        self.wrote_globals = true;
    }

    fn add_exports(&mut self, exports: &mut ExportSection) -> Result {
        exports.export("belljar:fuel", ExportKind::Global, self.fuel());
        exports.export("belljar:stack", ExportKind::Global, self.stack());
        exports.export("belljar:pages", ExportKind::Global, self.pages());
        exports.export("belljar:refused", ExportKind::Global, self.refused());
        if let Some(start) = self.start {
            let start = self.function_index(start)?;
            exports.export("belljar:start", ExportKind::Func, start);
        }
        self.wrote_exports = true;
        Ok(())
    }
}

/// Looks through one function.
fn plan<T: wasmparser::WasmModuleResources>(
    validator: &mut wasmparser::FuncValidator<T>,
    body: &FunctionBody<'_>,
) -> std::result::Result<Plan, Refusal> {
    let mut plan = Plan::default();
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let mut operators = wasmparser::OperatorsReader::new(reader);
    let mut highest = 0;
    let mut wide = false;
    while !operators.eof() {
        let (op, offset) = operators.read_with_offset()?;
        match &op {
            O::Call { .. } | O::CallIndirect { .. } => plan.calls = true,
            O::Loop { .. } => plan.loops = true,
            O::BrTable { targets } if targets.len() > limits::BR_TABLE => {
                return Err(too_much("targets in one br_table", targets.len().into(), limits::BR_TABLE.into()));
            }
            O::V128Const { .. } | O::V128Load { .. } => wide = true,
            _ => {}
        }
        validator.op(offset, &op)?;
        highest = highest.max(validator.operand_stack_height());
        let nesting = validator.control_stack_height();
        if nesting > limits::NESTING {
            return Err(too_much("nested blocks", nesting.into(), limits::NESTING.into()));
        }
    }
    let slots = validator.len_locals().saturating_add(highest);
    plan.frame = slots.saturating_mul(if wide { 2 } else { 1 }).saturating_add(limits::FRAME_SLOTS);
    Ok(plan)
}

/// Writes one function's body.
struct Body<'m> {
    meter: &'m Meter,
    function: Function,
    plan: Plan,
    /// Locals for the counter, the stack that was left, and two for lengths and sizes.
    fuel: u32,
    stack: u32,
    length: u32,
    /// What the current line has cost so far.
    line: i64,
}

impl Body<'_> {
    fn get_fuel(&mut self) {
        if self.plan.loops {
            self.function.instruction(&I::LocalGet(self.fuel));
        } else {
            self.function.instruction(&I::GlobalGet(self.meter.fuel()));
        }
    }

    fn set_fuel(&mut self) {
        if self.plan.loops {
            self.function.instruction(&I::LocalSet(self.fuel));
        } else {
            self.function.instruction(&I::GlobalSet(self.meter.fuel()));
        }
    }

    /// Charges the line.
    fn charge(&mut self) {
        if self.line > 0 {
            self.get_fuel();
            self.function.instruction(&I::I64Const(self.line)).instruction(&I::I64Sub);
            self.set_fuel();
            self.line = 0;
        }
    }

    fn write_back(&mut self) {
        if self.plan.loops {
            self.function.instruction(&I::LocalGet(self.fuel)).instruction(&I::GlobalSet(self.meter.fuel()));
        }
    }

    fn read_again(&mut self) {
        if self.plan.loops {
            self.function.instruction(&I::GlobalGet(self.meter.fuel())).instruction(&I::LocalSet(self.fuel));
        }
    }

    /// Asks for the next slice where the counter is below zero.
    fn check(&mut self) {
        self.get_fuel();
        self.function.instruction(&I::I64Const(0)).instruction(&I::I64LtS).instruction(&I::If(BlockType::Empty));
        self.ask();
        self.function.instruction(&I::End);
    }

    fn ask(&mut self) {
        let global = self.meter.fuel();
        self.write_back();
        self.get_fuel();
        self.function.instruction(&I::Call(self.meter.refill())).instruction(&I::GlobalSet(global));
        self.read_again();
    }

    /// What stands before a function's first operator.
    fn enter(&mut self) {
        self.read_again();
        if self.plan.calls {
            // One branch for both budgets: either is below zero where their disjunction is.
            let f = &mut self.function;
            f.instruction(&I::GlobalGet(self.meter.stack())).instruction(&I::I64Const(self.plan.frame.into()));
            f.instruction(&I::I64Sub)
                .instruction(&I::LocalTee(self.stack))
                .instruction(&I::GlobalSet(self.meter.stack()));
            f.instruction(&I::LocalGet(self.stack));
            self.get_fuel();
            let f = &mut self.function;
            f.instruction(&I::I64Or).instruction(&I::I64Const(0)).instruction(&I::I64LtS);
            f.instruction(&I::If(BlockType::Empty));
            f.instruction(&I::LocalGet(self.stack)).instruction(&I::I64Const(0)).instruction(&I::I64LtS);
            f.instruction(&I::If(BlockType::Empty)).instruction(&I::I64Const(i64::MIN));
            f.instruction(&I::Call(self.meter.refill())).instruction(&I::Unreachable).instruction(&I::End);
            self.ask();
            self.function.instruction(&I::End);
        }
        // A function that loops without calling is checked at its loops' headers.
        self.line = 1;
    }

    /// What stands after a function's last operator.
    fn leave(&mut self) {
        self.write_back();
        if self.plan.calls {
            let f = &mut self.function;
            f.instruction(&I::LocalGet(self.stack)).instruction(&I::I64Const(self.plan.frame.into()));
            f.instruction(&I::I64Add).instruction(&I::GlobalSet(self.meter.stack()));
        }
    }

    /// Charges a bulk operator by its length, which is on top of the stack.
    fn bulk(&mut self) {
        self.charge();
        self.function.instruction(&I::LocalTee(self.length));
        self.get_fuel();
        self.function.instruction(&I::LocalGet(self.length)).instruction(&I::I64ExtendI32U).instruction(&I::I64Sub);
        self.set_fuel();
        self.check();
    }

    /// `memory.grow` within the run's own limit.
    fn grow(&mut self) {
        self.charge();
        let f = &mut self.function;
        f.instruction(&I::LocalTee(self.length));
        f.instruction(&I::GlobalGet(self.meter.pages())).instruction(&I::MemorySize(0)).instruction(&I::I32Sub);
        f.instruction(&I::I32GtU).instruction(&I::If(BlockType::Result(ValType::I32)));
        f.instruction(&I::I32Const(1)).instruction(&I::GlobalSet(self.meter.refused()));
        f.instruction(&I::I32Const(-1)).instruction(&I::Else);
        f.instruction(&I::LocalGet(self.length)).instruction(&I::MemoryGrow(0)).instruction(&I::End);
    }
}

impl Reencode for Meter {
    type Error = Refusal;

    /// The meter's import stands behind the module's imports, before its functions.
    fn function_index(&mut self, index: u32) -> Result<u32> {
        Ok(if index >= self.imported { index + 1 } else { index })
    }

    /// Tables are capped by their type: they cannot grow beyond it in any engine.
    fn table_type(&mut self, ty: wasmparser::TableType) -> Result<wasm_encoder::TableType> {
        let mut ty = utils::table_type(self, ty)?;
        let cap = u64::from(limits::TABLE_ELEMENTS);
        ty.maximum = Some(ty.maximum.map_or(cap, |max| max.min(cap)));
        Ok(ty)
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: wasmparser::CustomSectionReader<'_>) -> Result {
        Ok(())
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, section: wasmparser::TypeSectionReader<'_>) -> Result {
        utils::parse_type_section(self, types, section)?;
        self.add_types(types);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result {
        utils::parse_import_section(self, imports, section)?;
        self.add_import(imports);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result {
        utils::parse_global_section(self, globals, section)?;
        self.add_globals(globals);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result {
        utils::parse_export_section(self, exports, section)?;
        self.add_exports(exports)
    }

    /// Adds the sections that the module lacks, in their places.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result {
        let rank = |id: SectionId| match id {
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
        };
        let next = before.map_or(u8::MAX, rank);
        if next > 1 && !self.wrote_types {
            let mut types = TypeSection::new();
            self.add_types(&mut types);
            module.section(&types);
        }
        if next > 2 && !self.wrote_imports {
            let mut imports = ImportSection::new();
            self.add_import(&mut imports);
            module.section(&imports);
        }
        if next > 7 && !self.wrote_globals {
            let mut globals = GlobalSection::new();
            self.add_globals(&mut globals);
            module.section(&globals);
        }
        if next > 8 && !self.wrote_exports {
            let mut exports = ExportSection::new();
            self.add_exports(&mut exports)?;
            module.section(&exports);
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result {
        let lost = || reencode::Error::UserError(Refusal::Shape("a function has no type"));
        let index = self.next;
        self.next += 1;
        let plan = *self.plans.get(index).ok_or_else(lost)?;
        let ty = *self.functions.get(index).ok_or_else(lost)? as usize;
        let (params, results) = self.types.get(ty).cloned().ok_or_else(lost)?;
        let mut locals = Vec::new();
        let mut count = params.len() as u32;
        for local in body.get_locals_reader()? {
            let (n, ty) = local?;
            count += n;
            locals.push((n, self.val_type(ty)?));
        }
        locals.extend([(2, ValType::I64), (1, ValType::I32)]);
        // Only functions that have something to do when they are left need a single way out.
        let wrapped = plan.calls || plan.loops;
        let block = match results.as_slice() {
            [] => BlockType::Empty,
            [one] => BlockType::Result(*one),
            _ => BlockType::FunctionType(self.types.len() as u32 + 1 + ty as u32),
        };
        let mut operators = Vec::new();
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            operators.push(reader.read()?);
        }
        let function = Function::new(locals);
        let mut instructions = Vec::with_capacity(operators.len());
        for op in &operators {
            instructions.push(self.instruction(op.clone())?);
        }
        let mut out = Body { meter: self, function, plan, fuel: count, stack: count + 1, length: count + 2, line: 0 };
        out.enter();
        if wrapped {
            out.function.instruction(&I::Block(block));
        }
        let mut depth = 0u32;
        for (op, instruction) in operators.iter().zip(&instructions) {
            out.line += cost(op);
            match op {
                O::Return if wrapped => {
                    out.charge();
                    // To the end of the block around the body, where the function is left.
                    out.function.instruction(&I::Br(depth));
                    continue;
                }
                O::Return | O::If { .. } | O::Else | O::Br { .. } | O::BrIf { .. } | O::BrTable { .. } => out.charge(),
                O::Unreachable => {
                    out.charge();
                    out.write_back();
                }
                O::Call { .. } | O::CallIndirect { .. } => {
                    out.charge();
                    out.write_back();
                }
                O::Loop { .. } | O::End => out.charge(),
                O::MemoryCopy { .. }
                | O::MemoryFill { .. }
                | O::MemoryInit { .. }
                | O::TableCopy { .. }
                | O::TableFill { .. }
                | O::TableInit { .. }
                | O::TableGrow { .. } => out.bulk(),
                O::MemoryGrow { .. } => {
                    out.grow();
                    continue;
                }
                _ => {}
            }
            match op {
                O::Block { .. } | O::Loop { .. } | O::If { .. } => depth += 1,
                O::End if depth == 0 => {
                    if wrapped {
                        out.function.instruction(&I::End);
                        out.leave();
                    }
                    out.function.instruction(&I::End);
                    break;
                }
                O::End => depth -= 1,
                _ => {}
            }
            out.function.instruction(instruction);
            match op {
                O::Call { .. } | O::CallIndirect { .. } => out.read_again(),
                O::Loop { .. } => out.check(),
                _ => {}
            }
        }
        let function = out.function;
        code.function(&function);
        Ok(())
    }
}
