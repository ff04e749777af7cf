//! The fuel budget behind the counter that admission put into the guest.

use belljar_admit::limits;

use crate::limits::SLICE;
use crate::outcome::Stop;

/// The Canonical ABI's rule that traps are named by (`may_leave`).
const LEFT: &str = "`cabi_realloc` or `cabi_post_run` called an import, which the Canonical ABI forbids";

/// Hands out a budget of fuel in slices and knows what was used.
///
/// The guest's counter holds what is left of the slices handed out. When it falls below zero the guest asks
/// for more ([`Meter::refill`]). A budget is exhausted if and only if more was charged than it holds, whatever
/// the size of the slices, so both hosts stop at the same check.
#[derive(Debug)]
pub struct Meter {
    budget: i64,
    given: i64,
}

impl Meter {
    /// A meter of `budget` units and the first slice, which the host writes into the guest's counter.
    pub fn new(budget: u64) -> (Self, i64) {
        let budget = i64::try_from(budget).unwrap_or(i64::MAX).min(1 << 53);
        let given = budget.min(SLICE);
        (Meter { budget, given }, given)
    }

    /// The guest's counter fell to `counter`: its new value, or why the run ends.
    pub fn refill(&mut self, counter: i64) -> Result<i64, Stop> {
        match counter {
            limits::DEEP => return Err(Stop::Stack),
            limits::LEFT => return Err(Stop::Protocol(LEFT.into())),
            _ => {}
        }
        // What was charged so far is given - counter; a guest cannot write the counter, so it never rises.
        let charged = self.given.saturating_sub(counter);
        let left = self.budget.saturating_sub(charged);
        if left < 0 {
            return Err(Stop::Fuel);
        }
        let slice = left.min(SLICE);
        self.given = charged + slice;
        Ok(slice)
    }

    /// How much was used when the counter stands at `counter`; at most the budget is reported.
    pub fn used(&self, counter: i64) -> u64 {
        self.given.saturating_sub(counter).clamp(0, self.budget) as u64
    }

    /// The budget.
    pub fn budget(&self) -> u64 {
        self.budget as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_do_not_change_where_a_budget_ends() {
        let budget = 3 * SLICE as u64 + 5;
        for charge in [1, 7, 1000, SLICE + 3, 2 * SLICE] {
            let (mut meter, mut counter) = Meter::new(budget);
            let mut charged = 0u64;
            loop {
                counter -= charge;
                charged += charge as u64;
                if counter < 0 {
                    match meter.refill(counter) {
                        Ok(next) => counter = next,
                        Err(stop) => {
                            assert_eq!(stop, Stop::Fuel);
                            break;
                        }
                    }
                }
                assert_eq!(meter.used(counter), charged);
                assert!(charged <= budget);
            }
            assert!(charged > budget && charged - charge as u64 <= budget);
        }
    }
}
