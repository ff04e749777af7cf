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
//!    For loops it is more: every value goes round, in a parallel move over all of them, and through all loops around it.
//!    Measured, that grows with the square of the locals, and with how many loops are nested;
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
    /// Open constructs that are loops.
    loops: u32,
}

/// A loop's locals are counted once for each so many of them.
const TOGETHER: u64 = 16;

impl Work {
    /// Begins a function with this many parameters and locals.
    pub(super) fn new(locals: u32) -> Self {
        let total = u64::from(locals);
        Work { total, places: 0, locals: vec![(0, 0); locals as usize], open: vec![Open::default()], loops: 0 }
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
                self.loops += 1;
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
        let all = used.len() as u64;
        self.total += all;
        if is_loop {
            self.total += all * (all / TOGETHER + u64::from(self.loops));
            self.loops -= 1;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn work(locals: u32, text: &str) -> u64 {
        let body = format!("(module (func (param i32) (local {}) {text}))", "i32 ".repeat(locals as usize - 1));
        let module = wat::parse_str(&body).unwrap();
        let mut work = Work::new(locals);
        for payload in wasmparser::Parser::new(0).parse_all(&module) {
            if let wasmparser::Payload::CodeSectionEntry(body) = payload.unwrap() {
                for op in body.get_operators_reader().unwrap() {
                    work.push(&op.unwrap(), 0, 0);
                }
            }
        }
        work.total()
    }

    #[test]
    fn straight_code_is_its_operators() {
        assert_eq!(work(2, "local.get 0 local.set 1"), 2 + 3 + 2);
    }

    #[test]
    fn what_is_alive_over_many_places_counts_there() {
        let between = |n: usize| format!("local.get 0 {} local.get 0 drop drop", "block end ".repeat(n));
        // A block is two operators and a place.
        assert_eq!(work(1, &between(100)) - work(1, &between(0)), 300);
    }

    #[test]
    fn nested_loops_multiply() {
        let nest = |loops: usize, locals: u32| {
            let uses: String = (0..locals).map(|i| format!("local.get {i} local.set {i} ")).collect();
            work(locals, &format!("{}{uses}{}", "loop ".repeat(loops), "end ".repeat(loops)))
        };
        let simple = nest(1, 10);
        assert!(nest(100, 10) > 1_000 * simple / 10, "{simple}");
        assert!(nest(1, 1_000) > 1_000 * 1_000 / TOGETHER);
        // A local that only the outer loop uses is not carried round the inner one.
        let apart = work(2, "loop local.get 0 drop loop local.get 1 drop end end");
        let both = work(2, "loop local.get 0 drop loop local.get 1 drop local.get 0 drop end end");
        assert!(apart < both - 2, "{apart} {both}");
    }
}
