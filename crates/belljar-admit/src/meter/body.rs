//! Writes the meter into one function.

use wasm_encoder::{BlockType, Function, Instruction as I, ValType};
use wasmparser::{FunctionBody, Operator as O};

use super::cost::{Length, Lengths, SMALL};
use super::lines::{Line, Lines};
use super::survey::Plan;
use crate::refusal::Refusal;

/// The indices of what the meter adds to a module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    /// Imported functions of the module itself: the functions behind them move up by one.
    pub(super) imported: u32,
    /// The function that hands the counter to the host and takes the next slice: (i64) -> i64.
    pub(super) ask: u32,
    /// The same for a function that takes stack, given what is left of the stack: (i64) -> ().
    pub(super) ask_deep: u32,
    pub(super) fuel: u32,
    pub(super) stack: u32,
    pub(super) pages: u32,
    pub(super) refused: u32,
}

impl Names {
    /// Where a function of the original module stands now.
    pub(super) fn function(&self, index: u32) -> u32 {
        if index >= self.imported { index.saturating_add(1) } else { index }
    }
}

/// A rewritten function.
pub(super) struct Written {
    pub(super) function: Function,
    /// Where the `if`s stand that are hardly ever taken, in bytes from the function's beginning.
    pub(super) seldom: Vec<u32>,
}

/// A function to rewrite.
pub(super) struct Body<'a> {
    pub(super) names: Names,
    pub(super) plans: &'a [Plan],
    pub(super) plan: Plan,
    pub(super) parameters: u32,
    /// The type of a block with the function's results.
    pub(super) block: BlockType,
}

impl Body<'_> {
    pub(super) fn rewrite(&self, body: &FunctionBody<'_>, mut locals: Vec<(u32, ValType)>) -> Result<Written, Refusal> {
        let lines = self.lines(body)?;
        let first = self.parameters + locals.iter().map(|(count, _)| count).sum::<u32>();
        locals.extend([(2, ValType::I64), (1, ValType::I32)]);
        let mut writer = Writer {
            names: self.names,
            plan: self.plan,
            function: Function::new(locals),
            seldom: Vec::new(),
            fuel: first,
            stack: first + 1,
            length: first + 2,
        };
        let mut lines = lines.iter().peekable();
        writer.enter(lines.next().map_or(0, |line| line.cost));
        let wrapped = self.plan.cached || self.plan.frame.is_some();
        if wrapped {
            writer.put(&I::Block(self.block));
        }
        let mut lengths = Lengths::default();
        let mut reader = body.get_operators_reader()?;
        let source = reader.get_binary_reader();
        let (mut depth, mut begun_loop, mut index) = (0u32, false, 0u32);
        while !reader.eof() {
            if let Some(line) = lines.next_if(|line| line.at == index) {
                writer.charge(line.cost);
            }
            if std::mem::take(&mut begun_loop) {
                writer.check();
            }
            index += 1;
            let from = reader.original_position();
            let op = reader.read()?;
            let to = reader.original_position();
            match lengths.of(&op) {
                Length::Dynamic => writer.charge_length(),
                Length::Known(length) if length > SMALL => writer.check(),
                _ => {}
            }
            match &op {
                O::Block { .. } | O::If { .. } => depth += 1,
                O::Loop { .. } => {
                    depth += 1;
                    begun_loop = true;
                }
                O::End if depth == 0 => break,
                O::End => depth -= 1,
                O::Return if wrapped => {
                    // To the end of the block around the body, where the function is left.
                    writer.put(&I::Br(depth));
                    continue;
                }
                O::Unreachable => writer.write_back(),
                O::Call { function_index } => {
                    let free = self.callee(*function_index).paid_by_callers.is_some();
                    if !free {
                        writer.write_back();
                    }
                    writer.put(&I::Call(self.names.function(*function_index)));
                    if !free {
                        writer.read_again();
                    }
                    continue;
                }
                O::CallIndirect { .. } => {
                    writer.write_back();
                    writer.copy(&source, from, to);
                    writer.read_again();
                    continue;
                }
                O::RefFunc { function_index } => {
                    writer.put(&I::RefFunc(self.names.function(*function_index)));
                    continue;
                }
                O::MemoryGrow { .. } => {
                    writer.grow();
                    continue;
                }
                _ => {}
            }
            writer.copy(&source, from, to);
        }
        if wrapped {
            writer.put(&I::End);
            writer.leave();
        }
        writer.put(&I::End);
        Ok(Written { function: writer.function, seldom: writer.seldom })
    }

    fn callee(&self, function: u32) -> Plan {
        let own = function.checked_sub(self.names.imported);
        own.and_then(|index| self.plans.get(index as usize)).copied().unwrap_or_default()
    }

    /// The function's charges; none where its callers pay for it.
    fn lines(&self, body: &FunctionBody<'_>) -> Result<Vec<Line>, Refusal> {
        if self.plan.paid_by_callers.is_some() {
            return Ok(Vec::new());
        }
        let (mut lines, mut lengths) = (Lines::new(), Lengths::default());
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let op = reader.read()?;
            let callee = match &op {
                O::Call { function_index } => self.callee(*function_index).paid_by_callers.unwrap_or(0),
                _ => 0,
            };
            let length = lengths.of(&op);
            lines.push(&op, length, callee);
        }
        Ok(lines.finish())
    }
}

struct Writer {
    names: Names,
    plan: Plan,
    function: Function,
    seldom: Vec<u32>,
    /// The local that holds the counter where it is cached.
    fuel: u32,
    /// The local that holds what was left of the stack when the function was entered.
    stack: u32,
    /// The local that holds a length.
    length: u32,
}

impl Writer {
    fn put(&mut self, instruction: &I<'_>) {
        self.function.instruction(instruction);
    }

    /// Copies an operator as it stands in the original.
    fn copy(&mut self, source: &wasmparser::BinaryReader<'_>, from: usize, to: usize) {
        let base = source.original_position();
        let mut bytes = source.clone();
        let skipped = bytes.read_bytes(from - base).is_ok();
        if skipped && let Ok(operator) = bytes.read_bytes(to - from) {
            self.function.raw(operator.iter().copied());
        }
    }

    fn get_fuel(&mut self) {
        let get = if self.plan.cached { I::LocalGet(self.fuel) } else { I::GlobalGet(self.names.fuel) };
        self.put(&get);
    }

    fn set_fuel(&mut self) {
        let set = if self.plan.cached { I::LocalSet(self.fuel) } else { I::GlobalSet(self.names.fuel) };
        self.put(&set);
    }

    /// Brings the global up to date, before anybody else may look at it.
    fn write_back(&mut self) {
        if self.plan.cached {
            self.put(&I::LocalGet(self.fuel));
            self.put(&I::GlobalSet(self.names.fuel));
        }
    }

    /// Brings the local up to date, after somebody else may have charged the global.
    fn read_again(&mut self) {
        if self.plan.cached {
            self.put(&I::GlobalGet(self.names.fuel));
            self.put(&I::LocalSet(self.fuel));
        }
    }

    fn charge(&mut self, cost: u64) {
        if cost > 0 {
            self.get_fuel();
            self.put(&I::I64Const(cost.cast_signed()));
            self.put(&I::I64Sub);
            self.set_fuel();
        }
    }

    /// An `if` that engines may lay out aside.
    fn begin_seldom(&mut self) {
        // A function's size is limited, far below 4 GiB.
        self.seldom.push(self.function.byte_len() as u32);
        self.put(&I::If(BlockType::Empty));
    }

    /// Asks for the next slice where the counter is below zero.
    fn check(&mut self) {
        self.get_fuel();
        self.put(&I::I64Const(0));
        self.put(&I::I64LtS);
        self.begin_seldom();
        self.get_fuel();
        self.put(&I::Call(self.names.ask));
        let result = if self.plan.cached { I::LocalSet(self.fuel) } else { I::Drop };
        self.put(&result);
        self.put(&I::End);
    }

    /// What stands before a function's first operator.
    fn enter(&mut self, cost: u64) {
        self.read_again();
        self.charge(cost);
        if let Some(frame) = self.plan.frame {
            // One branch for both budgets: either is below zero where their disjunction is.
            self.put(&I::GlobalGet(self.names.stack));
            self.put(&I::LocalTee(self.stack));
            self.put(&I::I64Const(frame.into()));
            self.put(&I::I64Sub);
            self.put(&I::GlobalSet(self.names.stack));
            self.stack_left(frame);
            self.get_fuel();
            self.put(&I::I64Or);
            self.put(&I::I64Const(0));
            self.put(&I::I64LtS);
            self.begin_seldom();
            self.write_back();
            self.stack_left(frame);
            self.put(&I::Call(self.names.ask_deep));
            self.read_again();
            self.put(&I::End);
        } else if self.plan.check {
            self.check();
        }
    }

    /// What stands after a function's last operator.
    fn leave(&mut self) {
        self.write_back();
        // What was there before: whatever was called since has given back what it took.
        if self.plan.frame.is_some() {
            self.put(&I::LocalGet(self.stack));
            self.put(&I::GlobalSet(self.names.stack));
        }
    }

    /// What is left of the stack with the function's own frame on it.
    fn stack_left(&mut self, frame: u32) {
        self.put(&I::LocalGet(self.stack));
        self.put(&I::I64Const(frame.into()));
        self.put(&I::I64Sub);
    }

    /// Charges a bulk operator by its length, which is on top of the stack.
    fn charge_length(&mut self) {
        self.put(&I::LocalTee(self.length));
        self.get_fuel();
        self.put(&I::LocalGet(self.length));
        self.put(&I::I64ExtendI32U);
        self.put(&I::I64Sub);
        self.set_fuel();
        self.check();
    }

    /// `memory.grow` within the run's own limit; beyond it the answer is -1, and the host can tell.
    fn grow(&mut self) {
        self.put(&I::LocalTee(self.length));
        self.put(&I::I64ExtendI32U);
        self.put(&I::MemorySize(0));
        self.put(&I::I64ExtendI32U);
        self.put(&I::I64Add);
        self.put(&I::GlobalGet(self.names.pages));
        self.put(&I::I64ExtendI32U);
        self.put(&I::I64GtU);
        self.put(&I::If(BlockType::Result(ValType::I32)));
        self.put(&I::I32Const(1));
        self.put(&I::GlobalSet(self.names.refused));
        self.put(&I::I32Const(-1));
        self.put(&I::Else);
        self.put(&I::LocalGet(self.length));
        self.put(&I::MemoryGrow(0));
        self.put(&I::End);
    }
}

/// The functions that ask the host, which `Names::ask` and `Names::ask_deep` stand for.
pub(super) fn asking(names: Names, refill: u32) -> [Function; 2] {
    let mut ask = Function::new([]);
    ask.instruction(&I::LocalGet(0)).instruction(&I::GlobalSet(names.fuel));
    ask.instruction(&I::LocalGet(0)).instruction(&I::Call(refill)).instruction(&I::LocalTee(0));
    ask.instruction(&I::GlobalSet(names.fuel)).instruction(&I::LocalGet(0)).instruction(&I::End);
    let mut deep = Function::new([]);
    deep.instruction(&I::LocalGet(0)).instruction(&I::I64Const(0)).instruction(&I::I64LtS);
    deep.instruction(&I::If(BlockType::Empty)).instruction(&I::I64Const(i64::MIN));
    deep.instruction(&I::Call(refill)).instruction(&I::Unreachable).instruction(&I::End);
    deep.instruction(&I::GlobalGet(names.fuel)).instruction(&I::Call(refill));
    deep.instruction(&I::GlobalSet(names.fuel)).instruction(&I::End);
    [ask, deep]
}
