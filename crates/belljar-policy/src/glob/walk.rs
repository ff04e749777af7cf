//! Where in a pattern a name can be while it is read, character by character: a small automaton.
//!
//! A set of positions says all that matters of the name so far. It is kept small without changing what it accepts: beyond
//! a star that was reached, what stands before the star adds nothing, because the star takes what that would read.

use super::{Glob, Item, Segment};

/// A character of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Letter {
    /// This one.
    Char(char),
    /// Any that no position expects.
    Other,
}

/// Positions inside a segment of a name, in order.
pub(crate) type Positions = Vec<u32>;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// In `**`: reads all, and is at the end of a segment at any time.
    Any,
    /// Before `*`.
    Star,
    /// Before a character.
    Char(char),
    /// After the last character of a segment.
    End,
}

/// A pattern as an automaton.
#[derive(Debug)]
pub(crate) struct Walk {
    /// At each position: what may be read, and the pattern's segment that it is in.
    steps: Vec<(Step, usize)>,
    /// The first position of each segment.
    firsts: Vec<u32>,
}

impl Walk {
    pub(crate) fn new(glob: &Glob) -> Self {
        let (mut steps, mut firsts) = (Vec::new(), Vec::new());
        for (at, segment) in glob.segments.iter().enumerate() {
            // A pattern has some thousands of characters at most.
            firsts.push(steps.len() as u32);
            match segment {
                Segment::Any => steps.push((Step::Any, at)),
                Segment::Name(items) => {
                    let step = |item: &Item| match item {
                        Item::Star => (Step::Star, at),
                        Item::Char(c) => (Step::Char(*c), at),
                    };
                    steps.extend(items.iter().map(step));
                    steps.push((Step::End, at));
                }
            }
        }
        Walk { steps, firsts }
    }

    /// How many positions there are.
    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The positions before the first segment of a name.
    pub(crate) fn start(&self) -> Positions {
        let mut positions = Positions::new();
        self.enter(0, &mut positions);
        self.tidy(positions)
    }

    /// The positions after one more character of the same segment.
    pub(crate) fn read(&self, positions: &[u32], letter: Letter) -> Positions {
        let mut after = Positions::new();
        for &position in positions {
            match self.step(position) {
                Step::Any | Step::Star => self.reach(position, &mut after),
                Step::Char(c) if letter == Letter::Char(c) => self.reach(position + 1, &mut after),
                Step::Char(_) | Step::End => {}
            }
        }
        self.tidy(after)
    }

    /// The positions after the end of a segment, where another one follows.
    pub(crate) fn next_segment(&self, positions: &[u32]) -> Positions {
        let mut after = Positions::new();
        for segment in self.finished(positions) {
            self.enter(segment, &mut after);
        }
        self.tidy(after)
    }

    /// Whether the name matches if it ends here.
    pub(crate) fn accepts(&self, positions: &[u32]) -> bool {
        // Only `**` is left at the end, if anything is; two of them never stand side by side.
        let last = self.firsts.len();
        self.finished(positions).any(|segment| segment == last || segment + 1 == last && self.is_any(segment))
    }

    /// Whether the name matches whatever follows.
    pub(crate) fn accepts_all(&self, positions: &[u32]) -> bool {
        positions.last().is_some_and(|&position| {
            matches!(self.step(position), Step::Any) && position as usize + 1 == self.steps.len()
        })
    }

    /// The characters that some position expects.
    pub(crate) fn expected(&self, positions: &[u32]) -> impl Iterator<Item = char> {
        positions.iter().filter_map(|&position| match self.step(position) {
            Step::Char(c) => Some(c),
            _ => None,
        })
    }

    fn step(&self, position: u32) -> Step {
        self.steps.get(position as usize).map_or(Step::End, |(step, _)| *step)
    }

    fn is_any(&self, segment: usize) -> bool {
        self.firsts.get(segment).is_some_and(|&first| matches!(self.step(first), Step::Any))
    }

    /// The segments of the pattern that a next segment of the name may be.
    fn finished(&self, positions: &[u32]) -> impl Iterator<Item = usize> {
        positions.iter().filter_map(|&position| match self.steps.get(position as usize) {
            Some((Step::Any, segment)) => Some(*segment),
            Some((Step::End, segment)) => Some(segment + 1),
            _ => None,
        })
    }

    /// Adds the positions at the beginning of a segment; `**` may stand for none.
    fn enter(&self, mut segment: usize, positions: &mut Positions) {
        while let Some(&first) = self.firsts.get(segment) {
            self.reach(first, positions);
            if !self.is_any(segment) {
                break;
            }
            segment += 1;
        }
    }

    /// Adds a position, and those after stars that stand for nothing.
    fn reach(&self, mut position: u32, positions: &mut Positions) {
        positions.push(position);
        while matches!(self.step(position), Step::Star) {
            position += 1;
            positions.push(position);
        }
    }

    /// In order, once each, and without what a later star makes superfluous: a `*` that was reached does for all positions
    /// before it in its segment, a `**` for all before it.
    fn tidy(&self, mut positions: Positions) -> Positions {
        positions.sort_unstable();
        positions.dedup();
        let mut kept = Positions::new();
        let mut star_in = None;
        for &position in positions.iter().rev() {
            let segment = self.steps.get(position as usize).map(|(_, segment)| *segment);
            if star_in.is_some() && star_in == segment {
                continue;
            }
            kept.push(position);
            match self.step(position) {
                Step::Any => break,
                Step::Star => star_in = segment,
                _ => {}
            }
        }
        kept.reverse();
        kept
    }
}
