//! The run's clock. It stands still while the tool computes and moves while it waits. (`std::time` has none here.)

use std::time::Duration;

use crate::request::{Started, wait_any};
use crate::world::belljar::tool::clock;

/// The time since 1970-01-01T00:00:00Z, at the last wait or the run's start.
pub fn now() -> Duration {
    Duration::from_nanos(clock::now())
}

/// Waits.
pub fn sleep(duration: Duration) {
    wait_any::<()>(&[] as &[Started<()>], Some(duration));
}
