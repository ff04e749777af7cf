//! The fuel budget behind the counter that admission put into the guest.

use std::collections::HashMap;

use belljar_abi::Ticket;
use belljar_admit::limits;

use crate::ledger::FUEL_SHARE;

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
    /// What is set aside for tools that are called: it is not of the budget meanwhile.
    aside: HashMap<Ticket, i64>,
}

impl Meter {
    /// A meter of `budget` units and the first slice, which the host writes into the guest's counter.
    pub fn new(budget: u64) -> (Self, i64) {
        let budget = i64::try_from(budget).unwrap_or(i64::MAX).min(1 << 53);
        let given = budget.min(SLICE);
        (Meter { budget, given, aside: HashMap::new() }, given)
    }

    /// The guest's counter fell to `counter`: its new value, or why the run ends.
    pub fn refill(&mut self, counter: i64) -> Result<i64, Stop> {
        match counter {
            limits::DEEP => return Err(Stop::Stack),
            limits::LEFT => return Err(Stop::Protocol(LEFT.into())),
            _ => {}
        }
        self.settle(counter)?;
        let charged = self.given.saturating_sub(counter);
        let slice = self.budget.saturating_sub(charged).min(SLICE);
        self.given = charged + slice;
        Ok(slice)
    }

    /// The guest is done with its counter at `counter`: between its last check and its return it ran at most one straight
    /// line of code, which may have been too much.
    ///
    /// # Errors
    ///
    /// If more was charged than the budget holds.
    pub fn settle(&self, counter: i64) -> Result<(), Stop> {
        // What was charged so far is given - counter; a guest cannot write the counter, so it never rises.
        if self.given.saturating_sub(counter) > self.budget { Err(Stop::Fuel) } else { Ok(()) }
    }

    /// How much was used when the counter stands at `counter`; at most the budget is reported.
    pub fn used(&self, counter: i64) -> u64 {
        self.given.saturating_sub(counter).clamp(0, self.budget) as u64
    }

    /// How much is left when the counter stands at `counter`.
    pub fn left(&self, counter: i64) -> i64 {
        self.budget.saturating_sub(self.given.saturating_sub(counter)).max(0)
    }

    /// Sets fuel aside for a tool that is called where so much is left: returns how much.
    pub(crate) fn set_aside(&mut self, ticket: Ticket, left: i64) -> u64 {
        let share = left.max(0) / FUEL_SHARE;
        if share > 0 {
            self.budget -= share;
            self.aside.insert(ticket, share);
        }
        share.cast_unsigned()
    }

    /// The result of a call is handed over to the guest: what was set aside is there again, and what the called tool used, which
    /// is returned, is to be taken off the guest's counter. Nothing if it was handed over before.
    pub(crate) fn give_back(&mut self, ticket: Ticket, used: u64) -> i64 {
        let Some(share) = self.aside.remove(&ticket) else { return 0 };
        self.budget += share;
        i64::try_from(used).unwrap_or(i64::MAX).min(share)
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
    fn what_is_used_at_the_end_is_what_was_charged() {
        let (meter, counter) = Meter::new(3 * SLICE as u64);
        // A line behind the last check went beyond the slice.
        assert_eq!(meter.settle(counter - SLICE - 100), Ok(()));
        assert_eq!(meter.used(counter - SLICE - 100), SLICE as u64 + 100);
        assert_eq!(meter.settle(counter - 3 * SLICE), Ok(()));
        assert_eq!(meter.settle(counter - 3 * SLICE - 1), Err(Stop::Fuel));
    }

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
