//! Cuts a function into lines: sets of operators that are executed equally often, each with one charge.

use wasmparser::{BlockType, Operator as O};

use super::cost::{self, Length};

/// Operators that are executed together: if the charge is, and nothing traps, so is each of them, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The index of the operator before which the line is charged. It comes before all the line's operators.
    pub(super) at: u32,
    /// What they cost together, without lengths that are known only when they run, and with what is owed from the line
    /// before.
    pub(super) cost: u64,
    /// The index of the branch at which the line is charged instead, on both ways that leave it.
    pub(super) owed_until: Option<u32>,
}

/// A construct that is not ended yet.
struct Open {
    kind: Kind,
    /// The line in which it began.
    before: Option<usize>,
    /// The line in which the first arm of an `if` ended, unless it ended elsewhere.
    first_arm: Option<usize>,
    /// A branch goes to its label.
    targeted: bool,
    /// A branch or return inside goes past its end.
    left: bool,
    /// It is a block without parameters and results.
    bare: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    Block,
    Loop,
    If,
    Else,
}

/// Takes in the operators of a function one by one.
///
/// The line changes where control flow parts or joins: behind `if`, `else`, `loop`, a conditional branch, and at an
/// `end` that several ways lead to. There is one exception, which saves most charges: a construct that nothing
/// leaves but through its end is executed as a whole, so what follows its end continues the line in which it began.
pub(super) struct Lines {
    lines: Vec<Line>,
    /// The current line; nothing in code that cannot be reached.
    current: Option<usize>,
    open: Vec<Open>,
    next: u32,
    /// Since the last line began nobody could look at the counter: it may still be charged later.
    unseen: bool,
}

impl Lines {
    /// Begins with a function's entry, which costs 1.
    pub(super) fn new() -> Self {
        let function =
            Open { kind: Kind::Function, before: None, first_arm: None, targeted: false, left: false, bare: false };
        let first = Line { at: 0, cost: 1, owed_until: None };
        Lines { lines: vec![first], current: Some(0), open: vec![function], next: 0, unseen: false }
    }

    /// Whether the next operator can be reached.
    pub(super) fn reachable(&self) -> bool {
        self.current.is_some()
    }

    /// Takes in the next operator. `callee` is what a called function leaves to its callers to pay.
    pub(super) fn push(&mut self, op: &O<'_>, length: Length, callee: u64) {
        self.next += 1;
        if let Some(line) = self.current.and_then(|i| self.lines.get_mut(i)) {
            let known = if let Length::Known(length) = length { u64::from(length) } else { 0 };
            line.cost += cost::flat(op) + callee + known;
        }
        if length != Length::None || matches!(op, O::Call { .. } | O::CallIndirect { .. }) && callee == 0 {
            self.unseen = false;
        }
        match op {
            O::Block { blockty } => self.begin(Kind::Block, *blockty == BlockType::Empty),
            O::Loop { .. } => self.begin(Kind::Loop, false),
            O::If { .. } => self.begin(Kind::If, false),
            O::Else => self.other_arm(),
            O::End => self.end(),
            O::Br { relative_depth } if self.reachable() => {
                self.branch(*relative_depth);
                self.current = None;
            }
            O::BrIf { relative_depth } if self.reachable() => {
                self.owe(*relative_depth);
                self.branch(*relative_depth);
                self.start();
            }
            O::BrTable { targets } if self.reachable() => {
                // The bytes are valid, so that each target can be read.
                for depth in targets.targets().flatten().chain([targets.default()]) {
                    self.branch(depth);
                }
                self.current = None;
            }
            O::Return if self.reachable() => {
                self.branch(u32::MAX);
                self.current = None;
            }
            O::Unreachable => self.current = None,
            _ => {}
        }
    }

    /// The lines in the order of their charges.
    pub(super) fn finish(mut self) -> Vec<Line> {
        let mut owed = 0;
        for line in &mut self.lines {
            line.cost += owed;
            owed = if line.owed_until.is_some() { line.cost } else { 0 };
        }
        self.lines
    }

    /// Puts off the charge of the last line to the branch that comes next, if it leaves a loop in which the line began.
    ///
    /// A round of the loop then pays once for what stands before and behind the branch. Branches that stay in the loop
    /// are not worth it: the way that is taken has to go through a place of its own.
    fn owe(&mut self, depth: u32) {
        let innermost = self.open.iter().rev().position(|open| open.kind == Kind::Loop);
        let leaves = innermost.is_some_and(|innermost| depth as usize > innermost);
        let target = (self.open.len()).checked_sub(1 + depth as usize).and_then(|i| self.open.get(i));
        let last = self.lines.len().checked_sub(1);
        if self.unseen
            && self.current == last
            && leaves
            && target.is_some_and(|open| open.bare)
            && let Some(line) = self.lines.last_mut()
        {
            line.owed_until = Some(self.next - 1);
        }
    }

    fn start(&mut self) {
        self.current = Some(self.lines.len());
        self.lines.push(Line { at: self.next, cost: 0, owed_until: None });
        self.unseen = true;
    }

    fn begin(&mut self, kind: Kind, bare: bool) {
        self.open.push(Open { kind, before: self.current, first_arm: None, targeted: false, left: false, bare });
        if self.reachable() && kind != Kind::Block {
            self.start();
        }
    }

    /// Notes a branch; a return is one beyond all labels.
    fn branch(&mut self, depth: u32) {
        for (i, open) in self.open.iter_mut().rev().enumerate() {
            if i == depth as usize {
                open.targeted = true;
                break;
            }
            open.left = true;
        }
    }

    fn other_arm(&mut self) {
        let current = self.current;
        let mut begun = false;
        if let Some(open) = self.open.last_mut() {
            open.kind = Kind::Else;
            open.first_arm = current;
            begun = open.before.is_some();
        }
        self.current = None;
        if begun {
            self.start();
        }
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let Some(before) = open.before else {
            self.current = None;
            return;
        };
        // Which ways lead to what follows? Those that are lines, and others.
        let (ways, others) = match open.kind {
            Kind::Function => (None, false),
            Kind::Block => (self.current, open.targeted),
            // A branch to a loop's label goes to its beginning.
            Kind::Loop => (self.current, false),
            Kind::If => (self.current, true),
            Kind::Else => {
                (self.current.or(open.first_arm), open.targeted || self.current.and(open.first_arm).is_some())
            }
        };
        match ways {
            None if !others => self.current = None,
            _ if !open.left => self.current = Some(before),
            Some(only) if !others => self.current = Some(only),
            _ => self.start(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of the only function of a module.
    fn lines(body: &str) -> Vec<(u32, u64)> {
        whole(body).iter().map(|line| (line.at, line.cost)).collect()
    }

    fn whole(body: &str) -> Vec<Line> {
        let module = wat::parse_str(format!("(module (memory 1) (func (param i32) (result i32) {body}))")).unwrap();
        for payload in wasmparser::Parser::new(0).parse_all(&module) {
            if let wasmparser::Payload::CodeSectionEntry(body) = payload.unwrap() {
                let (mut lines, mut lengths) = (Lines::new(), cost::Lengths::default());
                for op in body.get_operators_reader().unwrap() {
                    let op = op.unwrap();
                    let length = lengths.of(&op);
                    lines.push(&op, length, 0);
                }
                return lines.finish();
            }
        }
        Vec::new()
    }

    #[test]
    fn straight_code_is_one_line() {
        assert_eq!(lines("local.get 0 i32.const 1 i32.add"), [(0, 4)]);
        assert_eq!(lines("block nop end local.get 0"), [(0, 2)]);
    }

    #[test]
    fn what_follows_a_closed_if_belongs_to_what_precedes_it() {
        assert_eq!(
            lines("local.get 0 if (result i32) i32.const 1 else i32.const 2 i32.const 3 i32.add end i32.clz"),
            [(0, 4), (2, 1), (4, 3)]
        );
    }

    #[test]
    fn what_follows_a_return_is_charged_alone() {
        assert_eq!(lines("local.get 0 if i32.const 1 return end i32.const 2"), [(0, 3), (2, 1), (5, 1)]);
    }

    #[test]
    fn a_loop_is_charged_by_the_round_and_its_successor_once() {
        assert_eq!(lines("loop local.get 0 br_if 0 end i32.const 7"), [(0, 2), (1, 2), (3, 0)]);
        assert_eq!(
            lines("block loop local.get 0 br_if 1 local.get 0 br_if 0 end end i32.const 7"),
            [(0, 2), (2, 2), (4, 4), (6, 0)]
        );
    }

    /// The places of the lines that are owed, and of the branches where they are paid.
    fn owed(body: &str) -> Vec<(u32, u32)> {
        let owed = whole(body).into_iter().filter_map(|line| Some((line.at, line.owed_until?)));
        owed.collect()
    }

    #[test]
    fn a_branch_out_of_a_loop_puts_the_charge_off() {
        assert_eq!(owed("block loop local.get 0 br_if 1 local.get 0 br_if 0 end end i32.const 7"), [(2, 3)]);
        let twice = "block loop local.get 0 br_if 1 local.get 0 br_if 1 local.get 0 br_if 0 end end i32.const 7";
        assert_eq!(owed(twice), [(2, 3), (4, 5)]);
        assert_eq!(lines(twice), [(0, 2), (2, 2), (4, 4), (6, 6), (8, 0)]);
    }

    #[test]
    fn nothing_is_owed_where_the_counter_is_looked_at_or_the_branch_stays_in_the_loop() {
        assert_eq!(owed("block loop local.get 0 call 0 drop local.get 0 br_if 1 br 0 end end i32.const 7"), []);
        assert_eq!(
            owed(
                "block loop i32.const 0 i32.const 0 local.get 0 memory.fill local.get 0 br_if 1 br 0 end end i32.const 7"
            ),
            []
        );
        assert_eq!(owed("loop block local.get 0 br_if 0 end br 0 end"), []);
        assert_eq!(owed("block local.get 0 br_if 0 end i32.const 7"), []);
        assert_eq!(owed("block loop loop local.get 0 br_if 0 end local.get 0 br_if 1 br 0 end end i32.const 7"), []);
        assert_eq!(owed("block (result i32) loop i32.const 1 local.get 0 br_if 1 drop br 0 end unreachable end"), []);
    }

    #[test]
    fn a_branch_out_of_a_loop_opens_what_it_leaves() {
        // The inner block is left by the branch to the outer one: what follows the inner block is a line of its own.
        assert_eq!(lines("block block local.get 0 br_if 1 end nop i32.const 1 drop end i32.const 7"), [(0, 4), (4, 1)]);
    }

    #[test]
    fn code_that_cannot_be_reached_costs_nothing() {
        assert_eq!(lines("unreachable i32.const 1 drop loop br 0 end"), [(0, 1)]);
        assert_eq!(lines("block br 0 i32.const 1 drop end i32.const 1"), [(0, 3)]);
    }

    #[test]
    fn known_lengths_are_part_of_a_line() {
        assert_eq!(lines("i32.const 0 i32.const 0 i32.const 99 memory.fill i32.const 1"), [(0, 1 + 5 + 99)]);
    }
}
