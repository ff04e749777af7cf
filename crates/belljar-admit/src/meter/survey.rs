//! Looks through a whole module before any of it is rewritten: who calls whom, and what a call costs at most.

use std::collections::BTreeSet;

use wasm_encoder::ValType;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::{
    BlockType, CompositeInnerType, ConstExpr, ElementItems, ExternalKind, FuncValidator, FunctionBody, Operator as O,
    OperatorsReader, Parser, Payload, TableInit, TypeRef, ValidPayload, Validator, WasmModuleResources,
};

use super::cost::{Length, Lengths, SMALL};
use super::lines::Lines;
use super::nan;
use super::work::Work;
use crate::features;
use crate::limits;
use crate::refusal::{Refusal, too_much};

/// A function type: parameters and results.
pub(super) type Signature = (Vec<ValType>, Vec<ValType>);

/// What has to be known of a module to rewrite it.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) types: Vec<Signature>,
    /// Imported functions.
    pub(super) imported: u32,
    /// Their types.
    pub(super) imports: Vec<u32>,
    /// Those of the module's own functions that the host may call, each once.
    pub(super) entries: BTreeSet<u32>,
    /// Those of them that serve the Canonical ABI: `cabi_realloc` and what cleans up after a call.
    pub(super) helpers: BTreeSet<u32>,
    /// The functions that bodies refer to, without calling them.
    pub(super) referred: BTreeSet<u32>,
    /// The types of the module's own functions.
    pub(super) functions: Vec<u32>,
    /// How each of them is metered.
    pub(super) plans: Vec<Plan>,
    pub(super) globals: u32,
    pub(super) start: Option<u32>,
    /// What all functions together are for a compiler.
    pub(super) work: u64,
    /// The function whose calls are answered by the meter, with what is left of the stack: [`limits::LEFT_EXPORT`].
    pub(super) left: Option<u32>,
}

/// How a function is metered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Its callers pay this for it, and it has no meter: a small function that costs the same however it is called.
    pub(super) paid_by_callers: Option<u64>,
    /// It asks for the next slice of fuel when it is entered.
    pub(super) check: bool,
    /// What it takes off the stack budget while it runs.
    pub(super) frame: Option<u32>,
}

/// What a function does, seen on its own.
#[derive(Default)]
struct Facts {
    /// The module's own functions that it calls, once for each place that calls them.
    calls: Vec<u32>,
    /// It calls functions that are not known here, or more than are worth knowing.
    open: bool,
    loops: bool,
    /// It has an `unreachable`, before which the counter is written back.
    gives_up: bool,
    /// It has operators whose length is checked when they run.
    long: bool,
    operators: u32,
    lines: usize,
    cost: u64,
    slots: u32,
}

/// What a call of a function takes, including all that it calls. Nothing stands for unbounded.
#[derive(Clone, Copy, Default)]
struct Bounds {
    operators: Option<u32>,
    slots: Option<u32>,
    /// What it costs, if that is always the same, and only functions that are known here call it.
    cost: Option<u64>,
}

/// Reads a valid core module.
pub(super) fn survey(core: &[u8]) -> Result<Survey, Refusal> {
    let mut survey = Survey::default();
    let mut facts = Vec::new();
    let mut named = Vec::new();
    let mut vectors = false;
    let mut validator = Validator::new_with_features(features::admitted());
    let mut allocations = Default::default();
    for payload in Parser::new(0).parse_all(core) {
        let payload = payload?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            let ty = survey.functions.get(facts.len()).and_then(|ty| survey.types.get(*ty as usize));
            let arity = ty.map_or(0, |(parameters, results)| parameters.len() + results.len());
            let mut function = function.into_validator(std::mem::take(&mut allocations));
            let (found, done) = look(&mut function, &body, &mut survey, arity as u32, vectors)?;
            facts.push(found);
            survey.work = survey.work.saturating_add(done);
            if survey.work > limits::WORK {
                return Err(too_much(limits::WORK_NAME, survey.work, limits::WORK));
            }
            allocations = function.into_allocations();
            continue;
        }
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        let CompositeInnerType::Func(function) = &ty.composite_type.inner else {
                            return Err(Refusal::Shape("it has types that are not functions"));
                        };
                        let signature = (encoded(function.params())?, encoded(function.results())?);
                        vectors |= [&signature.0, &signature.1].into_iter().flatten().any(|t| *t == ValType::V128);
                        survey.types.push(signature);
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(ty) => {
                            survey.imported += 1;
                            survey.imports.push(ty);
                        }
                        _ => return Err(Refusal::Shape("it imports something that is no function")),
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    survey.functions.push(ty?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    if let TableInit::Expr(expression) = table?.init {
                        name(&expression, &mut named)?;
                    }
                }
            }
            Payload::GlobalSection(section) => {
                survey.globals += section.count();
                for global in section {
                    name(&global?.init_expr, &mut named)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        if export.name == limits::LEFT_EXPORT && survey.tells(export.index) {
                            survey.left = Some(export.index);
                        }
                        survey.entries.insert(export.index);
                        if export.name.starts_with("cabi_") {
                            survey.helpers.insert(export.index);
                        }
                    }
                }
            }
            Payload::StartSection { func, .. } => {
                survey.start = Some(func);
                survey.entries.insert(func);
            }
            Payload::ElementSection(section) => {
                for element in section {
                    match element?.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                named.push(function?);
                            }
                        }
                        ElementItems::Expressions(_, expressions) => {
                            for expression in expressions {
                                name(&expression?, &mut named)?;
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let mut called_from_outside = vec![false; facts.len()];
    survey.entries = survey.entries.split_off(&survey.imported);
    for function in named.into_iter().chain(survey.referred.iter().copied()).chain(survey.entries.iter().copied()) {
        if let Some(index) = function.checked_sub(survey.imported)
            && let Some(named) = called_from_outside.get_mut(index as usize)
        {
            *named = true;
        }
    }
    let bounds = bounds(&facts, &called_from_outside);
    survey.plans = facts.iter().zip(bounds).map(|(facts, bounds)| plan(facts, bounds)).collect();
    Ok(survey)
}

fn plan(facts: &Facts, bounds: Bounds) -> Plan {
    let short = bounds.operators.is_some_and(|n| n <= limits::UNCHECKED_OPERATORS);
    let shallow = bounds.slots.is_some_and(|n| n <= limits::UNCHECKED_SLOTS);
    let paid_by_callers = bounds.cost.filter(|_| short && shallow);
    let frame = (!shallow).then_some(facts.slots);
    Plan { paid_by_callers, check: paid_by_callers.is_none() && (!short || frame.is_some()), frame }
}

/// Notes the functions that a constant expression refers to.
fn name(expression: &ConstExpr<'_>, named: &mut Vec<u32>) -> Result<(), Refusal> {
    for op in expression.get_operators_reader() {
        if let O::RefFunc { function_index } = op? {
            named.push(function_index);
        }
    }
    Ok(())
}

fn encoded(types: &[wasmparser::ValType]) -> Result<Vec<ValType>, Refusal> {
    types
        .iter()
        .map(|ty| RoundtripReencoder.val_type(*ty))
        .collect::<Result<_, _>>()
        .map_err(|_| Refusal::Shape("it has a value type that is not admitted"))
}

impl Survey {
    /// Whether one of the module's own functions takes nothing and returns a number.
    fn tells(&self, function: u32) -> bool {
        let ty = function.checked_sub(self.imported).and_then(|own| self.functions.get(own as usize));
        ty.and_then(|ty| self.types.get(*ty as usize))
            .is_some_and(|(parameters, results)| parameters.is_empty() && results.as_slice() == [ValType::I32])
    }
}

/// Looks through one function; `arity` is how many parameters and results it has.
fn look<T: WasmModuleResources>(
    validator: &mut FuncValidator<T>,
    body: &FunctionBody<'_>,
    survey: &mut Survey,
    arity: u32,
    mut vectors: bool,
) -> Result<(Facts, u64), Refusal> {
    let mut facts = Facts::default();
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    for local in 0..validator.len_locals() {
        vectors |= validator.get_local_type(local) == Some(wasmparser::ValType::V128);
    }
    let (mut lines, mut lengths) = (Lines::new(), Lengths::default());
    let mut operators = OperatorsReader::new(reader);
    let (mut highest, mut settling) = (0, 0);
    let mut work = Work::new(validator.len_locals());
    while !operators.eof() {
        let (op, offset) = operators.read_with_offset()?;
        let length = lengths.of(&op);
        if lines.reachable() {
            match &op {
                // Who asks what is left of the stack carries it, and takes part in it.
                O::Call { function_index } if Some(*function_index) == survey.left => facts.open = true,
                O::Call { function_index } => match function_index.checked_sub(survey.imported) {
                    Some(callee) if facts.calls.len() < limits::KNOWN_CALLS => facts.calls.push(callee),
                    _ => facts.open = true,
                },
                O::CallIndirect { .. } => facts.open = true,
                O::Loop { .. } => facts.loops = true,
                O::Unreachable => facts.gives_up = true,
                _ => {}
            }
            facts.long |= match length {
                Length::None => false,
                Length::Known(length) => length > SMALL,
                Length::Dynamic => true,
            };
        }
        match &op {
            O::RefFunc { function_index } => {
                survey.referred.insert(*function_index);
            }
            O::BrTable { targets } if targets.len() > limits::BR_TABLE => {
                return Err(too_much("targets in one br_table", targets.len(), limits::BR_TABLE));
            }
            _ => {}
        }
        let (slots, vector) = nan::slots(&op);
        settling = settling.max(slots);
        vectors |= vector;
        facts.operators += 1;
        lines.push(&op, length, 0);
        let moved = moved(&op, validator, survey);
        validator.op(offset, &op)?;
        work.push(&op, moved, validator.operand_stack_height());
        if work.total() > limits::FUNCTION_WORK {
            return Err(too_much(limits::FUNCTION_WORK_NAME, work.total(), limits::FUNCTION_WORK));
        }
        highest = highest.max(validator.operand_stack_height());
        vectors |= validator.get_operand_type(0) == Some(Some(wasmparser::ValType::V128));
        if highest > limits::OPERANDS {
            return Err(too_much("operands on the stack of one function", highest, limits::OPERANDS));
        }
        let nesting = validator.control_stack_height();
        if nesting > limits::NESTING {
            return Err(too_much("nested blocks", nesting, limits::NESTING));
        }
    }
    let lines = lines.finish();
    facts.lines = lines.iter().filter(|line| line.cost > 0).count();
    facts.cost = lines.iter().map(|line| line.cost).sum();
    facts.slots =
        (validator.len_locals() + highest + arity + settling) * if vectors { 2 } else { 1 } + limits::FRAME_SLOTS;
    Ok((facts, work.total()))
}

/// How many values an operator hands on besides its operands: what compilers copy for it.
fn moved<T: WasmModuleResources>(op: &O<'_>, validator: &FuncValidator<T>, survey: &Survey) -> u32 {
    let signature = |ty: u32| {
        let signature = survey.types.get(ty as usize);
        signature.map_or(0, |(parameters, results)| (parameters.len() + results.len()) as u32)
    };
    // Those beyond the registers are spilled and joined again: measured, it grows with their square.
    let call = |values: u32| values + values * values / 8;
    let block = |ty: &BlockType| match ty {
        BlockType::Empty => 0,
        BlockType::Type(_) => 1,
        BlockType::FuncType(ty) => signature(*ty),
    };
    let label = |depth: u32| {
        let frame = validator.get_control_frame(depth as usize);
        frame.map_or(0, |frame| block(&frame.block_type))
    };
    match op {
        O::Call { function_index } => {
            let ty = match function_index.checked_sub(survey.imported) {
                Some(own) => survey.functions.get(own as usize),
                None => survey.imports.get(*function_index as usize),
            };
            ty.map_or(0, |ty| call(signature(*ty)))
        }
        O::CallIndirect { type_index, .. } => call(signature(*type_index)),
        O::Block { blockty } | O::Loop { blockty } | O::If { blockty } => block(blockty),
        O::Br { relative_depth } | O::BrIf { relative_depth } => label(*relative_depth),
        O::BrTable { targets } => {
            let targets = targets.targets().flatten().chain([targets.default()]);
            targets.fold(0, |sum: u32, depth| sum.saturating_add(1 + label(depth)))
        }
        _ => 0,
    }
}

/// Adds up each function with all that it calls, callees first.
fn bounds(facts: &[Facts], called_from_outside: &[bool]) -> Vec<Bounds> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Begun,
        Done,
    }
    let mut states = vec![State::New; facts.len()];
    let mut bounds = vec![Bounds::default(); facts.len()];
    let mut path: Vec<(usize, usize)> = Vec::new();
    for first in 0..facts.len() {
        if states.get(first) != Some(&State::New) {
            continue;
        }
        path.push((first, 0));
        while let Some((function, done)) = path.pop() {
            let (Some(own), Some(state)) = (facts.get(function), states.get_mut(function)) else { continue };
            *state = State::Begun;
            if let Some(callee) = own.calls.get(done) {
                path.push((function, done + 1));
                // A callee that has begun and is not done calls back here: its bounds stay unbounded until then.
                if states.get(*callee as usize) == Some(&State::New) {
                    path.push((*callee as usize, 0));
                }
                continue;
            }
            *state = State::Done;
            let mut total = sum(own, &bounds);
            if called_from_outside.get(function) != Some(&false) {
                total.cost = None;
            }
            if let Some(bounds) = bounds.get_mut(function) {
                *bounds = total;
            }
        }
    }
    bounds
}

/// A function and its callees, whose bounds are known or are part of a circle, and so unbounded.
fn sum(own: &Facts, bounds: &[Bounds]) -> Bounds {
    if own.open {
        return Bounds::default();
    }
    let constant = own.lines <= 1 && !own.loops && !own.long && !own.gives_up;
    let (mut operators, mut deepest, mut cost) = (Some(own.operators), Some(0), constant.then_some(own.cost));
    for callee in &own.calls {
        let callee = bounds.get(*callee as usize).copied().unwrap_or_default();
        operators = operators.zip(callee.operators).map(|(a, b)| a.saturating_add(b));
        deepest = deepest.zip(callee.slots).map(|(a, b)| a.max(b));
        cost = cost.zip(callee.cost).map(|(a, b)| a.saturating_add(b));
    }
    Bounds { operators, slots: deepest.map(|slots: u32| slots.saturating_add(own.slots)), cost }
}
