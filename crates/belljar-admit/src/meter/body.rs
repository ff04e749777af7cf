//! Writes the meter into one function.

use wasm_encoder::{BlockType, Function, Instruction as I, ValType};
use wasmparser::{FunctionBody, Operator as O};

use super::borders::Names;
use super::cost::{Length, Lengths, SMALL};
use super::lines::{Line, Lines};
use super::nan::Canon;
use super::survey::Plan;
use crate::refusal::Refusal;

/// A rewritten function.
pub(super) struct Written {
    pub(super) function: Function,
    /// Where the `if`s stand that are hardly ever taken, in bytes from the function's beginning.
    pub(super) seldom: Vec<u32>,
}

/// A function to rewrite.
pub(super) struct Body<'a> {
    pub(super) names: &'a Names,
    pub(super) plans: &'a [Plan],
    pub(super) plan: Plan,
    /// The function whose calls are answered with what is left of the stack.
    pub(super) left: Option<u32>,
    pub(super) parameters: u32,
    /// The type of a block with the function's results.
    pub(super) block: BlockType,
}

impl Body<'_> {
    pub(super) fn rewrite(&self, body: &FunctionBody<'_>, mut locals: Vec<(u32, ValType)>) -> Result<Written, Refusal> {
        let lines = self.lines(body)?;
        let carries = self.plan.paid_by_callers.is_none();
        let carried = if carries { 2 } else { 0 };
        let length = self.parameters + carried + locals.iter().map(|(count, _)| count).sum::<u32>();
        locals.push((1, ValType::I32));
        let canon = Canon::new(body, length + 1, &mut locals)?;
        let mut writer = Writer {
            names: self.names,
            plan: self.plan,
            function: Function::new(locals),
            seldom: Vec::new(),
            carries,
            fuel: self.parameters,
            stack: self.parameters + 1,
            length,
        };
        // The counters stand behind the function's own parameters, and so before its locals.
        let local = |index: u32| if index < self.parameters { index } else { index.saturating_add(carried) };
        let mut lines = lines.iter().peekable();
        writer.enter(lines.next().map_or(0, |line| line.cost));
        if carries {
            writer.put(&I::Block(self.block));
        }
        let mut lengths = Lengths::default();
        let mut reader = body.get_operators_reader()?;
        let source = reader.get_binary_reader();
        let (mut depth, mut begun_loop, mut index) = (0u32, false, 0u32);
        let mut owed: Option<Line> = None;
        while !reader.eof() {
            if let Some(line) = lines.next_if(|line| line.at == index) {
                owed = line.owed_until.map(|_| *line);
                if owed.is_none() {
                    writer.charge(line.cost);
                }
            }
            if std::mem::take(&mut begun_loop) {
                writer.check(owed.map_or(0, |line| line.cost));
            }
            index += 1;
            let from = reader.original_position();
            let op = reader.read()?;
            let to = reader.original_position();
            match lengths.of(&op) {
                Length::Dynamic => writer.charge_length(),
                Length::Known(length) if length > SMALL => writer.check(0),
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
                O::BrIf { relative_depth } => {
                    if let Some(line) = owed.take_if(|line| line.owed_until == Some(index - 1)) {
                        writer.pay_and_leave(line.cost, *relative_depth);
                        continue;
                    }
                }
                O::Return => writer.get_fuel_along(),
                O::LocalGet { local_index } => {
                    writer.put(&I::LocalGet(local(*local_index)));
                    continue;
                }
                O::LocalSet { local_index } => {
                    writer.put(&I::LocalSet(local(*local_index)));
                    continue;
                }
                O::LocalTee { local_index } => {
                    writer.put(&I::LocalTee(local(*local_index)));
                    continue;
                }
                O::Unreachable => writer.write_back(),
                O::Call { function_index } if Some(*function_index) == self.left => {
                    writer.tell_left();
                    continue;
                }
                O::Call { function_index } => {
                    let free = self.callee(*function_index).paid_by_callers.is_some();
                    if !free {
                        writer.hand_over();
                    }
                    writer.put(&I::Call(self.names.function(*function_index)));
                    if !free {
                        writer.take_back();
                    }
                    continue;
                }
                O::CallIndirect { type_index, table_index } => {
                    // The counters go between the arguments and the place in the table.
                    writer.put(&I::LocalSet(length));
                    writer.hand_over();
                    writer.put(&I::LocalGet(length));
                    let type_index = self.names.carrying(*type_index);
                    writer.put(&I::CallIndirect { type_index, table_index: *table_index });
                    writer.take_back();
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
            canon.settle(&mut writer.function, &op, || reader.clone().read().ok());
        }
        if carries {
            writer.put(&I::End);
            writer.get_fuel_along();
        }
        writer.put(&I::End);
        Ok(Written { function: writer.function, seldom: writer.seldom })
    }

    fn callee(&self, function: u32) -> Plan {
        let own = self.names.own(function);
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

struct Writer<'a> {
    names: &'a Names,
    plan: Plan,
    function: Function,
    seldom: Vec<u32>,
    /// Whether the function carries the counters: they are its last parameters then.
    carries: bool,
    fuel: u32,
    stack: u32,
    /// A local for a length, or for a place in a table.
    length: u32,
}

impl Writer<'_> {
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

    /// A function that carries nothing has code that charges or calls only where control never comes, and a zero does.
    fn get_fuel(&mut self) {
        let get = if self.carries { I::LocalGet(self.fuel) } else { I::I64Const(0) };
        self.put(&get);
    }

    fn set_fuel(&mut self) {
        let set = if self.carries { I::LocalSet(self.fuel) } else { I::Drop };
        self.put(&set);
    }

    /// The function's last result, where it has it.
    fn get_fuel_along(&mut self) {
        if self.carries {
            self.put(&I::LocalGet(self.fuel));
        }
    }

    /// Brings the global up to date, where the host may look at it next.
    fn write_back(&mut self) {
        if self.carries {
            self.put(&I::LocalGet(self.fuel));
            self.put(&I::GlobalSet(self.names.fuel));
        }
    }

    /// How many slots are left of the stack: there are far fewer than 2^31.
    fn tell_left(&mut self) {
        let left = if self.carries { I::LocalGet(self.stack) } else { I::I64Const(0) };
        self.put(&left);
        self.put(&I::I32WrapI64);
    }

    /// The last two arguments of a call.
    fn hand_over(&mut self) {
        self.get_fuel();
        let stack = if self.carries { I::LocalGet(self.stack) } else { I::I64Const(0) };
        self.put(&stack);
    }

    /// The last result of a call.
    fn take_back(&mut self) {
        self.set_fuel();
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

    /// Asks for the next slice where the counter, less what is owed, is below zero.
    fn check(&mut self, owed: u64) {
        self.get_fuel();
        self.put(&I::I64Const(owed.cast_signed()));
        self.put(&I::I64LtS);
        self.begin_seldom();
        self.charge(owed);
        self.get_fuel();
        self.put(&I::Call(self.names.ask));
        if owed > 0 {
            self.put(&I::I64Const(owed.cast_signed()));
            self.put(&I::I64Add);
        }
        self.set_fuel();
        self.put(&I::End);
    }

    /// A conditional branch that pays what is owed where it is taken; the line behind it pays where it is not.
    fn pay_and_leave(&mut self, owed: u64, depth: u32) {
        self.put(&I::If(BlockType::Empty));
        self.charge(owed);
        self.put(&I::Br(depth.saturating_add(1)));
        self.put(&I::End);
    }

    /// What stands before a function's first operator.
    fn enter(&mut self, cost: u64) {
        self.charge(cost);
        if let Some(frame) = self.plan.frame {
            // One branch for both budgets: either is below zero where their disjunction is.
            self.put(&I::LocalGet(self.stack));
            self.put(&I::I64Const(frame.into()));
            self.put(&I::I64Sub);
            self.put(&I::LocalTee(self.stack));
            self.get_fuel();
            self.put(&I::I64Or);
            self.put(&I::I64Const(0));
            self.put(&I::I64LtS);
            self.begin_seldom();
            self.hand_over();
            self.put(&I::Call(self.names.ask_deep));
            self.set_fuel();
            self.put(&I::End);
        } else if self.plan.check {
            self.check(0);
        }
    }

    /// Charges a bulk operator by its length, which is on top of the stack.
    fn charge_length(&mut self) {
        self.put(&I::LocalTee(self.length));
        self.get_fuel();
        self.put(&I::LocalGet(self.length));
        self.put(&I::I64ExtendI32U);
        self.put(&I::I64Sub);
        self.set_fuel();
        self.check(0);
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
