//! From a pattern's tree to a program for the matcher.

use super::class::Class;
use super::parse::{Parsed, Repeat, Tree};
use crate::limits::PATTERN_PROGRAM;

/// An instruction. Those that consume a character take the one before the place when matching backwards.
#[derive(Clone, Copy, Debug)]
pub(super) enum Instruction {
    /// This character.
    Char(char),
    /// Any character but line terminators.
    Dot,
    /// A character of the class with this number.
    Class(usize),
    /// The text's beginning.
    Start,
    /// The text's end.
    End,
    /// A place between a word's character and another, or not.
    Boundary { negated: bool },
    /// Tries the next instruction or this one first, then the other.
    Split { to: usize, jump_first: bool, number: usize },
    /// Goes on there.
    Jump(usize),
    /// Looks around with the instructions up to an [`Instruction::Accept`], then goes on at `end`.
    Look { behind: bool, negated: bool, end: usize },
    /// The whole, or what is looked for around, matches.
    Accept,
    /// Remembers the place in a slot. Only in programs that refer to groups, as all below.
    Save(usize),
    /// Forgets the slots of these groups.
    Forget(usize, usize),
    /// Goes on only if the place is not the one in the slot.
    Progress(usize),
    /// What the group captured.
    Back(usize),
}

/// A compiled pattern.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    pub(super) classes: Vec<Class>,
    /// The number of [`Instruction::Split`]s.
    pub(super) splits: usize,
    /// The number of slots: two for each group and one for each loop if groups are referred to, none otherwise.
    pub(super) slots: usize,
    /// Whether a match is possible at the text's beginning only.
    pub(super) anchored: bool,
}

impl Program {
    /// The bits that remember which splits were met where in a text of this length.
    pub(super) fn memory(&self, length: usize) -> usize {
        if self.slots == 0 { self.splits.saturating_mul(length + 1) } else { 0 }
    }
}

struct Compiler {
    program: Program,
    refers: bool,
    /// Parts of the tree visited: bounds repetitions of nothing.
    visited: usize,
}

/// Compiles a parsed pattern.
pub(super) fn compile(parsed: &Parsed) -> Result<Program, String> {
    let mut compiler = Compiler { program: Program::default(), refers: parsed.refers, visited: 0 };
    if parsed.refers {
        compiler.program.slots = (parsed.groups + 1) * 2;
    }
    compiler.emit(&parsed.tree, false)?;
    compiler.push(Instruction::Accept)?;
    let mut program = compiler.program;
    program.anchored = matches!(program.instructions.first(), Some(Instruction::Start));
    Ok(program)
}

impl Compiler {
    fn next(&self) -> usize {
        self.program.instructions.len()
    }

    fn push(&mut self, instruction: Instruction) -> Result<usize, String> {
        self.visit()?;
        self.program.instructions.push(instruction);
        Ok(self.next() - 1)
    }

    fn visit(&mut self) -> Result<(), String> {
        self.visited += 1;
        if self.visited > PATTERN_PROGRAM {
            Err("it is too large when its repetitions are written out".into())
        } else {
            Ok(())
        }
    }

    /// A split whose other way is not known yet.
    fn split(&mut self, jump_first: bool) -> Result<usize, String> {
        let number = self.program.splits;
        self.program.splits += 1;
        self.push(Instruction::Split { to: 0, jump_first, number })
    }

    /// Makes an instruction lead to the next one.
    fn lead_here(&mut self, from: usize) {
        let here = self.next();
        if let Some(Instruction::Split { to, .. } | Instruction::Jump(to) | Instruction::Look { end: to, .. }) =
            self.program.instructions.get_mut(from)
        {
            *to = here;
        }
    }

    fn emit(&mut self, tree: &Tree, backwards: bool) -> Result<(), String> {
        self.visit()?;
        match tree {
            Tree::Empty => {}
            Tree::Char(c) => _ = self.push(Instruction::Char(*c))?,
            Tree::Dot => _ = self.push(Instruction::Dot)?,
            Tree::Class(class) => {
                self.program.classes.push(class.clone());
                self.push(Instruction::Class(self.program.classes.len() - 1))?;
            }
            Tree::Start => _ = self.push(Instruction::Start)?,
            Tree::End => _ = self.push(Instruction::End)?,
            Tree::Boundary { negated } => _ = self.push(Instruction::Boundary { negated: *negated })?,
            Tree::Sequence(parts) if backwards => {
                for part in parts.iter().rev() {
                    self.emit(part, true)?;
                }
            }
            Tree::Sequence(parts) => {
                for part in parts {
                    self.emit(part, false)?;
                }
            }
            Tree::Choice(branches) => self.choice(branches, backwards)?,
            Tree::Group(number, inner) if self.refers => {
                let slots = [number * 2, number * 2 + 1];
                let [before, after] = if backwards { [slots[1], slots[0]] } else { slots };
                self.push(Instruction::Save(before))?;
                self.emit(inner, backwards)?;
                self.push(Instruction::Save(after))?;
            }
            Tree::Group(_, inner) => self.emit(inner, backwards)?,
            Tree::Repeat(repeat) => self.repeat(repeat, backwards)?,
            Tree::Look { behind, negated, inner } => {
                let look = self.push(Instruction::Look { behind: *behind, negated: *negated, end: 0 })?;
                self.emit(inner, *behind)?;
                self.push(Instruction::Accept)?;
                self.lead_here(look);
            }
            Tree::Back(group) => _ = self.push(Instruction::Back(*group))?,
        }
        Ok(())
    }

    fn choice(&mut self, branches: &[Tree], backwards: bool) -> Result<(), String> {
        let mut ends = Vec::new();
        for (i, branch) in branches.iter().enumerate() {
            if i + 1 == branches.len() {
                self.emit(branch, backwards)?;
                break;
            }
            let split = self.split(false)?;
            self.emit(branch, backwards)?;
            ends.push(self.push(Instruction::Jump(0))?);
            self.lead_here(split);
        }
        ends.into_iter().for_each(|end| self.lead_here(end));
        Ok(())
    }

    fn repeat(&mut self, repeat: &Repeat, backwards: bool) -> Result<(), String> {
        // Without captures to get right, `x+` needs no second copy of x.
        let looped = repeat.most.is_none() && repeat.least > 0 && !self.refers;
        let copies = if looped { repeat.least - 1 } else { repeat.least };
        for _ in 0..copies {
            self.round(repeat, backwards, false)?;
        }
        let Some(most) = repeat.most else {
            if looped {
                let top = self.next();
                self.round(repeat, backwards, false)?;
                let split = self.split(repeat.greedy)?;
                if let Some(Instruction::Split { to, .. }) = self.program.instructions.get_mut(split) {
                    *to = top;
                }
                return Ok(());
            }
            let split = self.split(!repeat.greedy)?;
            self.round(repeat, backwards, true)?;
            self.push(Instruction::Jump(split))?;
            self.lead_here(split);
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in repeat.least..most {
            splits.push(self.split(!repeat.greedy)?);
            self.round(repeat, backwards, true)?;
        }
        splits.into_iter().for_each(|split| self.lead_here(split));
        Ok(())
    }

    /// What is repeated, once. An optional round must consume something.
    fn round(&mut self, repeat: &Repeat, backwards: bool, optional: bool) -> Result<(), String> {
        if !self.refers {
            return self.emit(&repeat.inner, backwards);
        }
        let slot = self.program.slots;
        if optional {
            self.program.slots += 1;
            self.push(Instruction::Save(slot))?;
        }
        let (first, end) = repeat.groups;
        if first < end {
            self.push(Instruction::Forget(first * 2, end * 2))?;
        }
        self.emit(&repeat.inner, backwards)?;
        if optional {
            self.push(Instruction::Progress(slot))?;
        }
        Ok(())
    }
}
