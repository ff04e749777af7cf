//! How much work a function is for a compiler that optimizes, counted while the function is read once.
//!
//! A compiler's time and memory do not follow a function's bytes. They follow the *values* that it has to keep apart:
//! how many are alive at how many places. A short function with thousands of locals inside hundreds of nested loops has
//! millions of those. The count is an upper bound of that order, made of four parts:
//!
//! 1. every operator, and what it moves: the arguments and results of a call, the targets of a table of branches, the
//!    values that a branch takes along;
//! 2. for every use of a local, the places where control parts or joins since it was last used: there it is alive;
//! 3. for every construct (`block`, `loop`, `if`) the locals that are used inside: where it begins or ends the compiler
//!    may have to join their values;
//! 4. where control parts or joins, the operands that wait on the stack.

use wasmparser::Operator as O;

/// A construct that is not ended yet.
#[derive(Default)]
struct Open {
    is_loop: bool,
    /// The locals that are used inside, each once.
    used: Vec<Used>,
}

/// A local in a construct.
#[derive(Clone, Copy)]
struct Used {
    local: u32,
    /// Its first use reads what it held before the construct.
    exposed: bool,
    /// The construct around this one that used it before.
    before: Stamp,
}

/// The innermost open construct that has a local in its list: how deep it is, counted from 1; 0 stands for none.
type Stamp = u32;

/// Counts a function's work.
pub(super) struct Work {
    total: u64,
    /// Places where control parts or joins, so far.
    places: u32,
    /// For each local: the place of its last use, and where it is listed.
    locals: Vec<(u32, Stamp)>,
    open: Vec<Open>,
}

impl Work {
    /// Begins a function with this many parameters and locals.
    pub(super) fn new(locals: u32) -> Self {
        let locals = vec![(0, 0); locals as usize];
        Work { total: u64::from(u32::try_from(locals.len()).unwrap_or(u32::MAX)), places: 0, locals, open: vec![Open::default()] }
    }

    /// The work so far.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Takes in an operator. `moved` is how many values it takes and gives besides its operands, and `waiting` how many
    /// operands are on the stack.
    pub(super) fn push(&mut self, op: &O<'_>, moved: u32, waiting: u32) {
        self.total += 1 + u64::from(moved);
        match op {
            O::LocalGet { local_index } => self.touch(*local_index, true),
            O::LocalSet { local_index } | O::LocalTee { local_index } => self.touch(*local_index, false),
            O::Block { .. } => self.open.push(Open::default()),
            O::Loop { .. } => {
                self.place(waiting);
                self.open.push(Open { is_loop: true, used: Vec::new() });
            }
            O::If { .. } => {
                self.place(waiting);
                self.open.push(Open::default());
            }
            O::End => {
                self.place(waiting);
                self.end();
            }
            O::Else | O::BrIf { .. } | O::BrTable { .. } => self.place(waiting),
            _ => {}
        }
    }

    fn place(&mut self, waiting: u32) {
        self.places = self.places.saturating_add(1);
        self.total += u64::from(waiting);
    }

    fn touch(&mut self, local: u32, reads: bool) {
        let depth = self.open.len() as Stamp;
        let places = self.places;
        let Some((last, stamp)) = self.locals.get_mut(local as usize) else { return };
        if reads {
            self.total += u64::from(places - *last);
        }
        *last = places;
        if *stamp != depth
            && let Some(open) = self.open.last_mut()
        {
            open.used.push(Used { local, exposed: reads, before: *stamp });
            *stamp = depth;
        }
    }

    fn end(&mut self) {
        let Some(Open { is_loop, used }) = self.open.pop() else { return };
        let depth = self.open.len() as Stamp;
        self.total += used.len() as u64;
        for Used { local, exposed, before } in used {
            let Some((last, stamp)) = self.locals.get_mut(local as usize) else { continue };
            // Its value goes round: it is alive up to the loop's end.
            if is_loop && exposed {
                self.total += u64::from(self.places - *last);
                *last = self.places;
            }
            *stamp = before;
            if before != depth
                && let Some(open) = self.open.last_mut()
            {
                open.used.push(Used { local, exposed, before });
                *stamp = depth;
            }
        }
    }
}
