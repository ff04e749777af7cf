//! Functions that joining makes: what the adapter asks of the command, and what takes the place of the command's own instructions.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};
use wasmparser::{Operator, Parser, Payload};

use super::survey::Facts;
use super::{BASE, JoinError, PAGE, PAGES};

/// The functions that take the place of instructions.
#[derive(Debug)]
pub(super) struct Helpers {
    pub(super) size: u32,
    pub(super) grow: u32,
    pub(super) copy: u32,
    pub(super) fill: u32,
    /// By a data segment's index in the command.
    pub(super) init: BTreeMap<u32, u32>,
}

/// A function that is made: parameters, results, body.
pub(super) struct Made {
    pub(super) params: &'static [ValType],
    pub(super) results: &'static [ValType],
    pub(super) body: Function,
}

const I: ValType = ValType::I32;

fn made(params: &'static [ValType], results: &'static [ValType], body: impl FnOnce(&mut InstructionSink<'_>)) -> Made {
    let mut function = Function::new([]);
    let mut sink = function.instructions();
    body(&mut sink);
    sink.end();
    Made { params, results, body: function }
}

/// Runs the command: its start function, then `_start`.
pub(super) fn start(functions: impl Iterator<Item = u32>) -> Made {
    made(&[], &[], |code| {
        for function in functions {
            code.call(function);
        }
    })
}

/// Returns a number.
pub(super) fn number(number: u32) -> Made {
    made(&[], &[I], |code| {
        code.i32_const(number.cast_signed());
    })
}

/// Writes a text to an address of the adapter and returns its length.
pub(super) fn text(text: &str) -> Made {
    made(&[I], &[I], |code| {
        for (offset, byte) in (0..).zip(text.bytes()) {
            let to = MemArg { offset, align: 0, memory_index: 0 };
            code.local_get(0).i32_const(byte.into()).i32_store8(to);
        }
        code.i32_const(i32::try_from(text.len()).unwrap_or(0));
    })
}

/// Traps, as an access outside memory does, unless the command has `length` bytes at `at`.
fn check(code: &mut InstructionSink<'_>, size: u32, at: u32, length: u32) {
    code.local_get(at).i64_extend_i32_u().local_get(length).i64_extend_i32_u().i64_add();
    code.call(size).i64_extend_i32_u().i64_const(PAGE.into()).i64_mul().i64_gt_u();
    code.if_(BlockType::Empty);
    // No memory is so large: see [`PAGES`].
    let beyond = MemArg { offset: u32::MAX.into(), align: 0, memory_index: 0 };
    code.i32_const(-1).i32_load8_u(beyond).drop();
    code.end();
}

fn lifted(code: &mut InstructionSink<'_>, local: u32) {
    code.local_get(local).i32_const(BASE.cast_signed()).i32_add();
}

/// `memory.copy`
pub(super) fn copy(size: u32) -> Made {
    made(&[I, I, I], &[], |code| {
        check(code, size, 0, 2);
        check(code, size, 1, 2);
        lifted(code, 0);
        lifted(code, 1);
        code.local_get(2).memory_copy(0, 0);
    })
}

/// `memory.fill`
pub(super) fn fill(size: u32) -> Made {
    made(&[I, I, I], &[], |code| {
        check(code, size, 0, 2);
        lifted(code, 0);
        code.local_get(1).local_get(2).memory_fill(0);
    })
}

/// `memory.init` of a data segment, by its index in the result.
pub(super) fn init(size: u32, segment: u32) -> Made {
    made(&[I, I, I], &[], |code| {
        check(code, size, 0, 2);
        lifted(code, 0);
        code.local_get(1).local_get(2).memory_init(0, segment);
    })
}

/// The data segments that a module's code uses.
pub(super) fn used_segments(module: &Facts<'_>) -> Result<BTreeSet<u32>, JoinError> {
    let mut used = BTreeSet::new();
    if module.data == 0 {
        return Ok(used);
    }
    for payload in Parser::new(0).parse_all(module.bytes) {
        if let Payload::CodeSectionEntry(body) = payload? {
            for operator in body.get_operators_reader()? {
                if let Operator::MemoryInit { data_index, .. } = operator? {
                    used.insert(data_index);
                }
            }
        }
    }
    Ok(used)
}

/// Pages that the command may have.
pub(super) fn most(command: &Facts<'_>) -> u32 {
    u32::try_from(command.most).unwrap_or(u32::MAX).min(PAGES - BASE / PAGE)
}
