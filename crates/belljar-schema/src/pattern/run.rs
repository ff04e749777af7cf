//! The matcher: it backtracks, with a stack of its own, a memory, and counted steps.
//!
//! In a program without references to groups, whether the rest matches depends on the instruction and the place
//! alone. So a split that was met at a place is not tried there again: either it failed, or it lies on the stack and
//! its other way will be tried from there. This bounds the work by the product of program and text, ends loops that
//! consume nothing, and holds across all places where a search begins. Programs with references have no memory, only
//! the bound on steps.

use std::collections::BTreeMap;

use super::program::{Instruction, Program};
use crate::limits::FLAT_MEMORY;

/// What to go back to.
enum Frame {
    Try { instruction: usize, place: usize },
    Slot { slot: usize, was: usize },
}

/// No place.
const NONE: usize = usize::MAX;

struct Matcher<'a> {
    program: &'a Program,
    text: &'a str,
    steps: &'a mut u64,
    stack: Vec<Frame>,
    slots: Vec<usize>,
    memory: Memory,
    /// Marks made while looking around, to be taken back when that succeeds.
    marks: Vec<usize>,
    looking: usize,
}

/// Looks for a match; `None` when the steps are used up.
pub(super) fn search(program: &Program, text: &str, steps: &mut u64) -> Option<bool> {
    let mut matcher = Matcher {
        program,
        text,
        steps,
        stack: Vec::new(),
        slots: vec![NONE; program.slots],
        memory: Memory::new(program.memory(text.len())),
        marks: Vec::new(),
        looking: 0,
    };
    let mut place = 0;
    loop {
        if matcher.run(0, place, false)? {
            return Some(true);
        }
        let Some((_, next)) = matcher.step(place, false) else { return Some(false) };
        if program.anchored {
            return Some(false);
        }
        place = next;
    }
}

impl Matcher<'_> {
    fn spend(&mut self, steps: u64) -> Option<()> {
        *self.steps = self.steps.checked_sub(steps)?;
        Some(())
    }

    /// Runs from an instruction at a place until it matches or no way is left. When it matches, its frames stay.
    fn run(&mut self, mut instruction: usize, mut place: usize, backwards: bool) -> Option<bool> {
        let base = self.stack.len();
        let program = self.program;
        loop {
            self.spend(1)?;
            let next = match *program.instructions.get(instruction)? {
                Instruction::Char(wanted) => self.step(place, backwards).filter(|(c, _)| *c == wanted).map(|s| s.1),
                Instruction::Dot => self
                    .step(place, backwards)
                    .filter(|(c, _)| !matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}'))
                    .map(|s| s.1),
                Instruction::Class(class) => {
                    let class = program.classes.get(class)?;
                    self.step(place, backwards).filter(|(c, _)| class.contains(*c)).map(|s| s.1)
                }
                Instruction::Start => (place == 0).then_some(place),
                Instruction::End => (place == self.text.len()).then_some(place),
                Instruction::Boundary { negated } => (self.at_boundary(place) != negated).then_some(place),
                Instruction::Split { to, jump_first, number } => {
                    if self.first_time(number, place) {
                        let (first, other) = if jump_first { (to, instruction + 1) } else { (instruction + 1, to) };
                        self.stack.push(Frame::Try { instruction: other, place });
                        instruction = first;
                        continue;
                    }
                    None
                }
                Instruction::Jump(to) => {
                    instruction = to;
                    continue;
                }
                Instruction::Look { behind, negated, end } => {
                    if self.look(instruction + 1, place, behind, negated)? {
                        instruction = end;
                        continue;
                    }
                    None
                }
                Instruction::Accept => return Some(true),
                Instruction::Save(slot) => {
                    self.save(slot, place);
                    Some(place)
                }
                Instruction::Forget(first, end) => {
                    (first..end).for_each(|slot| self.save(slot, NONE));
                    self.spend((end - first) as u64)?;
                    Some(place)
                }
                Instruction::Progress(slot) => (self.slots.get(slot) != Some(&place)).then_some(place),
                Instruction::Back(group) => self.back(group, place, backwards)?,
            };
            if let Some(next) = next {
                place = next;
                instruction += 1;
                continue;
            }
            loop {
                if self.stack.len() == base {
                    return Some(false);
                }
                match self.stack.pop()? {
                    Frame::Try { instruction: i, place: p } => {
                        (instruction, place) = (i, p);
                        break;
                    }
                    Frame::Slot { slot, was } => self.restore(slot, was),
                }
            }
        }
    }

    /// The character after a place, or before it, and the place beyond it.
    fn step(&self, place: usize, backwards: bool) -> Option<(char, usize)> {
        if backwards {
            let c = self.text.get(..place)?.chars().next_back()?;
            Some((c, place - c.len_utf8()))
        } else {
            let c = self.text.get(place..)?.chars().next()?;
            Some((c, place + c.len_utf8()))
        }
    }

    fn at_boundary(&self, place: usize) -> bool {
        let bytes = self.text.as_bytes();
        let word = |i: Option<usize>| {
            i.and_then(|i| bytes.get(i)).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        word(place.checked_sub(1)) != word(Some(place))
    }

    /// Whether what is looked for is there, or is not if negated. Captures made in looking stay if it is.
    fn look(&mut self, instruction: usize, place: usize, behind: bool, negated: bool) -> Option<bool> {
        let (base, marked) = (self.stack.len(), self.marks.len());
        self.looking += 1;
        let found = self.run(instruction, place, behind)?;
        self.looking -= 1;
        if found {
            // What was met on the way did not fail.
            for mark in self.marks.drain(marked..) {
                self.memory.clear(mark);
            }
            if negated {
                while self.stack.len() > base {
                    if let Some(Frame::Slot { slot, was }) = self.stack.pop() {
                        self.restore(slot, was);
                    }
                }
            } else {
                // No other way of looking is tried, but captures must be undone when going back.
                let kept = self.stack.split_off(base);
                self.stack.extend(kept.into_iter().filter(|frame| matches!(frame, Frame::Slot { .. })));
            }
        }
        if self.looking == 0 {
            self.marks.clear();
        }
        Some(found != negated)
    }

    /// Whether a split is met at a place for the first time.
    fn first_time(&mut self, split: usize, place: usize) -> bool {
        if self.program.slots > 0 {
            return true;
        }
        let mark = split * (self.text.len() + 1) + place;
        let first = self.memory.set(mark);
        if first && self.looking > 0 {
            self.marks.push(mark);
        }
        first
    }

    fn save(&mut self, slot: usize, place: usize) {
        if let Some(held) = self.slots.get_mut(slot) {
            self.stack.push(Frame::Slot { slot, was: *held });
            *held = place;
        }
    }

    fn restore(&mut self, slot: usize, was: usize) {
        if let Some(held) = self.slots.get_mut(slot) {
            *held = was;
        }
    }

    /// The place beyond what a group captured; a group that captured nothing matches nothing.
    fn back(&mut self, group: usize, place: usize, backwards: bool) -> Option<Option<usize>> {
        let slot = |i: usize| self.slots.get(i).copied().filter(|place| *place != NONE);
        let (Some(from), Some(to)) = (slot(group * 2), slot(group * 2 + 1)) else { return Some(Some(place)) };
        let Some(captured) = self.text.get(from..to) else { return Some(Some(place)) };
        let length = captured.len();
        let found = if backwards {
            self.text.get(..place).is_some_and(|before| before.ends_with(captured)).then(|| place - length)
        } else {
            self.text.get(place..).is_some_and(|after| after.starts_with(captured)).then(|| place + length)
        };
        self.spend(length as u64 / 16)?;
        Some(found)
    }
}

/// A set of numbers.
enum Memory {
    Flat(Vec<u64>),
    /// Words that have a bit set.
    Spread(BTreeMap<usize, u64>),
}

impl Memory {
    fn new(bits: usize) -> Self {
        if bits <= FLAT_MEMORY { Memory::Flat(vec![0; bits.div_ceil(64)]) } else { Memory::Spread(BTreeMap::new()) }
    }

    /// Sets a bit; returns whether it was not set.
    fn set(&mut self, bit: usize) -> bool {
        let mask = 1 << (bit % 64);
        let word = match self {
            Memory::Flat(words) => match words.get_mut(bit / 64) {
                Some(word) => word,
                None => return true,
            },
            Memory::Spread(words) => words.entry(bit / 64).or_default(),
        };
        let first = *word & mask == 0;
        *word |= mask;
        first
    }

    fn clear(&mut self, bit: usize) {
        let word = match self {
            Memory::Flat(words) => words.get_mut(bit / 64),
            Memory::Spread(words) => words.get_mut(&(bit / 64)),
        };
        if let Some(word) = word {
            *word &= !(1 << (bit % 64));
        }
    }
}
