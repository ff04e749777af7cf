//! Why two policies have no meet.

use std::time::Duration;

use thiserror::Error;

use crate::guest_path::GuestPath;

/// Settings of two policies that cannot both hold, and that are no amounts, of which the smaller one would do.
///
/// ```
/// use belljar_policy::{Conflict, Policy};
///
/// let seeded = |seed| Policy::parse(&format!("version = 1\n[random]\nseed = {seed}\n"));
/// assert_eq!(seeded(1)?.meet(&seeded(2)?), Err(Conflict::Seed { one: 1, other: 2 }));
/// assert_eq!(seeded(1)?.meet(&Policy::deny_all())?.random_seed, Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Conflict {
    /// One path is two folders of the host.
    #[error("the tool would see two folders at {path}, {one:?} and {other:?}; give one of them another path")]
    Folder {
        /// The path in the tool's view.
        path: GuestPath,
        /// The folder of one policy, as it writes it.
        one: String,
        /// That of the other.
        other: String,
    },
    /// Both make randomness repeatable, each in its own way.
    #[error(
        "[random] seed is {one} in one policy and {other} in the other; use one seed, or leave it out of one of them"
    )]
    Seed {
        /// The seed of one policy.
        one: u64,
        /// That of the other.
        other: u64,
    },
    /// Both clocks stand, at different moments.
    #[error(
        "[clock] frozen is {} in one policy and {} in the other; use one moment, or leave it out of one of them",
        moment(*one),
        moment(*other)
    )]
    Moment {
        /// Nanoseconds since 1970-01-01T00:00:00Z in one policy.
        one: u64,
        /// In the other.
        other: u64,
    },
    /// No clock tells what both tell: the least common multiple of what they are rounded to does not fit 64 bits.
    #[error(
        "[clock] precision is {} ns in one policy and {} ns in the other, which have no common multiple below 584 years; \
         make one of them a multiple of the other",
        one.as_nanos(),
        other.as_nanos()
    )]
    Precision {
        /// What the clock of one policy is rounded down to a multiple of.
        one: Duration,
        /// That of the other.
        other: Duration,
    },
    /// Nothing here changes money.
    #[error("[spend] is in {one} in one policy and in {other} in the other; use one currency")]
    Currency {
        /// The ISO 4217 code of one policy.
        one: String,
        /// That of the other.
        other: String,
    },
    /// Money for a day is of two accounts.
    #[error(
        "per-day of [spend] is of the account {one:?} in one policy and of {other:?} in the other; use one account"
    )]
    Account {
        /// That of the one.
        one: String,
        /// That of the other.
        other: String,
    },
    /// What one policy would count is not what the other would.
    #[error(
        "[[spend.price]] for {rule:?} stands in one policy and not in the other; use the same prices, or [spend] in one alone"
    )]
    Price {
        /// The rule of the first price that only one of them has.
        rule: String,
    },
}

fn moment(ns: u64) -> String {
    let moment = std::time::UNIX_EPOCH + Duration::from_nanos(ns);
    humantime::format_rfc3339_nanos(moment).to_string()
}
