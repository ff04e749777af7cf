//! One of the two modules, written with the indices that it has in the result; the command with its memory lifted by [`BASE`].

use std::collections::BTreeSet;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{ConstExpr, DataSection, Instruction, MemArg};
use wasmparser::{Data, DataKind, Operator};

use super::helpers::Helpers;
use super::{BASE, JoinError};

type Written<T = ()> = Result<T, Error<JoinError>>;

/// A module's place in the result.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// By a function's old index, its new one; none if it is left away.
    pub(super) functions: Vec<Option<u32>>,
    pub(super) types: u32,
    pub(super) tables: u32,
    pub(super) globals: u32,
    pub(super) elements: u32,
    pub(super) data: u32,
    /// For the command: what takes the place of its own instructions.
    pub(super) helpers: Option<Helpers>,
    /// Functions whose references the code takes.
    pub(super) referenced: BTreeSet<u32>,
}

impl Side {
    fn moved(index: u32, by: u32) -> Written<u32> {
        index.checked_add(by).ok_or_else(|| Error::UserError(JoinError::Invalid("an index is too large".into())))
    }
}

impl Reencode for Side {
    type Error = JoinError;

    fn function_index(&mut self, index: u32) -> Written<u32> {
        let found = self.functions.get(index as usize).copied().flatten();
        found.ok_or_else(|| Error::UserError(JoinError::Invalid(format!("there is no function {index}"))))
    }

    fn type_index(&mut self, index: u32) -> Written<u32> {
        Self::moved(index, self.types)
    }

    fn table_index(&mut self, index: u32) -> Written<u32> {
        Self::moved(index, self.tables)
    }

    fn global_index(&mut self, index: u32) -> Written<u32> {
        Self::moved(index, self.globals)
    }

    fn element_index(&mut self, index: u32) -> Written<u32> {
        Self::moved(index, self.elements)
    }

    fn data_index(&mut self, index: u32) -> Written<u32> {
        Self::moved(index, self.data)
    }

    fn mem_arg(&mut self, arg: wasmparser::MemArg) -> Written<MemArg> {
        let mut arg = utils::mem_arg(self, arg)?;
        if self.helpers.is_some() {
            // Where the sum has more than 32 bits, the access was outside of any memory that the command can have, and the
            // largest offset is, too.
            arg.offset = arg.offset.saturating_add(BASE.into()).min(u32::MAX.into());
        }
        Ok(arg)
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Written<Instruction<'a>> {
        if let Operator::RefFunc { function_index } = operator {
            let function = self.function_index(function_index)?;
            self.referenced.insert(function);
        }
        if let Some(helpers) = &self.helpers {
            let helper = match operator {
                Operator::MemorySize { .. } => Some(helpers.size),
                Operator::MemoryGrow { .. } => Some(helpers.grow),
                Operator::MemoryCopy { .. } => Some(helpers.copy),
                Operator::MemoryFill { .. } => Some(helpers.fill),
                Operator::MemoryInit { data_index, .. } => helpers.init.get(&data_index).copied(),
                _ => None,
            };
            if let Some(helper) = helper {
                return Ok(Instruction::Call(helper));
            }
        }
        utils::instruction(self, operator)
    }

    fn parse_data(&mut self, section: &mut DataSection, data: Data<'_>) -> Written {
        if let (Some(_), DataKind::Active { offset_expr, .. }) = (&self.helpers, &data.kind) {
            let at = constant(offset_expr)?;
            let moved = at.checked_add(BASE).ok_or(Error::UserError(JoinError::Data(at)))?;
            section.active(0, &ConstExpr::i32_const(moved.cast_signed()), data.data.iter().copied());
            return Ok(());
        }
        utils::parse_data(self, section, data)
    }
}

/// The value of a constant expression of integers. There are no others without imported globals.
fn constant(expression: &wasmparser::ConstExpr<'_>) -> Written<u32> {
    let odd = || Error::UserError(JoinError::Invalid("a data segment has no place that is known".into()));
    let mut stack: Vec<i32> = Vec::new();
    for operator in expression.get_operators_reader() {
        let value = match operator? {
            Operator::I32Const { value } => value,
            Operator::End => break,
            operator => {
                let (b, a) = (stack.pop().ok_or_else(odd)?, stack.pop().ok_or_else(odd)?);
                match operator {
                    Operator::I32Add => a.wrapping_add(b),
                    Operator::I32Sub => a.wrapping_sub(b),
                    Operator::I32Mul => a.wrapping_mul(b),
                    _ => return Err(odd()),
                }
            }
        };
        stack.push(value);
    }
    stack.pop().map(i32::cast_unsigned).ok_or_else(odd)
}
