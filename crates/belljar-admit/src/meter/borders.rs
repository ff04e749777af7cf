//! What stands between the functions that carry the counters and the host, which knows nothing of that.

use std::collections::BTreeMap;

use wasm_encoder::{Function, Instruction as I, ValType};

use super::survey::{Signature, Survey};
use crate::limits;

/// The indices of what the meter adds to a module.
///
/// Functions: `refill` behind the module's imports; then the module's own; then the two that ask, a way out for each
/// import, and a way in for each function that the host may call. Types: behind the module's own those of the two that
/// ask, then each of the module's own with the counters.
#[derive(Debug)]
pub(super) struct Names {
    /// Imported functions of the module itself, behind which stands `refill`.
    imported: u32,
    /// Takes the counter and gives the next slice: (i64) -> i64.
    pub(super) ask: u32,
    /// The same for a function that takes stack, given what is left of it: (i64, i64) -> i64.
    pub(super) ask_deep: u32,
    pub(super) ask_type: u32,
    pub(super) fuel: u32,
    pub(super) stack: u32,
    pub(super) pages: u32,
    pub(super) refused: u32,
    /// Not 0 while a function runs that must not call imports.
    helping: u32,
    entries: BTreeMap<u32, u32>,
}

impl Names {
    pub(super) fn new(survey: &Survey) -> Self {
        let ask = survey.imported + 1 + survey.functions.len() as u32;
        let (ask_deep, globals) = (ask + 1, survey.globals);
        Names {
            imported: survey.imported,
            ask,
            ask_deep,
            ask_type: survey.types.len() as u32,
            fuel: globals,
            stack: globals + 1,
            pages: globals + 2,
            refused: globals + 3,
            helping: globals + 4,
            entries: survey.entries.iter().copied().zip(ask_deep + 1 + survey.imported..).collect(),
        }
    }

    /// Where a function of the original module stands now, for the module's own code: imports have their ways out.
    pub(super) fn function(&self, index: u32) -> u32 {
        if index < self.imported { self.ask_deep + 1 + index } else { index.saturating_add(1) }
    }

    /// Where a function of the original module stands now, for the host.
    pub(super) fn entry(&self, index: u32) -> u32 {
        self.entries.get(&index).copied().unwrap_or(index)
    }

    /// A type of the original module, with the counters.
    pub(super) fn carrying(&self, ty: u32) -> u32 {
        (self.ask_type + 2).saturating_add(ty)
    }

    /// Which of the module's own functions this is.
    pub(super) fn own(&self, index: u32) -> Option<u32> {
        index.checked_sub(self.imported)
    }

    /// The types of [`functions`].
    pub(super) fn border_types(&self, survey: &Survey) -> Vec<u32> {
        let out = survey.imports.iter().map(|ty| self.carrying(*ty));
        let entries = survey.entries.iter().filter_map(|index| self.own(*index));
        let into = entries.map(|own| survey.functions.get(own as usize).copied().unwrap_or_default());
        [self.ask_type, self.ask_type + 1].into_iter().chain(out).chain(into).collect()
    }
}

/// The types of the two functions that ask.
pub(super) fn asking_types() -> [Signature; 2] {
    use ValType::I64;
    [(vec![I64], vec![I64]), (vec![I64, I64], vec![I64])]
}

/// A type with the counters: fuel and stack go in behind the parameters, and fuel comes out behind the results.
pub(super) fn carrying((parameters, results): &Signature) -> Signature {
    let (mut parameters, mut results) = (parameters.clone(), results.clone());
    parameters.extend([ValType::I64, ValType::I64]);
    results.push(ValType::I64);
    (parameters, results)
}

/// The functions behind the module's own, in the order of their indices.
pub(super) fn functions(names: &Names, survey: &Survey) -> Vec<Function> {
    let parameters = |ty: u32| survey.types.get(ty as usize).map_or(0, |(parameters, _)| parameters.len() as u32);
    let mut functions = vec![ask(names, survey.imported), ask_deep(names, survey.imported)];
    for (import, ty) in (0..).zip(&survey.imports) {
        functions.push(way_out(names, import, parameters(*ty)));
    }
    for index in &survey.entries {
        let ty = names.own(*index).and_then(|own| survey.functions.get(own as usize)).copied().unwrap_or_default();
        functions.push(way_in(names, *index, parameters(ty), survey.helpers.contains(index)));
    }
    functions
}

fn ask(names: &Names, refill: u32) -> Function {
    let mut ask = Function::new([]);
    ask.instruction(&I::LocalGet(0)).instruction(&I::GlobalSet(names.fuel));
    ask.instruction(&I::LocalGet(0)).instruction(&I::Call(refill)).instruction(&I::LocalTee(0));
    ask.instruction(&I::GlobalSet(names.fuel)).instruction(&I::LocalGet(0)).instruction(&I::End);
    ask
}

fn ask_deep(names: &Names, refill: u32) -> Function {
    let mut deep = Function::new([]);
    deep.instruction(&I::LocalGet(1)).instruction(&I::I64Const(0)).instruction(&I::I64LtS);
    deep.instruction(&I::If(wasm_encoder::BlockType::Empty));
    deep.instruction(&I::LocalGet(0)).instruction(&I::GlobalSet(names.fuel));
    deep.instruction(&I::I64Const(limits::DEEP)).instruction(&I::Call(refill)).instruction(&I::Unreachable);
    deep.instruction(&I::End).instruction(&I::LocalGet(0)).instruction(&I::Call(names.ask)).instruction(&I::End);
    deep
}

/// Calls an import, unless something runs that must not: the Canonical ABI's `may_leave`. The host finds both counters in their globals, may have the guest called again, and may charge.
fn way_out(names: &Names, import: u32, parameters: u32) -> Function {
    let mut out = Function::new([]);
    out.instruction(&I::GlobalGet(names.helping)).instruction(&I::If(wasm_encoder::BlockType::Empty));
    out.instruction(&I::LocalGet(parameters)).instruction(&I::GlobalSet(names.fuel));
    out.instruction(&I::I64Const(limits::LEFT)).instruction(&I::Call(names.imported)).instruction(&I::Unreachable);
    out.instruction(&I::End);
    out.instruction(&I::LocalGet(parameters)).instruction(&I::GlobalSet(names.fuel));
    out.instruction(&I::LocalGet(parameters + 1)).instruction(&I::GlobalSet(names.stack));
    for parameter in 0..parameters {
        out.instruction(&I::LocalGet(parameter));
    }
    out.instruction(&I::Call(import)).instruction(&I::GlobalGet(names.fuel)).instruction(&I::End);
    out
}

/// Is called by the host. What is left of the stack is afterwards what it was before.
fn way_in(names: &Names, function: u32, parameters: u32, helper: bool) -> Function {
    let mut into = Function::new([(1, ValType::I64)]);
    for parameter in 0..parameters {
        into.instruction(&I::LocalGet(parameter));
    }
    into.instruction(&I::GlobalGet(names.fuel));
    into.instruction(&I::GlobalGet(names.stack)).instruction(&I::LocalTee(parameters));
    if helper {
        into.instruction(&I::I64Const(limits::HELPER_SLOTS)).instruction(&I::LocalGet(parameters));
        into.instruction(&I::I64Const(limits::HELPER_SLOTS)).instruction(&I::I64LtS).instruction(&I::Select);
        into.instruction(&I::I32Const(1)).instruction(&I::GlobalSet(names.helping));
    }
    into.instruction(&I::Call(names.function(function))).instruction(&I::GlobalSet(names.fuel));
    if helper {
        into.instruction(&I::I32Const(0)).instruction(&I::GlobalSet(names.helping));
    }
    into.instruction(&I::LocalGet(parameters)).instruction(&I::GlobalSet(names.stack)).instruction(&I::End);
    into
}
